/** The trigram index knows nothing shorter. */
const minIndexedPoints = 3;
const maxTerms = 64;
const ideographs = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu;

/** A question as the index takes it; all of it is data, there are no operators. */
export interface KnowledgeQuery {
  /** Every word as it was typed. Undefined when all of them are too short for the index. */
  exact: string | undefined;
  /** Any part of it: what is common with a text counts, the rarer the more. */
  loose: string | undefined;
  /** Patterns for `LIKE … ESCAPE '\'`, for words that the index does not know. */
  short: string[];
}

/** Undefined when nothing was asked. */
export function parseQuery(text: string): KnowledgeQuery | undefined {
  const words = [
    ...new Set(
      text
        .normalize('NFC')
        .split(/[\s\0\p{P}\p{S}]+/u)
        .filter((word) => word !== ''),
    ),
  ];
  if (words.length === 0) return undefined;
  const long = words.filter((word) => [...word].length >= minIndexedPoints);
  const terms = [...new Set([...long, ...words.flatMap(partsOf)])].slice(0, maxTerms);
  return {
    exact: long.length === 0 ? undefined : long.map(quoted).join(' AND '),
    loose: terms.length === 0 ? undefined : terms.map(quoted).join(' OR '),
    short: words.flatMap((word) =>
      [...word].length < minIndexedPoints ? [`%${word.replaceAll(/[\\%_]/g, '\\$&')}%`] : [],
    ),
  };
}

/** Scripts without spaces: a question is one long word there, so its parts are looked for. */
function partsOf(word: string): string[] {
  return (word.match(ideographs) ?? []).flatMap((run) => {
    const points = [...run];
    return points.slice(0, -2).map((_, index) => points.slice(index, index + 3).join(''));
  });
}

function quoted(term: string): string {
  return `"${term.replaceAll('"', '""')}"`;
}
