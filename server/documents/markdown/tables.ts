import type { BlockOutput, Leave } from './block-output.ts';
import type { Block } from './blocks.ts';

/** Tables of a page; those that are only there for the layout become paragraphs. */
export interface Tables {
  enterTable(): Leave;
  enterRow(): Leave;
  enterCell(): Leave;
}

/** Deeper ones are read as what they then are: layout. */
const maxDepth = 3;
/** A longer row is no row of data. */
const maxRowCharacters = 2000;

interface Table {
  /** The cells of the open row. */
  row: Block[][] | undefined;
  hasHead: boolean;
}

export function createTables(output: BlockOutput): Tables {
  const tables: Table[] = [];

  /** A row of short cells becomes one line of a table, otherwise its cells are paragraphs. */
  function endRow(cells: readonly Block[][], table: Table): void {
    const texts = cells.map((cell) => (cell.length <= 1 ? (cell[0]?.text ?? '') : undefined));
    const characters = texts.reduce((sum, text) => sum + (text?.length ?? maxRowCharacters + 1), 0);
    const isPlain = texts.every((text) => text !== undefined && !text.includes('\n'));
    if (cells.length < 2 || !isPlain || characters > maxRowCharacters) {
      for (const cell of cells) output.move(cell);
      return;
    }
    if (characters === 0) return;
    output.put(`| ${texts.map((text = '') => text.replaceAll('|', '\\|')).join(' | ')} |`, true);
    if (!table.hasHead) output.put(`| ${cells.map(() => '---').join(' | ')} |`, true);
    table.hasHead = true;
  }

  return {
    enterTable() {
      const leave = output.enterBlock();
      tables.push({ row: undefined, hasHead: false });
      return () => {
        leave();
        tables.pop();
      };
    },
    enterRow() {
      const leave = output.enterBlock();
      const table = tables.at(-1);
      if (!table || tables.length > maxDepth) return leave;
      const cells: Block[][] = [];
      table.row = cells;
      return () => {
        leave();
        table.row = undefined;
        endRow(cells, table);
      };
    },
    enterCell() {
      const row = tables.at(-1)?.row;
      if (!row || tables.length > maxDepth) return output.enterBlock();
      const cell: Block[] = [];
      const leave = output.enterCell(cell);
      return () => {
        leave();
        row.push(cell);
      };
    },
  };
}
