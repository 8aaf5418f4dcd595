import type { LogFilter } from '../contract/logs.ts';
import { bytePattern, type NeededParts, neededByRegex, neededByText } from './needed-text.ts';
import { regexOf } from './text-matcher.ts';

/** Takes lines out of a piece of a log file, in their order; those that cannot match may be left out. */
export type LineFinder = (piece: Buffer) => string[];

/** More hits than one in so many bytes: all lines are taken at once instead of one by one. */
const bytesPerHit = 2048;

/**
 * Most searches need some text that stands in few lines. It is looked for in the bytes, which is many times quicker than
 * taking every line apart; what is found is still to be sieved.
 */
export function createLineFinder(filter: LogFilter): LineFinder {
  const needed = neededBy(filter);
  if (!needed) return allLines;
  const { parts, isCaseIgnored } = needed;
  const pattern = bytePattern(parts, isCaseIgnored);
  return (piece) => {
    const found: string[] = [];
    const text = piece.toString('latin1');
    const most = 8 + text.length / bytesPerHit;
    pattern.lastIndex = 0;
    for (let hit = pattern.exec(text); hit; hit = pattern.exec(text)) {
      if (found.length > most) return allLines(piece);
      const start = text.lastIndexOf('\n', hit.index) + 1;
      const end = text.indexOf('\n', hit.index);
      found.push(piece.toString('utf8', start, end === -1 ? text.length : end));
      if (end === -1) break;
      pattern.lastIndex = end;
    }
    return found;
  };
}

function allLines(piece: Buffer): string[] {
  return piece
    .toString('utf8')
    .split('\n')
    .filter((line) => line.length > 0);
}

interface Needed {
  parts: NeededParts;
  isCaseIgnored: boolean;
}

/** The longest is the rarest, as far as one can tell; tenants and components stand in too many lines. */
function neededBy({ text, runId, sessionId }: LogFilter): Needed | undefined {
  const all: Needed[] = [];
  for (const id of [runId, sessionId]) {
    const parts = id === undefined ? undefined : neededByText(id);
    if (parts) all.push({ parts, isCaseIgnored: false });
  }
  const regex = text ? regexOf(text) : undefined;
  const parts = regex ? neededByRegex(regex.source, regex.flags) : text ? neededByText(text) : undefined;
  if (parts) all.push({ parts, isCaseIgnored: !regex || regex.flags.includes('i') });
  return all.toSorted((a, b) => leastOf(b.parts) - leastOf(a.parts))[0];
}

function leastOf(parts: NeededParts): number {
  return Math.min(...parts.map(({ length }) => length));
}
