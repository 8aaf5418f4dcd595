import { IconArrowLeft } from '@tabler/icons-react';
import { lazy, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'wouter';
import type { SandboxInfo } from '../../../../server/contract/sandbox.ts';
import { useKnown } from '../../../api/live-context.ts';
import { useFormat } from '../../../i18n/format.ts';
import { FilesTab } from '../../../parts/workspace-files/files-tab.tsx';
import { cardClass } from '../../../ui/card.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { PageHead } from '../../../ui/page-head.tsx';
import { Segmented } from '../../../ui/segmented.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { useNow } from '../../../ui/use-now.ts';
import { InspectTab } from './inspect-tab.tsx';
import { LogsTab } from './logs-tab.tsx';
import { ProcessesTab } from './processes-tab.tsx';
import { SandboxActions } from './sandbox-actions.tsx';
import { SummaryTab } from './summary-tab.tsx';

const TerminalTab = lazy(() => import('../terminal/terminal-tab.tsx'));
const StatsTab = lazy(() => import('./stats-tab.tsx'));

const tabs = ['summary', 'logs', 'processes', 'files', 'terminal', 'stats', 'inspect'] as const;
type Tab = (typeof tabs)[number];
/** What is only there while it runs. */
const needsAwake: readonly Tab[] = ['processes', 'files', 'terminal'];

export function SandboxDetail({ id }: { id: string }) {
  const { t } = useTranslation();
  const sandbox = useKnown((live) => live.sandboxes.find((each) => each.id === id));
  return (
    <div className="flex min-h-full flex-col">
      <Link
        href="/sandboxes"
        className="-mt-1 mb-1 flex w-fit items-center gap-1 rounded-[5px] text-dim text-small hover:text-text"
      >
        <IconArrowLeft size={14} stroke={1.5} aria-hidden />
        {t('sandboxes.detail.back')}
      </Link>
      {sandbox ? (
        <Opened sandbox={sandbox} />
      ) : (
        <>
          <PageHead title={id} />
          <div className={cardClass}>
            <EmptyState>{t('sandboxes.detail.gone')}</EmptyState>
          </div>
        </>
      )}
    </div>
  );
}

function Opened({ sandbox }: { sandbox: SandboxInfo }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(5000);
  const [search, setSearch] = useSearchParams();
  const title = useKnown((live) => live.runs.find(({ sessionId }) => sessionId === sandbox.sessionId)?.title);
  const tab = tabs.find((each) => each === search.get('tab')) ?? 'summary';
  const line = t('sandboxes.detail.line', {
    state: sandbox.isPooled ? t('sandboxes.pooled') : t(`sandboxes.states.${sandbox.state}`),
    created: format.relative(Math.min(sandbox.createdAt, now), now),
    used: format.relative(Math.min(sandbox.lastUsedAt, now), now),
  });
  return (
    <>
      <PageHead
        title={title || (sandbox.isPooled ? t('sandboxes.warm') : sandbox.sessionId)}
        sub={
          <>
            {line} · <span className="mono inline-block max-w-full [overflow-wrap:anywhere]">{sandbox.id}</span>
          </>
        }
        actions={<SandboxActions sandbox={sandbox} />}
      />
      <div className="-m-0.5 mb-2.5 flex overflow-x-auto p-0.5">
        <Segmented<Tab>
          label={t('sandboxes.detail.tabs.label')}
          value={tab}
          onChange={(next) => setSearch(next === 'summary' ? {} : { tab: next }, { replace: true })}
          segments={tabs
            .filter((each) => !sandbox.isPooled || !needsAwake.includes(each))
            .map((value) => ({ value, label: t(`sandboxes.detail.tabs.${value}`) }))}
        />
      </div>
      {sandbox.state === 'paused' && needsAwake.includes(tab) ? (
        <div className={cardClass}>
          <EmptyState>{t('sandboxes.detail.paused')}</EmptyState>
        </div>
      ) : (
        <Suspense
          fallback={
            <div className={cardClass}>
              <SkeletonRows />
            </div>
          }
        >
          {contentOf(tab, sandbox, now)}
        </Suspense>
      )}
    </>
  );
}

function contentOf(tab: Tab, sandbox: SandboxInfo, now: number): ReactNode {
  switch (tab) {
    case 'summary':
      return <SummaryTab sandbox={sandbox} now={now} />;
    case 'logs':
      return <LogsTab sessionId={sandbox.sessionId} />;
    case 'processes':
      return <ProcessesTab id={sandbox.id} />;
    case 'files':
      return <FilesTab owner={sandbox} />;
    case 'terminal':
      return <TerminalTab sandboxId={sandbox.id} />;
    case 'stats':
      return <StatsTab id={sandbox.id} memoryLimitBytes={sandbox.memoryLimitBytes} />;
    case 'inspect':
      return <InspectTab id={sandbox.id} />;
    default:
      return tab satisfies never;
  }
}
