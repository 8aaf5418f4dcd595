import 'uplot/dist/uPlot.min.css';
import { type RefObject, useEffect, useRef } from 'react';
import UPlot from 'uplot';

interface Plot {
  height: number;
  /** A row of times and one of values for each series. Drawn anew when one of them, or a part of `redraw`, changes. */
  data: readonly (readonly (number | null)[])[];
  /** What else decides what is drawn, in the same number of parts each time. */
  redraw?: readonly unknown[];
  /** Asked once for each height. What it reads later goes through a reference. */
  optionsFor(place: HTMLElement): Omit<UPlot.Options, 'width' | 'height'>;
}

/** A chart as wide as the element that gets the reference. */
export function usePlot({ height, data, redraw = [], optionsFor }: Plot): RefObject<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot>(undefined);
  const latest = useRef(optionsFor);
  latest.current = optionsFor;

  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const plot = new UPlot({ ...latest.current(place), width: place.clientWidth, height }, [[], []], place);
    chart.current = plot;
    const resized = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height }));
    resized.observe(place);
    return () => {
      resized.disconnect();
      plot.destroy();
      chart.current = undefined;
    };
  }, [height]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the rows themselves, and what the caller names.
  useEffect(() => {
    const [times = [], ...series] = data;
    chart.current?.setData([[...times], ...series.map((row) => [...row])] as UPlot.AlignedData);
  }, [height, ...data, ...redraw]);

  return box;
}

/** Of an axis in the look of the console, whose words come from elsewhere. */
export function axisLook(place: HTMLElement): UPlot.Axis {
  return {
    stroke: () => getComputedStyle(document.body).color,
    grid: { show: false },
    ticks: { show: false },
    font: `11px ${getComputedStyle(place).fontFamily}`,
  };
}

/** One line in the colour of the place, its area tinted. */
export function lineLook(place: HTMLElement): UPlot.Series {
  const colour = () => getComputedStyle(place).color;
  return {
    label: '',
    stroke: colour,
    fill: () => colour().replace(/\)$/, ' / 0.12)'),
    width: 1.5,
    points: { show: false },
  };
}
