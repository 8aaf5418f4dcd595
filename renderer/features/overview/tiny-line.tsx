const width = 100;
const height = 20;

interface Props {
  /** Oldest first. */
  values: readonly number[];
  /** The top of the scale at the least. */
  atLeast: number;
  /** How many fill the line. */
  places: number;
}

/** A course at a glance; its latest value stands beside it in words. */
export function TinyLine({ values, atLeast, places }: Props) {
  const top = Math.max(atLeast, ...values);
  const x = (at: number) => width - ((values.length - 1 - at) / (places - 1)) * width;
  const y = (value: number) => height - 1 - (value / top) * (height - 2);
  const points = values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  return (
    <svg
      aria-hidden
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className="mt-1 block h-5 w-full overflow-hidden"
    >
      {values.length > 1 && (
        <>
          <polygon
            points={`${x(0).toFixed(1)},${height} ${points} ${width},${height}`}
            className="fill-accent opacity-12"
          />
          <polyline
            points={points}
            className="fill-none stroke-accent"
            strokeWidth={1.25}
            vectorEffect="non-scaling-stroke"
            strokeLinejoin="round"
          />
        </>
      )}
      <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} className="stroke-line-soft" />
    </svg>
  );
}
