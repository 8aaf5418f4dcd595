import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../../server/contract/events.ts';
import type { TraceEntry } from '../../../../server/contract/sessions.ts';
import { runsOf } from './trace-spans.ts';

function trace(...events: [at: number, event: Record<string, unknown>][]): TraceEntry[] {
  return events.map(([at, event]) => ({ runId: 'run_1', at, event: event as unknown as RunEvent }));
}

const message = { model: 'm', usage: { totalTokens: 7 }, stopReason: 'toolUse', content: [] };
const usage = { totalTokens: 9 };

describe('the spans of a trace', () => {
  it('are the run, its turns, and in them model calls and tools', () => {
    const [run] = runsOf(
      trace(
        [0, { type: 'session.start', sessionId: 's', runId: 'run_1', agentId: 'a', model: 'p:m' }],
        [1, { type: 'turn.start', turn: 1 }],
        [2, { type: 'message.start', messageId: 'msg_1' }],
        [5, { type: 'message.update', messageId: 'msg_1', event: { type: 'text_start', contentIndex: 0 } }],
        [9, { type: 'message.end', messageId: 'msg_1', message }],
        [10, { type: 'tool.before', toolCallId: 'c1', toolName: 'Bash', args: { command: 'ls\nls' } }],
        [10, { type: 'tool.before', toolCallId: 'c2', toolName: 'Read', args: {} }],
        [14, { type: 'tool.after', toolCallId: 'c2', isError: true }],
        [20, { type: 'tool.after', toolCallId: 'c1', isError: false }],
        [21, { type: 'turn.complete', turn: 1, usage }],
        [22, { type: 'session.end', stopReason: 'stop', usage }],
      ),
    );
    expect(run).toMatchObject({ start: 0, end: 22, isOver: true, stopReason: 'stop' });
    expect(run?.spans).toMatchObject([
      { kind: 'run', name: 'p:m', start: 0, end: 22, depth: 0 },
      { kind: 'turn', name: '1', start: 1, end: 21, depth: 1, tokens: 9 },
      { kind: 'model', name: 'm', start: 2, first: 5, end: 9, tokens: 7 },
      { kind: 'tool', name: 'Bash', note: 'ls', start: 10, end: 20, isError: false },
      { kind: 'tool', name: 'Read', start: 10, end: 14, isError: true },
    ]);
    expect(new Set(run?.spans.map(({ id }) => id)).size).toBe(5);
  });

  it('stay open where the end was never written', () => {
    const [run] = runsOf(
      trace(
        [0, { type: 'turn.start', turn: 1 }],
        [4, { type: 'tool.before', toolCallId: 'c', toolName: 'Bash', args: {} }],
      ),
    );
    expect(run).toMatchObject({ end: 4, isOver: false });
    expect(run?.spans.every(({ end }) => end === undefined)).toBe(true);
  });

  it('show what went wrong', () => {
    const [run] = runsOf(
      trace(
        [0, { type: 'provider_retry', attempt: 1, reason: '429', waitMs: 50 }],
        [60, { type: 'error', error: { message: 'The key was rejected.', code: 'provider_auth' } }],
        [61, { type: 'session.end', stopReason: 'error', usage }],
      ),
    );
    expect(run?.spans).toMatchObject([
      { kind: 'run', isError: true },
      { kind: 'retry', note: '429', start: 0, end: 50 },
      { kind: 'fault', name: 'provider_auth', note: 'The key was rejected.', isError: true },
    ]);
  });

  it('show the tasks of agents below whoever called them in', () => {
    const [run] = runsOf(
      trace(
        [0, { type: 'subagent_spawned', agentId: 'a', name: 'ada' }],
        [1, { type: 'subagent_job_started', agentId: 'a', jobId: 'j1', task: 'Look\nwell' }],
        [2, { type: 'subagent_spawned', agentId: 'b', name: 'bob', parentAgentId: 'a' }],
        [3, { type: 'subagent_job_started', agentId: 'b', jobId: 'j2', task: 'Help' }],
        [5, { type: 'subagent_job_failed', agentId: 'b', jobId: 'j2', error: { code: 'x', message: 'No.' }, usage }],
        [9, { type: 'subagent_job_completed', agentId: 'a', jobId: 'j1', usage }],
      ),
    );
    expect(run?.spans).toMatchObject([
      { kind: 'run' },
      { kind: 'agent', name: 'ada', note: 'Look', start: 1, end: 9, depth: 2, tokens: 9 },
      { kind: 'agent', name: 'bob', note: 'No.', start: 3, end: 5, depth: 3, isError: true },
    ]);
  });

  it('are kept apart by run, the latest first', () => {
    const entries = trace([0, { type: 'turn.start', turn: 1 }]).concat([
      { runId: 'run_2', at: 9, event: { type: 'turn.start', turn: 1 } },
    ]);
    expect(runsOf(entries).map(({ runId }) => runId)).toEqual(['run_2', 'run_1']);
  });
});
