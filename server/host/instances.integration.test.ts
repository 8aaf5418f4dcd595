import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type MockReply, type MockUpstream, startMockUpstream } from '../agent/testing/mock-upstream.ts';
import type { RunEvent } from '../contract/events.ts';
import { makePostgresCluster, type PostgresCluster } from '../sessions/postgres/fixtures/postgres-cluster.ts';
import { type Program, startProgram } from '../storm/program.ts';

/** Real servers, each with a data directory of its own, on one Postgres. */

interface Told {
  id: number;
  event: RunEvent;
}

let database: PostgresCluster;
let upstream: MockUpstream;
let folder: string;
let a: Program;
let b: Program;
/** Sleeps for a while. */
let c: Program;
const slow: MockReply = {
  blocks: [{ type: 'text', text: 'slowly '.repeat(40) }],
  frameDelayMs: 100,
  pieceLength: 7,
};
/** What the model says to these words; to all others it says "done". */
const replies: Record<string, MockReply> = {
  'word-slow': slow,
  'word-brief': { ...slow, blocks: [{ type: 'text', text: 'slowly '.repeat(12) }] },
  'word-ask': {
    blocks: [
      {
        type: 'toolCall',
        name: 'AskUserQuestion',
        args: { question: 'Which?', options: [{ label: 'this' }, { label: 'that' }] },
      },
    ],
  },
  'word-first': { blocks: [{ type: 'text', text: 'first answer' }] },
};

/** What the model says to a conversation: an answer to the person's last words, which stand among what it is told besides. */
function replyTo(body: unknown): MockReply {
  const { messages } = body as { messages: { role: string; content: unknown }[] };
  const said = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1);
  const isAnswered = said.some(({ role }) => role === 'tool');
  const text = JSON.stringify(said.filter(({ role }) => role === 'user').at(-1)?.content ?? '');
  const known = isAnswered ? undefined : text.match(/word-[a-z]+/g)?.at(-1);
  return (known === undefined ? undefined : replies[known]) ?? { blocks: [{ type: 'text', text: 'done' }] };
}

async function startServer(name: string): Promise<Program> {
  const dataDir = path.join(folder, name);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const settings = {
    version: 1,
    server: { sessionLeaseMs: 2000 },
    llm: { provider: 'openai', modelId: 'mock-model', baseUrl: upstream.baseUrl },
  };
  await writeFile(path.join(dataDir, 'agentrail.yaml'), JSON.stringify(settings));
  const program = startProgram({ dataDir, env: { DATABASE_URL: database.url, OPENAI_API_KEY: 'sk-test-0123456789' } });
  const base = await program.base;
  await until(async () => (await fetch(`${base}/ready`)).status === 200);
  return program;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'agentrail-instances-'));
  database = await makePostgresCluster();
  upstream = await startMockUpstream({
    script: ({ body }) => replyTo(body),
  });
  [a, b, c] = await Promise.all([startServer('a'), startServer('b'), startServer('c')]);
});
afterAll(async () => {
  await Promise.all([a, b, c].map((program) => program?.kill()));
  await upstream?.close();
  await database?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function call(program: Program, method: string, route: string, body?: unknown): Promise<Response> {
  return fetch(`${await program.base}${route}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function* eventsOf(response: Response): AsyncGenerator<Told> {
  expect(response.status).toBe(200);
  if (response.body === null) throw new Error('a stream has a body');
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const [, id, data] = /^id: (\d+)\ndata: (.*)$/s.exec(frame) ?? [];
      if (id !== undefined && data !== undefined) yield { id: Number(id), event: JSON.parse(data) };
    }
  }
}

async function readAll(events: AsyncGenerator<Told>): Promise<Told[]> {
  const all: Told[] = [];
  for await (const told of events) all.push(told);
  return all;
}

/** A run that has said something, its stream still open. */
async function begin(
  program: Program,
  sessionId: string,
  until: RunEvent['type'] = 'message.update',
  message = 'word-slow',
) {
  const response = await call(program, 'POST', '/api/stream', { message, sessionId });
  const events = eventsOf(response);
  const seen: Told[] = [];
  for (let next = await events.next(); !next.done; next = await events.next()) {
    seen.push(next.value);
    if (next.value.event.type === until) break;
  }
  expect(seen.at(-1)?.event.type).toBe(until);
  return { runId: response.headers.get('x-run-id') ?? '', seen, rest: events };
}

async function messagesOf(program: Program, sessionId: string): Promise<{ role: string; content: unknown }[]> {
  const response = await call(program, 'GET', `/api/sessions/${sessionId}/messages`);
  return ((await response.json()) as { messages: { role: string; content: unknown }[] }).messages;
}

/** Sends until the session is free, and gives back the answer. */
async function sendOnceFree(program: Program, sessionId: string, message: string): Promise<Response> {
  for (;;) {
    const response = await call(program, 'POST', '/api/chat', { message, sessionId });
    if (response.status !== 409) return response;
    await response.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

it('serves a run of one instance from the other, live, again and from the middle', async () => {
  const { runId, seen, rest } = await begin(a, 'ses_follow', 'message.update', 'word-brief');
  const elsewhere = readAll(eventsOf(await call(b, 'GET', `/api/runs/${runId}/events`)));
  const here = [...seen, ...(await readAll(rest))];
  expect(here.at(-1)?.event.type).toBe('context_usage');
  expect(await elsewhere).toEqual(here);
  const middle = here[Math.floor(here.length / 2)]?.id ?? 0;
  const later = await readAll(eventsOf(await call(b, 'GET', `/api/runs/${runId}/events?after=${middle}`)));
  expect(later).toEqual(here.filter(({ id }) => id > middle));
  const next = await call(b, 'POST', '/api/chat', { message: 'word-now', sessionId: 'ses_follow' });
  expect(await next.json()).toMatchObject({ text: 'done' });
  expect((await messagesOf(a, 'ses_follow')).map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'user',
    'assistant',
  ]);
});

it('lets one run at a time into a session, shows it everywhere, and stops it from anywhere', async () => {
  const { runId, rest } = await begin(a, 'ses_busy');
  const refused = await call(b, 'POST', '/api/chat', { message: 'word-too', sessionId: 'ses_busy' });
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ code: 'session_busy', details: { runId } });
  const foreign = await call(b, 'POST', '/api/chat', { message: 'mine', sessionId: 'ses_busy', userId: 'eve' });
  expect([foreign.status, await foreign.json()]).toMatchObject([404, { code: 'session_not_found' }]);
  const listed = await call(b, 'GET', '/api/sessions?status=running');
  expect(await listed.json()).toMatchObject({ sessions: [{ sessionId: 'ses_busy', status: 'running' }] });
  const kept = await call(b, 'POST', '/api/retention/preview', { maxTotalBytes: 0 });
  expect(JSON.stringify(await kept.json())).not.toContain('ses_busy');
  const stopped = await call(b, 'POST', `/api/runs/${runId}/abort`);
  expect([stopped.status, await stopped.json()]).toMatchObject([200, { runId, aborted: true }]);
  expect((await readAll(rest)).find(({ event }) => event.type === 'session.end')?.event).toMatchObject({
    stopReason: 'aborted',
  });
});

it('brings an answer to the instance that asked', async () => {
  const { rest } = await begin(a, 'ses_ask', 'waiting_for_user_input', 'word-ask');
  const answer = { kind: 'question', answer: 'this' };
  const taken = await call(b, 'POST', '/api/sessions/ses_ask/respond', answer);
  expect([taken.status, await taken.json()]).toMatchObject([200, { remembered: [] }]);
  expect((await readAll(rest)).at(-1)?.event.type).toBe('context_usage');
  expect(JSON.stringify(await messagesOf(b, 'ses_ask'))).toContain('this');
  expect((await call(b, 'POST', '/api/sessions/ses_ask/respond', answer)).status).toBe(404);
});

it('deletes a session whose run goes on at the other instance, and keeps nothing of it', async () => {
  const { rest } = await begin(a, 'ses_gone');
  expect((await call(b, 'DELETE', '/api/sessions/ses_gone')).status).toBe(204);
  await readAll(rest);
  expect((await call(a, 'GET', '/api/sessions/ses_gone')).status).toBe(404);
});

it('tells what it cannot store while the database is away, and serves again when it is back', async () => {
  const base = await a.base;
  const { rest } = await begin(a, 'ses_away', 'message.update', 'word-brief');
  await database.stop('immediate');
  await until(async () => (await fetch(`${base}/ready`)).status === 503);
  const told = (await readAll(rest)).map(({ event }) => event);
  expect(told.filter(({ type }) => type === 'error' || type === 'session.end')).toMatchObject([
    { type: 'error', error: { code: 'storage_unavailable' } },
    { type: 'session.end', stopReason: 'error' },
  ]);
  const refused = await call(a, 'POST', '/api/chat', { message: 'word-anyone', sessionId: 'ses_away' });
  expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'storage_unavailable' }]);
  expect((await fetch(`${base}/health`)).status).toBe(200);
  await database.start();
  await until(async () => (await fetch(`${base}/ready`)).status === 200);
  expect((await sendOnceFree(a, 'ses_away', 'word-now')).status).toBe(200);
  expect((await messagesOf(b, 'ses_away')).map(({ content }) => JSON.stringify(content))).toEqual([
    '"word-brief"',
    '"word-now"',
    expect.stringContaining('done'),
  ]);
});

it.concurrent('takes a session over from an instance that sleeps, which writes nothing when it wakes', async () => {
  const { rest } = await begin(c, 'ses_sleep');
  process.kill(c.pid, 'SIGSTOP');
  const answered = await sendOnceFree(b, 'ses_sleep', 'word-on').finally(() => process.kill(c.pid, 'SIGCONT'));
  expect(await answered.json()).toMatchObject({ text: 'done' });
  const end = (await readAll(rest)).findLast(({ event }) => event.type === 'session.end');
  expect(end?.event).toMatchObject({ stopReason: expect.stringMatching(/error|aborted/) });
  expect((await messagesOf(b, 'ses_sleep')).map(({ content }) => JSON.stringify(content).slice(0, 40))).toEqual([
    '"word-slow"',
    '"word-on"',
    expect.stringContaining('done'),
  ]);
});

// Not beside the others: they need the instances that are killed here.
it('goes on at one instance after the other was killed, with all that was acknowledged', async () => {
  expect((await call(a, 'POST', '/api/chat', { message: 'word-first', sessionId: 'ses_kill' })).status).toBe(200);
  const { runId } = await begin(a, 'ses_kill');
  const watching = readAll(eventsOf(await call(b, 'GET', `/api/runs/${runId}/events`)));
  await a.kill('SIGKILL');
  const told = await watching;
  expect(told.slice(-3).map(({ event }) => event)).toMatchObject([
    { type: 'error', error: { code: 'instance_lost' } },
    { type: 'session.end', stopReason: 'error' },
    { type: 'context_usage' },
  ]);
  expect(told.at(-4)?.event).toMatchObject({ type: 'snapshot', messages: [{ role: 'user', content: 'word-slow' }] });
  const answered = await sendOnceFree(b, 'ses_kill', 'word-there');
  expect(await answered.json()).toMatchObject({ text: 'done' });
  expect((await messagesOf(b, 'ses_kill')).map(({ content }) => JSON.stringify(content))).toEqual([
    '"word-first"',
    expect.stringContaining('first answer'),
    '"word-slow"',
    '"word-there"',
    expect.stringContaining('done'),
  ]);
  await begin(b, 'ses_kill');
  await b.kill('SIGKILL');
  b = await startServer('b');
  const again = await call(b, 'POST', '/api/chat', { message: 'word-once', sessionId: 'ses_kill' });
  expect([again.status, await again.json()]).toMatchObject([200, { text: 'done' }]);
  const ready = await call(b, 'GET', '/ready');
  expect(JSON.stringify(await ready.json())).toContain('"kind":"postgres"');
  for (const program of [a, b, c]) expect(program.output()).not.toContain(database.password);
});
