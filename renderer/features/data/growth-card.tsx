import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { useGrowth } from './queries.ts';

const TrendChart = lazy(() => import('../../ui/trend-chart.tsx'));
const height = 168;
const dayMs = 86_400_000;
/** Rows of the table for readers. */
const mostRows = 14;
/** Further off than this is as good as never. */
const mostDays = 3650;

/** How the data grew, and when the disk is full if it goes on so. */
export function GrowthCard() {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const { data, error, refetch } = useGrowth();
  const [pointed, setPointed] = useState<number>();
  const history = useMemo(() => data?.history ?? [], [data]);
  const times = useMemo(() => history.map(({ at }) => at / 1000), [history]);
  const values = useMemo(() => history.map(({ usedBytes }) => usedBytes), [history]);
  if (error && !data) {
    return (
      <Card title={t('data.growth.title')}>
        <ErrorState message={faultText(error)} onRetry={() => void refetch()} />
      </Card>
    );
  }
  const [first, latest] = [history[0], history.at(-1)];
  if (!data || !first || !latest) {
    return (
      <Card title={t('data.growth.title')}>
        <SkeletonRows rows={4} />
      </Card>
    );
  }
  const { perDay, fullInDays } = data;
  const seen = history[pointed ?? -1];
  const perDayText =
    perDay === undefined
      ? t('data.growth.unknown')
      : `${perDay.bytes < 0 ? '−' : '+'}${format.bytes(Math.abs(perDay.bytes))}`;
  const fullText =
    perDay === undefined
      ? t('data.growth.unknown')
      : fullInDays === undefined
        ? t('data.growth.never')
        : fullInDays > mostDays
          ? t('data.growth.far')
          : t('data.growth.days', { count: Math.floor(fullInDays) });
  const rows = history.filter((_, index) => (history.length - 1 - index) % Math.ceil(history.length / mostRows) === 0);
  const isShort = latest.at - first.at < 2 * dayMs;
  return (
    <Card title={t('data.growth.title')} aside={t('data.growth.free', { free: format.bytes(data.freeBytes) })}>
      <dl className="grid grid-cols-3 gap-3 px-3.5 pt-3">
        <Figure name={t('data.growth.used')} value={format.bytes(latest.usedBytes)} />
        <Figure name={t('data.growth.perDay')} value={perDayText} />
        <Figure name={t('data.growth.full')} value={fullText} />
      </dl>
      {history.length > 1 && (
        <div className="px-2 pt-2">
          <Suspense fallback={<div style={{ height }} />}>
            <TrendChart
              label={t('data.growth.chart', {
                from: format.dateTime(first.at),
                before: format.bytes(first.usedBytes),
                now: format.bytes(latest.usedBytes),
              })}
              times={times}
              values={values}
              atLeast={1024}
              range={[Math.min(first.at, latest.at - 3_600_000) / 1000, latest.at / 1000]}
              height={height}
              isBytes
              show={format.bytes}
              time={isShort ? format.hour : format.day}
              onPoint={setPointed}
            />
          </Suspense>
        </div>
      )}
      <p className="tabular min-h-7 px-3.5 pt-1 pb-2 text-dim text-small">
        {seen
          ? `${format.dateTime(seen.at)} · ${format.bytes(seen.usedBytes)}`
          : perDay
            ? t('data.growth.since', { since: format.dateTime(perDay.since) })
            : t('data.growth.soon')}
      </p>
      <table className="sr-only">
        <caption>{t('data.growth.title')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('data.growth.time')}</th>
            <th scope="col">{t('data.size')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ at, usedBytes }) => (
            <tr key={at}>
              <td>{format.dateTime(at)}</td>
              <td>{format.bytes(usedBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-dim text-small">{name}</dt>
      <dd className="tabular font-semibold text-[15px] [overflow-wrap:anywhere]">{value}</dd>
    </div>
  );
}
