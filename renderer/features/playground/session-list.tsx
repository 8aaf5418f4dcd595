import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useShallow } from 'zustand/react/shallow';
import type { SessionSummary } from '../../../server/contract/chat.ts';
import { sessionHref } from '../../api/links.ts';
import { useKnown } from '../../api/live-context.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { cn } from '../../ui/cn.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { FilterInput } from '../../ui/field.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { StateDot } from '../../ui/state-dot.tsx';
import { useNow } from '../../ui/use-now.ts';
import { useSessions } from './use-sessions.ts';

export function SessionList({ current, onOpen }: { current: string; onOpen?: () => void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [filter, setFilter] = useState('');
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useSessions();
  const now = useNow(30_000);
  const running = useKnown(
    useShallow((live) => live.runs.filter((run) => run.status === 'running').map((run) => run.sessionId)),
  );
  const sessions = data?.pages.flatMap((page) => page.sessions) ?? [];
  const wanted = filter.trim().toLowerCase();
  const shown = sessions.filter(({ title }) => title.toLowerCase().includes(wanted));
  return (
    <>
      <div className="grid gap-2 border-line-soft border-b p-2.5">
        <Link href="/playground" onClick={onOpen} className={cn(buttonClass(), 'justify-start')}>
          <IconPlus size={15} stroke={1.5} aria-hidden />
          {t('playground.newSession')}
        </Link>
        <FilterInput
          label={t('playground.sessions.filter')}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          className="w-full"
        />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto p-1.5">
        {isPending && <SkeletonRows rows={6} />}
        {error && !data && (
          <ErrorState message={faultText(error)} code={toCode(error)} onRetry={() => void refetch()} />
        )}
        {data && shown.length === 0 && (
          <EmptyState>{t(wanted ? 'playground.sessions.noMatch' : 'playground.sessions.empty')}</EmptyState>
        )}
        <ul>
          {shown.map((session) => (
            <SessionRow
              key={`${session.tenantId} ${session.userId} ${session.sessionId}`}
              session={session}
              isCurrent={session.sessionId === current}
              isRunning={running.includes(session.sessionId)}
              now={now}
              onOpen={onOpen}
            />
          ))}
        </ul>
        {hasNextPage && (
          <Button
            look="quiet"
            size="small"
            className="mt-1 w-full"
            disabled={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            {t('playground.sessions.more')}
          </Button>
        )}
      </div>
    </>
  );
}

function toCode(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

interface RowProps {
  session: SessionSummary;
  isCurrent: boolean;
  isRunning: boolean;
  now: number;
  onOpen: (() => void) | undefined;
}

function SessionRow({ session, isCurrent, isRunning, now, onOpen }: RowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <li>
      <Link
        href={sessionHref(session)}
        aria-current={isCurrent ? 'true' : undefined}
        onClick={onOpen}
        className={cn('block rounded-[7px] px-2 py-1.5', isCurrent ? 'bg-accent-bg' : 'hover:bg-hover')}
      >
        <span dir="auto" translate={session.title ? 'no' : undefined} className="block truncate text-left">
          {session.title || t('playground.sessions.untitled')}
        </span>
        <span className="flex items-center gap-1.5 text-dim text-small">
          {isRunning ? (
            <>
              <StateDot tone="ok" />
              {t('playground.sessions.running')}
            </>
          ) : (
            format.relative(Math.min(session.lastActiveAt, now), now)
          )}
        </span>
      </Link>
    </li>
  );
}
