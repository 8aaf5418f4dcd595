import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { ann, userMessage } from './conformance.ts';
import { createFileSessionStore } from './file-store.ts';
import type { AgentrailSessionStore } from './store.ts';

const init = { agentId: 'default', title: 't' };
const keyOf = (sessionId: string) => ({ ...ann, sessionId });

type Step = { what: 'append' | 'compact' | 'delete' | 'fork' | 'export' | 'read' | 'make'; at: string; ticks: number };

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('append', 'append', 'compact', 'fork', 'fork', 'delete', 'export', 'read', 'make'),
  at: fc.constantFrom('a', 'b'),
  ticks: fc.nat(12),
});

/** Numbers of the messages, every archive in its place. */
async function numbersIn(store: AgentrailSessionStore, sessionId: string): Promise<number[]> {
  const { messages, skippedLines } = await store.loadAllMessages(keyOf(sessionId));
  expect(skippedLines).toBe(0);
  return messages.map(({ content }) => Number(content));
}

/** One after the other from some place on: nothing is missing within. */
function expectWhole(numbers: readonly number[]): void {
  expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
}

async function readAll(stream: AsyncIterable<Buffer | string>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.toString();
  return text;
}

describe('appends, compactions, forks, exports and deletions of one session at a time', () => {
  it('leave every history whole or gone, however they mix', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 24 }), async (steps) => {
        const dataDir = await mkdtemp(path.join(tmpdir(), 'interleavings-'));
        const store = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock, fsync: 'none' });
        const next = { a: 0, b: 0 } as Record<string, number>;
        const forks: string[] = [];

        const append = async (id: string) => {
          const number = next[id] ?? 0;
          next[id] = number + 1;
          await store.appendMessages(keyOf(id), [userMessage(String(number))]);
        };
        const works: Record<Step['what'], (id: string) => Promise<unknown>> = {
          append,
          make: (id) => store.getOrCreate(keyOf(id), init),
          compact: (id) => store.compact(keyOf(id), { messageCount: 2, summary: 's' }),
          delete: (id) => store.delete(keyOf(id)),
          read: async (id) => expectWhole(await numbersIn(store, id)),
          async export(id) {
            const lines = (await readAll(await store.export(keyOf(id), 'jsonl'))).trimEnd().split('\n');
            for (const line of lines) if (line !== '') JSON.parse(line);
          },
          async fork(id) {
            const sessionId = `fork-${forks.length}-of-${id}`;
            forks.push(sessionId);
            await store.fork(keyOf(id), { sessionId });
            expectWhole(await numbersIn(store, sessionId));
          },
        };
        const refusals = ['session_not_found', 'invalid_compaction'];
        async function take({ what, at, ticks }: Step): Promise<void> {
          for (let tick = 0; tick < ticks; tick += 1) await setImmediate();
          await works[what](at).catch((error: unknown) => {
            if (!(error instanceof AppError && refusals.includes(error.code))) throw error;
          });
        }

        try {
          for (const id of ['a', 'b']) {
            await store.getOrCreate(keyOf(id), init);
            for (let count = 0; count < 3; count += 1) await append(id);
          }
          await Promise.all(steps.map(take));
          const { sessions } = await store.list({ limit: 200 });
          for (const { sessionId } of sessions) expectWhole(await numbersIn(store, sessionId));
        } finally {
          await store.close();
        }
        const names = await readdir(dataDir, { recursive: true });
        expect(names.filter((name) => /\.tmp|\.trash/.test(name))).toEqual([]);
        await rm(dataDir, { recursive: true });
      }),
      { numRuns: 30 },
    );
  });
});
