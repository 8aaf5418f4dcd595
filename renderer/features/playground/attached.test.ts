import { describe, expect, it } from 'vitest';
import { splitFiles } from './attached.ts';

const note = 'Files that came with this message:';

describe('a stored message with files', () => {
  it('is told apart from them', () => {
    const stored = [
      ...['Look.', '', note, '- /workspace/uploads/a b (1).png (image/png, 12 bytes), shown here'],
      ...['- /workspace/uploads/数据.csv (text/csv, 3 bytes)', '', 'The first is a picture.'],
    ].join('\n');
    expect(splitFiles(stored)).toEqual({
      text: 'Look.',
      files: [
        { name: 'a b (1).png', sizeBytes: 12 },
        { name: '数据.csv', sizeBytes: 3 },
      ],
    });
  });

  it('keeps every word of a message that has none', () => {
    for (const stored of ['Hi', `Hi\n\n${note}\n- nothing`, `Hi\n\n${note}\n`]) {
      expect(splitFiles(stored)).toEqual({ text: stored, files: [] });
    }
  });
});
