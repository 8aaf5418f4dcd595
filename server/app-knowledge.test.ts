import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAgentApp } from './app.ts';
import { configSchema } from './contract/config.ts';
import type { IngestionJob, KnowledgeDocument } from './contract/knowledge.ts';
import { createDataLayout } from './data/layout.ts';
import { createDocumentReader } from './documents/document-reader.ts';
import { type Listening, listen } from './http/listen.ts';
import { createFakeRuns } from './http/testing/fake-runs.ts';
import { createFakeSessions } from './http/testing/fake-sessions.ts';
import { createUploadSpool } from './http/uploads/spool.ts';
import { createKnowledgeManager, type KnowledgeManager } from './knowledge/knowledge-manager.ts';
import { silentLogger } from './telemetry/logger.ts';

let dataDir: string;
let knowledge: KnowledgeManager;
let server: Listening;
let base: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'app-knowledge-'));
  knowledge = createKnowledgeManager({
    layout: createDataLayout(dataDir),
    logger: silentLogger,
    now: () => Date.now(),
    documents: createDocumentReader(),
    ask: async () => undefined,
    fetchUrl: async () => ({ bytes: Buffer.from('<title>Page</title><p>From afar.</p>'), mediaType: 'text/html' }),
  });
  const config = configSchema.parse({});
  const app = createAgentApp({
    runs: createFakeRuns(),
    sessions: createFakeSessions(),
    uploads: await createUploadSpool(dataDir),
    knowledge,
    readiness: async () => ({ status: 'ready', checks: [] }),
    agents: () => [],
    config: () => config,
    token: () => undefined,
    bindAddress: () => ({ host: '127.0.0.1', port: 0 }),
    logger: silentLogger,
    edge: 'http',
  });
  server = await listen(app, { host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${server.port}/api/knowledge`;
});
afterEach(async () => {
  await server.close(0);
  await knowledge.close();
  await rm(dataDir, { recursive: true });
});

async function ask<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  const isForm = body instanceof FormData;
  const response = await fetch(`${base}${path}`, {
    method,
    ...(body !== undefined && {
      body: isForm ? body : JSON.stringify(body),
      ...(!isForm && { headers: { 'Content-Type': 'application/json' } }),
    }),
  });
  const text = await response.text();
  return { status: response.status, body: (text ? JSON.parse(text) : undefined) as T };
}

async function add(body: unknown): Promise<IngestionJob[]> {
  const answer = await ask<{ jobs: IngestionJob[] }>('POST', '/guide/documents', body);
  expect(answer.status).toBe(202);
  await knowledge.idle();
  return answer.body.jobs;
}

describe('the knowledge routes', () => {
  beforeEach(async () => {
    expect((await ask('POST', '', { id: 'guide', name: 'Guide' })).status).toBe(201);
  });

  it('take files in a form, larger than any JSON body, and tell how their jobs go', async () => {
    const form = new FormData();
    const pdf = await readFile(join(import.meta.dirname, 'documents/fixtures/report.pdf'));
    form.append('file', new Blob([pdf], { type: 'application/pdf' }), 'C:\\files\\report.pdf');
    form.append(
      'file',
      new Blob([Array.from({ length: 150_000 }, (_, index) => `word${index} `).join('')]),
      'large.txt',
    );
    const jobs = await add(form);
    expect(jobs.map(({ name }) => name)).toEqual(['report.pdf', 'large.txt']);
    const { body: job } = await ask<IngestionJob>('GET', `/guide/jobs/${jobs[0]?.id}`);
    expect(job).toMatchObject({ status: 'done' });
    const { body } = await ask<{ documents: KnowledgeDocument[]; total: number }>('GET', '/guide/documents');
    expect(body.total).toBe(2);
    const report = body.documents.find(({ kind }) => kind === 'pdf');
    expect(report).toMatchObject({ name: 'report.pdf', pages: 2 });
    const { body: first } = await ask<{ documents: unknown[]; total: number }>('GET', '/guide/documents?limit=1');
    expect(first).toMatchObject({ total: 2, documents: [expect.anything()] });
    const page = await ask<{ text: string }>('GET', `/guide/documents/${report?.id}/text?page=2`);
    expect(page.body.text).toContain('净利润');
  });

  it('take a text, and an address', async () => {
    await add({ name: 'a.md', text: '# Lunch\n\nIt is at noon.' });
    await add({ url: 'https://site.example/page' });
    const { body } = await ask<{ hits: { title: string }[] }>('POST', '/search', { query: 'noon', limit: 5 });
    expect(body.hits.map(({ title }) => title)).toEqual(['Lunch']);
    expect((await ask<{ documents: KnowledgeDocument[] }>('GET', '/guide/documents')).body.documents[1]?.title).toBe(
      'Page',
    );
  });

  it('change, remove and make anew', async () => {
    await add({ name: 'a.md', text: 'It is at noon.' });
    expect((await ask('PATCH', '/guide', { taxonomy: ['Food'] })).body).toMatchObject({
      name: 'Guide',
      taxonomy: ['Food'],
    });
    expect((await ask('POST', '/guide/reindex')).status).toBe(200);
    const { body } = await ask<{ documents: KnowledgeDocument[] }>('GET', '/guide/documents');
    expect((await ask('DELETE', `/guide/documents/${body.documents[0]?.id}`)).status).toBe(204);
    expect((await ask<{ hits: unknown[] }>('POST', '/search', { query: 'noon' })).body.hits).toEqual([]);
    expect((await ask('DELETE', '/guide')).status).toBe(204);
    expect(await ask('GET', '/guide')).toMatchObject({ status: 404, body: { code: 'knowledge_base_not_found' } });
  });

  it.each([
    ['a strange field', { name: 'a', text: 'b', more: 1 }],
    ['no text', { name: 'a' }],
    ['another scheme', { url: 'file:///etc/passwd' }],
  ])('refuse a document with %s', async (_, body) => {
    expect((await ask('POST', '/guide/documents', body)).status).toBe(400);
  });

  it('hold JSON to its limit, and say when a form holds no file', async () => {
    const large = await ask('POST', '/guide/documents', { name: 'a', text: 'x'.repeat(2 * 1024 * 1024) });
    expect(large).toMatchObject({ status: 413 });
    const form = new FormData();
    form.append('note', 'no file');
    expect(await ask('POST', '/guide/documents', form)).toMatchObject({ status: 400, body: { code: 'invalid_form' } });
  });

  it('answer for one tenant what another has as if it were not there', async () => {
    const missing = await ask('GET', '/nothing?tenantId=other');
    const foreign = await ask('GET', '/guide?tenantId=other');
    expect(foreign.status).toBe(404);
    expect({ ...(foreign.body as object), requestId: 0 }).toEqual({ ...(missing.body as object), requestId: 0 });
  });
});
