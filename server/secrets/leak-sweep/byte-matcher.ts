import { createPatternMatcher } from '../pattern-matcher.ts';
import { formsOf, minRedactedLength } from '../secret-forms.ts';

/** A value to look for. */
export interface Wanted {
  name: string;
  value: string;
  isInForce: boolean;
}

/** What stands for a value in bytes. */
export interface Hit {
  name: string;
  isToken: boolean;
  isInForce: boolean;
  /** Bytes from the beginning. */
  offset: number;
  /** From 1. */
  line: number;
  /** The value as it is; otherwise encoded or broken up. */
  isPlain: boolean;
}

/** Bytes of one file, piece by piece; a value split over pieces is found, each one once. */
export interface ByteScanner {
  push(chunk: Uint8Array): Hit[];
  /** What the end decides. */
  end(): Hit[];
}

export interface ByteMatcher {
  scanner(): ByteScanner;
  /** Values of these names are too short to be told from ordinary text. */
  readonly tooShort: string[];
}

export interface MatcherOptions {
  /** The name of a named token of the agent API; undefined for what only looks like one. */
  tokenName?(token: string): string | undefined;
}

const tokenPattern = /art_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g;
/** May go on to a token in the next piece. */
const openToken = /a(?:r(?:t(?:_[A-Za-z0-9_-]{0,43})?)?)?$/;
const tokenLength = 47;

/**
 * Finds values in any bytes, text or not: in every form that the redactor knows, as UTF-8. Bytes are looked at one
 * character each, so places are those in the file. Memory is that of the forms and of the longest of them.
 */
export function createByteMatcher(values: readonly Wanted[], { tokenName }: MatcherOptions = {}): ByteMatcher {
  const wanted = values.filter(({ value }) => value.length >= minRedactedLength);
  const patterns = new Map<string, string>();
  const plain = new Map<string, Set<string>>();
  // Values in force first: where two have a form in common, theirs is told.
  for (const each of [...wanted].sort((a, b) => Number(b.isInForce) - Number(a.isInForce))) {
    const label = String(wanted.indexOf(each));
    for (const form of formsOf(each.value)) {
      const bytes = asBytes(form);
      if (!patterns.has(bytes)) patterns.set(bytes, label);
    }
    plain.set(label, new Set([asBytes(each.value)]));
  }
  const matcher = patterns.size > 0 ? createPatternMatcher(patterns) : undefined;

  function scanner(): ByteScanner {
    let held = '';
    /** Of `held` in the file. */
    let heldAt = 0;
    let linesBefore = 0;
    /** Up to here everything was told. */
    let toldTo = 0;
    let tokensToldTo = 0;

    function push(chunk: Uint8Array): Hit[] {
      const text = held + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
      const found: Omit<Hit, 'line'>[] = [];
      const scan = matcher?.scan(text) ?? { matches: [], openLength: 0 };
      for (const { start, end, name: label } of scan.matches) {
        const [from, to] = [heldAt + start, heldAt + end];
        if (to <= toldTo) continue;
        // One that grew out of what was told is the same.
        const isNew = from >= toldTo;
        toldTo = to;
        const { name, isInForce } = wanted[Number(label)] ?? { name: '', isInForce: false };
        const isPlain = plain.get(label)?.has(text.slice(start, end)) ?? false;
        if (isNew) found.push({ name, isToken: false, isInForce, offset: from, isPlain });
      }
      if (tokenName) {
        for (const match of text.matchAll(tokenPattern)) {
          const from = heldAt + match.index;
          const isCut = match.index + tokenLength === text.length;
          const name = isCut || from < tokensToldTo ? undefined : tokenName(match[0]);
          if (name === undefined) continue;
          tokensToldTo = from + tokenLength;
          found.push({ name, isToken: true, isInForce: true, offset: from, isPlain: true });
        }
      }
      const openLength = Math.max(
        scan.openLength,
        tokenName ? (openToken.exec(text.slice(-tokenLength))?.[0].length ?? 0) : 0,
      );
      return withLines(found, text, text.length - openLength);
    }

    function withLines(found: Omit<Hit, 'line'>[], text: string, cut: number): Hit[] {
      let at = 0;
      let line = linesBefore + 1;
      const hits = found
        .sort((a, b) => a.offset - b.offset)
        .map((hit): Hit => {
          const to = hit.offset - heldAt;
          line += newlinesIn(text, at, to);
          at = Math.max(at, to);
          return { ...hit, line };
        });
      linesBefore += newlinesIn(text, 0, cut);
      held = text.slice(cut);
      heldAt += cut;
      return hits;
    }

    return { push, end: () => push(Buffer.from('\n')) };
  }

  const short = values.filter(({ value, isInForce }) => isInForce && value.length < minRedactedLength);
  return { scanner, tooShort: [...new Set(short.map(({ name }) => name))] };
}

function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function newlinesIn(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
