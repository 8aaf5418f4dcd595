import { createPatternMatcher, type Match, type PatternMatcher } from './pattern-matcher.ts';
import { formsOf, minRedactedLength } from './secret-forms.ts';
import type { Redactor } from './secret-source.ts';

/** A value that must not be seen, with the name it is known by. */
export interface NamedValue {
  name: string;
  value: string;
}

/** Redacts text that arrives in pieces; a secret split over two pieces is found. */
export interface StreamRedactor {
  /** The part of the text so far that is safe to show. Holds back less than the longest form of a secret. */
  push(piece: string): string;
  /** The rest. */
  end(): string;
}

export interface LiveRedactor extends Redactor {
  stream(): StreamRedactor;
}

/** `current` is asked at each use; a matcher is only made anew when somebody hands in other values. */
export function createLiveRedactor(current: () => PatternMatcher | undefined): LiveRedactor {
  return {
    redact(text) {
      const matches = current()?.scan(text).matches;
      return matches && matches.length > 0 ? render(text, matches, text.length) : text;
    },
    stream: () => createStreamRedactor(current),
  };
}

/** Finds every form of these values; undefined when there is nothing to look for. */
export function createSecretMatcher(values: Iterable<NamedValue>): PatternMatcher | undefined {
  const secrets = [...values].filter(({ value }) => value.length >= minRedactedLength);
  const markers = secrets.map(({ name }) => marker(name));
  const patterns = new Map<string, string>();
  for (const { name, value } of secrets) {
    for (const form of formsOf(value)) {
      // A value that is itself part of a marker can be taken out of no text that was redacted.
      if (!patterns.has(form) && !markers.some((text) => text.includes(form))) patterns.set(form, name);
    }
  }
  return patterns.size > 0 ? createPatternMatcher(patterns) : undefined;
}

function marker(name: string): string {
  return `[redacted ${name}]`;
}

/** The text up to `end` with a marker at each match that begins before it. */
function render(text: string, matches: Match[], end: number): string {
  let result = '';
  let at = 0;
  for (const match of matches) {
    if (match.start >= end) break;
    result += text.slice(at, match.start) + marker(match.name);
    at = match.end;
  }
  return at < end ? result + text.slice(at, end) : result;
}

function createStreamRedactor(current: () => PatternMatcher | undefined): StreamRedactor {
  let held = '';
  /** So much of `held` belongs to a match whose marker was shown already. */
  let covered = 0;

  function advance(piece: string, isLast: boolean): string {
    const text = held + piece;
    const scan = current()?.scan(text) ?? { matches: [], openLength: 0 };
    const cut = isLast ? text.length : text.length - scan.openLength;
    if (scan.matches.length === 0 && covered === 0) {
      held = text.slice(cut);
      return cut === text.length ? text : text.slice(0, cut);
    }
    const shown = showBetween(text, scan.matches, cut);
    held = text.slice(cut);
    return shown;
  }

  function showBetween(text: string, matches: Match[], cut: number): string {
    // A match that grows out of a shown one needs no second marker.
    const grown = matches.find((match) => match.start < covered && match.end > covered);
    const from = grown?.end ?? covered;
    const rest = matches.filter((match) => match.start >= from);
    const lastEnd = rest.findLast((match) => match.start < cut)?.end ?? from;
    covered = Math.max(0, lastEnd - cut);
    const shifted = rest.map((match) => ({ ...match, start: match.start - from, end: match.end - from }));
    return render(text.slice(from), shifted, Math.max(0, cut - from));
  }

  return {
    push: (piece) => advance(piece, false),
    end() {
      const rest = advance('', true);
      held = '';
      covered = 0;
      return rest;
    },
  };
}
