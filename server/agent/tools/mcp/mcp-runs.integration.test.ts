import { expect, it, onTestFinished } from 'vitest';
import { createMcpBench, oddServer, published } from '../../../mcp/testing/mcp-bench.ts';
import { redactorOf } from '../../testing/harness.ts';
import { ask, createTestManager, readEvents, readUntil } from '../../testing/manager.ts';
import { type MockReply, type MockScript, startMockUpstream } from '../../testing/mock-upstream.ts';
import { createMcpTools } from './mcp-tools.ts';

const call = (name: string, args: Record<string, unknown>): MockReply => ({
  blocks: [{ type: 'toolCall', name, args }],
});
const done: MockReply = { blocks: [{ type: 'text', text: 'Done.' }] };
const value = 'sk-mcp-0123456789abcdef';

/** Runs against published servers, with permissions as a fresh install has them. */
async function open(script: MockScript, deny: string[] = []) {
  const upstream = await startMockUpstream({
    script: (request, index) => (typeof script === 'function' ? script(request, index) : (script[index] ?? done)),
  });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is how settings name a secret.
  const env = { GRANTED: '${MY_KEY}' };
  const bench = createMcpBench(
    { every: { ...published('everything'), env }, odd: oddServer('well') },
    { secrets: { get: () => ({ value, origin: 'vault' }) } },
  );
  const mcp = createMcpTools(bench.manager);
  const manager = await createTestManager(upstream, {
    tools: (scope) => mcp.toolsFor(scope),
    contextProviders: () => [mcp.context],
    redactor: redactorOf({ MY_KEY: value }),
  });
  manager.config.permissions.mode = undefined;
  manager.config.permissions.deny.push(...deny);
  onTestFinished(async () => {
    await manager.close();
    await upstream.close();
  });
  const key = { tenantId: 'default', userId: 'default', sessionId: 'one' };
  return { ...manager, upstream, key, ask: (message: string) => ask(message, { sessionId: 'one' }) };
}

it('asks before a call leaves the sandbox, whatever the server says of its tool, and remembers the answer', async () => {
  const sum = call('mcp__every__get-sum', { a: 1, b: 2 });
  const { runs, key, ask, upstream } = await open([sum, done, sum, done]);
  const first = await runs.start(ask('Add.'));
  const events = await readUntil(first, 'permission_request');
  expect(events.at(-1)?.event).toMatchObject({ toolName: 'mcp__every__get-sum', remember: ['mcp__every__get-sum'] });
  await runs.respond(key, { kind: 'permission', decision: 'approved', remember: 'session' });
  await first.done;
  const again = await readEvents(await runs.start(ask('Again.')));
  expect(again.map(({ type }) => type)).not.toContain('permission_request');
  expect(again.find(({ type }) => type === 'tool.after')).toMatchObject({ isError: false });
  expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain('The sum of 1 and 2 is 3');
});

it.each(['mcp__every__*', 'mcp__every', 'mcp__every__get-sum'])('refuses what the rule %s denies', async (rule) => {
  const { runs, ask } = await open([call('mcp__every__get-sum', { a: 1, b: 2 }), done], [rule]);
  const events = await readEvents(await runs.start(ask('Add.')));
  expect(events.find(({ type }) => type === 'tool.after')).toMatchObject({
    isError: true,
    result: { details: { code: 'permission_denied' } },
  });
});

it('takes secrets out of what a server prints, and cuts what is too long for a model', async () => {
  const { runs, ask, upstream, config } = await open([
    call('mcp__every__get-env', {}),
    call('mcp__every__echo', { message: 'long '.repeat(20_000) }),
    done,
  ]);
  config.permissions.allow.push('mcp__every');
  const events = await readEvents(await runs.start(ask('Look.')));
  const results = events.filter(({ type }) => type === 'tool.after');
  expect(JSON.stringify(results[0])).toContain('[redacted MY_KEY]');
  expect(JSON.stringify(results[1])).toMatch(/characters are left out here/);
  expect(JSON.stringify([events, upstream.requests.map(({ body }) => body)])).not.toContain(value);
});

it('tells wrong arguments to the model in words, and asks nobody for them', async () => {
  const { runs, ask } = await open([call('mcp__every__get-sum', { a: 'one' }), done]);
  const events = await readEvents(await runs.start(ask('Add.')));
  expect(events.map(({ type }) => type)).not.toContain('permission_request');
  expect(JSON.stringify(events.find(({ type }) => type === 'tool.after'))).toMatch(
    /The arguments of mcp__every__get-sum are wrong/,
  );
});

it('ends with its run, and the server can be called by the next one', async () => {
  const { runs, ask, config } = await open([call('mcp__odd__wait', {}), call('mcp__odd__pid', {}), done]);
  config.permissions.allow.push('mcp__odd');
  const run = await runs.start(ask('Wait.'));
  await readUntil(run, 'tool.before');
  runs.abort(run.runId, 'enough');
  await run.done;
  const next = await readEvents(await runs.start(ask('Who?')));
  expect(next.find(({ type }) => type === 'tool.after')).toMatchObject({ isError: false });
});
