const width = 240;
const height = 26;
const gap = 2;

/** The last 24 hours at a glance; the figure above and the chart below tell the same in words and numbers. */
export function HourBars({ values }: { values: readonly number[] }) {
  if (values.length === 0) return <span aria-hidden className="mt-2 block h-[26px]" />;
  const top = Math.max(...values);
  const each = width / values.length;
  return (
    <svg
      aria-hidden
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className="mt-2 block h-[26px] w-full"
    >
      {values.map((value, place) => {
        const tall = top > 0 && value > 0 ? Math.max(2, (value / top) * height) : 1;
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: hours stand in their places.
            key={place}
            x={place * each}
            y={height - tall}
            width={each - gap}
            height={tall}
            className={value > 0 ? 'fill-accent' : 'fill-line'}
          />
        );
      })}
    </svg>
  );
}
