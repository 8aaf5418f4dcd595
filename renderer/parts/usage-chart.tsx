import { useRef, useState } from 'react';
import UPlot from 'uplot';
import { timeAxis, usePlot, valueAxis } from '../ui/use-plot.ts';

const height = 150;

interface Props {
  /** What a reader is told instead. */
  label: string;
  /** Seconds since 1970, evenly spread. */
  times: readonly number[];
  values: readonly number[];
  /** Of what there are no halves: none on the axis either. */
  isWhole?: boolean;
  show(value: number): string;
  /** Of milliseconds since 1970. */
  time(at: number): string;
}

/** One bar for each piece of time; pointing at one tells it in words. */
export default function UsageChart({ label, times, values, isWhole = false, show, time }: Props) {
  const [pointed, setPointed] = useState<number>();
  const latest = useRef({ show, time, isWhole });
  latest.current = { show, time, isWhole };
  const box = usePlot({
    height,
    data: [times, values],
    redraw: [isWhole],
    optionsFor: (place) => optionsFor(place, latest, setPointed),
  });
  const [at, value] = [times[pointed ?? -1], values[pointed ?? -1]];
  return (
    <>
      <div ref={box} role="img" aria-label={label} className="min-h-[150px] w-full px-1.5 pt-2 text-accent" />
      <p className="tabular h-6 px-3.5 text-dim text-small">
        {at !== undefined && value !== undefined && `${time(at * 1000)} · ${show(value)}`}
      </p>
    </>
  );
}

interface Words {
  current: Pick<Props, 'show' | 'time'> & { isWhole: boolean };
}

function optionsFor(
  place: HTMLElement,
  words: Words,
  onPoint: (index: number | undefined) => void,
): Omit<UPlot.Options, 'width' | 'height'> {
  const colour = () => getComputedStyle(place).color;
  const bars = UPlot.paths.bars?.({ size: [0.7, 28], radius: 0.15 });
  return {
    padding: [8, 14, 0, 0],
    legend: { show: false },
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
    cursor: { y: false, points: { show: false } },
    scales: {
      x: { range: (_, least, most) => [least - (most - least) / 40, most + (most - least) / 40] },
      y: { range: (_, __, most) => [0, (most ?? 0) > 0 ? most * 1.1 : 1] },
    },
    axes: [
      timeAxis(place, (at) => words.current.time(at)),
      valueAxis(place, false, (value) =>
        words.current.isWhole && !Number.isInteger(value) ? '' : words.current.show(value),
      ),
    ],
    series: [
      {},
      { label: '', stroke: colour, fill: colour, width: 0, points: { show: false }, ...(bars && { paths: bars }) },
    ],
  };
}
