import { median } from '../support/statistics.ts';

/** One figure, ours and its floor, in the unit of the figure. */
export interface Row {
  figure: string;
  goal: string;
  ours: number[];
  floor?: number[];
  /** What the floor is. */
  against?: string;
}

export function toTable(rows: Row[]): string {
  const lines = rows.map(({ figure, goal, ours, floor, against = '–' }) => {
    const ratio = floor ? (median(ours) / median(floor)).toFixed(2) : '–';
    return `| ${figure} | ${floor ? shown(floor) : '–'} | ${shown(ours)} | ${ratio} | ${goal} | ${against} |`;
  });
  return ['| Figure | Floor | Ours | Ours ÷ floor | Goal | The floor is |', '|---|---|---|---|---|---|', ...lines].join(
    '\n',
  );
}

/** Median, least and most. */
function shown(values: number[]): string {
  const digits = (value: number) => value.toFixed(value < 20 ? 1 : 0);
  const all = `${digits(Math.min(...values))}–${digits(Math.max(...values))}`;
  return values.length > 1 ? `**${digits(median(values))}** (${all})` : `**${digits(median(values))}**`;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
