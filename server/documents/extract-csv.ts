import { parse } from 'csv-parse/sync';

/** More columns than anybody reads in a table: the rows are then told field by field. */
const maxColumns = 40;

/**
 * A table as Markdown, its first row as the head. Delimiters are guessed from the first line; rows of unequal length and
 * quotes in odd places are taken as they are.
 */
export function extractCsv(text: string, name: string): string {
  const delimiter = delimiterOf(text, name);
  const rows: string[][] = parse(text, {
    delimiter,
    bom: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
  });
  const [head, ...body] = rows;
  if (!head) return '';
  if (head.length > maxColumns) return body.map((row) => fieldsOf(head, row)).join('\n\n');
  const lines = [lineOf(head), lineOf(head.map(() => '---')), ...body.map(lineOf)];
  return lines.join('\n');
}

function delimiterOf(text: string, name: string): string {
  if (/\.tsv$/i.test(name)) return '\t';
  const first = text.split('\n', 1)[0] ?? '';
  const counts = [',', ';', '\t', '|'].map((sign) => ({ sign, count: first.split(sign).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).sign;
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells
    .map((cell) =>
      cell
        .trim()
        .replaceAll('|', '\\|')
        .replace(/\s*\n\s*/g, ' '),
    )
    .join(' | ')} |`;
}

function fieldsOf(head: readonly string[], row: readonly string[]): string {
  return row
    .flatMap((cell, index) => (cell.trim() ? [`${head[index] ?? `column ${index + 1}`}: ${cell.trim()}`] : []))
    .join('\n');
}
