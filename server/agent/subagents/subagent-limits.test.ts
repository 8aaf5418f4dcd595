import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../contract/config.ts';
import { textResult } from '../testing/harness.ts';
import { defineTool } from '../tools/tool.ts';
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

async function play(
  limits: Partial<AgentsBench['config']['subagents']>,
  ...args: Parameters<typeof createAgentsBench>
): Promise<AgentsBench> {
  bench = await createAgentsBench(...args);
  Object.assign(bench.config.subagents, limits);
  return bench;
}

const spawn = (name: string): [string, Record<string, unknown>] => ['SpawnAgent', { name, task: 'Work.' }];
const codesOf = (events: Parameters<typeof ofType>[0]) =>
  ofType(events, 'tool.after').flatMap(({ result }) => {
    const { code } = z.object({ code: z.string().optional() }).parse(result.details ?? {});
    return code === undefined ? [] : [code];
  });

describe('the limits of agents', () => {
  it('have these values unless somebody says otherwise', () => {
    expect(configSchema.parse({}).subagents).toEqual({
      maxDepth: 2,
      maxPerRun: 16,
      maxConcurrent: 4,
      jobTimeoutMs: 900_000,
    });
  });

  it('count those that are called in during one run, closed ones too', async () => {
    const { say: tell } = await play(
      { maxPerRun: 1 },
      {
        lead: [calls(spawn('ada')), call('CloseAgent', { agent: 'ada' }), calls(spawn('bob')), say('ok')],
        ada: [say('yes')],
      },
    );
    const events = await tell('Go');
    expect(codesOf(events)).toEqual(['subagent_limit']);
    expect(resultsOf(events, 'SpawnAgent')[1]).toContain('Give the work to one of them');
    expect(codesOf(await tell('Again'))).toEqual([]);
  });

  it('count those at work, and let the next one in when one has ended', async () => {
    const { say: tell } = await play(
      { maxConcurrent: 1 },
      {
        lead: [
          calls(spawn('ada'), spawn('bob')),
          call('WaitForAgents'),
          calls(spawn('cleo')),
          call('WaitForAgents'),
          say('ok'),
        ],
        ada: [{ ...say('yes'), startDelayMs: 30 }],
        bob: [{ ...say('yes'), startDelayMs: 30 }],
        cleo: [say('yes')],
      },
    );
    const events = await tell('Go');
    expect(codesOf(events)).toEqual(['subagent_concurrency']);
    expect(ofType(events, 'subagent_job_completed')).toHaveLength(2);
  });

  it('end the levels: the last one has no tools to call agents in', async () => {
    const { say: tell, heard } = await play(
      { maxDepth: 1 },
      { lead: [calls(spawn('ada')), call('WaitForAgents'), say('ok')], ada: [calls(spawn('bob')), say('alone then')] },
    );
    const events = await tell('Go');
    expect(heard('lead')[0]).toContain('"SpawnAgent"');
    expect(heard('ada')[0]).not.toContain('"SpawnAgent"');
    expect(ofType(events, 'subagent_spawned')).toHaveLength(1);
    expect(resultsOf(events, 'WaitForAgents')[0]).toContain('alone then');
  });

  it('take the tools away from everybody where there are no levels', async () => {
    const { say: tell, heard } = await play({ maxDepth: 0 }, { lead: [calls(spawn('ada')), say('alone then')] });
    expect(codesOf(await tell('Go'))).toEqual(['unknown_tool']);
    expect(heard('lead')[0]).not.toContain('"SpawnAgent"');
  });

  it('stop what has used too much, and call in nobody after that', async () => {
    const work = { ...call('Look'), usage: { input: 1_000_000, output: 0 } };
    const look = defineTool({
      name: 'Look',
      description: 'Looks.',
      inputSchema: z.object({}),
      execute: async () => textResult('seen'),
    });
    const { say: tell, config } = await play(
      { maxCostUsd: 3 },
      { lead: [calls(spawn('ada')), call('WaitForAgents'), calls(spawn('bob')), say('ok')], ada: [work] },
      { tools: [look] },
    );
    config.models['mock-model'] = { price: { input: 2, output: 2 } };
    const events = await tell('Go');
    expect(ofType(events, 'subagent_job_failed')[0]?.error.code).toBe('subagent_cost_limit');
    expect(ofType(events, 'subagent_job_failed')[0]?.usage.cost).toBeCloseTo(4);
    expect(codesOf(events)).toEqual(['subagent_cost_limit']);
    expect(ofType(events, 'session.end')[0]?.usage.cost).toBeGreaterThan(4);
  });

  it('end a task that takes too long, and the agent goes on with its next message', async () => {
    const { say: tell, config } = await play(
      { jobTimeoutMs: 60 },
      {
        lead: [
          calls(spawn('ada')),
          call('WaitForAgents'),
          call('SendToAgent', { agent: 'ada', message: 'Again.' }),
          call('WaitForAgents'),
          say('ok'),
        ],
        ada: (text) => (text.includes('Again.') ? say('quick now') : hang),
      },
    );
    const events = await tell('Go', {}, (event) => {
      if (event.type === 'subagent_job_failed') config.subagents.jobTimeoutMs = 60_000;
    });
    const [first, second] = resultsOf(events, 'WaitForAgents');
    expect(first).toContain('It did not end within');
    expect(ofType(events, 'subagent_job_failed')[0]?.error.code).toBe('subagent_timeout');
    expect(second).toContain('quick now');
  });
});

describe('what an agent does wrong', () => {
  it('is its own failure: the run and the other agents go on', async () => {
    const broken = defineTool({
      name: 'Broken',
      description: 'Breaks.',
      inputSchema: z.object({ how: z.string() }),
      execute: ({ how }) => {
        if (how === 'at once') throw new Error('/secret/path');
        if (how === 'huge') return Promise.resolve(textResult('x'.repeat(5_000_000)));
        return Promise.reject(new Error('/secret/path'));
      },
    });
    const { say: tell, heard } = await play(
      {},
      {
        lead: [calls(spawn('ada'), spawn('bob'), spawn('cleo')), call('WaitForAgents'), say('ok')],
        ada: [
          calls(['Broken', { how: 'at once' }], ['Broken', { how: 'later' }], ['Broken', { how: 'huge' }]),
          say('I broke nothing else'),
        ],
        bob: [{ error: { status: 401, message: 'no' } }],
        cleo: [say('fine')],
      },
      { tools: [broken] },
    );
    const events = await tell('Go');
    const [text = ''] = resultsOf(events, 'WaitForAgents');
    expect(text).toContain('I broke nothing else');
    expect(text).toContain('fine');
    expect(ofType(events, 'subagent_job_failed')[0]?.error.code).toBe('provider_auth');
    expect(ofType(events, 'session.end')[0]?.stopReason).toBe('stop');
    expect(JSON.stringify(events)).not.toContain('/secret/path');
    // The huge result was kept beside the history, and the model got a part of it.
    expect(heard('ada')[1]?.length).toBeLessThan(200_000);
  });
});
