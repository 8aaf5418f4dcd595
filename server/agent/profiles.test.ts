import { afterEach, describe, expect, test } from 'vitest';
import { configSchema } from '../contract/config.ts';
import { AppError } from '../lib/app-error.ts';
import { defineProfile, listProfiles, type Profile, type ProfileResolver } from './profiles.ts';
import type { RunManagerOptions } from './run-manager.ts';
import { echoTool } from './testing/harness.ts';
import { ask, createTestManager, readEvents, type TestManager } from './testing/manager.ts';
import { type MockScript, type MockUpstream, startMockUpstream } from './testing/mock-upstream.ts';
import type { Tool } from './tools/tool.ts';

let manager: TestManager | undefined;
let upstream: MockUpstream | undefined;

afterEach(async () => {
  await manager?.close();
  await upstream?.close();
  manager = undefined;
  upstream = undefined;
});

const own = echoTool as Tool;
const callEcho: MockScript = (_request, index) =>
  index === 0
    ? { blocks: [{ type: 'toolCall', name: 'Echo', args: { text: 'x' } }] }
    : { blocks: [{ type: 'text', text: 'done' }] };

async function open(options: Partial<Omit<RunManagerOptions, 'tools'>>, script?: MockScript) {
  upstream = await startMockUpstream({ script: script ?? (() => ({ blocks: [{ type: 'text', text: 'ok' }] })) });
  manager = await createTestManager(upstream, options);
  return manager;
}

/** What the model was asked in the last run, as text. */
async function asked(change: Parameters<typeof ask>[1] = {}, message = 'hi') {
  const run = await manager?.runs.start(ask(message, change));
  if (!run) throw new Error('nothing is open');
  const events = await readEvents(run);
  const body = upstream?.requests.at(-1)?.body as { model?: string; tools?: { function: { name: string } }[] };
  return {
    run,
    events,
    text: JSON.stringify(body),
    model: body?.model,
    tools: body?.tools?.map((tool) => tool.function.name),
  };
}

const faultOf = (events: Awaited<ReturnType<typeof readEvents>>) =>
  events.find((event) => event.type === 'error')?.error;

describe('a profile made in code', () => {
  test('brings prompt, model, turns and tools of its own, which no other agent has', async () => {
    await open({ profiles: [defineProfile({ id: 'echo', prompt: 'You echo.', model: 'openai:other', tools: [own] })] });
    const echo = await asked({ agentId: 'echo' });
    expect([echo.model, echo.tools]).toEqual(['other', ['Echo']]);
    expect(echo.text).toContain('You echo.');
    expect((await asked()).tools).toBeUndefined();
  });

  test('may have a prompt that is found as each run begins', async () => {
    let count = 0;
    const prompt: Profile['prompt'] = async ({ userId, message }) => `Number ${++count} for ${userId}: ${message}`;
    await open({ profiles: [defineProfile({ id: 'counted', prompt })] });
    expect((await asked({ agentId: 'counted' }, 'one')).text).toContain('Number 1 for default: one');
    expect((await asked({ agentId: 'counted' }, 'two')).text).toContain('Number 2 for default: two');
  });

  test('whose prompt breaks ends the run with a sentence that keeps the words of the fault', async () => {
    const prompt = () => Promise.reject(new Error('secret path /etc/x'));
    await open({ profiles: [defineProfile({ id: 'broken', prompt })] });
    const fault = faultOf((await asked({ agentId: 'broken' })).events);
    expect(fault).toMatchObject({ code: 'prompt_failed' });
    expect(fault?.message).not.toContain('secret');
  });

  test('may deny what the settings allow, and the settings cannot take that away', async () => {
    const guarded = defineProfile({ id: 'guarded', tools: [own], permissions: { deny: ['Echo'] } });
    const { config } = await open({ profiles: [guarded] }, callEcho);
    config.agents = configSchema.parse({ agents: { guarded: { permissions: { allow: ['Echo'] } } } }).agents;
    const { events } = await asked({ agentId: 'guarded' });
    expect(events.find(({ type }) => type === 'tool.after')).toMatchObject({
      result: { details: { code: 'permission_denied' } },
    });
  });

  test('gives way to the settings of the same id, setting by setting', () => {
    const config = configSchema.parse({ agents: { a: { name: 'Renamed' } } });
    const [, profile] = listProfiles(config, [defineProfile({ id: 'a', name: 'A', prompt: 'P', maxTurns: 3 })]);
    expect(profile).toMatchObject({ id: 'a', name: 'Renamed', prompt: 'P', maxTurns: 3 });
  });

  test.each([
    [{ id: '../x' }, /its id/],
    [{ id: 'x', maxTurns: 0 }, /maxTurns/],
    [{ id: 'x', permissions: { deny: ['not a rule'] } }, /permissions/],
  ])('that is wrong is refused: %j', (definition, reason) => {
    expect(() => defineProfile(definition)).toThrow(reason);
  });
});

describe('who answers', () => {
  test.each<[string, ProfileResolver, string]>([
    ['an id', () => 'other', 'other'],
    ['a profile that is listed nowhere', () => defineProfile({ id: 'fresh', prompt: 'Fresh.' }), 'fresh'],
    ['nobody, so the named agent does', () => undefined, 'default'],
    ['a promise', async ({ tenantId }) => (tenantId === 'default' ? 'other' : undefined), 'other'],
  ])('is found for each request: %s', async (_what, resolveProfile, agentId) => {
    await open({ profiles: [defineProfile({ id: 'other' })], resolveProfile });
    expect((await asked()).run.info().agentId).toBe(agentId);
  });

  test('a resolver that breaks refuses the request; its own refusal is told as it is', async () => {
    const { runs } = await open({
      resolveProfile: ({ message }) => {
        throw message === 'mine' ? new AppError('closed', 'We are closed.', { status: 403 }) : new Error('secret');
      },
    });
    await expect(runs.start(ask('mine'))).rejects.toMatchObject({ code: 'closed', status: 403 });
    await expect(runs.start(ask('x'))).rejects.toMatchObject({
      code: 'profile_unresolved',
      message: expect.not.stringContaining('secret'),
    });
    await expect(runs.start(ask('x'))).rejects.toMatchObject({ code: 'profile_unresolved' });
  });

  test('an id that there is not is refused with those there are', async () => {
    const { runs } = await open({ resolveProfile: () => 'nobody' });
    await expect(runs.start(ask('x'))).rejects.toMatchObject({ code: 'agent_not_found', status: 404 });
  });

  test('an agent can be made anew for each request', async () => {
    const made = defineProfile({
      id: 'made',
      prompt: 'Usual.',
      forRequest: ({ message }) =>
        message === 'special' ? { prompt: 'Special.', model: 'openai:big', tools: [own] } : {},
    });
    await open({ profiles: [made] });
    const special = await asked({ agentId: 'made' }, 'special');
    expect([special.model, special.tools]).toEqual(['big', ['Echo']]);
    expect(special.text).toContain('Special.');
    const usual = await asked({ agentId: 'made' }, 'usual');
    expect([usual.model, usual.tools]).toEqual(['mock-model', undefined]);
    expect(usual.text).toContain('Usual.');
  });
});

describe('prompt fragments', () => {
  const files: Record<string, string> = {};
  const readFile = async (path: string) => files[path] ?? Promise.reject(new Error(`ENOENT ${path}`));

  test('follow the prompt in their order, and are read anew at each run', async () => {
    Object.assign(files, { '/p/base.md': 'Base.', '/p/a.md': 'Tone.\n', '/p/b.md': 'Refunds.' });
    const { config } = await open({ readFile });
    config.agents = { shop: { prompt: 'Own.', promptFile: '/p/base.md', promptFragments: ['/p/a.md', '/p/b.md'] } };
    expect((await asked({ agentId: 'shop' })).text).toContain('Own.\\n\\nBase.\\n\\nTone.\\n\\nRefunds.\\n\\nToday is');
    files['/p/b.md'] = 'No refunds.';
    expect((await asked({ agentId: 'shop' })).text).toContain('Tone.\\n\\nNo refunds.');
  });

  test('that are missing end the run with the setting that names them, and without their path', async () => {
    Object.assign(files, { '/p/a.md': 'Tone.' });
    const { config } = await open({ readFile });
    config.agents = { shop: { promptFragments: ['/p/a.md', '/p/gone.md'] } };
    const fault = faultOf((await asked({ agentId: 'shop' })).events);
    expect(fault?.code).toBe('prompt_file_unreadable');
    expect(fault?.message).toContain('agents.shop.promptFragments.1');
    expect(fault?.message).not.toContain('/p/');
  });
});
