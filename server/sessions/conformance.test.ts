import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeSessionStore } from './conformance.ts';
import { describeAgentrailSessionStore } from './conformance-depth.ts';
import { createConformanceRunner } from './conformance-harness.ts';
import { createMemoryStore, type Memory } from './fixtures/memory-store.ts';
import type { AgentrailSessionStore } from './store.ts';

type Change = (store: AgentrailSessionStore) => Partial<AgentrailSessionStore>;

/** Stores of one memory each; `change` makes them wrong. */
const maker = (change: Change = () => ({})) => {
  return async () => {
    const memory: Memory = new Map();
    let now = 1_700_000_000_000;
    const clock = { now: () => now++ };
    const open = (): AgentrailSessionStore => {
      const store = createMemoryStore(memory, clock);
      return { ...store, ...change(store) };
    };
    let store = open();
    return {
      store,
      async reopen() {
        await store.close();
        store = open();
        return store;
      },
      dispose: () => store.close(),
    };
  };
};

const harness = { describe, it, expect, beforeEach, afterEach };
describeSessionStore('a store of somebody else', maker(), harness);
describeAgentrailSessionStore('a store of somebody else', maker(), harness);

async function failuresOf(change?: Change): Promise<string[]> {
  const runner = createConformanceRunner(expect);
  describeSessionStore('mine', maker(change), runner);
  describeAgentrailSessionStore('mine', maker(change), runner);
  const findings = await runner.run();
  expect(findings.length).toBeGreaterThan(25);
  return findings.filter(({ error }) => error !== undefined).map(({ name }) => name.split(' › ').at(-1) ?? '');
}

describe('the suite without a test runner', () => {
  it('imports none when it is used', async () => {
    for (const name of ['conformance.ts', 'conformance-depth.ts', 'conformance-harness.ts']) {
      const text = await readFile(path.join(import.meta.dirname, name), 'utf8');
      expect(text).not.toMatch(/^import (?!type)[^;]*'(vitest|node:test|jest)/m);
    }
  });

  it('finds nothing in a store that is right', async () => {
    expect(await failuresOf()).toEqual([]);
  });

  it.each<[string, string, Change]>([
    [
      'shows a session to everybody',
      'answers the same for a session of another user, of another tenant and a missing one',
      (store) => ({ loadMessages: (key) => store.loadMessages({ ...key, userId: 'ann' }) }),
    ],
    [
      'parts calls from their results',
      'never begins with an orphan and never parts a call from its results, whatever the history',
      (store) => ({
        async loadMessagesWithBudget(key, budget) {
          const { messages, ...rest } = await store.loadMessagesWithBudget(key, budget);
          return { ...rest, messages: messages.slice(-2) };
        },
      }),
    ],
    [
      'forgets what it archived',
      'shows the summary to the model, a marker to people, and all to who asks for all',
      (store) => ({ loadAllMessages: store.loadMessages }),
    ],
    [
      'lists in any order',
      'lists newest activity first, in pages, for a tenant, a user or all',
      (store) => ({
        async list(query) {
          const page = await store.list(query);
          return { ...page, sessions: page.sessions.toReversed() };
        },
      }),
    ],
    [
      'takes calls after its end',
      'writes what was asked before closing and refuses what comes after',
      () => ({ close: async () => undefined }),
    ],
  ])('finds one that %s', async (_, check, change) => {
    expect(await failuresOf(change)).toContain(check);
  });
});
