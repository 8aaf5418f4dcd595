import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { memo, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LevelCounts, LogOverview } from '../../../server/contract/logs.ts';
import { answer, api } from '../../api/client.ts';
import { useFormat } from '../../i18n/format.ts';

const buckets = 120;
const height = 34;
const refreshMs = 10_000;
const settleMs = 150;
/** Within a day both ends may be of the same minute. */
const day = 24 * 3_600_000;

export function useLogOverview() {
  return useQuery({
    queryKey: ['log-overview'],
    queryFn: () => answer(api.logs.overview.$get({ query: { buckets: String(buckets) } })),
    refetchInterval: refreshMs,
    placeholderData: keepPreviousData,
  });
}

interface Props {
  overview: LogOverview;
  /** When the line was written that is in sight. */
  sight: number | undefined;
  onJump(time: number): void;
}

/** The whole log over time, and the way to any place in it. A slider for readers and keys, bars for eyes. */
export function LogTimeline({ overview, sight, onJump }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { fromTime = 0, toTime = 0 } = overview;
  const [chosen, setChosen] = useState<number>();
  useEffect(() => {
    if (chosen === undefined) return;
    const timer = setTimeout(() => {
      setChosen(undefined);
      onJump(chosen);
    }, settleMs);
    return () => clearTimeout(timer);
  }, [chosen, onJump]);
  if (toTime <= fromTime) return null;
  const at = Math.min(toTime, Math.max(fromTime, chosen ?? sight ?? toTime));
  const told = toTime - fromTime < day ? (time: number) => `${format.day(time)} ${format.time(time)}` : format.dateTime;
  const share = ((at - fromTime) / (toTime - fromTime)) * 100;
  return (
    <div className="mb-2">
      <div className="relative rounded-[7px] border border-line bg-panel focus-within:outline-2 focus-within:outline-accent hover:bg-hover">
        <Bars overview={overview} />
        <span
          aria-hidden
          className="pointer-events-none absolute inset-y-0 w-0.5 -translate-x-1/2 rounded bg-accent"
          style={{ left: `${share}%` }}
        />
        <input
          type="range"
          aria-label={t('logs.position')}
          aria-valuetext={told(at)}
          min={fromTime}
          max={toTime}
          step={Math.max(1, Math.round((toTime - fromTime) / 1000))}
          value={at}
          onChange={(event) => setChosen(Number(event.target.value))}
          className="absolute inset-0 m-0 size-full cursor-pointer opacity-0"
        />
      </div>
      <p className="tabular mt-1 flex justify-between gap-4 text-faint text-small" aria-hidden>
        <span>{told(fromTime)}</span>
        {chosen !== undefined && <span className="text-accent">{told(chosen)}</span>}
        <span>{told(toTime)}</span>
      </p>
    </div>
  );
}

const Bars = memo(function Bars({ overview }: { overview: LogOverview }) {
  const totals = overview.buckets.map(([debug, info, warn, error]) => debug + info + warn + error);
  // A root keeps quiet times in sight beside a flood.
  const most = Math.sqrt(Math.max(1, ...totals));
  const width = 100 / overview.buckets.length;
  return (
    <svg
      aria-hidden="true"
      className="block w-full"
      height={height}
      viewBox={`0 0 100 ${height}`}
      preserveAspectRatio="none"
    >
      {overview.buckets.map((counts, place) => {
        const total = totals[place] ?? 0;
        if (total === 0) return null;
        const tall = Math.max(1.5, (Math.sqrt(total) / most) * (height - 4));
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place.
          <g key={place}>
            {partsOf(counts, tall).map(([fill, y, size]) => (
              <rect
                key={fill}
                x={place * width}
                width={width * 0.8}
                y={height - y - size}
                height={size}
                className={fill}
              />
            ))}
          </g>
        );
      })}
    </svg>
  );
});

/** From below: errors, warnings, the rest. What is there can be seen, however little it is. */
function partsOf([debug, info, warn, error]: LevelCounts, tall: number): [string, number, number][] {
  const total = debug + info + warn + error;
  const size = (count: number) => (count === 0 ? 0 : Math.max(1.5, (count / total) * tall));
  const [bad, warned] = [size(error), size(warn)];
  const rest = debug + info === 0 ? 0 : Math.max(1, tall - bad - warned);
  const parts: [string, number, number][] = [
    ['fill-bad', 0, bad],
    ['fill-warn', bad, warned],
    ['fill-idle/55', bad + warned, rest],
  ];
  return parts.filter(([, , part]) => part > 0);
}
