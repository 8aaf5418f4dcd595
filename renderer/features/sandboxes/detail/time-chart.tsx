import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef, useState } from 'react';
import UPlot from 'uplot';
import { useFormat } from '../../../i18n/format.ts';

const height = 150;

interface Props {
  /** What a reader is told instead. */
  label: string;
  /** Seconds since 1970. */
  times: readonly number[];
  values: readonly number[];
  /** The top of the scale at the least, so that noise near zero does not look like a storm. */
  atLeast: number;
  show(value: number): string;
}

/** One line over time, its area tinted; pointing at it tells value and time. */
export function TimeChart({ label, times, values, atLeast, show }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const format = useFormat();
  const chart = useRef<UPlot>(undefined);
  const [pointed, setPointed] = useState<number>();
  const latest = useRef({ times, values, show, time: (seconds: number) => format.time(seconds * 1000) });
  latest.current = { times, values, show, time: (seconds: number) => format.time(seconds * 1000) };

  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const style = getComputedStyle(place);
    const options = optionsFor(place, style, atLeast, {
      show: (value) => latest.current.show(value),
      time: (seconds) => latest.current.time(seconds),
      onPoint: setPointed,
    });
    const plot = new UPlot(options, [[], []], place);
    chart.current = plot;
    plot.setData([[...latest.current.times], [...latest.current.values]]);
    const resized = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height }));
    resized.observe(place);
    return () => {
      resized.disconnect();
      plot.destroy();
      chart.current = undefined;
    };
  }, [atLeast]);

  useEffect(() => {
    chart.current?.setData([[...times], [...values]]);
  }, [times, values]);

  const [at, value] = [times[pointed ?? -1], values[pointed ?? -1]];
  return (
    <>
      <div ref={box} role="img" aria-label={label} className="min-h-[150px] w-full px-1 pt-2 text-accent" />
      <p className="tabular h-7 px-3.5 text-dim text-small">
        {at !== undefined && value !== undefined && `${format.time(at * 1000)} · ${show(value)}`}
      </p>
    </>
  );
}

interface Words {
  show(value: number): string;
  time(seconds: number): string;
  onPoint(index: number | undefined): void;
}

function optionsFor(place: HTMLElement, style: CSSStyleDeclaration, atLeast: number, words: Words): UPlot.Options {
  const axis = {
    stroke: () => getComputedStyle(document.body).color,
    grid: { show: false },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  return {
    width: place.clientWidth,
    height,
    legend: { show: false },
    hooks: { setCursor: [({ cursor }) => words.onPoint(cursor.idx ?? undefined)] },
    cursor: { y: false, points: { size: 6 } },
    scales: { y: { range: (_, __, most) => [0, Math.max(atLeast, (most ?? 0) * 1.1)] } },
    axes: [
      { ...axis, space: 90, incrs: [5, 15, 30, 60, 120], values: (_, ticks) => ticks.map(words.time) },
      { ...axis, size: 64, values: (_, ticks) => ticks.map(words.show) },
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
