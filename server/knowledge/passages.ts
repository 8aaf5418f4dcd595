/** A piece of a document that is found and shown as one. */
export interface Passage {
  /** From 1. */
  page: number;
  /** Of its first character in the page. */
  offset: number;
  text: string;
}

/** Long enough to answer from, short enough that a few fit an answer. */
const passageCharacters = 1200;

/** A document's pages in passages that end where a paragraph, a line or a sentence does, where one is near. */
export function* passagesOf(pages: readonly string[]): Generator<Passage, void, undefined> {
  for (const [index, text] of pages.entries()) {
    let offset = 0;
    while (offset < text.length) {
      const end = endOfPassage(text, offset);
      const passage = text.slice(offset, end);
      if (passage.trim() !== '') yield { page: index + 1, offset, text: passage };
      offset = end;
    }
  }
}

function endOfPassage(text: string, offset: number): number {
  const limit = offset + passageCharacters;
  if (limit >= text.length) return text.length;
  const least = offset + passageCharacters / 2;
  for (const sign of ['\n\n', '\n', '。', '. ', '！', '？', ' ']) {
    const at = text.lastIndexOf(sign, limit - sign.length);
    if (at >= least) return at + sign.length;
  }
  // Never between the halves of a character.
  return (text.charCodeAt(limit - 1) & 0xfc00) === 0xd800 ? limit - 1 : limit;
}
