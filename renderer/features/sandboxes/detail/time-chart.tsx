import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';

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
  const chart = useRef<UPlot>(undefined);
  const latest = useRef({ times, values, show });
  latest.current = { times, values, show };

  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const style = getComputedStyle(place);
    const plot = new UPlot(
      optionsFor(place, style, atLeast, (value) => latest.current.show(value)),
      [[], []],
      place,
    );
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

  return <div ref={box} role="img" aria-label={label} className="min-h-[190px] w-full px-1 pt-2 text-accent" />;
}

function optionsFor(
  place: HTMLElement,
  style: CSSStyleDeclaration,
  atLeast: number,
  show: (value: number) => string,
): UPlot.Options {
  const axis = {
    stroke: () => getComputedStyle(document.body).color,
    grid: { show: false },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  return {
    width: place.clientWidth,
    height,
    legend: { live: true },
    cursor: { y: false, points: { size: 6 } },
    scales: { y: { range: (_, __, most) => [0, Math.max(atLeast, (most ?? 0) * 1.1)] } },
    axes: [axis, { ...axis, size: 64, values: (_, ticks) => ticks.map(show) }],
    series: [
      {},
      {
        label: '',
        stroke: () => getComputedStyle(place).color,
        fill: () => getComputedStyle(place).color.replace(/\)$/, ' / 0.12)'),
        width: 1.5,
        points: { show: false },
        value: (_, value) => (value === null ? '' : show(value)),
      },
    ],
  };
}
