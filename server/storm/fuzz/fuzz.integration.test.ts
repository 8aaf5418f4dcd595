import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** In a process of its own: what V8 counts is slow to read where a test runner is loaded. */
test('every parser keeps its promises for inputs that its own coverage leads to', { timeout: 120_000 }, async () => {
  const program = path.join(import.meta.dirname, '../../../bench/fuzz.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--seed', '5', '--inputs', '300', '--json']);
  const reports = JSON.parse(stdout) as { name: string; blocks: number; seedBlocks: number; findings: unknown[] }[];
  expect(reports.flatMap(({ name, findings }) => findings.map((finding) => ({ name, finding })))).toEqual([]);
  expect(reports.length).toBeGreaterThanOrEqual(12);
  // Each has led somewhere that its seeds do not.
  expect(reports.filter(({ blocks, seedBlocks }) => blocks <= seedBlocks).map(({ name }) => name)).toEqual([]);
});
