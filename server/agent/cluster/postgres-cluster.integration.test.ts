import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunInfo } from '../../contract/chat.ts';
import type { NumberedEvent } from '../../contract/events.ts';
import type { SessionKey } from '../../contract/ids.ts';
import { systemClock } from '../../lib/clock.ts';
import { ann, userMessage } from '../../sessions/conformance.ts';
import { makePostgresCluster, type PostgresCluster } from '../../sessions/postgres/fixtures/postgres-cluster.ts';
import { createPostgresSessionStore, type PostgresSessionStore } from '../../sessions/postgres/postgres-store.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { noUsage } from '../run-usage.ts';
import type { RunManager } from '../runs.ts';
import { createSessionClaims } from '../session-claims.ts';
import type { Cluster } from './cluster.ts';
import { createPostgresCluster } from './postgres-cluster.ts';

/** Instances in one process: what is between them is the database alone. */
interface Instance {
  store: PostgresSessionStore;
  cluster: Cluster;
}

const leaseMs = 600;
let postgres: PostgresCluster;
let a: Instance;
let b: Instance;
let databases = 0;
let url: string;
let opened: Instance[] = [];

beforeAll(async () => {
  postgres = await makePostgresCluster();
});
afterAll(() => postgres.remove());
beforeEach(async () => {
  databases += 1;
  url = await postgres.database(`cluster_${databases}`);
  a = open('a');
  b = open('b');
  await a.store.getOrCreate(ann, { agentId: 'default', title: 'x' });
});
afterEach(async () => {
  for (const { cluster, store } of opened) {
    await cluster.close();
    await store.close();
  }
  opened = [];
});

function open(name: string): Instance {
  const store = createPostgresSessionStore({ url, clock: systemClock, logger: silentLogger });
  const about = { instanceId: `instance_${name}`, nodeId: `node-${name}`, host: `host-${name}` };
  const times = { leaseMs, gatherMs: 5, lookMs: 100, callTimeoutMs: 3000 };
  const cluster = createPostgresCluster({ url, store, ...about, clock: systemClock, logger: silentLogger, times });
  const instance = { store, cluster };
  opened.push(instance);
  return instance;
}

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await sleep(20);
}

function infoOf(runId: string, key: SessionKey = ann): RunInfo {
  return {
    ...{ ...key, runId, agentId: 'default', model: 'demo:demo', title: 'x', status: 'running', turn: 1 },
    ...{ activity: '', startedAt: 1, usage: noUsage() },
  };
}

/** A manager that has nothing but what a test gives it. */
function managerOf(parts: Partial<RunManager>): RunManager {
  return { subscribe: () => () => undefined, get: () => undefined, abort: () => true, ...parts } as RunManager;
}

async function readAll(events: AsyncIterable<NumberedEvent>): Promise<NumberedEvent[]> {
  return Array.fromAsync(events);
}

describe('events of a run', () => {
  it('that are more than 4 MiB begin with a snapshot for who comes late, and miss nothing after it', async () => {
    const letGo = await a.cluster.claim(ann, 'run_1');
    const mirror = a.cluster.mirror(infoOf('run_1'));
    await a.store.appendMessages(ann, [userMessage('kept in the history')]);
    mirror?.complete([userMessage('kept in the history')]);
    const piece = 'x'.repeat(100_000);
    for (let n = 0; n < 70; n += 1) {
      mirror?.append({ type: 'message.update', delta: `${n} ${piece}` } as never);
      // What waits is bounded too: let it be written.
      if (n % 10 === 9) await until(async () => (await lastSeq()) >= n + 1);
    }
    mirror?.append({ type: 'session.end', stopReason: 'stop', usage: noUsage() });
    mirror?.end();
    await letGo();
    const told = await readAll((await b.cluster.find('run_1'))?.events() ?? never());
    expect(told[0]?.event).toEqual({ type: 'snapshot', messages: [userMessage('kept in the history')] });
    const numbers = told.map(({ sequence }) => sequence);
    expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
    expect(numbers.at(-1)).toBe(71);
    expect(numbers[0]).toBeGreaterThan(20);
    const [kept] = await postgres.sql(
      'SELECT sum(octet_length(body))::integer AS bytes FROM agentrail.run_events',
      url,
    );
    expect(Number(kept?.bytes)).toBeLessThanOrEqual(4 * 1024 * 1024);
  });

  async function lastSeq(): Promise<number> {
    const [found] = await postgres.sql(
      'SELECT coalesce(max(last_seq), 0)::integer AS seq FROM agentrail.run_events',
      url,
    );
    return Number(found?.seq);
  }

  it('are gone ten minutes after its end, and not before, with calls and instances of then', async () => {
    for (const runId of ['run_old', 'run_new']) {
      const letGo = await a.cluster.claim(ann, runId);
      const mirror = a.cluster.mirror(infoOf(runId));
      mirror?.append({ type: 'turn.start', turn: 1 });
      mirror?.end();
      await letGo();
      await until(async () => (await b.cluster.find(runId)) !== undefined);
      await readAll((await b.cluster.find(runId))?.events() ?? never());
    }
    await postgres.sql(
      `UPDATE agentrail.runs SET ended_at = now() - CASE run_id WHEN 'run_old' THEN interval '10 minutes 1 second'
          ELSE interval '9 minutes' END;
        INSERT INTO agentrail.calls (call_id, instance_id, body, made_at)
          VALUES ('call_old', 'nobody', '{}', now() - interval '11 minutes');
        INSERT INTO agentrail.instances VALUES ('gone', 'gone-host', now(), now() - interval '11 minutes')`,
      url,
    );
    await until(async () => (await b.cluster.find('run_old')) === undefined);
    expect(await b.cluster.find('run_new')).toBeDefined();
    const rows = await postgres.sql('SELECT DISTINCT run_id FROM agentrail.run_events', url);
    expect(rows).toEqual([{ run_id: 'run_new' }]);
    await until(async () => (await postgres.sql('SELECT 1 FROM agentrail.calls', url)).length === 0);
    await until(
      async () => !JSON.stringify(await postgres.sql('SELECT * FROM agentrail.instances', url)).includes('gone'),
    );
  });
});

describe('instances', () => {
  it('know each other while they live, and the machine on which a run goes on', async () => {
    a.cluster.serve(managerOf({}));
    await until(async () => (await b.cluster.instances?.())?.length === 2);
    expect(await b.cluster.instances?.()).toMatchObject([
      { host: expect.stringMatching(/host-[ab]/), isSelf: expect.any(Boolean) },
      { host: expect.stringMatching(/host-[ab]/) },
    ]);
    expect((await b.cluster.instances?.())?.filter(({ isSelf }) => isSelf)).toMatchObject([{ host: 'host-b' }]);
    await a.cluster.claim(ann, 'run_1');
    const mirror = a.cluster.mirror(infoOf('run_1'));
    mirror?.append({ type: 'turn.start', turn: 1 });
    await until(async () => (await b.cluster.list()).length === 1);
    expect(await b.cluster.list()).toMatchObject([{ runId: 'run_1', instance: 'host-a' }]);
    expect(await a.cluster.list()).toEqual([]);
    mirror?.end();
    await a.cluster.claim({ ...ann, sessionId: 'ses_2' }, 'run_2').then((letGo) => letGo());
    const third = open('c');
    await until(async () => (await b.cluster.instances?.())?.length === 3);
    await third.cluster.close();
    expect(await b.cluster.instances?.()).toHaveLength(2);
  });

  it('hear of sessions that others deleted, and not of their own deletions', async () => {
    const heard: string[] = [];
    a.cluster.onDeleted(({ sessionId }) => heard.push(`a ${sessionId}`));
    b.cluster.onDeleted(({ sessionId }) => heard.push(`b ${sessionId}`));
    // They listen once they hear each other's calls.
    a.cluster.serve(managerOf({}));
    await a.cluster.claim(ann, 'run_1');
    await b.cluster.abort('run_1', 'to hear from it');
    await a.store.delete(ann);
    await until(() => heard.length > 0);
    expect(heard).toEqual(['b ses_1']);
  });
});

describe('readers at another instance', () => {
  it('count as readers of the run for as long as they stay', async () => {
    let readers = 0;
    const over = Promise.withResolvers<void>();
    const events = () => ({
      [Symbol.asyncIterator]() {
        readers += 1;
        return {
          next: () => over.promise.then(() => ({ done: true as const, value: undefined })),
          async return() {
            readers -= 1;
            return { done: true as const, value: undefined };
          },
        };
      },
    });
    a.cluster.serve(
      managerOf({
        get: () => ({ runId: 'run_1', sessionId: 'ses_1', info: () => infoOf('run_1'), events, done: over.promise }),
      }),
    );
    const letGo = await a.cluster.claim(ann, 'run_1');
    const mirror = a.cluster.mirror(infoOf('run_1'));
    mirror?.append({ type: 'turn.start', turn: 1 });
    await until(async () => (await b.cluster.find('run_1')) !== undefined);
    const reading = ((await b.cluster.find('run_1'))?.events() ?? never())[Symbol.asyncIterator]();
    expect((await reading.next()).value).toMatchObject({ sequence: 1 });
    await until(() => readers === 1);
    const waiting = reading.next();
    await reading.return?.();
    await waiting;
    over.resolve();
    await until(() => readers === 0);
    mirror?.end();
    await letGo();
  });
});

describe('a deletion', () => {
  const claimsOf = ({ cluster, store }: Instance, end: (runId: string) => void = () => undefined) =>
    createSessionClaims({
      ...{ cluster, clock: systemClock, sessions: store, end, mostRuns: () => 10, isOver: () => undefined },
    });

  it('ends a compaction that another instance is at, and waits for it', async () => {
    const ended = Promise.withResolvers<string>();
    const here = claimsOf(a);
    a.cluster.serve(
      managerOf({
        abort(runId, reason) {
          ended.resolve(`${runId} ${reason}`);
          return false;
        },
      }),
    );
    // As a compaction does: it tells no events.
    const letGo = await here.claim(ann, 'run_compaction');
    let isGone = false;
    const holding = claimsOf(b)
      .hold(ann, 'the session was deleted')
      .then((release) => {
        expect(isGone).toBe(true);
        return release;
      });
    expect(await ended.promise).toBe('run_compaction the session was deleted');
    isGone = true;
    await letGo();
    const release = await holding;
    await expect(here.claim(ann, 'run_2')).rejects.toMatchObject({ code: 'session_busy' });
    await b.store.delete(ann);
    await release();
    await expect(a.store.get(ann)).rejects.toMatchObject({ code: 'session_not_found' });
  });

  it('is refused while another instance has the session, unless it may end what goes on there', async () => {
    const letGo = await claimsOf(a).claim(ann, 'run_1');
    await expect(claimsOf(b).hold(ann)).rejects.toMatchObject({ code: 'session_busy', details: { runId: 'run_1' } });
    await letGo();
  });
});

function never(): never {
  throw new Error('there is such a run');
}
