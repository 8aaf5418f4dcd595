import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SessionKey } from '../../contract/ids.ts';
import { systemClock } from '../../lib/clock.ts';
import { type Logger, silentLogger } from '../../telemetry/logger.ts';
import { ann, userMessage } from '../conformance.ts';
import type { PostgresLimits } from './connection.ts';
import { makePostgresCluster, type PostgresCluster } from './fixtures/postgres-cluster.ts';
import { createPostgresSessionStore, type PostgresSessionStore } from './postgres-store.ts';

const run = promisify(execFile);
const init = { agentId: 'default', title: 'First words' };
const unavailable = { code: 'storage_unavailable', status: 503 };
let cluster: PostgresCluster;
let url: string;
let databases = 0;
const open: PostgresSessionStore[] = [];
const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);

beforeAll(async () => {
  cluster = await makePostgresCluster();
  process.on('unhandledRejection', note);
});
afterAll(async () => {
  process.off('unhandledRejection', note);
  await cluster.remove();
});
beforeEach(async () => {
  databases += 1;
  url = await cluster.database(`faults_${databases}`);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
  expect(rejections).toEqual([]);
});

function openStore(limits: Partial<PostgresLimits> = {}, logger: Logger = silentLogger): PostgresSessionStore {
  const store = createPostgresSessionStore({ url, clock: systemClock, logger, limits });
  open.push(store);
  return store;
}

async function numbersIn(store: PostgresSessionStore, key: SessionKey = ann): Promise<number[]> {
  const { messages } = await store.loadMessages(key);
  return messages.map(({ content }) => Number.parseInt(String(content), 10));
}

/** Nothing that could be compressed. */
function noise(): string {
  return randomBytes(10_000).toString('hex');
}

/** Appends until told to stop; what was acknowledged, and what was not. */
function keepAppending(store: PostgresSessionStore) {
  const acknowledged: number[] = [];
  const refused: unknown[] = [];
  let isStopped = false;
  const done = (async () => {
    for (let n = 0; !isStopped; n += 1) {
      await store.appendMessages(ann, [userMessage(`${n}`)]).then(
        () => acknowledged.push(n),
        (error: unknown) => refused.push(error),
      );
    }
  })();
  return {
    acknowledged,
    refused,
    async stop() {
      isStopped = true;
      await done;
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

describe('tables', () => {
  it('are made once when several instances start together', async () => {
    const stores = Array.from({ length: 4 }, () => openStore());
    await Promise.all(stores.map((store) => store.getOrCreate(ann, init)));
    expect(await cluster.sql('SELECT version FROM agentrail.migrations', url)).toEqual([
      { version: 1 },
      { version: 2 },
    ]);
    expect((await stores[0]?.list({ limit: 5 }))?.sessions).toHaveLength(1);
  });

  it('of a newer version are left alone, with a sentence that says what to do', async () => {
    await openStore().ping();
    await cluster.sql('INSERT INTO agentrail.migrations VALUES (999, now())', url);
    await expect(openStore().getOrCreate(ann, init)).rejects.toMatchObject({
      code: 'schema_too_new',
      message: expect.stringContaining('Update this instance'),
    });
  });

  it('that are gone are made anew', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await cluster.sql('DROP SCHEMA agentrail CASCADE', url);
    await expect(store.get(ann)).rejects.toMatchObject({ ...unavailable, details: { fault: 'missing' } });
    await store.getOrCreate(ann, init);
    expect((await store.loadMessages(ann)).messages).toEqual([]);
  });

  it('hold nothing of a session that was deleted', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await store.appendMessages(ann, [userMessage('residue'), userMessage('more')]);
    await store.compact(ann, { messageCount: 1, summary: 'residue' });
    await store.writeArtifact(ann, 'call_1', 'residue');
    await store.writeMemory(ann, 'NOTES.md', 'residue');
    store.trace(ann, 'run_1', { type: 'turn.start', turn: 1 });
    await store.delete(ann);
    const tables = await cluster.sql(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'agentrail' AND tablename NOT IN ('migrations', 'probes')`,
      url,
    );
    for (const { name } of tables)
      expect([name, await cluster.sql(`SELECT * FROM agentrail.${String(name)}`, url)]).toEqual([name, []]);
  });
});

describe('search', () => {
  it.each(['C.UTF-8', 'C'])('finds Chinese inside of sentences in a database of character type %s', async (ctype) => {
    url = await cluster.database(`search_${databases}`, ctype);
    const store = openStore();
    await store.getOrCreate(ann, init);
    await store.appendMessages(ann, [userMessage('我们把数据库搬到新的服务器上')]);
    const other = { ...ann, sessionId: 'ses_2' };
    await store.getOrCreate(other, { ...init, title: '100% _sure_ about 数据中心' });
    const found = async (text: string) =>
      (await store.list({ limit: 5, text })).sessions.map(({ sessionId }) => sessionId);
    expect(await found('数据库')).toEqual(['ses_1']);
    expect(await found('服务器 数据库')).toEqual(['ses_1']);
    expect(await found('数据中心')).toEqual(['ses_2']);
    expect(await found('00% _SURE_')).toEqual(['ses_2']);
    expect(await found('000% x')).toEqual([]);
    expect(await found('中心')).toEqual(['ses_2']);
    expect((await store.list({ limit: 5, text: '数据库' })).sessions[0]?.hits).toMatchObject([
      { field: 'message', ranges: [[3, 6]] },
    ]);
  });
});

describe('a database that fails', () => {
  it('and restarts loses nothing acknowledged, and service resumes by itself', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    const writing = keepAppending(store);
    for (let crash = 0; crash < 3; crash += 1) {
      const before = writing.acknowledged.length;
      await until(() => writing.acknowledged.length > before + 20);
      await cluster.stop('immediate');
      await sleep(100);
      await cluster.start();
    }
    const before = writing.acknowledged.length;
    await until(() => writing.acknowledged.length > before + 20);
    await writing.stop();
    const kept = await numbersIn(store);
    expect(kept.filter((n) => writing.acknowledged.includes(n))).toEqual(writing.acknowledged);
    expect(new Set(kept).size).toBe(kept.length);
    for (const error of writing.refused) expect(error).toMatchObject(unavailable);
  });

  it('and stays away is told within seconds, and found again', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await cluster.stop();
    const failed = [store.ping(), store.get(ann), store.appendMessages(ann, [userMessage('0')])];
    for (const call of failed)
      await expect(call).rejects.toMatchObject({ ...unavailable, details: { fault: 'unreachable' } });
    await cluster.start();
    await store.appendMessages(ann, [userMessage('1')]);
    await store.ping();
    expect(await numbersIn(store)).toEqual([1]);
  });

  it('and goes silent is given up, its connections with it', async () => {
    const store = openStore({ silenceTimeoutMs: 600, pingTimeoutMs: 300, connectTimeoutMs: 300, isPatient: false });
    await store.getOrCreate(ann, init);
    const [{ pid } = {}] = (await store.database.read('SELECT pg_backend_pid() AS pid')) as { pid?: number }[];
    process.kill(Number(pid), 'SIGSTOP');
    try {
      await expect(store.appendMessages(ann, [userMessage('0')])).rejects.toMatchObject(unavailable);
      await store.appendMessages(ann, [userMessage('1')]);
    } finally {
      process.kill(Number(pid), 'SIGCONT');
    }
    expect((await numbersIn(store)).filter((n) => n !== 0)).toEqual([1]);
  });

  it('and cuts connections, used or idle, is connected to again', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    const cut = () =>
      cluster.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'agentrail'`, url);
    const writing = keepAppending(store);
    await until(() => writing.acknowledged.length > 20);
    await cut();
    await until(() => writing.acknowledged.length > 60);
    await writing.stop();
    await cut();
    await sleep(50);
    expect(await store.get(ann)).toMatchObject(ann);
    const kept = await numbersIn(store);
    expect(kept.filter((n) => writing.acknowledged.includes(n))).toEqual(writing.acknowledged);
  });

  it('and whose disk is full refuses the append whole, and takes the next when there is space again', async () => {
    const small = await mkdtemp(path.join(tmpdir(), 'agentrail-small-'));
    // The size of some 300 messages of 20 kB. Mounting needs root on Linux.
    const uid = (await run('id', ['-u', 'postgres'])).stdout.trim();
    await run('mount', ['-t', 'tmpfs', '-o', `size=6m,mode=0700,uid=${uid}`, 'tmpfs', small]);
    const store = openStore();
    try {
      await store.getOrCreate(ann, init);
      await cluster.sql(`CREATE TABLESPACE small LOCATION '${small}'`, url);
      await cluster.sql('ALTER TABLE agentrail.messages SET TABLESPACE small', url);
      const ballast = path.join(small, 'ballast');
      await writeFile(ballast, Buffer.alloc(5 * 1024 * 1024));
      const append = (n: number) =>
        store.appendMessages(ann, [userMessage(`${n} ${noise()}`), userMessage(`${n} ${noise()}`)]);
      let n = 0;
      let refusal: unknown;
      for (; refusal === undefined && n < 100; n += 1) {
        refusal = await append(n).then(
          () => undefined,
          (error: unknown) => error,
        );
      }
      expect(refusal).toMatchObject({ ...unavailable, details: { fault: 'disk_full' } });
      await rm(ballast);
      await append(n);
      const acknowledged = [...Array.from({ length: n - 1 }, (_, at) => at), n];
      expect(await numbersIn(store)).toEqual(acknowledged.flatMap((at) => [at, at]));
    } finally {
      await cluster.sql('ALTER TABLE agentrail.messages SET TABLESPACE pg_default', url);
      await cluster.sql('DROP TABLESPACE small', url);
      await run('umount', [small]);
      await rm(small, { recursive: true });
    }
  });

  it('and takes no writes says so until it does', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await store.close();
    await cluster.sql(`ALTER DATABASE faults_${databases} SET default_transaction_read_only = on`);
    const reader = openStore();
    expect(await reader.get(ann)).toMatchObject(ann);
    await expect(reader.ping()).rejects.toMatchObject({ ...unavailable, details: { fault: 'read_only' } });
    await expect(reader.appendMessages(ann, [userMessage('0')])).rejects.toMatchObject(unavailable);
  });

  it('and refuses the password tells neither it nor the address', async () => {
    const lines: string[] = [];
    const logger: Logger = {
      ...silentLogger,
      error: (msg, fields) => lines.push(`${msg} ${JSON.stringify(fields)}`),
      child: () => logger,
    };
    url = url.replace(/:[^:@]+@/, ':a-wrong-password@');
    const store = openStore({}, logger);
    const error = await store.ping().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ ...unavailable, details: { fault: 'no_permission' } });
    expect(`${String(error)} ${JSON.stringify(error)} ${lines.join('\n')}`).not.toContain('a-wrong-password');
    expect(lines).not.toEqual([]);
  });

  it('is not even asked when its address is none, and that address is not repeated', async () => {
    for (const bad of ['mysql://u:a-password@h/d', 'a-password', 'postgres://u:a-password@[bad/d']) {
      url = bad;
      const error = await openStore()
        .ping()
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'invalid_database_url', status: 503 });
      expect(String(error)).not.toContain('a-password');
    }
  });
});

describe('a server that is killed', () => {
  it('at any moment of appending has stored everything it acknowledged, once and in order', async () => {
    const sessions = ['k1', 'k2', 'k3'];
    const acknowledged = new Map<string, number>(sessions.map((id) => [id, -1]));
    for (let kill = 0; kill < 6; kill += 1) {
      const child = spawn(process.execPath, [`${import.meta.dirname}/fixtures/appender.ts`, url, ...sessions], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      await once(child.stdout, 'data');
      await sleep(20 + kill * 37);
      child.kill('SIGKILL');
      await once(child, 'close');
      for (const line of text.split('\n').slice(0, -1)) {
        const [id = '', n] = line.split(' ');
        acknowledged.set(id, Math.max(acknowledged.get(id) ?? -1, Number(n)));
      }
      const store = openStore();
      for (const [sessionId, last] of acknowledged) {
        const kept = await numbersIn(store, { ...ann, sessionId });
        expect(kept).toEqual(kept.map((_, at) => at));
        expect(kept.length).toBeGreaterThan(last);
      }
    }
  });
});

describe('a session that is claimed', () => {
  const claim = (runId: string, lease: string) =>
    cluster.sql(
      `INSERT INTO agentrail.runs (run_id, tenant_id, session_id, user_id, instance_id, expires_at)
        VALUES ('${runId}', 'acme', 'ses_1', 'ann', 'other', now() + interval '${lease}')`,
      url,
    );

  it('is written by whoever holds it, and by nobody else', async () => {
    const [holder, other] = [openStore(), openStore()];
    await holder.getOrCreate(ann, init);
    await claim('run_1', '1 hour');
    holder.held.hold(ann, 'run_1');
    await holder.appendMessages(ann, [userMessage('0')]);
    const writes = [
      () => other.appendMessages(ann, [userMessage('1')]),
      () => other.compact(ann, { messageCount: 1, summary: 's' }),
      () => other.writeMemory(ann, 'NOTES.md', 'x'),
      () => other.writeArtifact(ann, 'call_1', 'x'),
    ];
    for (const write of writes) await expect(write()).rejects.toMatchObject({ code: 'session_busy', status: 409 });
    await cluster.sql(`UPDATE agentrail.runs SET released_at = now()`, url);
    await expect(holder.appendMessages(ann, [userMessage('2')])).rejects.toMatchObject({ code: 'session_taken_over' });
    await other.appendMessages(ann, [userMessage('3')]);
    expect(await numbersIn(other)).toEqual([0, 3]);
  });
});
