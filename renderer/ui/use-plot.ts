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

/** Steps of an axis of time, in seconds: never less than one, so that no two labels are the same. */
const timeSteps = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800]
  .concat([1, 2, 3, 4, 6, 8, 12].map((hours) => hours * 3600))
  .concat([1, 2, 3, 4, 5, 7, 10, 14, 30, 60, 90, 180, 365].map((days) => days * 86_400));

/** Bytes are written in powers of 1,024, so round steps are powers of two. */
const byteSteps = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** Of an axis in the look of the console, whose words come from elsewhere. */
function axisLook(place: HTMLElement): UPlot.Axis {
  return {
    stroke: () => getComputedStyle(document.body).color,
    grid: { show: false },
    ticks: { show: false },
    font: `11px ${getComputedStyle(place).fontFamily}`,
  };
}

/** The axis below, of seconds since 1970. */
export function timeAxis(place: HTMLElement, time: (at: number) => string): UPlot.Axis {
  return {
    ...axisLook(place),
    size: 24,
    space: 72,
    incrs: timeSteps,
    values: (_, ticks) => ticks.map((at) => time(at * 1000)),
  };
}

/** The axis at the left. */
export function valueAxis(place: HTMLElement, isBytes: boolean, show: (value: number) => string): UPlot.Axis {
  return {
    ...axisLook(place),
    size: 62,
    space: 30,
    ...(isBytes && { incrs: byteSteps }),
    values: (_, ticks) => ticks.map(show),
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
    // A single value is no line.
    points: { show: ({ data }) => data[0].length === 1, size: 6, fill: colour },
  };
}
