import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../server/contract/events.ts';
import { beginRun, closeOpen, emptyTranscript, reduceRun, type Transcript } from './transcript.ts';
import type { AgentEntry } from './transcript-agents.ts';

const usage = { inputTokens: 5, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, totalTokens: 7, cost: 0.5 };
const spawned = {
  type: 'subagent_spawned',
  agentId: 'agt_1',
  name: 'ada',
  profile: 'default',
  model: 'demo:demo',
  task: 'Look.',
} as const;
const started = { type: 'subagent_job_started', agentId: 'agt_1', jobId: 'job_1', task: 'Look.' } as const;
const completed = {
  type: 'subagent_job_completed',
  agentId: 'agt_1',
  jobId: 'job_1',
  result: 'Found.',
  model: 'demo:demo',
  usage,
} as const;
const permission: Extract<RunEvent, { type: 'permission_request' }> = {
  type: 'permission_request',
  toolCallId: 'agt_1.call_1',
  toolName: 'Bash',
  args: { command: 'ls' },
  reason: 'It runs code.',
  remember: [],
  agent: { id: 'agt_1', name: 'ada' },
};

function play(...events: RunEvent[]): Transcript {
  return events.reduce<Transcript>(
    (transcript, event, place) => reduceRun(transcript, { sequence: place + 1, event }, 100),
    beginRun(emptyTranscript, 'Hi', 'u1'),
  );
}

function agentsOf({ entries }: Transcript): AgentEntry[] {
  return entries.filter((entry) => entry.kind === 'agent');
}

describe('agents of a transcript', () => {
  it('stand where they were called in, with task, answer and tokens', () => {
    const working = play(spawned, started, {
      type: 'subagent_status',
      agentId: 'agt_1',
      status: 'running',
      activity: 'Bash',
    });
    expect(agentsOf(working)).toMatchObject([
      { name: 'ada', status: 'running', activity: 'Bash', task: 'Look.', tokens: 0 },
    ]);
    const done = play(spawned, started, completed, { type: 'subagent_status', agentId: 'agt_1', status: 'idle' });
    expect(agentsOf(done)).toMatchObject([{ status: 'idle', answer: 'Found.', tokens: 7, cost: 0.5 }]);
    expect(agentsOf(done)[0]).not.toHaveProperty('activity');
  });

  it('begin anew with the next task and add up what they use', () => {
    const next = { ...started, jobId: 'job_2', task: 'Look again.' };
    const failed = {
      type: 'subagent_job_failed',
      agentId: 'agt_1',
      jobId: 'job_2',
      error: { code: 'x', message: 'No.' },
      model: 'm',
      usage,
    } as const;
    const [agent] = agentsOf(play(spawned, started, completed, next, failed));
    expect(agent).toMatchObject({ task: 'Look again.', error: 'No.', tokens: 14 });
    expect(agent).not.toHaveProperty('answer');
  });

  it('name who called them in', () => {
    const below = { ...spawned, agentId: 'agt_2', name: 'bob', parentAgentId: 'agt_1' };
    expect(agentsOf(play(spawned, below))[1]).toMatchObject({ name: 'bob', parentName: 'ada' });
  });

  it('carry what they ask, until it is answered', () => {
    const waiting = { type: 'subagent_status', agentId: 'agt_1', status: 'waiting' } as const;
    const asked = play(spawned, started, permission, waiting);
    expect(agentsOf(asked)[0]?.pending).toMatchObject([{ kind: 'permission', toolCallId: 'agt_1.call_1' }]);
    expect(asked.entries.filter(({ kind }) => kind === 'assistant')).toEqual([]);
    const resolved = {
      type: 'permission_resolved',
      toolCallId: 'agt_1.call_1',
      toolName: 'Bash',
      decision: 'approved',
    } as const;
    const answered = play(spawned, started, permission, waiting, resolved);
    expect(agentsOf(answered)[0]?.pending).toEqual([]);
    expect(answered.entries.filter(({ kind }) => kind === 'assistant')).toEqual([]);
  });

  it('carry what they ask also when only a snapshot tells of it', () => {
    const { type: _, ...request } = permission;
    const [agent] = agentsOf(play({ type: 'snapshot', messages: [], pending: [{ kind: 'permission', ...request }] }));
    expect(agent).toMatchObject({ id: 'agt_1', name: 'ada', pending: [{ toolName: 'Bash' }] });
  });

  it('do not go on when the run is over', () => {
    const [agent] = agentsOf(closeOpen(play(spawned, started, permission)));
    expect(agent).toMatchObject({ status: 'interrupted', pending: [] });
  });

  it('are one card each, whatever comes in whatever order', () => {
    const event = fc.constantFrom<RunEvent>(
      ...[spawned, started, completed, permission],
      ...(['running', 'waiting', 'idle', 'closed'] as const).map(
        (status) => ({ type: 'subagent_status', agentId: 'agt_1', status }) as const,
      ),
      { type: 'subagent_closed', agentId: 'agt_1', reason: '' },
    );
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 30 }), (events) => {
        const agents = agentsOf(play(...events));
        expect(agents).toHaveLength(1);
        expect(agents[0]?.tokens).toBe(7 * events.filter(({ type }) => type === 'subagent_job_completed').length);
      }),
    );
  });
});
