import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { textResult } from '../testing/harness.ts';
import { defineTool } from '../tools/tool.ts';
import type { AgentView } from './agent-desk.ts';
import {
  type AgentsBench,
  call,
  calls,
  createAgentsBench,
  hang,
  ofType,
  resultsOf,
  say,
} from './testing/agents-bench.ts';

let bench: AgentsBench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

/** A tool that waits until the first agent is as wanted. */
function napUntil(isSo: (agent: AgentView) => boolean) {
  return defineTool({
    name: 'Nap',
    description: 'Waits.',
    inputSchema: z.object({}),
    reach: 'inform',
    async execute(_input, { agents }) {
      await expect.poll(() => agents?.list().some(isSo)).toBe(true);
      return textResult('rested');
    },
  });
}

async function play(...args: Parameters<typeof createAgentsBench>): Promise<AgentsBench> {
  bench = await createAgentsBench(...args);
  return bench;
}

describe('an agent that was called in', () => {
  it('works by itself and its answer is handed over', async () => {
    const {
      say: tell,
      heard,
      dataDir,
      sessions,
    } = await play({
      lead: [call('SpawnAgent', { name: 'ada', task: 'Find the number.' }), call('WaitForAgents'), say('It is 42.')],
      ada: [say('forty-two')],
    });
    const events = await tell('What is the number?');

    expect(resultsOf(events, 'WaitForAgents')).toEqual(['<agent name="ada" status="idle">\nforty-two\n</agent>']);
    expect(heard('ada')).toHaveLength(1);
    expect(heard('ada')[0]).toContain('Find the number.');
    expect(heard('ada')[0]).not.toContain('What is the number?');
    const folder = join(dataDir, 'tenants/default/sessions/ses_test/subagents');
    const [agentId = ''] = (await readdir(folder)).filter((name) => name.startsWith('agt_'));
    expect((await readdir(join(folder, agentId))).sort()).toEqual(['agent.json', 'mailbox.jsonl', 'messages.jsonl']);
    // Everything of it but its record, which is small and written once, is in the session's size at once.
    const { sizeBytes = 0 } = await sessions.get({ tenantId: 'default', userId: 'default', sessionId: 'ses_test' });
    const own = await Promise.all(['mailbox.jsonl', 'messages.jsonl'].map((name) => stat(join(folder, agentId, name))));
    const session = await stat(join(folder, '../messages.jsonl'));
    expect(sizeBytes).toBeGreaterThan([session, ...own].reduce((sum, { size }) => sum + size, 0));
    const lines = (await readFile(join(folder, agentId, 'messages.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).role)).toEqual(['user', 'assistant']);
  });

  it('is counted in the usage of the run and of the session', async () => {
    const usage = { input: 100, output: 10 };
    const { say: tell, sessions } = await play({
      lead: [
        { ...call('SpawnAgent', { name: 'ada', task: 'Work.' }), usage },
        { ...call('WaitForAgents'), usage },
        { ...say('done'), usage },
      ],
      ada: [{ ...say('yes'), usage: { input: 1000, output: 7 } }],
    });
    const events = await tell('Go');
    expect(ofType(events, 'session.end')[0]?.usage).toMatchObject({ inputTokens: 1300, outputTokens: 37 });
    expect(ofType(events, 'subagent_job_completed')[0]?.usage).toMatchObject({ inputTokens: 1000, outputTokens: 7 });
    const session = await sessions.get({ tenantId: 'default', userId: 'default', sessionId: 'ses_test' });
    expect(session).toMatchObject({ turns: 3, usage: { inputTokens: 1300, outputTokens: 37 } });
  });

  it('is counted also when it was stopped in the middle', async () => {
    const usage = { input: 100, output: 10 };
    const nap = napUntil(({ activity }) => activity === 'Hang');
    const hangs = defineTool({ ...nap, name: 'Hang', execute: () => new Promise<never>(() => undefined) });
    const { say: tell, sessions } = await play(
      {
        lead: [
          { ...call('SpawnAgent', { name: 'ada', task: 'Work.' }), usage },
          { ...call('Nap'), usage },
          { ...say('Enough.'), usage },
        ],
        ada: [{ ...call('Hang'), usage: { input: 1000, output: 7 } }],
      },
      { tools: [nap, hangs] },
    );
    const events = await tell('Go');
    expect(ofType(events, 'session.end')[0]?.usage).toMatchObject({ inputTokens: 1300, outputTokens: 37 });
    const session = await sessions.get({ tenantId: 'default', userId: 'default', sessionId: 'ses_test' });
    expect(session.usage).toMatchObject({ inputTokens: 1300, outputTokens: 37 });
  });

  it('gets messages that were sent while it worked, one after the other', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const gate = defineTool({
      name: 'Gate',
      description: 'Waits.',
      inputSchema: z.object({}),
      execute: async () => {
        await held;
        return textResult('open');
      },
    });
    const { say: tell } = await play(
      {
        lead: [
          call('SpawnAgent', { name: 'ada', task: 'First.' }),
          calls(['SendToAgent', { agent: 'ada', message: 'Second.' }]),
          calls(['SendToAgent', { agent: 'ADA', message: 'Third.' }]),
          call('WaitForAgents'),
          say('done'),
        ],
        ada: (text) => {
          if (text.includes('Third.')) return say('third answer');
          if (text.includes('Second.')) return say('second answer');
          return text.includes('open') ? say('first answer') : call('Gate');
        },
      },
      { tools: [gate] },
    );
    const events = await tell('Go', {}, (event) => {
      if (event.type === 'wait_registered') release();
    });
    expect(ofType(events, 'subagent_job_started').map(({ task }) => task)).toEqual(['First.', 'Second.', 'Third.']);
    expect(ofType(events, 'subagent_job_completed').map(({ result }) => result)).toEqual([
      'first answer',
      'second answer',
      'third answer',
    ]);
    expect(resultsOf(events, 'SendToAgent')[0]).toContain('reads the message afterwards');
    expect(resultsOf(events, 'WaitForAgents')[0]).toContain('third answer');
  });

  it('knows what was said before when it is written to again, also in a later run', async () => {
    const { say: tell, heard } = await play({
      lead: [
        call('SpawnAgent', { name: 'ada', task: 'Remember the word heron.' }),
        call('WaitForAgents'),
        say('It remembers.'),
        call('SendToAgent', { agent: 'ada', message: 'Which word?' }),
        call('WaitForAgents'),
        say('heron'),
      ],
      ada: [say('I will.'), say('heron')],
    });
    await tell('Go');
    const events = await tell('Ask it');
    expect(heard('lead')[3]).toContain('Agents that you called in earlier');
    expect(heard('ada')[1]).toContain('Remember the word heron.');
    expect(heard('ada')[1]).toContain('I will.');
    expect(resultsOf(events, 'WaitForAgents')[0]).toContain('heron');
    expect(ofType(events, 'subagent_spawned')).toHaveLength(1);
  });

  it('is not there for others, and names are taken once', async () => {
    const { say: tell } = await play({
      lead: [
        calls(['SpawnAgent', { name: 'ada', task: 'Work.' }], ['SpawnAgent', { name: 'Ada', task: 'Work.' }]),
        call('SendToAgent', { agent: 'bob', message: 'Hello' }),
        call('WaitForAgents'),
        say('done'),
      ],
      ada: [say('yes')],
    });
    const events = await tell('Go');
    expect(resultsOf(events, 'SpawnAgent').filter((text) => text.includes('There is an agent "'))).toHaveLength(1);
    expect(resultsOf(events, 'SendToAgent')).toEqual(['There is no agent "bob". There are: ada.']);
  });

  it('answers with its input in echo mode, only when that is named', async () => {
    const { say: tell, upstream } = await play({
      lead: [
        call('SpawnAgent', { name: 'ada', task: 'Say this.', profile: 'echo' }),
        call('WaitForAgents'),
        call('SpawnAgent', { name: 'bob', task: 'Say that.', model: 'demo:echo' }),
        call('WaitForAgents'),
        say('done'),
      ],
    });
    const events = await tell('Go');
    expect(ofType(events, 'subagent_job_completed').map(({ result }) => result)).toEqual(['Say this.', 'Say that.']);
    expect(upstream.requests).toHaveLength(5);
  });
});

describe('waiting', () => {
  const two = [
    ['SpawnAgent', { name: 'fast', task: 'Be fast.' }],
    ['SpawnAgent', { name: 'slow', task: 'Be slow.' }],
  ] as [string, Record<string, unknown>][];

  it('for any ends with the first answer', async () => {
    const { say: tell } = await play({
      lead: [calls(...two), call('WaitForAgents', { mode: 'any' }), say('done')],
      fast: [say('here')],
      slow: [hang],
    });
    const events = await tell('Go');
    const [text = ''] = resultsOf(events, 'WaitForAgents');
    expect(text).toContain('<agent name="fast" status="idle">\nhere');
    expect(text).toContain('<agent name="slow" status="running">');
    expect(ofType(events, 'wait_resolved')[0]).toMatchObject({ reason: 'done', agentIds: [expect.any(String)] });
  });

  it('for all ends with the last answer', async () => {
    const { say: tell } = await play({
      lead: [calls(...two), call('WaitForAgents', { agents: ['slow', 'fast'] }), say('done')],
      fast: [say('here')],
      slow: [{ ...say('here too'), startDelayMs: 60 }],
    });
    const [text] = resultsOf(await tell('Go'), 'WaitForAgents');
    expect(text).toContain('here too');
    expect(text).toContain('<agent name="fast"');
  });

  it('ends with its time, and what goes on goes on', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const gate = defineTool({
      name: 'Gate',
      description: 'Waits.',
      inputSchema: z.object({}),
      execute: () => held.then(() => textResult('open')),
    });
    const { say: tell } = await play(
      {
        lead: [
          call('SpawnAgent', { name: 'slow', task: 'Be slow.' }),
          call('WaitForAgents', { timeoutSeconds: 0.02 }),
          call('WaitForAgents'),
          say('done'),
        ],
        slow: (text) => (text.includes('open') ? say('late') : call('Gate')),
      },
      { tools: [gate] },
    );
    const events = await tell('Go', {}, (event) => {
      if (event.type === 'wait_resolved' && event.reason === 'timeout') release();
    });
    const [first, second] = resultsOf(events, 'WaitForAgents');
    expect(first).toContain('The 0.02 s are over.');
    expect(first).toContain('status="running"');
    expect(second).toContain('late');
    expect(ofType(events, 'wait_resolved').map(({ reason }) => reason)).toEqual(['timeout', 'done']);
    expect(ofType(events, 'wait_registered')[0]).toMatchObject({ timeoutMs: 20, mode: 'all' });
  });

  it('gives an answer that came before anybody waited', async () => {
    const nap = napUntil(({ status }) => status === 'idle');
    const { say: tell } = await play(
      {
        lead: [
          call('SpawnAgent', { name: 'ada', task: 'Work.' }),
          call('Nap'),
          call('WaitForAgents'),
          call('WaitForAgents'),
          say('ok'),
        ],
        ada: [say('early')],
      },
      { tools: [nap] },
    );
    const [first, second] = resultsOf(await tell('Go'), 'WaitForAgents');
    expect(first).toContain('early');
    expect(second).toContain('you have read every answer');
  });
});

describe('the end of a run', () => {
  it('stops agents that still work; a later run goes on with them', async () => {
    const { say: tell, heard } = await play({
      lead: [
        call('SpawnAgent', { name: 'ada', task: 'Count the herons.' }),
        say('Enough.'),
        call('ListAgents'),
        call('SendToAgent', { agent: 'ada', message: 'Go on.' }),
        call('WaitForAgents'),
        say('Three.'),
      ],
      ada: (text) => (text.includes('Go on.') ? say('three herons') : hang),
    });
    const events = await tell('Go');
    expect(ofType(events, 'subagent_job_failed')[0]?.error.code).toBe('subagent_interrupted');
    expect(ofType(events, 'subagent_status').at(-1)?.status).toBe('interrupted');
    expect(events.at(-1)?.type).toBe('context_usage');

    const later = await tell('And now?');
    expect(ofType(later, 'subagent_status')[0]?.status).toBe('interrupted');
    expect(resultsOf(later, 'ListAgents')[0]).toContain('status="interrupted"');
    expect(heard('lead')[2]).toContain('interrupted at \\"Count the herons.\\"');
    expect(heard('ada').at(-1)).toContain('You were stopped before you answered');
    expect(heard('ada').at(-1)).toContain('Count the herons.');
    expect(resultsOf(later, 'WaitForAgents')[0]).toContain('three herons');
  });

  it('comes with an abort on all levels, also where a tool listens to nobody', async () => {
    const started: string[] = [];
    const stubborn = defineTool({
      name: 'Stubborn',
      description: 'Listens to nobody.',
      inputSchema: z.object({}),
      execute: (_input, { toolCallId }) => {
        started.push(toolCallId);
        return new Promise<never>(() => undefined);
      },
    });
    const { runs, say: tell } = await play(
      {
        lead: [
          calls(['SpawnAgent', { name: 'ada', task: 'Work.' }], ['SpawnAgent', { name: 'bob', task: 'Work.' }]),
          call('WaitForAgents'),
        ],
        ada: [call('SpawnAgent', { name: 'cleo', task: 'Work.' }), call('WaitForAgents')],
        bob: [hang],
        cleo: [call('Stubborn')],
      },
      { tools: [stubborn] },
    );
    let isAborted = false;
    const events = await tell('Go', {}, (event) => {
      if (event.type === 'subagent_status' && event.activity === 'Stubborn' && !isAborted) {
        isAborted = true;
        runs.abort(runs.list()[0]?.runId ?? '', 'the test says so');
      }
    });
    expect(isAborted).toBe(true);
    expect(started).toHaveLength(1);
    expect(ofType(events, 'session.end')[0]?.stopReason).toBe('aborted');
    expect(ofType(events, 'subagent_job_failed').map(({ error }) => error.code)).toEqual(
      Array(3).fill('subagent_interrupted'),
    );
    expect(ofType(events, 'wait_resolved').every(({ reason }) => reason === 'aborted')).toBe(true);
  });
});

describe('closing', () => {
  it('ends an agent and those that it called in', async () => {
    const { say: tell } = await play(
      {
        lead: [
          call('SpawnAgent', { name: 'ada', task: 'Work.' }),
          call('Nap'),
          call('CloseAgent', { agent: 'ada' }),
          call('SendToAgent', { agent: 'ada', message: 'Hello' }),
          say('ok'),
        ],
        ada: [call('SpawnAgent', { name: 'bob', task: 'Work.' }), call('WaitForAgents')],
        bob: [hang],
      },
      { tools: [napUntil(({ status }) => status === 'waiting')] },
    );
    const events = await tell('Go');
    const closed = ofType(events, 'subagent_closed').map(({ agentId }) => agentId);
    const names = ofType(events, 'subagent_spawned');
    expect(closed).toEqual([
      names.find(({ name }) => name === 'bob')?.agentId,
      names.find(({ name }) => name === 'ada')?.agentId,
    ]);
    expect(ofType(events, 'subagent_job_failed').map(({ error }) => error.code)).toContain('subagent_closed');
    expect(resultsOf(events, 'SendToAgent')[0]).toContain('The agent "ada" is closed.');
  });
});
