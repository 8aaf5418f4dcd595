import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitBlocks } from './markdown-blocks.ts';

describe('splitting Markdown into blocks', () => {
  it('loses nothing', () => {
    const line = fc.constantFrom('', 'word', '- item', '```', '    indented', '# Title', '| a |', '~~~', '1. one');
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        expect(splitBlocks(lines.join('\n')).join('')).toBe(lines.join('\n'));
      }),
    );
  });

  it('cuts between paragraphs', () => {
    expect(splitBlocks('One.\n\nTwo.\nStill two.\n\n# Three')).toEqual(['One.\n\n', 'Two.\nStill two.\n\n', '# Three']);
  });

  it('keeps code with blank lines and a loose list together', () => {
    expect(splitBlocks('```py\na\n\nb\n```\n\nafter')).toEqual(['```py\na\n\nb\n```\n\n', 'after']);
    expect(splitBlocks('- a\n\n- b\n\n  more of b')).toEqual(['- a\n\n- b\n\n  more of b']);
  });

  it('leaves a fence open that is not closed yet', () => {
    expect(splitBlocks('```\na\n\nb')).toEqual(['```\na\n\nb']);
  });
});
