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

/** The units of a text without what is ignorable, and where each of them stood. */
export interface Squeezed {
  text: string;
  /** Index in the original of each unit of `text`. */
  places: Int32Array;
  /** Indexes in `text` in front of which more lay than may lie inside of a value. */
  breaks: ReadonlySet<number>;
}

/** Every way in which something can be left out; none in most texts. */
export function squeeze(text: string): Squeezed[] {
  if (text.search(withBackslash) === -1) return [];
  const all = [leaveOut(text, ignorable)];
  return goesOn.test(text) ? [...all, leaveOut(text, withBackslash)] : all;
}

function leaveOut(text: string, what: RegExp): Squeezed {
  const places = new Int32Array(text.length);
  const breaks = new Set<number>();
  let kept = '';
  let at = 0;
  let runStart = -1;
  for (const match of text.matchAll(what)) {
    const { index } = match;
    if (index > at) {
      for (let from = at; from < index; from++) places[kept.length + from - at] = from;
      kept += text.slice(at, index);
      runStart = index;
    } else if (runStart === -1) {
      runStart = index;
    }
    at = index + match[0].length;
    if (at - runStart > longestRun) breaks.add(kept.length);
  }
  for (let from = at; from < text.length; from++) places[kept.length + from - at] = from;
  kept += text.slice(at);
  return { text: kept, places, breaks };
}
