import { IconArrowLeft, IconDots, IconMessage2, IconPencil } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useSearchParams } from 'wouter';
import type { SessionHistory } from '../../../../server/console/api.ts';
import type { SessionKey } from '../../../../server/contract/ids.ts';
import { toApiError } from '../../../api/api-error.ts';
import { answer, api } from '../../../api/client.ts';
import { logsHref, sessionHref } from '../../../api/links.ts';
import { useLiveEvents } from '../../../api/live-context.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { useFormat } from '../../../i18n/format.ts';
import { FilesTab } from '../../../parts/workspace-files/files-tab.tsx';
import { Button, buttonClass } from '../../../ui/button.tsx';
import { cardClass } from '../../../ui/card.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { Menu } from '../../../ui/menu.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { PageHead } from '../../../ui/page-head.tsx';
import { Segmented } from '../../../ui/segmented.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { DeleteDialog } from '../delete-dialog.tsx';
import { exportHref } from '../links.ts';
import { RenameField } from '../rename-field.tsx';
import { SessionStatusChip, statusOf, useRunningKeys } from '../session-status.tsx';
import { ForkDialog } from './fork-dialog.tsx';
import { TraceTab } from './trace-tab.tsx';
import { callsOf } from './transcript-items.ts';
import { TranscriptTab } from './transcript-tab.tsx';
import { UsageTab } from './usage-tab.tsx';

interface Props {
  sessionKey: SessionKey;
  listHref: string;
  onChanged(title: string): void;
  onDeleted(): void;
}

export function SessionDetail(props: Props) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const queries = useQueryClient();
  const { tenantId, userId, sessionId } = props.sessionKey;
  const queryKey = ['history', tenantId, userId, sessionId];
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: () => answer(api.sessions[':tenantId'][':userId'][':sessionId'].history.$get({ param: props.sessionKey })),
  });
  /** A run tells much of itself; the history grows by whole turns. */
  const lastSeen = useRef('');
  useLiveEvents((event) => {
    if (event.type !== 'run' || event.run.sessionId !== sessionId || event.run.tenantId !== tenantId) return;
    const { runId, turn, status } = event.run;
    const seen = `${runId} ${turn} ${status}`;
    if (seen === lastSeen.current) return;
    lastSeen.current = seen;
    void queries.invalidateQueries({ queryKey });
  });
  return (
    <div className="flex h-full min-h-90 flex-col">
      <Link
        href={props.listHref}
        className="-mt-1 mb-1 flex w-fit items-center gap-1 rounded-[5px] text-dim text-small hover:text-text"
      >
        <IconArrowLeft size={14} stroke={1.5} aria-hidden />
        {t('sessions.back')}
      </Link>
      {data ? (
        <Opened {...props} history={data} />
      ) : (
        <>
          <PageHead title={sessionId} />
          <div className={cardClass}>
            {error ? (
              <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
            ) : (
              <SkeletonRows rows={6} />
            )}
          </div>
        </>
      )}
    </div>
  );
}

const tabs = ['transcript', 'trace', 'files', 'usage'] as const;
type Tab = (typeof tabs)[number];

function Opened({ sessionKey, listHref, history, onChanged, onDeleted }: Props & { history: SessionHistory }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [search, setSearch] = useSearchParams();
  const [isRenaming, setRenaming] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const [fork, setFork] = useState<{ open: boolean; messageCount?: number }>({ open: false });
  const { session, entries, skippedLines, offers } = history;
  const shownTabs = tabs.filter((tab) => tab !== 'trace' || offers.trace);
  const tab = shownTabs.find((each) => each === search.get('tab')) ?? 'transcript';
  const title = session.title || t('sessions.untitled');

  const download = (format: 'jsonl' | 'markdown') => {
    const link = document.createElement('a');
    link.href = exportHref(sessionKey, format);
    link.download = '';
    link.click();
  };
  const actions = [
    offers.export && { label: t('sessions.exportJsonl'), onSelect: () => download('jsonl') },
    offers.export && { label: t('sessions.exportMarkdown'), onSelect: () => download('markdown') },
    offers.fork && { label: t('sessions.fork.open'), onSelect: () => setFork({ open: true }) },
    { label: t('sessions.logs'), onSelect: () => navigate(logsHref({ sessionId: session.sessionId })) },
    { label: t('sessions.delete'), danger: true, onSelect: () => setDeleting(true) },
  ].filter((action) => action !== false);

  return (
    <>
      {isRenaming ? (
        <div className="mb-4 h-[46px]">
          <RenameField
            session={session}
            onRenamed={(renamed) => {
              onChanged(renamed);
              void queries.invalidateQueries({ queryKey: ['history'] });
            }}
            onClose={() => setRenaming(false)}
            className="!h-[30px] max-w-130"
          />
        </div>
      ) : (
        <PageHead
          title={title}
          isName={session.title !== ''}
          sub={<DetailLine history={history} />}
          actions={
            <>
              <Button
                size="icon"
                look="quiet"
                aria-label={t('sessions.rename')}
                title={t('sessions.rename')}
                onClick={() => setRenaming(true)}
              >
                <IconPencil size={16} stroke={1.5} aria-hidden />
              </Button>
              <Menu
                label={t('common.more')}
                trigger={<IconDots size={16} stroke={1.5} aria-hidden />}
                actions={actions}
                className="!size-[30px]"
              />
              <Link href={sessionHref(sessionKey)} className={buttonClass({ look: 'primary' })}>
                <IconMessage2 size={15} stroke={1.5} aria-hidden />
                {t('sessions.openPlayground')}
              </Link>
            </>
          }
        />
      )}
      <div className="mb-3 flex">
        <Segmented<Tab>
          label={t('sessions.tabs.label')}
          value={tab}
          onChange={(next) => setSearch(next === 'transcript' ? {} : { tab: next }, { replace: true })}
          segments={shownTabs.map((value) => ({ value, label: t(`sessions.tabs.${value}`) }))}
        />
      </div>
      {skippedLines > 0 && <Notice tone="warn">{t('sessions.skipped', { count: skippedLines })}</Notice>}
      {tab === 'transcript' && (
        <TranscriptTab
          sessionKey={sessionKey}
          entries={entries}
          onFork={offers.fork ? (messageCount) => setFork({ open: true, messageCount }) : undefined}
        />
      )}
      {tab === 'trace' && <TraceTab sessionKey={sessionKey} />}
      {tab === 'files' && <FilesTab owner={sessionKey} />}
      {tab === 'usage' && <UsageTab entries={entries} />}
      <ForkDialog
        session={session}
        open={fork.open}
        messageCount={fork.messageCount}
        onClose={() => setFork((before) => ({ ...before, open: false }))}
      />
      <DeleteDialog
        sessions={isDeleting ? [session] : []}
        onClose={() => setDeleting(false)}
        onDeleted={(keys) => {
          if (keys.size === 0) return;
          onDeleted();
          navigate(listHref, { replace: true });
        }}
      />
    </>
  );
}

function DetailLine({ history: { session, entries } }: { history: SessionHistory }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { tenantId, userId, agentId, sessionId, usage, turns, sizeBytes, createdAt } = session;
  const owner = [tenantId, userId].filter((each) => each !== 'default');
  return (
    <span className="flex min-h-5 flex-wrap items-center gap-x-2 gap-y-1 text-small">
      <SessionStatusChip status={statusOf(session, callsOf(entries).at(-1)?.stopReason, useRunningKeys())} />
      <span className="mono">{[...owner, agentId, sessionId].join(' · ')}</span>
      <span className="tabular">
        {[
          t('sessions.turns', { count: turns }),
          t('sessions.tokens', { tokens: format.compact(usage.totalTokens) }),
          format.money(usage.cost),
          sizeBytes !== undefined && format.bytes(sizeBytes),
          t('sessions.begun', { time: format.dateTime(createdAt) }),
        ]
          .filter((part) => part !== false)
          .join(' · ')}
      </span>
    </span>
  );
}
