import type { SearchHit } from '../../contract/sessions.ts';
import type { SearchWords } from './search-words.ts';
import type { IndexedText } from './tables.ts';

type FoundText = Pick<IndexedText, 'role' | 'at' | 'text'>;

export const maxHits = 3;
const hitsBeforeChars = 60;
const hitChars = 200;

/** Where the words stand, the first few texts that hold them all. */
export function hitsIn(texts: Iterable<FoundText>, words: SearchWords): SearchHit[] {
  const hits: SearchHit[] = [];
  for (const text of texts) {
    if (!words.isIn(text.text)) continue;
    hits.push(toHit(text, words));
    if (hits.length >= maxHits) break;
  }
  return hits;
}

function toHit({ role, at, text }: FoundText, words: SearchWords): SearchHit {
  const first = words.rangesIn(text)[0]?.[0] ?? 0;
  const start = atCharacter(text, Math.max(0, first - hitsBeforeChars));
  const piece = text.slice(start, atCharacter(text, start + hitChars));
  return {
    field: role === null ? 'title' : 'message',
    ...(role !== null && { role }),
    ...(at !== null && { timestamp: at }),
    text: piece,
    ranges: words.rangesIn(piece),
  };
}

/** Not between the two halves of one character. */
function atCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}
