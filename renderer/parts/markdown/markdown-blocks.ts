/** What belongs to the block before although a blank line stands between: indented lines, list items, quotes. */
const continues = /^(\s|[-*+>] ?|\d+[.)] |\|)/;
const fence = /^ {0,3}(`{3,}|~{3,})/;

/**
 * Cuts Markdown at blank lines outside code, so that while an answer is written only its last block is parsed again.
 * Joined together the blocks are the text.
 */
export function splitBlocks(text: string): string[] {
  const lines = text.split(/(?<=\n)/);
  const blocks: string[] = [];
  let block = '';
  let openFence: string | undefined;
  let isAfterBlank = false;
  for (const line of lines) {
    if (isAfterBlank && openFence === undefined && line.trim() !== '' && !continues.test(line)) {
      blocks.push(block);
      block = '';
    }
    const mark = fence.exec(line)?.[1];
    if (openFence === undefined) openFence = mark;
    else if (mark?.startsWith(openFence)) openFence = undefined;
    isAfterBlank = line.trim() === '';
    block += line;
  }
  if (block !== '') blocks.push(block);
  return blocks;
}
