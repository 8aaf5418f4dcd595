import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { toApiError } from '../../../api/api-error.ts';
import { answer, api } from '../../../api/client.ts';
import { logsHref } from '../../../api/links.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { useFormat } from '../../../i18n/format.ts';
import { buttonClass } from '../../../ui/button.tsx';
import { cardClass } from '../../../ui/card.tsx';
import { cn } from '../../../ui/cn.ts';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { ScrollBox } from '../../../ui/scroll-box.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';

const looks = { debug: 'text-faint', info: 'text-dim', warn: 'text-warn', error: 'text-bad' };
const againMs = 2000;

/** The last lines about the session; the Logs page has all of them. */
export function LogsTab({ sessionId }: { sessionId: string }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ['logs', 'session', sessionId],
    queryFn: () => answer(api.logs.$get({ query: { sessionId, limit: '200' } })),
    refetchInterval: againMs,
  });
  return (
    <>
      <Link href={logsHref({ sessionId })} className={cn(buttonClass({ size: 'small' }), 'mb-3 w-fit')}>
        {t('sandboxes.detail.logs.all')}
      </Link>
      <div className={cardClass}>
        {error ? (
          <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
        ) : !data ? (
          <SkeletonRows />
        ) : data.lines.length === 0 ? (
          <EmptyState>{t('sandboxes.detail.logs.empty')}</EmptyState>
        ) : (
          <ScrollBox
            label={t('sandboxes.detail.logs.label')}
            className="max-h-[65vh] overflow-auto rounded-[10px] py-2"
          >
            {data.lines.map((line) => (
              <div key={`${line.time} ${line.seq}`} className="mono flex gap-3 px-3.5 leading-5">
                <span className="shrink-0 text-faint">{format.preciseTime(line.time)}</span>
                <span className={cn('w-10 shrink-0', looks[line.level])}>{line.level}</span>
                <span className="min-w-0 [overflow-wrap:anywhere]">{line.msg}</span>
              </div>
            ))}
          </ScrollBox>
        )}
      </div>
    </>
  );
}
