import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SessionKey } from '../contract/ids.ts';
import { AppError } from '../lib/app-error.ts';
import { createRandom } from '../storm/random.ts';
import type { RunHandle } from './runs.ts';
import { ask, createTestManager, keyOf, readEvents, type TestManager } from './testing/manager.ts';
import { type MockReply, type MockUpstream, startMockUpstream } from './testing/mock-upstream.ts';

let upstream: MockUpstream;
let manager: TestManager;
let reply: MockReply;

beforeEach(async () => {
  reply = { blocks: [{ type: 'text', text: 'Here is what I think.' }], frameDelayMs: 2 };
  upstream = await startMockUpstream({ script: () => reply });
  manager = await createTestManager(upstream);
});
afterEach(async () => {
  await manager.close();
  await upstream.close();
});

/** As the route does it. */
async function remove(key: SessionKey): Promise<void> {
  await manager.sessions.get(key);
  const release = await manager.runs.hold(key, 'the session was deleted');
  try {
    await sleep(3);
    await manager.sessions.delete(key);
  } finally {
    release();
  }
}

function codeOf(error: unknown): string {
  if (error instanceof AppError) return error.code;
  throw error;
}

describe('a session that is deleted', () => {
  test('has its run ended first, and takes none until it is gone', async () => {
    reply = { blocks: [{ type: 'text', text: 'slow' }], hang: { afterFrames: 1 } };
    const run = await manager.runs.start(ask('Hi'));
    const release = await manager.runs.hold(keyOf(run), 'the session was deleted');
    expect(run.info().status).toBe('aborted');
    const again = manager.runs.start(ask('Again', { sessionId: run.sessionId }));
    await expect(again).rejects.toMatchObject({ code: 'session_busy', status: 409 });
    await expect(manager.runs.compact(keyOf(run))).rejects.toMatchObject({ code: 'session_busy' });
    release();
    reply = { blocks: [{ type: 'text', text: 'ok' }] };
    const after = await manager.runs.start(ask('Again', { sessionId: run.sessionId }));
    expect((await readEvents(after)).at(-2)).toMatchObject({ type: 'session.end', stopReason: 'stop' });
  });

  test('is not taken from a run by those who only may when it is idle', async () => {
    reply = { blocks: [{ type: 'text', text: 'slow' }], hang: { afterFrames: 1 } };
    const run = await manager.runs.start(ask('Hi'));
    await expect(manager.runs.hold(keyOf(run))).rejects.toMatchObject({
      code: 'session_busy',
      details: { runId: run.runId },
    });
    manager.runs.abort(run.runId, 'test');
    await run.done;
    (await manager.runs.hold(keyOf(run)))();
  });

  test('ends its compaction', async () => {
    const run = await manager.runs.start(ask('One'));
    await run.done;
    await (await manager.runs.start(ask('Two', { sessionId: run.sessionId }))).done;
    reply = { blocks: [{ type: 'text', text: 'summary' }], hang: { afterFrames: 0 } };
    const compaction = manager.runs.compact(keyOf(run));
    const refused = expect(compaction).rejects.toMatchObject({ code: 'session_not_found' });
    while (upstream.requests.length < 3) await sleep(1);
    await remove(keyOf(run));
    await refused;
  });

  test('and begun anew at any moment holds what was said since, or is gone', async () => {
    const random = createRandom(7);
    const key = { tenantId: 'default', userId: 'default', sessionId: 'ses_race' };
    for (let round = 0; round < 25; round += 1) {
      const begun: RunHandle[] = [];
      const codes: string[] = [];
      const start = async (name: string, waitMs: number) => {
        await sleep(waitMs);
        await manager.runs.start(ask(`${round} ${name}`, { sessionId: key.sessionId })).then(
          (run) => begun.push(run),
          (error: unknown) => codes.push(codeOf(error)),
        );
      };
      const removal = async (waitMs: number) => {
        await sleep(waitMs);
        await remove(key).catch((error: unknown) => codes.push(codeOf(error)));
      };
      await Promise.all([
        start('first', 0),
        start('second', random.below(20)),
        start('third', random.below(30)),
        removal(random.below(25)),
        removal(random.below(25)),
      ]);
      const ends = await Promise.all(begun.map(readEvents));
      expect(codes.filter((code) => !['session_busy', 'session_not_found'].includes(code))).toEqual([]);
      for (const events of ends) {
        expect(events.filter(({ type }) => type === 'session.end')).toHaveLength(1);
        // Never `error`: a run does not lose its session under its hands.
        expect(events.filter(({ type }) => type === 'error')).toEqual([]);
      }
      const left = await manager.sessions.loadMessages(key).catch((error: unknown) => codeOf(error));
      if (left === 'session_not_found') continue;
      const { messages } = left as Awaited<ReturnType<typeof manager.sessions.loadMessages>>;
      expect(messages[0]).toMatchObject({ role: 'user' });
      expect(messages.filter(({ role }) => role === 'user').length).toBeLessThanOrEqual(begun.length);
      await remove(key);
    }
  });
});
