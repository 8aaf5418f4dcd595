/** Which part of a page a block belongs to. */
export type Zone = 'main' | 'page' | 'margin';

/** A finished piece of Markdown. Tight ones follow each other without an empty line: list items, rows of a table. */
export interface Block {
  text: string;
  zone: Zone;
  isTight: boolean;
}

/** A main part shorter than this is taken for a decoration, in characters. */
const minMainCharacters = 200;

/**
 * The page without navigation, headers and footers where it says what they are; all of it when nearly nothing would be
 * left.
 */
export function joinBlocks(blocks: readonly Block[]): string {
  const main = blocks.filter((block) => block.zone === 'main');
  if (isSubstantial(main)) return join(main);
  const page = blocks.filter((block) => block.zone !== 'margin');
  return join(isSubstantial(page) ? page : blocks);
}

function isSubstantial(blocks: readonly Block[]): boolean {
  let characters = 0;
  for (const { text } of blocks) {
    characters += text.length;
    if (characters >= minMainCharacters) return true;
  }
  return false;
}

function join(blocks: readonly Block[]): string {
  const parts: string[] = [];
  let before: Block | undefined;
  for (const block of blocks) {
    if (before) parts.push(before.isTight && block.isTight ? '\n' : '\n\n');
    parts.push(block.text);
    before = block;
  }
  return parts.join('');
}
