import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'wouter';
import type { SessionKey } from '../../../../server/contract/ids.ts';
import { toApiError } from '../../../api/api-error.ts';
import { answer, api } from '../../../api/client.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { Button } from '../../../ui/button.tsx';
import { cardClass } from '../../../ui/card.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { keyOf } from '../session-rows.ts';
import { useRunningKeys } from '../session-status.tsx';
import { RunWaterfall } from './run-waterfall.tsx';
import { runsOf } from './trace-spans.ts';

const followMs = 2000;

/** What happened in each run and how long it took. While a run goes on, its trace grows. */
export function TraceTab({ sessionKey }: { sessionKey: SessionKey }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [search] = useSearchParams();
  const wanted = search.get('run');
  const isRunning = useRunningKeys().includes(keyOf(sessionKey));
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['trace', sessionKey, isRunning],
    queryFn: ({ pageParam }) =>
      answer(
        api.sessions[':tenantId'][':userId'][':sessionId'].trace.$get({
          param: sessionKey,
          query: { after: String(pageParam) },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => (page.hasMore ? page.nextAfter : undefined),
    refetchInterval: isRunning ? followMs : false,
    placeholderData: (before) => before,
  });
  const runs = useMemo(() => runsOf(data?.pages.flatMap(({ events }) => events) ?? []), [data]);
  if (isPending) {
    return (
      <div className={cardClass}>
        <SkeletonRows rows={6} />
      </div>
    );
  }
  if (error && !data) {
    return (
      <div className={cardClass}>
        <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
      </div>
    );
  }
  if (runs.length === 0) {
    return (
      <div className={cardClass}>
        <EmptyState>{t('sessions.trace.empty')}</EmptyState>
      </div>
    );
  }
  return (
    <div className="grid gap-3.5 pb-2">
      {runs.map((run, place) => (
        <RunWaterfall
          key={run.runId}
          run={run}
          isOpenAtFirst={place === 0 || run.runId === wanted}
          isRunning={isRunning && place === 0}
        />
      ))}
      {hasNextPage && (
        <Button
          look="quiet"
          size="small"
          className="justify-self-center"
          disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {t('sessions.trace.more')}
        </Button>
      )}
    </div>
  );
}
