import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { RunEvent } from '../contract/events.ts';
import { storageUnavailable } from '../data/storage-error.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import { repairHistory, toolCallsOf } from './history.ts';
import { ask, createTestManager, keyOf, readAll, type TestManager } from './testing/manager.ts';
import { type MockReply, type MockUpstream, startMockUpstream } from './testing/mock-upstream.ts';
import { askUserQuestionTool } from './tools/ask-user-question.ts';
import { defineTool } from './tools/tool.ts';

/** One fault and when it strikes. */
interface Fault {
  kind: 'none' | 'abort' | 'deadline' | 'leave' | 'drain' | 'provider' | 'cut' | 'hang' | 'storage' | 'badCall' | 'ask';
  afterMs: number;
  /** Which model call, content frame or write it is. */
  at: number;
}

const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom(
    ...([
      'none',
      'abort',
      'deadline',
      'leave',
      'drain',
      'provider',
      'cut',
      'hang',
      'storage',
      'badCall',
      'ask',
    ] as const),
  ),
  afterMs: fc.nat(60),
  at: fc.nat(6),
});

const done: MockReply = { blocks: [{ type: 'text', text: 'All of it is done.' }], frameDelayMs: 2 };
const working: MockReply = {
  blocks: [
    { type: 'text', text: 'I look at it.' },
    { type: 'toolCall', name: 'Mark', args: { mark: 'one' } },
    { type: 'toolCall', name: 'Mark', args: { mark: 'two' } },
  ],
  frameDelayMs: 2,
};

/** What the model answers at a call, with the fault in it that strikes there. */
function replyAt(index: number, faults: readonly Fault[]): MockReply {
  const reply = index < 2 ? working : done;
  const [here] = faults.filter(({ at }) => at % 3 === index);
  switch (here?.kind) {
    case 'provider':
      return { error: { status: 400, message: 'No.' } };
    case 'cut':
      return { ...reply, cut: { afterFrames: here.afterMs % 12, how: here.afterMs % 2 === 0 ? 'destroy' : 'end' } };
    case 'hang':
      return { ...reply, hang: { afterFrames: here.afterMs % 12 } };
    case 'badCall':
      return { blocks: [{ type: 'toolCall', name: 'Mark', args: '{"mark":"bro' }] };
    case 'ask':
      return { blocks: [{ type: 'toolCall', name: 'AskUserQuestion', args: { question: 'Which?' } }] };
    default:
      return reply;
  }
}

/** A store whose disk refuses from the n-th write on. */
function refusing(store: AgentrailSessionStore, faults: readonly Fault[]): AgentrailSessionStore {
  const [storage] = faults.filter(({ kind }) => kind === 'storage');
  let writes = 0;
  const guard = async (): Promise<void> => {
    writes += 1;
    if (storage !== undefined && writes > storage.at) throw storageUnavailable('disk_full');
  };
  return {
    ...store,
    appendMessages: async (key, messages) => guard().then(() => store.appendMessages(key, messages)),
    recordTurn: async (key, turn) => guard().then(() => store.recordTurn(key, turn)),
  };
}

async function strike({ runs, config }: TestManager, runId: string, faults: readonly Fault[]): Promise<void> {
  await Promise.all(
    faults.map(async ({ kind, afterMs }) => {
      await sleep(afterMs);
      if (kind === 'abort') runs.abort(runId, 'test');
      if (kind === 'drain') await runs.drain(afterMs);
      if (kind === 'leave') {
        config.runs.disconnectGraceMs = 0;
        for await (const _ of runs.get(runId)?.events() ?? []) break;
      }
    }),
  );
}

describe('a run that meets any faults at any moment', () => {
  test('ends once, tells why, runs no broken call, and leaves a history that can go on', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 3 }), async (faults) => {
        const marks: string[] = [];
        const mark = defineTool({
          name: 'Mark',
          description: 'Marks.',
          inputSchema: z.object({ mark: z.enum(['one', 'two']) }),
          execute: async ({ mark: which }, { signal }) => {
            marks.push(which);
            await sleep(10, undefined, { signal });
            return { content: [{ type: 'text', text: which }] };
          },
        });
        const upstream: MockUpstream = await startMockUpstream({ script: (_, index) => replyAt(index, faults) });
        const manager = await createTestManager(upstream, {
          tools: [mark, askUserQuestionTool],
          wrapStore: (store) => refusing(store, faults),
        });
        const deadline = faults.find(({ kind }) => kind === 'deadline');
        // What hangs, or asks a person who is not there, is ended by the deadline.
        manager.config.runs.deadlineMs = deadline?.afterMs ?? 400;
        manager.config.runs.disconnectGraceMs = -1;
        try {
          const run = await manager.runs.start(ask('Hi'));
          const reading = readAll(run);
          await strike(manager, run.runId, faults);
          await run.done;
          const events = (await reading).map(({ event }) => event);
          expectOneEnd(events);
          expectSaneTurns(events);
          // A second look, from the buffer, is the same.
          expect((await readAll(run)).map(({ event }) => event)).toEqual(events);
          const { messages } = await manager.sessions.loadMessages(keyOf(run));
          const whole = repairHistory(messages);
          expect(marks.length).toBeLessThanOrEqual(4);
          const stored = JSON.stringify(messages);
          for (const event of events) {
            if (event.type === 'turn.complete') expect(stored).toContain(JSON.stringify(event.message));
          }
          expect(whole.length === 0 || whole[0]?.role === 'user').toBe(true);
        } finally {
          await manager.close();
          await upstream.close();
        }
      }),
      { numRuns: 25 },
    );
  });
});

function expectOneEnd(events: readonly RunEvent[]): void {
  const types = events.map(({ type }) => type);
  expect(types.filter((type) => type === 'session.end')).toHaveLength(1);
  expect(types.slice(-2)).toEqual(['session.end', 'context_usage']);
  expect(types[0]).toBe('session.start');
  const end = events.at(-2);
  const errors = types.filter((type) => type === 'error');
  expect(errors).toHaveLength(end?.type === 'session.end' && end.stopReason === 'error' ? 1 : 0);
}

/** Each call of a complete turn has its result, and one that was broken was not run. */
function expectSaneTurns(events: readonly RunEvent[]): void {
  for (const event of events) {
    if (event.type !== 'turn.complete') continue;
    const isOpen = (name: string) => name === 'AskUserQuestion';
    for (const call of toolCallsOf(event.message)) {
      const result = event.toolResults.find(({ toolCallId }) => toolCallId === call.id);
      if (!isOpen(call.name)) expect(result).toBeDefined();
      const isBroken = call.invalid !== undefined || ['aborted', 'error'].includes(event.message.stopReason);
      if (isBroken && result) expect(result.isError).toBe(true);
    }
  }
}
