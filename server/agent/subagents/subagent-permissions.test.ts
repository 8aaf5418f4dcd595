import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { permissionsSchema } from '../../contract/permissions.ts';
import { defineProfile } from '../profiles.ts';
import { redactorOf, textResult } from '../testing/harness.ts';
import { askUserQuestionTool } from '../tools/ask-user-question.ts';
import { defineTool } from '../tools/tool.ts';
import { type AgentsBench, call, createAgentsBench, lead, ofType, resultsOf, say } from './testing/agents-bench.ts';

let bench: AgentsBench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

async function play(...args: Parameters<typeof createAgentsBench>): Promise<AgentsBench> {
  bench = await createAgentsBench(...args);
  bench.config.permissions = permissionsSchema.parse({});
  return bench;
}

const done: string[] = [];
const edit = defineTool({
  name: 'Change',
  description: 'Changes something.',
  inputSchema: z.object({ what: z.string().default('') }),
  reach: 'edit',
  execute: async ({ what }) => {
    done.push(what);
    return textResult('changed');
  },
});
const outside = defineTool({ ...edit, name: 'Leave', reach: 'outside' });
const key = { tenantId: 'default', userId: 'default', sessionId: 'ses_test' };

function parts(tool: string, spawn: Record<string, unknown> = {}) {
  return {
    lead: (_text: string, index: number) =>
      [call('SpawnAgent', { name: 'ada', task: 'Work.', ...spawn }), call('WaitForAgents'), say('ok')][index % 3] ??
      say('ok'),
    ada: (_text: string, index: number) => (index % 2 === 0 ? call(tool, { what: 'it' }) : say('tried')),
  };
}

describe('what an agent may do', () => {
  it('is never more than whoever called it in may, whatever its profile says', async () => {
    const profiles = [
      defineProfile({ id: 'careful', permissions: { mode: 'plan' } }),
      defineProfile({ id: 'wild', permissions: { mode: 'bypassPermissions', allow: ['Change'] } }),
    ];
    const { say: tell, heard } = await play(parts('Change', { profile: 'wild' }), { tools: [edit], profiles });
    done.length = 0;
    await tell('Go', { agentId: 'careful' });
    expect(heard('ada')[1]).toContain('The permission mode is plan');
    expect(done).toEqual([]);
    await tell('Go', { agentId: 'wild', sessionId: 'ses_other' });
    expect(done).toEqual(['it']);
  });

  it('is never more than its own profile says', async () => {
    const profiles = [
      defineProfile({ id: 'careful', permissions: { deny: ['Change'] } }),
      defineProfile({ id: 'wild', permissions: { mode: 'bypassPermissions' } }),
    ];
    const { say: tell, heard } = await play(parts('Change', { profile: 'careful' }), { tools: [edit], profiles });
    done.length = 0;
    await tell('Go', { agentId: 'wild' });
    expect(heard('ada')[1]).toContain('The rule Change forbids it.');
    expect(done).toEqual([]);
  });

  it('holds for those below too: the rules of every level count', async () => {
    const profiles = [
      defineProfile({ id: 'top', permissions: { deny: ['Change(*)'] } }),
      defineProfile({ id: 'middle', permissions: { mode: 'bypassPermissions' } }),
    ];
    const { say: tell, heard } = await play(
      {
        [lead]: [
          call('SpawnAgent', { name: 'ada', task: 'Work.', profile: 'middle' }),
          call('WaitForAgents'),
          say('ok'),
        ],
        ada: [call('SpawnAgent', { name: 'bob', task: 'Work.', profile: 'middle' }), call('WaitForAgents'), say('ok')],
        bob: [call('Change', { what: 'deep' }), say('tried')],
      },
      { tools: [edit], profiles },
    );
    done.length = 0;
    await tell('Go', { agentId: 'top' });
    expect(heard('bob')[1]).toContain('forbids it');
    expect(done).toEqual([]);
  });

  it('has only tools that whoever called it in has, and only those that were named', async () => {
    const profiles = [
      defineProfile({ id: 'narrow', tools: ['SpawnAgent', 'WaitForAgents', 'Change'] }),
      defineProfile({ id: 'wide', tools: ['Change', 'Leave'] }),
    ];
    const { say: tell, heard } = await play(
      {
        lead: [
          call('SpawnAgent', { name: 'ada', task: 'Work.', profile: 'wide' }),
          call('SpawnAgent', { name: 'bob', task: 'Work.', tools: ['Leave'] }),
          call('WaitForAgents'),
          say('ok'),
        ],
        ada: [say('tried')],
        bob: [say('tried')],
      },
      { tools: [edit, outside], profiles },
    );
    await tell('Go', { agentId: 'narrow' });
    expect(heard('ada')[0]).toContain('"name":"Change"');
    expect(heard('ada')[0]).not.toContain('"name":"Leave"');
    expect(heard('bob')[0]).not.toContain('"name":"Change"');
  });

  it('is asked for in the run, by name, and an answer there lets it go on', async () => {
    const { say: tell, runs } = await play(parts('Leave'), { tools: [outside] });
    done.length = 0;
    const events = await tell('Go', {}, (event) => {
      if (event.type !== 'permission_request') return;
      expect(runs.list()[0]?.pending?.[0]?.agent?.name).toBe('ada');
      void runs.respond(key, { kind: 'permission', decision: 'approved', toolCallId: event.toolCallId });
    });
    const [request] = ofType(events, 'permission_request');
    expect(request).toMatchObject({ toolName: 'Leave', args: { what: 'it' }, agent: { name: 'ada' } });
    expect(request?.toolCallId).toContain(request?.agent?.id);
    expect(ofType(events, 'subagent_status').some(({ status }) => status === 'waiting')).toBe(true);
    expect(ofType(events, 'permission_resolved')[0]?.decision).toBe('approved');
    expect(done).toEqual(['it']);
  });

  it('stays undone when the person says no', async () => {
    const { say: tell, runs, heard } = await play(parts('Leave'), { tools: [outside] });
    done.length = 0;
    await tell('Go', {}, (event) => {
      if (event.type === 'permission_request') void runs.respond(key, { kind: 'permission', decision: 'rejected' });
    });
    expect(heard('ada')[1]).toContain('The person rejected this call');
    expect(done).toEqual([]);
  });
});

describe('what an agent asks', () => {
  const asking = {
    lead: [call('SpawnAgent', { name: 'ada', task: 'Work.' }), call('WaitForAgents'), say('ok')],
    ada: [call('AskUserQuestion', { question: 'Red or blue?' }), say('It is red.')],
  };

  it('is asked in the run, and the answer goes to it', async () => {
    const { say: tell, runs, heard } = await play(asking, { tools: [askUserQuestionTool] });
    const events = await tell('Go', {}, (event) => {
      if (event.type === 'waiting_for_user_input') void runs.respond(key, { kind: 'question', answer: 'red' });
    });
    expect(ofType(events, 'waiting_for_user_input')[0]).toMatchObject({
      question: 'Red or blue?',
      agent: { name: 'ada' },
    });
    expect(heard('ada')[1]).toContain('red');
    expect(resultsOf(events, 'WaitForAgents')[0]).toContain('It is red.');
  });

  it('does not put the run aside: nobody would be there for the answer', async () => {
    const { say: tell, runs } = await play(asking, { tools: [askUserQuestionTool] });
    const events = await tell('Go', {}, (event) => {
      if (event.type !== 'waiting_for_user_input') return;
      const [run] = runs.list();
      runs.putAside(run?.runId ?? '');
      expect(runs.list()[0]?.status).toBe('running');
      void runs.respond(key, { kind: 'question', answer: 'red' });
    });
    expect(ofType(events, 'session.end')[0]?.stopReason).toBe('stop');
    expect(resultsOf(events, 'WaitForAgents')[0]).toContain('It is red.');
  });

  it('holds no secret, and neither do its answer and its task', async () => {
    const secret = 'sk-very-secret-value-123456';
    const redactor = redactorOf({ TEST_KEY: secret });
    const leak = defineTool({ ...edit, name: 'Leak', execute: async () => textResult(`key ${secret}`) });
    const { say: tell, heard } = await play(
      {
        lead: [call('SpawnAgent', { name: 'ada', task: `Use ${secret}.` }), call('WaitForAgents'), say('ok')],
        ada: [call('Leak'), say(`It is ${secret}.`)],
      },
      { tools: [leak], redactor },
    );
    const events = await tell('Go');
    const told = JSON.stringify(events.filter(({ type }) => type.startsWith('subagent_')));
    expect(told).toContain('Use ');
    expect(told).not.toContain(secret);
    expect(heard('ada')[1]).not.toContain(`key ${secret}`);
    expect(resultsOf(events, 'WaitForAgents')[0]).not.toContain(secret);
  });
});
