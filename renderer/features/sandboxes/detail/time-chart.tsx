import { useState } from 'react';
import { useFormat } from '../../../i18n/format.ts';
import TrendChart from '../../../ui/trend-chart.tsx';

interface Props {
  /** What a reader is told instead. */
  label: string;
  /** Seconds since 1970. */
  times: readonly number[];
  values: readonly number[];
  /** The top of the scale at the least. */
  atLeast: number;
  isBytes?: boolean;
  show(value: number): string;
}

/** One line over time; pointing at it tells value and time. */
export function TimeChart(props: Props) {
  const { times, values, show } = props;
  const format = useFormat();
  const [pointed, setPointed] = useState<number>();
  // At least a minute, so that the first seconds do not fill the width.
  const last = times.at(-1) ?? 0;
  const range = [Math.min(times[0] ?? last, last - 60), last] as const;
  const [at, value] = [times[pointed ?? -1], values[pointed ?? -1]];
  return (
    <>
      <div className="px-1 pt-2">
        <TrendChart {...props} range={range} height={150} time={format.time} onPoint={setPointed} />
      </div>
      <p className="tabular h-7 px-3.5 text-dim text-small">
        {at !== undefined && value !== undefined && `${format.time(at * 1000)} · ${show(value)}`}
      </p>
    </>
  );
}
