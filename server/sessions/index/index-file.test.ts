import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openIndexFile } from './index-file.ts';

it('an index that is kept in memory leaves no file where the program was started', () => {
  const index = openIndexFile(':memory:');
  expect(index.condition()).toBe('kept');
  index.close(true);
  expect(existsSync(':memory:')).toBe(false);
});
