import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SessionKey } from '../../../contract/ids.ts';
import { assistantMessage, userMessage } from '../../../sessions/conformance.ts';
import type { AgentrailSessionStore } from '../../../sessions/store.ts';
import { ask, createTestManager, readEvents, type TestManager } from '../../testing/manager.ts';
import { type MockReply, type MockUpstream, startMockUpstream } from '../../testing/mock-upstream.ts';
import { createPastSessions } from './past-sessions.ts';
import { pastSessions } from './search-sessions.ts';

const keyOf = (sessionId: string, userId = 'default', tenantId = 'default'): SessionKey => ({
  ...{ tenantId, userId, sessionId },
});
const done: MockReply = { blocks: [{ type: 'text', text: 'Done.' }] };
const search = (args: Record<string, unknown>): MockReply => ({
  blocks: [{ type: 'toolCall', name: 'SearchSessions', args }],
});

let upstream: MockUpstream;
let manager: TestManager;
let script: MockReply[];
const settings = { enabled: true, listed: 8 };

async function makeSession(key: SessionKey, title: string, words: string): Promise<void> {
  await manager.sessions.getOrCreate(key, { agentId: 'default', title });
  await manager.sessions.appendMessages(key, [userMessage(`About ${words}?`), assistantMessage(`It is ${words}.`)]);
}

beforeEach(async () => {
  Object.assign(settings, { enabled: true, listed: 8 });
  script = [];
  upstream = await startMockUpstream({ script: () => script.shift() ?? done });
  let store: AgentrailSessionStore | undefined;
  const parts = () => {
    if (store === undefined) throw new Error('asked before there is a store');
    return pastSessions({ sessions: store, settings: () => settings });
  };
  manager = await createTestManager(upstream, {
    wrapStore(made) {
      store = made;
      return made;
    },
    toolsOf: () => [parts().tool],
    contextProviders: () => [parts().context],
  });
  await makeSession(keyOf('ses_boats'), 'Boats', 'blue boats');
  await makeSession(keyOf('ses_trains'), 'Trains', 'red trains');
  await makeSession(keyOf('ses_bob', 'bob'), 'Secrets of Bob', 'bobs boats');
  await makeSession(keyOf('ses_other', 'default', 'other'), 'Another tenant', 'foreign boats');
});
afterEach(async () => {
  await manager.close();
  await upstream.close();
});

const sent = (index: number): string => JSON.stringify(upstream.requests[index]?.body);
const resultOf = async (args: Record<string, unknown>): Promise<string> => {
  script = [search(args)];
  const events = await readEvents(await manager.runs.start(ask('Look')));
  return JSON.stringify(events.find(({ type }) => type === 'tool.after'));
};

describe('earlier conversations', () => {
  test('are told to the agent as a run begins, each with what it was about', async () => {
    await manager.sessions.writeMemory(keyOf('ses_trains'), 'NOTES.md', 'Likes the\n\nnight train to Rome.');
    await readEvents(await manager.runs.start(ask('Hello')));
    expect(sent(0)).toContain('ses_boats');
    expect(sent(0)).toContain('It is blue boats.');
    expect(sent(0)).toContain('Trains: Likes the night train to Rome.');
    expect(sent(0)).not.toContain('Bob');
    expect(sent(0)).not.toContain('foreign');
  });

  test('are left out when the settings say so, with the tool', async () => {
    settings.enabled = false;
    await readEvents(await manager.runs.start(ask('Hello')));
    expect(sent(0)).not.toContain('ses_boats');
    expect(sent(0)).not.toContain('SearchSessions');
  });

  test('are as many as the settings say, and none of them is the conversation itself', async () => {
    settings.listed = 1;
    await readEvents(await manager.runs.start(ask('Hello', { sessionId: 'ses_trains' })));
    expect(sent(0)).toContain('ses_boats');
    expect(sent(0)).not.toContain('- ses_trains');
  });

  test('are found by words of this person only, and read', async () => {
    const hits = await resultOf({ query: 'boats' });
    expect(hits).toContain('ses_boats');
    expect(hits).not.toContain('ses_bob');
    expect(hits).not.toContain('ses_other');
    expect(await resultOf({ session: 'ses_boats' })).toContain('Person: About blue boats?');
    expect(await resultOf({})).toContain('ses_trains');
    expect(await resultOf({ query: 'zeppelin' })).toContain('Nothing was found');
  });

  test.each(['ses_bob', 'ses_other', 'ses_none'])('of somebody else look like missing ones: %s', async (session) => {
    expect(await resultOf({ session })).toContain('There is no such session');
  });
});

describe('the index of earlier conversations', () => {
  test('takes the summary of a compaction, and reads a session again only when it changed', async () => {
    await manager.sessions.compact(keyOf('ses_boats'), { messageCount: 2, summary: 'They chose a blue boat.' });
    let reads = 0;
    const { sessions } = manager;
    const index = createPastSessions({
      ...sessions,
      readMemory: (key, name) => {
        reads += 1;
        return sessions.readMemory(key, name);
      },
    });
    const first = await index.latest(keyOf('ses_new'), 5);
    expect(first.find(({ sessionId }) => sessionId === 'ses_boats')?.summary).toBe('They chose a blue boat.');
    expect(reads).toBe(2);
    expect(await index.latest(keyOf('ses_new'), 5)).toEqual(first);
    expect(reads).toBe(2);
    await sessions.writeMemory(keyOf('ses_boats'), 'NOTES.md', 'The boat is sold.');
    const again = await index.latest(keyOf('ses_new'), 5);
    expect(again.find(({ sessionId }) => sessionId === 'ses_boats')?.summary).toBe('The boat is sold.');
    expect(reads).toBe(3);
  });

  test('takes what was just said from the run that said it, and asks the files a few seconds later', async () => {
    let reads = 0;
    let time = 0;
    const { sessions } = manager;
    const counted = {
      ...sessions,
      loadMessagesWithBudget: (key: SessionKey, tokens: number) => {
        reads += 1;
        return sessions.loadMessagesWithBudget(key, tokens);
      },
    };
    const index = createPastSessions(counted, { monotonic: () => time });
    const summaryOf = async (id: string) =>
      (await index.latest(keyOf('ses_new'), 5)).find(({ sessionId }) => sessionId === id)?.summary;
    await sessions.writeMemory(keyOf('ses_trains'), 'NOTES.md', 'Likes the night train.');
    await summaryOf('ses_trains');
    reads = 0;
    for (const id of ['ses_boats', 'ses_trains']) {
      await sessions.appendMessages(keyOf(id), [userMessage('And green ones?'), assistantMessage('Rarely.')]);
      index.said(keyOf(id), 'And green ones?', assistantMessage('Rarely.'));
    }
    expect(await summaryOf('ses_boats')).toBe('asked "And green ones?", answered "Rarely."');
    expect(reads).toBe(0);
    expect(await summaryOf('ses_trains')).toBe('Likes the night train.');
    time = 5_000;
    expect(await summaryOf('ses_boats')).toBe('asked "And green ones?", answered "Rarely."');
    expect(reads).toBe(1);
  });

  test('hears of each turn that is stored', async () => {
    const read: string[] = [];
    const counted = {
      ...manager.sessions,
      loadMessagesWithBudget: (key: SessionKey, tokens: number) => {
        read.push(key.sessionId);
        return manager.sessions.loadMessagesWithBudget(key, tokens);
      },
    };
    const { tap, context } = pastSessions({ sessions: counted, settings: () => settings });
    const events = await readEvents(await manager.runs.start(ask('Good day', { sessionId: 'ses_boats' })));
    const [run] = manager.runs.list();
    if (!run) throw new Error('there was no run');
    const hear = tap(run);
    for (const event of events) hear(event);
    const scope = { ...keyOf('ses_new'), runId: 'run_x', agentId: 'default', message: '', signal: AbortSignal.abort() };
    expect(await context.provide(scope)).toContain('asked "Good day", answered "Done."');
    expect(read).toEqual(['ses_trains']);
  });

  test('looks at the list for each run, but once in a quarter second for a crowd of them', async () => {
    let lists = 0;
    let time = 0;
    const { sessions } = manager;
    const counted = {
      ...sessions,
      list: (query: Parameters<typeof sessions.list>[0]) => {
        lists += 1;
        return sessions.list(query);
      },
    };
    const index = createPastSessions(counted, { monotonic: () => time });
    const ask = async (times: number) => {
      for (let run = 0; run < times; run += 1) await index.latest(keyOf('ses_new'), 5);
    };
    await ask(10);
    expect(lists).toBe(10);
    await ask(100);
    expect(lists).toBe(10);
    time = 250;
    await ask(100);
    expect(lists).toBe(11);
    time = 1000;
    await ask(2);
    expect(lists).toBe(13);
  });
});
