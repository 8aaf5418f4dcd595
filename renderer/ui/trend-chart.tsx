import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';

interface Props {
  /** What a reader is told instead. */
  label: string;
  /** Seconds since 1970. */
  times: readonly number[];
  /** Null where nothing is known. */
  values: readonly (number | null)[];
  /** The top of the scale at the least, so that noise near zero does not look like a storm. */
  atLeast: number;
  /** Seconds since 1970; absent: from the first time to the last. */
  range?: readonly [from: number, to: number];
  height: number;
  show(value: number): string;
  /** Of milliseconds since 1970, for the axis. */
  time(at: number): string;
  /** Of the value that is pointed at; undefined: none. */
  onPoint(index: number | undefined): void;
}

/** One line over time, its area tinted. */
export default function TrendChart(props: Props) {
  const { label, times, values, atLeast, range, height } = props;
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const plot = new UPlot(optionsFor(place, latest), [[], []], place);
    chart.current = plot;
    const resized = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height }));
    resized.observe(place);
    return () => {
      resized.disconnect();
      plot.destroy();
      chart.current = undefined;
    };
  }, [height]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when any of it changes.
  useEffect(() => {
    chart.current?.setData([[...times], [...values]]);
  }, [times, values, atLeast, range?.[0], range?.[1]]);

  return <div ref={box} role="img" aria-label={label} className="w-full text-accent" style={{ minHeight: height }} />;
}

function optionsFor(place: HTMLElement, props: { current: Props }): UPlot.Options {
  const axis = {
    stroke: () => getComputedStyle(document.body).color,
    ticks: { show: false },
    font: `11px ${getComputedStyle(place).fontFamily}`,
  };
  const { height } = props.current;
  return {
    width: place.clientWidth,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    hooks: { setCursor: [({ cursor }) => props.current.onPoint(cursor.idx ?? undefined)] },
    cursor: { y: false, points: { size: 6 } },
    scales: {
      x: { range: (_, least, most) => [...(props.current.range ?? [least, most])] as [number, number] },
      y: { range: (_, __, most) => [0, Math.max(props.current.atLeast, (most ?? 0) * 1.1)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 64,
        values: (_, ticks) => ticks.map((at) => props.current.time(at * 1000)),
      },
      {
        ...axis,
        grid: { show: false },
        size: 62,
        space: 30,
        values: (_, ticks) => ticks.map((value) => props.current.show(value)),
      },
    ],
    series: [
      {},
      {
        label: '',
        stroke: () => getComputedStyle(place).color,
        fill: () => getComputedStyle(place).color.replace(/\)$/, ' / 0.12)'),
        width: 1.5,
        points: { show: false },
      },
    ],
  };
}
