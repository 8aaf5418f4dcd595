import stringWidth from 'string-width';

export interface Column<Row> {
  head: string;
  of(row: Row): string;
  isRight?: boolean;
  /** May be cut where the table is too wide. What one would copy, such as an id, never is. */
  isCut?: boolean;
}

const gap = '  ';
const leastCut = 6;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Lines with a head. `width`: columns of the terminal; undefined where nobody looks, then nothing is cut. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width?: number): string[] {
  const cells = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ of }) => plainText(of(row))))];
  const widths = columns.map((_, index) => Math.max(0, ...cells.map((line) => stringWidth(line[index] ?? ''))));
  if (width !== undefined) narrow(columns, widths, width);
  return cells.map((line) =>
    line
      .map((cell, index) => padText(cell, widths[index] ?? 0, columns[index]?.isRight ?? false))
      .join(gap)
      .trimEnd(),
  );
}

/** Takes from the widest first, so that columns that may be cut end up equally wide. */
function narrow<Row>(columns: readonly Column<Row>[], widths: number[], width: number): void {
  let over = widths.reduce((sum, each) => sum + each, gap.length * (columns.length - 1)) - width;
  const cuttable = columns.flatMap(({ isCut }, index) => (isCut ? [index] : []));
  for (; over > 0; over -= 1) {
    const widest = cuttable.reduce<number | undefined>(
      (best, index) => ((widths[index] ?? 0) > (best === undefined ? leastCut : (widths[best] ?? 0)) ? index : best),
      undefined,
    );
    if (widest === undefined) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function padText(text: string, width: number, isRight: boolean): string {
  const cut = cutText(text, width);
  const space = ' '.repeat(Math.max(0, width - stringWidth(cut)));
  return isRight ? space + cut : cut + space;
}

/** At most so many columns, with `…` where something is missing; a wide character is never cut in two. */
export function cutText(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = stringWidth(segment);
    if (used + next > width - 1) break;
    kept += segment;
    used += next;
  }
  return width < 1 ? '' : `${kept}…`;
}

/** Titles and names come from models and strangers: nothing in them may steer the terminal. */
export function plainText(text: string): string {
  return text.replace(/[\t\n\r]+/g, ' ').replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\uFFFD');
}

/** Text with its lines, in which whatever could steer the terminal is spelled out. JSON stays the same JSON. */
export function visibleText(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|[\p{Bidi_Control}\u2028\u2029]/gu, spellOut);
}

function spellOut(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
