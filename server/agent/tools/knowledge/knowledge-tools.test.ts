import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataLayout } from '../../../data/layout.ts';
import { createDocumentReader } from '../../../documents/document-reader.ts';
import { createKnowledgeManager, type KnowledgeManager } from '../../../knowledge/knowledge-manager.ts';
import { systemClock } from '../../../lib/clock.ts';
import { silentLogger } from '../../../telemetry/logger.ts';
import { createToolBench } from '../tool-bench.ts';
import { createDocumentFetcher } from './fetch-document.ts';
import { knowledgeContext, knowledgeTools } from './knowledge-tools.ts';

let dataDir: string;
let knowledge: KnowledgeManager;
let call: (name: string, input: Record<string, unknown>) => Promise<string>;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'agentrail-kb-tools-'));
  knowledge = createKnowledgeManager({
    layout: createDataLayout(dataDir),
    logger: silentLogger,
    now: () => Date.now(),
    documents: createDocumentReader(),
    ask: async () => undefined,
    fetchUrl: () => Promise.reject(new Error('no network')),
  });
  const bench = createToolBench(knowledgeTools(knowledge), () => Promise.reject(new Error('no sandbox needed')));
  call = async (name, input) => (await bench.call(name, input)).text;
  for (const tenantId of ['acme', 'other']) {
    await knowledge.create(tenantId, { id: 'guide', name: 'Guide', description: 'How we\nwork', taxonomy: [] });
    await knowledge.add(tenantId, 'guide', {
      type: 'text',
      name: 'leave.md',
      text: `# Leave of ${tenantId}\n\n年假三十天。`,
    });
  }
  await knowledge.idle();
});
afterEach(async () => {
  await knowledge.close();
  await rm(dataDir, { recursive: true });
});

describe('knowledge tools', () => {
  it('list, search and read what belongs to the tenant of the session, and nothing else', async () => {
    expect(await call('ListKnowledge', {})).toMatch(/^- guide: Guide – How we work \(1 documents\)$/);
    const documents = await call('ListKnowledge', { knowledge_base: 'guide' });
    expect(documents).toContain('Leave of');
    expect(documents).not.toContain('other');
    const hits = await call('SearchKnowledge', { query: '年假' });
    expect(hits).toContain('年假三十天。');
    expect(hits).not.toContain('[2]');
    const docId = /document (doc_\w+)/.exec(hits)?.[1] ?? '';
    expect(await call('ReadKnowledge', { knowledge_base: 'guide', document: docId })).toMatch(
      /年假三十天。\n\n\(The end of the document\.\)$/,
    );
    const [foreign] = await knowledge.documents('other', 'guide');
    await expect(call('ReadKnowledge', { knowledge_base: 'guide', document: foreign?.id })).rejects.toMatchObject({
      code: 'document_not_found',
    });
  });

  it('read a long document in parts that join', async () => {
    const text = Array.from({ length: 9000 }, (_, index) => `line ${index}`).join('\n');
    await knowledge.add('other', 'guide', { type: 'text', name: 'long.txt', text });
    const bench = createToolBench(
      knowledgeTools({ ...knowledge, read: (_, kbId, docId) => knowledge.read('other', kbId, docId) }),
      () => Promise.reject(new Error('none')),
    );
    await knowledge.idle();
    const document = (await knowledge.documents('other', 'guide')).find(({ name }) => name === 'long.txt')?.id;
    let joined = '';
    for (let offset: number | undefined = 0; offset !== undefined; ) {
      const part: string = (await bench.call('ReadKnowledge', { knowledge_base: 'guide', document, offset })).text;
      const [, body = '', note = ''] = /^[^\n]+\n\n([\s\S]*)\n\n(\([^\n]+\))$/.exec(part) ?? [];
      joined += body;
      const next = /offset (\d+)\.\)$/.exec(note)?.[1];
      offset = next === undefined ? undefined : Number(next);
    }
    expect(joined).toBe(text);
  });

  it('tell agents which knowledge there is', async () => {
    const provider = knowledgeContext(knowledge);
    const scope = {
      tenantId: 'other',
      userId: 'u',
      sessionId: 's',
      runId: 'r',
      agentId: 'a',
      message: '',
      signal: new AbortController().signal,
    };
    expect(await provider.provide(scope)).toContain('- guide: Guide');
    expect(await provider.provide({ ...scope, tenantId: 'nobody' })).toBeUndefined();
  });
});

describe('documents by address', () => {
  it('are fetched under the rules of pages', async () => {
    const resolved: string[] = [];
    const fetchDocument = createDocumentFetcher({
      config: () => ({ web: { allowPrivate: false, allowHosts: [], allowPorts: [] } }),
      clock: systemClock,
      version: '0',
      network: {
        resolve: async (host) => {
          resolved.push(host);
          return [{ address: '127.0.0.1', family: 4 }];
        },
        transport: () => Promise.reject(new Error('must not connect')),
      },
    });
    const signal = new AbortController().signal;
    for (const url of [
      'http://localhost/a.pdf',
      'http://169.254.169.254/x',
      'file:///etc/passwd',
      'https://rebind.example/a.pdf',
    ]) {
      await expect(fetchDocument(url, signal)).rejects.toMatchObject({
        code: expect.stringMatching(/refused|blocked|address|scheme|url|private/),
      });
    }
    expect(resolved).toEqual(['rebind.example']);
  });
});
