import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { type Column, cutText, formatTable, plainText, visibleText } from './table.ts';

const columns: Column<{ id: string; size: string; title: string }>[] = [
  { head: 'ID', of: ({ id }) => id },
  { head: 'SIZE', isRight: true, of: ({ size }) => size },
  { head: 'TITLE', isCut: true, of: ({ title }) => title },
];

it('columns line up by what characters take, and only what may be cut is', () => {
  const rows = [
    { id: 'ses_1', size: '9 MB', title: '把工作区里的文件列出来，然后写一个程序' },
    { id: 'ses_22', size: '10.0 MB', title: 'short' },
  ];
  expect(formatTable(columns, rows, 40)).toEqual([
    'ID         SIZE  TITLE',
    'ses_1      9 MB  把工作区里的文件列出来…',
    'ses_22  10.0 MB  short',
  ]);
  expect(formatTable(columns, rows)[1]).toContain('写一个程序');
});

it('any table fits 80 columns, and nothing in it steers the terminal', () => {
  const text = fc.string({ unit: 'binary', maxLength: 120 });
  fc.assert(
    fc.property(fc.array(fc.record({ title: text }), { maxLength: 5 }), (rows) => {
      const lines = formatTable(
        columns,
        rows.map(({ title }) => ({ id: 'default/default/ses_01k9', size: '1.0 MB', title })),
        80,
      );
      expect(lines).toHaveLength(rows.length + 1);
      for (const line of lines) {
        expect(stringWidth(line)).toBeLessThanOrEqual(80);
        expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
      }
    }),
  );
});

it('a wide character is never cut in two', () => {
  expect(cutText('文件', 3)).toBe('文…');
  expect(cutText('文件', 2)).toBe('…');
  expect(cutText('文件', 4)).toBe('文件');
  expect(plainText('a\u001b[31mb\nc')).toBe('a\uFFFD[31mb c');
});

it('text of others is spelled out where it would steer the terminal, and JSON stays the same JSON', () => {
  expect(visibleText('a\u001b]0;title\u0007\u009b2Jb\tc\nd\u202e你好')).toBe(
    `${String.raw`a\u001b]0;title\u0007\u009b2Jb`}\tc\nd${String.raw`\u202e`}你好`,
  );
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
      const json = JSON.stringify([value, text]);
      expect(JSON.parse(visibleText(json))).toEqual(JSON.parse(json));
      expect(visibleText(text)).not.toMatch(/[^\P{Cc}\n\t]|\p{Bidi_Control}/u);
    }),
  );
});
