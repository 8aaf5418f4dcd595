import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { systemClock } from '../server/lib/clock.ts';
import { makePostgresCluster } from '../server/sessions/postgres/fixtures/postgres-cluster.ts';
import { createPostgresSessionStore } from '../server/sessions/postgres/postgres-store.ts';
import { silentLogger } from '../server/telemetry/logger.ts';
import { messageOf } from './sessions/make-sessions.ts';
import { type Figure, interleaved, toTable } from './sessions/measure.ts';

/** `node bench/sessions-postgres.ts [--sessions 100000]`: what sessions in Postgres cost, beside bare SQL on the same tables. */
const { values: flags } = parseArgs({ options: { sessions: { type: 'string', default: '100000' } } });
const many = Number(flags.sessions);
const tenantId = 'bench';
const words = `the docker network container server agent session message model token stream error retry backup restore
index search query page list value config secret vault key file folder disk memory limit abort run turn tool timeout
数据库连接 服务器 配置 网络超时 备份`.split(/\s+/);

// As a server has it: an append counts once it is on the disk.
const cluster = await makePostgresCluster({ fsync: 'on', shared_buffers: '256MB' });
const store = createPostgresSessionStore({ url: cluster.url, clock: systemClock, logger: silentLogger });
const client = new pg.Client({ connectionString: cluster.url });
try {
  await store.ping();
  await client.connect();
  tell('making sessions');
  await makeRows();
  const figures = [...(await listAndSearch()), ...(await appendAndOpen())];
  process.stdout.write(`${toTable(figures)}\n`);
  const cache = path.join(import.meta.dirname, '../.cache/bench');
  await mkdir(cache, { recursive: true });
  const report = { sessions: many, node: process.version, loadavg: loadavg(), figures };
  await writeFile(path.join(cache, 'sessions-postgres.json'), JSON.stringify(report, null, 2));
} finally {
  await client.end();
  await store.close();
  await cluster.remove();
}

function tell(step: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0)} s: ${step}\n`);
}

/** One message of 30 words per session, the same words every time. */
async function makeRows(): Promise<void> {
  await client.query('SELECT setseed(0.5)');
  const text = (count: number) =>
    `(SELECT string_agg(($1::text[])[1 + floor(random() * ${words.length})::integer], ' ')
      FROM generate_series(1, ${count}) WHERE n IS NOT NULL)`;
  await client.query(
    `INSERT INTO agentrail.sessions (tenant_id, session_id, user_id, agent_id, title, created_at, active_at, next_seq)
      SELECT '${tenantId}', 'ses_' || n, 'user-' || n % 100, 'default', ${text(4)}, 1700000000000 + n, 1700000000000 + n, 4
      FROM generate_series(1, ${many}) AS n`,
    [words],
  );
  await client.query(
    `INSERT INTO agentrail.texts SELECT no, 2, 'user', 1, CASE WHEN n % 1000 = 77 THEN 'needle-77 ' ELSE '' END || ${text(30)}
      FROM (SELECT no, no AS n FROM agentrail.sessions) AS s`,
    [words],
  );
  await client.query(
    `INSERT INTO agentrail.messages (session_no, seq, role, body)
      SELECT session_no, 2, 'user', json_build_object('role', 'user', 'content', text, 'timestamp', 1)::text
      FROM agentrail.texts`,
  );
  await client.query('VACUUM ANALYZE');
}

async function listAndSearch(): Promise<Figure[]> {
  tell('listing and searching');
  const halfway = (await store.list({ tenantId, limit: 200 })).nextCursor ?? '';
  const sql =
    (text: string, values: unknown[] = []) =>
    () =>
      client.query(text, values);
  const newest = `SELECT * FROM agentrail.sessions WHERE tenant_id = $1 ORDER BY active_at DESC, session_id DESC LIMIT 50`;
  const found = 'SELECT session_no FROM agentrail.texts WHERE text ILIKE $1 LIMIT 50';
  const list = (query: object) => () => store.list({ tenantId, limit: 50, ...query });
  const costs = await interleaved({
    barePage: sql(newest, [tenantId]),
    bareRare: sql(found, ['%needle-77%']),
    bareCommon: sql(found, ['%docker%']),
    bareChinese: sql(found, ['%数据库%']),
    bareSum: sql('SELECT count(*), sum(size_bytes) FROM agentrail.sessions WHERE tenant_id = $1', [tenantId]),
    page: list({}),
    later: list({ cursor: halfway }),
    user: list({ userId: 'user-7' }),
    rare: list({ text: 'needle-77' }),
    common: list({ text: 'docker' }),
    words: list({ text: 'docker timeout backup' }),
    chinese: list({ text: '数据库连接' }),
    none: list({ text: 'nowhere-to-be-found' }),
    totals: () => store.totals(tenantId),
  });
  const figure = (name: string, ours: number, floor: number, goal: string): Figure => ({
    ...{ name, unit: 'ms', ours, floor, goal },
  });
  return [
    figure('page of 50', costs.page, costs.barePage, '≤ 10'),
    figure('page of 50, later one', costs.later, costs.barePage, '≤ 10'),
    figure('page of 50 of one user', costs.user, costs.barePage, '≤ 10'),
    figure('search, rare word', costs.rare, costs.bareRare, '≤ 100'),
    figure('search, word in most sessions', costs.common, costs.bareCommon, '≤ 100'),
    figure('search, three words', costs.words, costs.bareCommon, '≤ 100'),
    figure('search, Chinese', costs.chinese, costs.bareChinese, '≤ 100'),
    figure('search, nothing to find', costs.none, costs.bareRare, '≤ 100'),
    figure('totals of a tenant; floor: a sum over its rows', costs.totals, costs.bareSum, '–'),
  ];
}

async function appendAndOpen(): Promise<Figure[]> {
  tell('appending and opening');
  const key = (sessionId: string) => ({ tenantId, userId: 'user-0', sessionId });
  for (const [name, count] of Object.entries({ short: 10, middle: 10_000, long: 100_000 })) {
    await store.getOrCreate(key(name), { agentId: 'default', title: name });
    for (let n = 0; n < count; n += 10_000) {
      const messages = Array.from({ length: Math.min(10_000, count - n) }, (_, at) => messageOf(n + at));
      await store.appendMessages(key(name), messages);
    }
  }
  await client.query('CREATE TABLE bare (no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)');
  const body = JSON.stringify(messageOf(1));
  const [middle] = await store.database.read<{ no: number }>(
    `SELECT no FROM agentrail.sessions WHERE session_id = 'middle'`,
  );
  const latest = 'SELECT body FROM agentrail.messages WHERE session_no = $1 ORDER BY seq DESC LIMIT 500';
  const costs = await interleaved({
    bare: () => client.query('INSERT INTO bare (body) VALUES ($1)', [body]),
    short: () => store.appendMessages(key('short'), [messageOf(1)]),
    long: () => store.appendMessages(key('long'), [messageOf(1)]),
    tail: () => client.query(latest, [middle?.no]),
    budget: () => store.loadMessagesWithBudget(key('middle'), 40_000),
    whole: () => store.loadMessages(key('middle')),
  });
  const unit = 'ms';
  return [
    { name: 'append at 10 messages', unit, ours: costs.short, floor: costs.bare, goal: '–' },
    { name: 'append at 100,000 messages', unit, ours: costs.long, floor: costs.bare, goal: 'as at 10 ± 20 %' },
    { name: 'open 10,000 messages with 40,000 tokens', unit, ours: costs.budget, floor: costs.tail, goal: '≤ 20' },
    { name: 'open 10,000 messages whole', unit, ours: costs.whole, goal: '–' },
  ];
}
