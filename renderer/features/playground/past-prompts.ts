import type { Transcript } from './transcript.ts';

const promptsKept = 50;

/** What was asked, newest first, each once; the last transcript counts as the newest. */
export function pastPrompts(transcripts: readonly Transcript[]): string[] {
  const asked = transcripts.flatMap(({ entries }) =>
    entries.flatMap((entry) => (entry.kind === 'user' && entry.text.trim() !== '' ? [entry.text] : [])),
  );
  return [...new Set(asked.toReversed())].slice(0, promptsKept);
}

/**
 * Where a step leads: 1 to an older prompt, -1 to a newer one, and below the newest to the empty field. Undefined when the
 * field holds words of its own, or there is nothing further: the key then moves the caret as always.
 */
export function stepThrough(
  prompts: readonly string[],
  draft: string,
  place: number,
  step: 1 | -1,
): { place: number; text: string } | undefined {
  const isShowing = place >= 0 && prompts[place] === draft;
  if (!isShowing && draft !== '') return undefined;
  const next = (isShowing ? place : -1) + step;
  if (next === -1) return { place: -1, text: '' };
  const text = prompts[next];
  return text === undefined ? undefined : { place: next, text };
}
