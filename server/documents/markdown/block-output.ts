import type { Block, Zone } from './blocks.ts';
import { createInlineText, type InlineText } from './inline-text.ts';

/** Undoes what the beginning of an element did. */
export type Leave = () => void;

/** Where the blocks of a page are written, each with what its place in lists, quotes and headings asks for. */
export interface BlockOutput {
  readonly inline: InlineText;
  /** A finished block, may have several lines. */
  put(text: string, isTight?: boolean): void;
  /** Blocks that stand elsewhere already. */
  move(blocks: readonly Block[]): void;
  /** Ends the block that is being written. */
  flush(): void;
  enterBlock(): Leave;
  enterZone(zone: Zone): Leave;
  enterHeading(level: number): Leave;
  enterQuote(): Leave;
  /** `start`: the first number; undefined for bullets. */
  enterList(start: number | undefined): Leave;
  enterItem(): Leave;
  /** What is written until the end goes to `blocks`, as if it stood alone. */
  enterCell(blocks: Block[]): Leave;
  /** About as many characters as were written so far. */
  length(): number;
  blocks(): readonly Block[];
}

/** Deeper lists and quotes are written no further to the right. */
const maxIndentation = 8;
/** What a block costs beside its characters, so that millions of tiny ones are too long as well. */
const blockCost = 16;
/** Longer blocks are not indented line by line. */
const maxIndentedCharacters = 100_000;

export function createBlockOutput(): BlockOutput {
  const inline = createInlineText();
  const page: Block[] = [];
  const zones: Zone[] = [];
  let target = page;
  let lists: { next: number | undefined }[] = [];
  let quotes = 0;
  let heading = 0;
  /** Stands before the next block of a list item. */
  let bullet = '';
  let length = 0;

  function put(text: string, isTight = false): void {
    const prefix = '> '.repeat(Math.min(quotes, maxIndentation));
    const indentation = '  '.repeat(Math.min(Math.max(0, lists.length - 1), maxIndentation));
    const aside = lists.length > 0 ? ' '.repeat(bullet.length || 2) : '';
    const first = `${prefix}${indentation}${bullet || aside}`;
    const rest = `${prefix}${indentation}${aside}`;
    bullet = '';
    const isAsItIs = rest === '' || text.length > maxIndentedCharacters;
    const written = first + (isAsItIs ? text : text.replaceAll('\n', `\n${rest}`));
    length += written.length + blockCost;
    target.push({ text: written, zone: zones.at(-1) ?? 'page', isTight });
  }

  function flush(): void {
    if (inline.isEmpty()) return;
    const text = inline.take();
    if (text === '') return;
    if (heading > 0) put(`${'#'.repeat(heading)} ${text.replaceAll('\n', ' ')}`);
    else put(text, bullet !== '');
  }

  function enter(leave: Leave = () => undefined): Leave {
    return () => {
      flush();
      leave();
    };
  }

  return {
    inline,
    put,
    move(blocks) {
      for (const block of blocks) target.push(block);
    },
    flush,
    enterBlock() {
      flush();
      return enter();
    },
    enterZone(zone) {
      flush();
      // Navigation inside of the main part is still navigation, and what is inside of it too.
      zones.push(zones.at(-1) === 'margin' ? 'margin' : zone);
      return enter(() => {
        zones.pop();
      });
    },
    enterHeading(level) {
      flush();
      const outer = heading;
      heading = level;
      return enter(() => {
        heading = outer;
      });
    },
    enterQuote() {
      flush();
      quotes += 1;
      return enter(() => {
        quotes -= 1;
      });
    },
    enterList(start) {
      flush();
      lists.push({ next: start });
      return enter(() => {
        lists.pop();
      });
    },
    enterItem() {
      flush();
      const list = lists.at(-1);
      bullet = list?.next === undefined ? '- ' : `${list.next}. `;
      if (list?.next !== undefined) list.next += 1;
      return enter(() => {
        bullet = '';
      });
    },
    enterCell(blocks) {
      flush();
      const outer = { target, lists, quotes };
      target = blocks;
      lists = [];
      quotes = 0;
      return enter(() => {
        target = outer.target;
        lists = outer.lists;
        quotes = outer.quotes;
      });
    },
    length: () => length + inline.length(),
    blocks: () => page,
  };
}
