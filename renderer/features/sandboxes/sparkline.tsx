import type { SandboxStats } from '../../../server/contract/sandbox.ts';

const width = 44;
const height = 18;
const shown = 60;

interface Props {
  history: readonly SandboxStats[];
  of(stats: SandboxStats): number;
  atLeast: number;
}

/** The last minute at a glance; its value stands beside it in words. */
export function Sparkline({ history, of, atLeast }: Props) {
  const last = history.slice(-shown).map(of);
  const top = Math.max(atLeast, ...last);
  const points = last
    .map(
      (value, at) =>
        `${(width - (last.length - 1 - at) * (width / shown)).toFixed(1)},${(height - 1 - (value / top) * (height - 2)).toFixed(1)}`,
    )
    .join(' ');
  return (
    <svg
      aria-hidden
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      className="max-[1260px]:hidden inline-block shrink-0 align-middle"
    >
      <polyline points={points} className="fill-none stroke-accent" strokeWidth={1.25} strokeLinejoin="round" />
    </svg>
  );
}
