import { describe, expect, it } from 'vitest';
import type { ConsoleState } from '../../server/console/api.ts';
import type { RunInfo } from '../../server/contract/chat.ts';
import type { ConsoleEvent } from '../../server/contract/console-events.ts';
import type { SandboxInfo } from '../../server/contract/sandbox.ts';
import { fromConsoleState, reduceLive } from './live-state.ts';

const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, totalTokens: 0, cost: 0 };

function run(runId: string, startedAt: number, status: RunInfo['status'] = 'running'): RunInfo {
  const who = { sessionId: `s-${runId}`, tenantId: 'default', userId: 'default', agentId: 'default' };
  return { runId, ...who, model: 'demo:demo', title: 'Hello', status, turn: 1, activity: '', startedAt, usage };
}

function sandbox(id: string, state: SandboxInfo['state']): SandboxInfo {
  const limits = { memoryLimitBytes: 1, cpus: 1, running: [] };
  return { id, tenantId: 'default', sessionId: id, state, image: 'i', createdAt: 1, lastUsedAt: 1, ...limits };
}

const snapshot: ConsoleState = {
  version: '0.1.0',
  dataDir: '/data',
  platform: 'linux',
  server: { phase: 'ready', stages: [] },
  runs: [run('a', 1), run('b', 5)],
  sandboxes: [sandbox('one', 'ready'), sandbox('old', 'gone')],
  engine: { state: 'connected', tries: [], checkedAt: 1 },
  image: { reference: 'i', state: 'present', pinned: false },
  problems: [],
  vault: { backend: 'key_file', state: 'empty' },
  usageToday: { runs: 0, failed: 0, inputTokens: 0, outputTokens: 0, cost: 0, durationMs: 0 },
  notices: [],
  disk: null,
  process: { cpuPct: 0, memoryBytes: 0, uptimeMs: 0, openHandles: 0 },
  epoch: 'e1',
};
const start = fromConsoleState(snapshot);

describe('the live state', () => {
  it('begins with the newest run first and without sandboxes that are gone', () => {
    expect(start.runs.map(({ runId }) => runId)).toEqual(['b', 'a']);
    expect(start.sandboxes.map(({ id }) => id)).toEqual(['one']);
  });

  it('puts a new run in its place and replaces a known one', () => {
    const grown = reduceLive(start, { type: 'run', run: run('c', 3) });
    expect(grown.runs.map(({ runId }) => runId)).toEqual(['b', 'c', 'a']);
    const ended = reduceLive(grown, { type: 'run', run: run('c', 3, 'done') });
    expect(ended.runs.map(({ status }) => status)).toEqual(['running', 'done', 'running']);
  });

  it('forgets the oldest ended runs but never a running one', () => {
    let state = start;
    for (let at = 10; at < 400; at += 1) state = reduceLive(state, { type: 'run', run: run(`r${at}`, at, 'done') });
    expect(state.runs).toHaveLength(102);
    expect(state.runs.filter(({ status }) => status === 'running').map(({ runId }) => runId)).toEqual(['b', 'a']);
  });

  it('drops a sandbox that is gone', () => {
    const two = reduceLive(start, { type: 'sandbox', sandbox: sandbox('two', 'creating') });
    expect(two.sandboxes.map(({ id }) => id)).toEqual(['one', 'two']);
    expect(reduceLive(two, { type: 'sandbox', sandbox: sandbox('one', 'gone') }).sandboxes.map(({ id }) => id)).toEqual(
      ['two'],
    );
  });

  it('is the same after an event was applied twice', () => {
    const events: ConsoleEvent[] = [
      { type: 'hello', epoch: 'e2', version: '0.2.0' },
      { type: 'server', state: { phase: 'draining', stages: [], runsLeft: 1 } },
      { type: 'run', run: run('c', 3) },
      { type: 'sandbox', sandbox: sandbox('two', 'ready') },
      { type: 'sandbox', sandbox: sandbox('one', 'gone') },
      { type: 'stats', stats: [{ id: 'two', at: 1, cpuPct: 3, memoryBytes: 5, pids: 1 }] },
      { type: 'problems', problems: [] },
    ];
    for (const event of events) {
      const once = reduceLive(start, event);
      expect(reduceLive(once, event)).toEqual(once);
    }
  });
});
