import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';

const value = 'sk-canary-0123456789';
const lines = 4000;
let dir = '';

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'scrub-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function scrubAndKill(afterLines: number, moreMs: number): Promise<void> {
  const fixture = join(import.meta.dirname, '..', 'fixtures', 'scrub-files.ts');
  const child = spawn(process.execPath, [fixture, dir, value, String(lines)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let count = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    count += 1;
    if (count === afterLines) setTimeout(() => child.kill('SIGKILL'), moreMs);
  }
}

test('killed at any moment of a scrub, the old file or the new one is there, whole', async () => {
  for (let round = 0; round < 10; round += 1) {
    await scrubAndKill(1 + (round % 3), round * 9);
    const text = await readFile(join(dir, 'messages.jsonl'), 'utf8');
    const parsed = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { at: number; text: string });
    expect(parsed.map(({ at }) => at)).toEqual(Array.from({ length: lines }, (_, at) => at));
    expect(new Set(parsed.map((each) => each.text)).size).toBe(1);
  }
});
