const [bell, esc] = [String.fromCharCode(7), String.fromCharCode(27)];

/**
 * What tools put into the middle of a value when they show it: line breaks with the indentation of the next line, colours
 * and other terminal sequences, also one that is not complete yet, and characters without width. Each is bounded, so that
 * a whole text is never one of them.
 */
const ignorable = new RegExp(
  [
    String.raw`(?:\r\n|\r|\n)[ \t]{0,64}`,
    String.raw`${esc}\[[0-?]{0,32}[ -/]{0,4}(?:[@-~]|$)`,
    String.raw`${esc}\][^${bell}${esc}]{0,256}(?:${bell}|${esc}\\|${esc}?$)`,
    String.raw`${esc}(?:[ -/]{0,2}$|[ -/]{0,2}[0-Z\\^-~])`,
    String.raw`[\u00ad\u200b-\u200d\u2060\ufeff]`,
  ].join('|'),
  'g',
);

/** A line that goes on in the next one. The backslash may as well be the value's own, so this is looked at by itself. */
const goesOn = /\\(?:\r\n|\r|\n|$)/;
const withBackslash = new RegExp(String.raw`\\(?:\r\n|\r|\n)[ \t]{0,64}|\\$|${ignorable.source}`, 'g');

/** Whoever needs more between two characters of a value has taken it apart on purpose. */
const longestRun = 400;

/** A part of a text that is looked at, and where it stands there. */
export interface KeptPart {
  start: number;
  end: number;
  /** Length of the parts in front of it. */
  offset: number;
  /** In front of it lies more than may lie inside of a value. */
  isApart: boolean;
}

/** Every way in which something can be left out; none in most texts. The last part may be empty. */
export function squeeze(text: string): KeptPart[][] {
  if (text.search(withBackslash) === -1) return [];
  const all = [keptParts(text, ignorable)];
  return goesOn.test(text) ? [...all, keptParts(text, withBackslash)] : all;
}

/** The text of such parts. */
export function joinParts(text: string, parts: readonly KeptPart[]): string {
  return parts.map(({ start, end }) => text.slice(start, end)).join('');
}

function keptParts(text: string, what: RegExp): KeptPart[] {
  const parts: KeptPart[] = [];
  let offset = 0;
  /** Where the last part ended. */
  let lastEnd = 0;
  let at = 0;
  const keep = (end: number) => {
    parts.push({ start: at, end, offset, isApart: at - lastEnd > longestRun });
    offset += end - at;
    lastEnd = end;
  };
  for (const match of text.matchAll(what)) {
    if (match.index > at) keep(match.index);
    at = match.index + match[0].length;
  }
  keep(text.length);
  return parts;
}
