import { useRef } from 'react';
import type UPlot from 'uplot';
import { lineLook, timeAxis, usePlot, valueAxis } from './use-plot.ts';

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
  isBytes?: boolean;
  show(value: number): string;
  /** Of milliseconds since 1970, for the axis. */
  time(at: number): string;
  /** Of the value that is pointed at; undefined: none. */
  onPoint(index: number | undefined): void;
}

/** One line over time, its area tinted. */
export default function TrendChart(props: Props) {
  const { label, times, values, atLeast, range, height } = props;
  const latest = useRef(props);
  latest.current = props;
  const box = usePlot({
    height,
    data: [times, values],
    redraw: [atLeast, range?.[0], range?.[1]],
    optionsFor: (place) => optionsFor(place, latest),
  });
  return <div ref={box} role="img" aria-label={label} className="w-full text-accent" style={{ minHeight: height }} />;
}

function optionsFor(place: HTMLElement, props: { current: Props }): Omit<UPlot.Options, 'width' | 'height'> {
  return {
    padding: [8, 8, 0, 0],
    legend: { show: false },
    hooks: { setCursor: [({ cursor }) => props.current.onPoint(cursor.idx ?? undefined)] },
    cursor: { y: false, points: { size: 6 } },
    scales: {
      x: { range: (_, least, most) => [...(props.current.range ?? [least, most])] as [number, number] },
      y: { range: (_, __, most) => [0, Math.max(props.current.atLeast, (most ?? 0) * 1.1)] },
    },
    axes: [
      timeAxis(place, (at) => props.current.time(at)),
      valueAxis(place, props.current.isBytes ?? false, (value) => props.current.show(value)),
    ],
    series: [{}, lineLook(place)],
  };
}
