/** The step that a build is at, as the engine's output says: `Step 3/9 : RUN …`, or BuildKit's `#7 [3/9] RUN …`. */
export function buildStep(lines: readonly string[]): { number: number; total: number } | undefined {
  for (const line of lines.toReversed()) {
    const [, number, total] = /^(?:Step |#\d+ \[(?:[\w-]+ )?)\s*(\d+)\/(\d+)[\] ]/.exec(line) ?? [];
    if (number !== undefined && total !== undefined && Number(total) > 0)
      return { number: Math.min(Number(number), Number(total)), total: Number(total) };
  }
  return undefined;
}
