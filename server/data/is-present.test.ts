import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isPresent } from './is-present.ts';

test('files and folders are told from what is missing; what cannot be looked at is left to whoever opens it', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'agentrail-present-'));
  try {
    const file = path.join(dir, 'a');
    await writeFile(file, '');
    await symlink('loop', path.join(dir, 'loop'));
    expect(isPresent(dir)).toBe(true);
    expect(isPresent(file)).toBe(true);
    expect(isPresent(path.join(dir, 'b'))).toBe(false);
    expect(isPresent(path.join(file, 'below'))).toBe(false);
    expect(isPresent(path.join(dir, 'loop'))).toBe(true);
  } finally {
    await rm(dir, { recursive: true });
  }
});
