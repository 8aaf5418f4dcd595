import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** In a process of its own, whose young generation is so large that nothing is collected while it counts. */
test('a token of an answer costs no more allocations than it did, on its whole way', { timeout: 120_000 }, async () => {
  const program = path.join(import.meta.dirname, 'fixtures/token-allocations.ts');
  const flags = ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program]);
  const { bytesPerToken, words } = JSON.parse(stdout) as { bytesPerToken: number; words: number };
  // All of them came.
  expect(words).toBeGreaterThanOrEqual(12_000);
  expect(bytesPerToken).toBeGreaterThan(1000);
  // 14,000 as this was written, most of it in the provider's package and the streams below it.
  expect(bytesPerToken).toBeLessThan(35_000);
});
