import { afterEach, describe, expect, test } from 'vitest';
import { configSchema } from '../../contract/config.ts';
import { systemClock } from '../../lib/clock.ts';
import { createNetwork } from '../../network/network.ts';
import { ask, createTestManager, readEvents, type TestManager } from '../testing/manager.ts';
import { type MockUpstream, startMockUpstream } from '../testing/mock-upstream.ts';
import { hostTools } from './host-tools.ts';

let upstream: MockUpstream;
let manager: TestManager;

afterEach(async () => {
  await manager.close();
  await upstream.close();
});

const direct = createNetwork({
  settings: () => configSchema.parse({}).network,
  environment: {},
  readSystem: async () => undefined,
  clock: systemClock,
});

async function setUp(keys: Record<string, string>, script: Parameters<typeof startMockUpstream>[0]['script']) {
  upstream = await startMockUpstream({ script });
  const config = configSchema.parse({});
  const secrets = {
    get: (name: string) => (keys[name] === undefined ? undefined : { value: keys[name], origin: 'vault' as const }),
    reveal: (name: string) => keys[name],
    report: () => undefined,
  };
  manager = await createTestManager(upstream, {
    toolsOf: (sessions) =>
      hostTools({ config: () => config, secrets, sessions, clock: systemClock, network: direct, version: '1' }),
  });
}

interface SentBody {
  tools?: { function: { name: string } }[];
  messages: { role: string; content: unknown }[];
}

function sent(index: number): SentBody {
  return upstream.requests[index]?.body as SentBody;
}

describe('the tools that need no sandbox, in a run', () => {
  test('the list that a run wrote is told to the next run of the session', async () => {
    const todos = [{ content: 'Weigh the anchor', status: 'in_progress' }];
    await setUp({}, [
      { blocks: [{ type: 'toolCall', name: 'TodoWrite', args: { todos } }] },
      { blocks: [{ type: 'text', text: 'Planned.' }] },
      { blocks: [{ type: 'text', text: 'Back again.' }] },
    ]);
    const first = await manager.runs.start(ask('Plan it'));
    const events = await readEvents(first);
    expect(events.find((event) => event.type === 'tool.after')).toMatchObject({ result: { details: { todos } } });
    await readEvents(await manager.restartRuns().start(ask('Go on', { sessionId: first.sessionId })));
    // As it stands in the document, not as it was written by the call.
    const line = '- [-] Weigh the anchor';
    expect([0, 1, 2].map((index) => JSON.stringify(sent(index).messages).includes(line))).toEqual([false, false, true]);
  });

  test('an address of this machine is refused in words, and the run goes on', async () => {
    await setUp({}, [
      { blocks: [{ type: 'toolCall', name: 'WebFetch', args: { url: `http://127.0.0.1/` } }] },
      { blocks: [{ type: 'text', text: 'It is refused.' }] },
    ]);
    const events = await readEvents(await manager.runs.start(ask('Look')));
    expect(events.find((event) => event.type === 'tool.after')).toMatchObject({
      isError: true,
      result: { details: { code: 'address_refused' } },
    });
    expect(events.at(-2)).toMatchObject({ type: 'session.end', stopReason: 'stop' });
  });

  test('WebSearch is told of from the run on in which there is a key', async () => {
    const keys: Record<string, string> = {};
    await setUp(keys, () => ({ blocks: [{ type: 'text', text: 'Done.' }] }));
    const names = (index: number) => sent(index).tools?.map((tool) => tool.function.name);
    await readEvents(await manager.runs.start(ask('One')));
    keys.EXA_API_KEY = 'test-key-exa-0123456789';
    await readEvents(await manager.runs.start(ask('Two')));
    expect(names(0)).toEqual(['WebFetch', 'TodoWrite', 'Sleep', 'AskUserQuestion']);
    expect(names(1)).toEqual(['WebFetch', 'WebSearch', 'TodoWrite', 'Sleep', 'AskUserQuestion']);
  });
});
