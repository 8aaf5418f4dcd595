/**
 * A language for tests, made from the English words: accents show what is not translated, brackets show where a text is
 * cut, and it is as long as English becomes in other languages. No menu offers it; `localStorage` chooses it.
 */

export interface Tree {
  readonly [key: string]: string | Tree;
}

const plain = 'AaCcDdEeGgIiLlNnOoRrSsTtUuYyZz';
const accented = 'ÅåÇçÐðÉéĜĝÎîĻļÑñÖöŘřŠšŢţÛûÝýŽž';
/** Placeholders and markup stay as they are. */
const untouched = /({{[^}]*}}|<\/?[\w-]+\/?>)/;

export function toPseudo(text: string): string {
  const parts = text.split(untouched);
  const letters = parts.reduce((sum, part, index) => (index % 2 === 0 ? sum + part.length : sum), 0);
  const body = parts.map((part, index) => (index % 2 === 0 ? accent(part) : part)).join('');
  // Words, so that long texts may wrap as real ones do.
  const padding = ' ~~~~~'.repeat(Math.ceil(letters / 15)).slice(0, Math.ceil(letters * 0.4));
  return `⟦${body}${padding}⟧`;
}

function accent(text: string): string {
  return Array.from(text, (letter) => accented[plain.indexOf(letter)] ?? letter).join('');
}

export function pseudoWords(words: Tree): Tree {
  return Object.fromEntries(
    Object.entries(words).map(([key, value]) => [
      key,
      typeof value === 'string' ? toPseudo(value) : pseudoWords(value),
    ]),
  );
}
