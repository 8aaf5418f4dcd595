import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { answer, api } from '../../api/client.ts';
import { useKnown } from '../../api/live-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';

const shownLines = 12;

/** The server did not start: what it said last, and where to go from here. Trying again stands in the page's head. */
export function FailedStart() {
  const { t } = useTranslation();
  const format = useFormat();
  const { phase, fault } = useKnown((live) => live.server);
  const { data } = useQuery({
    // Another attempt has other last lines.
    queryKey: ['failedStart', fault],
    queryFn: () => answer(api.logs.$get({ query: { limit: String(shownLines) } })),
    enabled: phase === 'failed',
  });
  if (phase !== 'failed') return null;
  const lines = data?.lines ?? [];
  return (
    <Card
      title={t('overview.failedStart.title')}
      aside={
        <span className="flex gap-2">
          <Link href="/health" className={buttonClass({ size: 'small' })}>
            {t('overview.failedStart.repair')}
          </Link>
          <Link href="/logs" className={buttonClass({ size: 'small' })}>
            {t('overview.failedStart.logs')}
          </Link>
        </span>
      }
    >
      {lines.length > 0 ? (
        <ScrollBox
          label={t('overview.failedStart.title')}
          className="mono max-h-56 overflow-y-auto px-3.5 py-2.5 text-small [overflow-wrap:anywhere]"
        >
          {lines.map(({ seq, time, level, component, msg }) => (
            <p key={seq} className={level === 'error' ? 'text-bad' : level === 'warn' ? 'text-warn' : 'text-dim'}>
              {format.preciseTime(time)} {level} {component} {msg}
            </p>
          ))}
        </ScrollBox>
      ) : (
        <p className="px-3.5 py-2.5 text-dim">{t('overview.failedStart.none')}</p>
      )}
    </Card>
  );
}
