import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { UsageBucket, UsageHistory } from '../../../server/contract/usage.ts';
import { type Format, useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';

const UsageChart = lazy(() => import('../../parts/usage-chart.tsx'));

const spans = ['hours', 'days'] as const;
type Span = (typeof spans)[number];
const measures = ['runs', 'tokens', 'cost'] as const;
type Measure = (typeof measures)[number];

const amountIn: Record<Measure, (bucket: UsageBucket) => number> = {
  runs: ({ runs }) => runs,
  tokens: ({ inputTokens, outputTokens }) => inputTokens + outputTokens,
  cost: ({ cost }) => cost,
};

function shower(format: Format, measure: Measure): (value: number) => string {
  if (measure === 'cost') return format.money;
  return measure === 'tokens' ? format.compact : format.number;
}

/** What runs used, by hour or by day. */
export function ActivityCard({ usage }: { usage: UsageHistory | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [span, setSpan] = useState<Span>('hours');
  const [measure, setMeasure] = useState<Measure>('runs');
  const hasRuns = usage?.days.some(({ runs }) => runs > 0) ?? false;
  const buckets = usage?.[span] ?? [];
  const values = buckets.map(amountIn[measure]);
  const show = shower(format, measure);
  const total = show(values.reduce((sum, value) => sum + value, 0));
  const words = { measure: t(`overview.activity.measures.${measure}`), span: t(`overview.activity.spans.${span}`) };
  const time = span === 'hours' ? format.hour : format.day;
  return (
    <Card title={t('overview.activity.title')} aside={hasRuns ? t('overview.activity.total', { total }) : undefined}>
      {!usage && <Skeleton className="m-3.5 h-36" />}
      {usage && !hasRuns && <EmptyState isSlim>{t('overview.activity.empty')}</EmptyState>}
      {hasRuns && (
        <>
          <div className="flex flex-wrap gap-2 px-3.5 pt-3">
            <Segmented<Measure>
              label={t('overview.activity.measure')}
              value={measure}
              onChange={setMeasure}
              segments={measures.map((value) => ({ value, label: t(`overview.activity.measures.${value}`) }))}
            />
            <span className="ml-auto">
              <Segmented<Span>
                label={t('overview.activity.span')}
                value={span}
                onChange={setSpan}
                segments={spans.map((value) => ({ value, label: t(`overview.activity.spans.${value}`) }))}
              />
            </span>
          </div>
          <Suspense fallback={<Skeleton className="m-3.5 h-36" />}>
            <UsageChart
              key={`${measure} ${span}`}
              label={t('overview.activity.label', { ...words, total })}
              times={buckets.map(({ at }) => at / 1000)}
              values={values}
              isWhole={measure !== 'cost'}
              show={show}
              time={time}
            />
          </Suspense>
          <details className="border-line-soft border-t px-3.5 py-2 text-small">
            <summary className="w-fit text-dim hover:text-text">{t('overview.activity.table')}</summary>
            <table className="tabular mt-2 w-full max-w-100 text-left">
              <thead>
                <tr className="text-dim">
                  <th className="font-medium">{t('overview.activity.at')}</th>
                  <th className="text-right font-medium">{words.measure}</th>
                </tr>
              </thead>
              <tbody>
                {buckets.map((bucket) => (
                  <tr key={bucket.at}>
                    <td>{time(bucket.at)}</td>
                    <td className="text-right">{show(amountIn[measure](bucket))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </details>
        </>
      )}
    </Card>
  );
}
