import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import type { Point } from './vital-points.ts';

const TrendChart = lazy(() => import('../../ui/trend-chart.tsx'));
const height = 112;
/** Rows of the table for readers; more would be read to nobody's use. */
const mostRows = 12;

interface Props {
  label: string;
  note: string;
  points: readonly Point[];
  /** What is known of this moment, when nothing is pointed at. */
  latest: number | undefined;
  atLeast: number;
  range: readonly [from: number, to: number];
  isBytes?: boolean;
  show(value: number): string;
  /** On the axis. */
  time(at: number): string;
}

/** One line over the chosen time; its value stands in words above, and pointing tells that of another moment. */
export function VitalChart({ label, note, points, latest, atLeast, range, isBytes = false, show, time }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const [pointed, setPointed] = useState<number>();
  const times = useMemo(() => points.map(({ at }) => at / 1000), [points]);
  const values = useMemo(() => points.map(({ value }) => value), [points]);
  const known = values.filter((value) => value !== null);
  const seen = points[pointed ?? -1];
  const isPointed = seen !== undefined && seen.value !== null;
  const told = seen?.value ?? latest;
  const summary =
    latest === undefined || known.length === 0
      ? t('health.noChart', { label })
      : t('health.chart', {
          label,
          value: show(latest),
          least: show(Math.min(...known)),
          most: show(Math.max(...known)),
        });
  const rows = points.filter((_, index) => (points.length - 1 - index) % Math.ceil(points.length / mostRows) === 0);
  return (
    <div className="min-w-0 bg-panel px-3.5 pt-3 pb-2.5">
      <div className="flex items-baseline justify-between gap-2 text-small">
        <span title={label} className="truncate text-dim">
          {label}
        </span>
        {isPointed && <span className="tabular shrink-0 text-dim">{format.time(seen.at)}</span>}
      </div>
      <div className="tabular my-0.5 font-semibold text-figure tracking-[-0.02em]">
        {told === undefined ? t('common.none') : show(told)}
      </div>
      <Suspense fallback={<div style={{ height }} />}>
        <TrendChart
          label={summary}
          times={times}
          values={values}
          atLeast={atLeast}
          range={range}
          height={height}
          isBytes={isBytes}
          show={show}
          time={time}
          onPoint={setPointed}
        />
      </Suspense>
      <div className="mt-0.5 text-dim text-small [overflow-wrap:anywhere]">{note}</div>
      <table className="sr-only">
        <caption>{label}</caption>
        <thead>
          <tr>
            <th scope="col">{t('health.vitals.time')}</th>
            <th scope="col">{t('health.vitals.value')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ at, value }) => (
            <tr key={at}>
              <td>{format.time(at)}</td>
              <td>{value === null ? t('common.none') : show(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
