import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnsi } from './ansi.ts';

const shown = (text: string) =>
  readAnsi(text)
    .map((piece) => piece.text)
    .join('');

describe('text of a terminal', () => {
  it('keeps its colours as ours', () => {
    expect(readAnsi('a \u001b[1;31mred\u001b[0m b')).toEqual([
      { text: 'a ', look: '' },
      { text: 'red', look: 'text-bad font-semibold' },
      { text: ' b', look: '' },
    ]);
    expect(readAnsi('\u001b[38;5;31mx')).toEqual([{ text: 'x', look: '' }]);
    expect(readAnsi('\u001b[38;2;31;32;33mx\u001b[92my')).toEqual([
      { text: 'x', look: '' },
      { text: 'y', look: 'text-ok' },
    ]);
  });

  it('drops what moves the cursor or sets titles and links', () => {
    expect(shown('\u001b[2J\u001b[Ha\u001b]0;title\u0007b\u001b]8;;http://x\u001b\\c')).toBe('abc');
  });

  it('shows characters that cannot be seen', () => {
    expect(shown('a\u0000b\u0008\u007f\u202ec\td\n')).toBe('a␀b␈␡\ufffdc\td\n');
  });

  it('leaves no escape in any text, and loses nothing of ordinary text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('\u001b', '\u001b[', '31', 'm', ';', '\u001b]'))),
        (parts) => {
          expect(shown(parts.join(''))).not.toContain('\u001b');
        },
      ),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~\u4e00-\u9fff\n\t]*$/), (text) => {
        expect(shown(text)).toBe(text);
      }),
    );
  });
});
