import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataLayout } from '../data/layout.ts';
import { createDocumentReader } from '../documents/document-reader.ts';
import { silentLogger } from '../telemetry/logger.ts';
import type { Ask } from './describe-document.ts';
import type { IngestionParts } from './ingest.ts';
import { createKnowledgeManager, type KnowledgeManager } from './knowledge-manager.ts';
import { parseQuery } from './knowledge-query.ts';
import { passagesOf } from './passages.ts';

let dataDir: string;
let manager: KnowledgeManager;
let ask: Ask;
let fetchUrl: IngestionParts['fetchUrl'];
const noModel: Ask = async () => undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'agentrail-kb-'));
  ask = noModel;
  fetchUrl = async () => {
    throw new Error('no network');
  };
  manager = open();
});
afterEach(async () => {
  await manager.close();
  await rm(dataDir, { recursive: true });
});

function open(): KnowledgeManager {
  return createKnowledgeManager({
    layout: createDataLayout(dataDir),
    logger: silentLogger,
    now: () => Date.now(),
    documents: createDocumentReader(),
    ask: (question) => ask(question),
    fetchUrl: (url, signal) => fetchUrl(url, signal),
  });
}

async function addText(name: string, text: string, kbId = 'guide', tenantId = 'default') {
  const job = await manager.add(tenantId, kbId, { type: 'text', name, text });
  await manager.idle();
  return manager.job(tenantId, kbId, job.id);
}

const search = (query: string, tenantId = 'default') => manager.search(tenantId, { query, limit: 10 });
const code = (value: string): unknown => expect.objectContaining({ code: value });

async function filesHolding(text: string): Promise<string[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map(async (file) => ({ file, bytes: await readFile(file) })));
  return contents.filter(({ bytes }) => bytes.includes(text)).map(({ file }) => path.relative(dataDir, file));
}

describe('a document', () => {
  beforeEach(async () => {
    await manager.create('default', { id: 'guide', name: 'Guide', description: '', taxonomy: [] });
  });

  it('is read, indexed and found without a model, every step told', async () => {
    const job = await addText('leave.md', '# Leave\n\nEvery person has thirty days of leave per year.');
    expect(job.status).toBe('done');
    expect(job.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'fetch skipped',
      'extract done',
      'describe done',
      'index done',
      'publish done',
    ]);
    const [document] = await manager.documents('default', 'guide');
    expect(document).toMatchObject({ title: 'Leave', describedBy: 'excerpt', kind: 'markdown', pages: 1 });
    expect(document?.summary).toContain('thirty days');
    expect(await search('thirty days')).toMatchObject([{ kbId: 'guide', title: 'Leave', page: 1 }]);
  });

  it.each([
    ['two signs', '利润'],
    ['three signs', '净利润'],
    ['a question without spaces', '今年净利润增长了多少？'],
  ])('in Chinese is found by %s', async (_, query) => {
    await addText('report.txt', '季度报告。净利润增长百分之八，成本下降。');
    await addText('other.txt', '天气预报：明天有雨。');
    const hits = await search(query);
    expect(hits.map(({ text }) => text)).toEqual([expect.stringContaining('净利润')]);
  });

  it('is described by the model, within the topics that are allowed', async () => {
    ask = async ({ text }) => {
      expect(text).toContain('thirty days');
      return {
        model: 'x:y',
        text: 'Sure:\n{"title":"Leave rules","summary":"Who may\\nleave.","topics":["hr","Secrets","HR"]}',
      };
    };
    await manager.update('default', 'guide', { taxonomy: ['HR', 'Finance'] });
    await addText('a.txt', 'thirty days of leave');
    const base = await manager.get('default', 'guide');
    expect(base.topics).toEqual([{ name: 'HR', documents: 1 }]);
    const [document] = await manager.documents('default', 'guide');
    expect(document).toMatchObject({ title: 'Leave rules', summary: 'Who may leave.', describedBy: 'model' });
    const dir = path.join(dataDir, 'tenants/default/knowledge_bases/guide/indexes');
    expect(await readFile(path.join(dir, 'index.md'), 'utf8')).toMatch(
      /## \[HR\]\(topic-\w+\.md\) \(1\)\n\n- Leave rules/,
    );
    expect(await readdir(dir)).toHaveLength(2);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('529'))],
    ['talks nonsense', async () => ({ model: 'x:y', text: 'I am sorry, {not json}' })],
  ])('is still indexed when the model %s', async (_, answer) => {
    ask = answer;
    expect((await addText('a.txt', 'thirty days of leave')).status).toBe('done');
    expect(await search('thirty days')).toHaveLength(1);
  });

  it('comes from an address, too', async () => {
    fetchUrl = async () => ({
      bytes: Buffer.from('<title>Wiki</title><p>Lunch is at noon.</p>'),
      mediaType: 'text/html',
    });
    await manager.add('default', 'guide', { type: 'url', url: 'https://wiki.example/lunch' });
    await manager.idle();
    expect(await manager.documents('default', 'guide')).toMatchObject([
      { title: 'Wiki', kind: 'html', source: { type: 'url', url: 'https://wiki.example/lunch' } },
    ]);
  });

  it('that cannot be read fails with its reason, keeps what was given, and may be tried again', async () => {
    const bytes = Buffer.from([0, 1, 2, 3]);
    const { id } = await manager.add('default', 'guide', { type: 'upload', name: 'x.bin', bytes });
    await manager.idle();
    const failed = await manager.job('default', 'guide', id);
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'document_unsupported' } });
    expect(failed.steps.find(({ name }) => name === 'extract')?.status).toBe('failed');
    await manager.retryJob('default', 'guide', id);
    await manager.idle();
    expect((await manager.job('default', 'guide', id)).error?.code).toBe('document_unsupported');
    await manager.removeJob('default', 'guide', id);
    await expect(manager.job('default', 'guide', id)).rejects.toEqual(code('job_not_found'));
    expect(await filesHolding('x.bin')).toEqual([]);
  });

  it('that is here already is refused, and named', async () => {
    await addText('a.txt', 'the very same text');
    await expect(
      manager.add('default', 'guide', { type: 'text', name: 'b.txt', text: 'the very same text' }),
    ).rejects.toEqual(code('document_exists'));
  });

  it('leaves no word behind when it is removed', async () => {
    await addText('kept.txt', 'An ordinary document about lunch.');
    await addText('canary.txt', 'The code word is zyxwvut-4711-canary, do not tell.');
    const document = (await manager.documents('default', 'guide')).find(({ name }) => name === 'canary.txt');
    expect((await filesHolding('zyxwvut-4711-canary')).length).toBeGreaterThan(0);
    await manager.removeDocument('default', 'guide', document?.id ?? '');
    expect(await search('zyxwvut-4711')).toEqual([]);
    await manager.close();
    expect(await filesHolding('zyxwvut-4711')).toEqual([]);
    expect(await filesHolding('canary.txt')).toEqual([]);
    manager = open();
    expect(await search('lunch')).toHaveLength(1);
  });
});

describe('tenants', () => {
  it('never see each other', async () => {
    for (const tenant of ['one', 'two']) {
      await manager.create(tenant, { id: 'guide', name: 'Guide', description: '', taxonomy: [] });
      await addText('a.txt', `The secret plan of tenant ${tenant}.`, 'guide', tenant);
    }
    expect((await search('secret plan', 'one')).map(({ text }) => text)).toEqual(['The secret plan of tenant one.']);
    await expect(manager.get('three', 'guide')).rejects.toEqual(code('knowledge_base_not_found'));
    await expect(manager.get('one', '../../two/knowledge_bases/guide')).rejects.toEqual(code('invalid_id'));
    const [foreign] = await manager.documents('two', 'guide');
    await expect(manager.read('one', 'guide', foreign?.id ?? '')).rejects.toEqual(code('document_not_found'));
  });

  it('make bases with ids of their own or from the name, never twice the same', async () => {
    const made = await manager.create('one', { name: 'Größe & Maß!', description: '', taxonomy: [] });
    expect(made.id).toBe('gro-e-ma');
    expect((await manager.create('one', { name: '知识', description: '', taxonomy: [] })).id).toMatch(/^kb-/);
    await expect(manager.create('one', { id: 'GRO-E-MA', name: 'x', description: '', taxonomy: [] })).rejects.toEqual(
      code('knowledge_base_exists'),
    );
    await manager.remove('one', made.id);
    await expect(manager.get('one', made.id)).rejects.toEqual(code('knowledge_base_not_found'));
  });
});

describe('after a stop', () => {
  beforeEach(async () => {
    await manager.create('default', { id: 'guide', name: 'Guide', description: '', taxonomy: [] });
  });

  it('unfinished jobs are taken up again', async () => {
    ask = ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { id } = await manager.add('default', 'guide', { type: 'text', name: 'a.txt', text: 'thirty days' });
    await manager.close();
    ask = noModel;
    manager = open();
    await manager.resume();
    await manager.idle();
    expect(await manager.job('default', 'guide', id)).toMatchObject({ status: 'done' });
    expect(await search('thirty days')).toHaveLength(1);
  });

  it.each([
    ['deleted', (file: string) => rm(file)],
    ['damaged', (file: string) => writeFile(file, 'not a database')],
    ['cut', async (file: string) => writeFile(file, (await readFile(file)).subarray(0, 5000))],
  ])('an index that was %s is made anew', async (_, harm) => {
    await addText('a.txt', 'thirty days of leave');
    await manager.close();
    await harm(path.join(dataDir, 'tenants/default/knowledge_bases/guide/index.sqlite'));
    manager = open();
    expect(await search('thirty days')).toHaveLength(1);
  });

  it('texts that belong to no document are removed, documents without text are passed over', async () => {
    await addText('a.txt', 'thirty days of leave');
    await addText('b.txt', 'lunch is at noon');
    const [first] = await manager.documents('default', 'guide');
    await manager.close();
    const docs = path.join(dataDir, 'tenants/default/knowledge_bases/guide/docs');
    await rm(path.join(docs, first?.id ?? 'none'), { recursive: true });
    await rm(path.join(docs, '../index.sqlite'));
    await writeFile(path.join(docs, 'doc_stray'), 'left over');
    manager = open();
    expect(await search('noon')).toHaveLength(1);
    expect(await search('thirty days')).toEqual([]);
    expect(await readdir(docs)).not.toContain('doc_stray');
  });
});

describe('whatever is typed', () => {
  it('a search answers and never breaks the index', async () => {
    await manager.create('default', { id: 'guide', name: 'Guide', description: '', taxonomy: [] });
    await addText('a.txt', 'thirty days of leave "quoted" NEAR(a b) 100%_\\');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 80 }), async (query) => {
        expect(Array.isArray(await search(query))).toBe(true);
      }),
      { numRuns: 150 },
    );
    for (const query of ['" OR 1', 'a*', 'text:x', 'NEAR(a b)', '%', '_', '\\', 'AND', '利']) {
      expect(Array.isArray(await search(query))).toBe(true);
    }
    expect(parseQuery(' \0\n ')).toBeUndefined();
  });

  it('passages hold every character of the pages once and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 6000, size: 'max' }), { maxLength: 4 }), (pages) => {
        const passages = [...passagesOf(pages)];
        for (const { page, offset, text } of passages) {
          expect(pages[page - 1]?.slice(offset, offset + text.length)).toBe(text);
          expect(text.length).toBeLessThanOrEqual(1200);
        }
        const length = passages.reduce((sum, { text }) => sum + text.trim().length, 0);
        expect(length).toBeLessThanOrEqual(pages.join('').length);
      }),
    );
  });
});
