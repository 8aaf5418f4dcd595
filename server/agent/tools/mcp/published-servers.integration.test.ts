import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMcpBench, published, startHttpServer } from '../../../mcp/testing/mcp-bench.ts';
import { createToolBench } from '../tool-bench.ts';
import { createMcpTools } from './mcp-tools.ts';

type Bench = ReturnType<typeof createMcpBench>;

async function offer({ manager }: Pick<Bench, 'manager'>, tools?: string[]) {
  const mcp = createMcpTools(manager);
  const signal = new AbortController().signal;
  const profile = { id: 'default', name: 'Default', maxTurns: 10, ...(tools && { tools }) };
  const found = await mcp.toolsFor({ profile, runId: 'run_1', signal });
  const scope = { tenantId: 't', userId: 'u', sessionId: 's', runId: 'run_1', agentId: 'default', message: '', signal };
  return {
    names: found.map(({ name }) => name),
    tools: found,
    note: await mcp.context.provide(scope),
    ...createToolBench(found, () => Promise.reject(new Error('no sandbox'))),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mcp-published-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

describe.each(['stdio', 'http'] as const)('server-everything over %s', (transport) => {
  async function open() {
    const settings =
      transport === 'stdio' ? published('everything') : { url: (await startHttpServer(await freePort())).url };
    return offer(createMcpBench({ every: settings }));
  }

  it('offers its tools under names that say where they come from, with their schemas', async () => {
    const { names, tools, note } = await open();
    expect(names).toContain('mcp__every__get-sum');
    expect(names).toContain('ReadMcpResource');
    expect(tools.find(({ name }) => name === 'mcp__every__get-sum')).toMatchObject({
      reach: 'outside',
      jsonSchema: { type: 'object', properties: { a: { type: 'number' } }, required: ['a', 'b'] },
    });
    expect(note).toMatch(/^The MCP server every says of its tools/);
  });

  it('answers with text, images, structured results and resources', async () => {
    const { call } = await open();
    expect((await call('mcp__every__echo', { message: 'Grüße 你好' })).text).toBe('Echo: Grüße 你好');
    expect((await call('mcp__every__get-sum', { a: 19, b: 23 })).text).toMatch(/42/);
    expect((await call('mcp__every__get-tiny-image', {})).content).toContainEqual(
      expect.objectContaining({ type: 'image', mimeType: 'image/png' }),
    );
    const weather = await call('mcp__every__get-structured-content', { location: 'Chicago' });
    expect(weather.details).toMatchObject({ structuredContent: { conditions: expect.any(String) } });
    expect((await call('mcp__every__get-resource-reference', { resourceType: 'Text', resourceId: 1 })).text).toMatch(
      /\[demo:.*text/,
    );
    expect((await call('mcp__every__get-resource-links', { count: 2 })).text).toMatch(/\[Resource demo:/);
    const listed = (await call('ListMcpResources', {})).text;
    const [, uri = ''] = /^- (\S+)/m.exec(listed) ?? [];
    expect((await call('ReadMcpResource', { server: 'every', uri })).text).toContain(uri);
    await expect(call('ReadMcpResource', { server: 'other', uri })).rejects.toMatchObject({ code: 'mcp_not_found' });
  });

  it('refuses wrong arguments before its server is asked', async () => {
    const { call } = await open();
    await expect(call('mcp__every__get-sum', { a: 1 })).rejects.toThrow(/required property/);
  });

  it('tells how far a long call is, and ends it when its run does', async () => {
    const { call, updates } = await open();
    await call('mcp__every__trigger-long-running-operation', { duration: 0.4, steps: 4 });
    expect(updates.length).toBeGreaterThan(1);
    expect(updates[0]).toBe('1 of 4');
    const abort = new AbortController();
    const calling = call(
      'mcp__every__trigger-long-running-operation',
      { duration: 60, steps: 60 },
      { signal: abort.signal },
    );
    abort.abort(new Error('stop'));
    await expect(calling).rejects.toThrow('stop');
    expect((await call('mcp__every__echo', { message: 'still there' })).text).toBe('Echo: still there');
  });
});

describe('server-everything over http', () => {
  it('is called in a new session when it forgot the old one', async () => {
    const port = await freePort();
    const { url, stop } = await startHttpServer(port);
    const bench = createMcpBench({ every: { url } });
    const { call } = await offer(bench);
    await call('mcp__every__echo', { message: 'first' });
    await stop();
    await startHttpServer(port);
    expect((await call('mcp__every__echo', { message: 'second' })).text).toBe('Echo: second');
    expect(bench.manager.list()[0]?.state).toBe('ready');
  });

  it('is told of when it is not there, and the others can be used', async () => {
    const { names, note } = await offer(
      createMcpBench({ gone: { url: `http://127.0.0.1:${await freePort()}/mcp` }, every: published('everything') }),
    );
    expect(names).toContain('mcp__every__echo');
    expect(note).toMatch(/The MCP server gone cannot be used in this run.*cannot be reached \(ECONNREFUSED\)/);
  });
});

describe('server-filesystem', () => {
  it('reads and writes in its folder and nowhere else', async () => {
    const folder = await temporaryFolder();
    const outside = await temporaryFolder();
    await writeFile(path.join(folder, 'in.txt'), 'inside');
    await writeFile(path.join(outside, 'out.txt'), 'outside');
    const { call, names } = await offer(createMcpBench({ files: published('filesystem', folder) }));
    expect(names).toContain('mcp__files__read_text_file');
    expect((await call('mcp__files__read_text_file', { path: path.join(folder, 'in.txt') })).text).toContain('inside');
    await call('mcp__files__write_file', { path: path.join(folder, 'new.txt'), content: 'written' });
    expect(await readFile(path.join(folder, 'new.txt'), 'utf8')).toBe('written');
    const refused = await call('mcp__files__read_text_file', { path: path.join(outside, 'out.txt') });
    expect(refused).toMatchObject({ isError: true, text: expect.stringMatching(/denied/i) });
  });
});

describe('server-memory', () => {
  it('remembers in the file that its environment names', async () => {
    const file = path.join(await temporaryFolder(), 'memory.jsonl');
    const bench = createMcpBench({ memory: { ...published('memory'), env: { MEMORY_FILE_PATH: file } } });
    const { call } = await offer(bench);
    const entities = [{ name: 'Ada', entityType: 'person', observations: ['likes tea'] }];
    await call('mcp__memory__create_entities', { entities });
    await bench.manager.restart('memory');
    expect((await call('mcp__memory__search_nodes', { query: 'tea' })).text).toContain('Ada');
    expect(await readFile(file, 'utf8')).toContain('likes tea');
  });
});

describe('an agent that names its tools', () => {
  it('gets those of the servers it names, and starts no others', async () => {
    const bench = createMcpBench({ memory: published('memory'), every: published('everything') });
    const { names } = await offer(bench, ['Bash', 'mcp__memory']);
    expect(
      names.every(
        (name) => name.startsWith('mcp__memory__') || name.endsWith('McpResources') || name === 'ReadMcpResource',
      ),
    ).toBe(true);
    expect(names).toContain('mcp__memory__read_graph');
    expect(bench.manager.list().map(({ name, state }) => `${name} ${state}`)).toEqual(['memory ready', 'every off']);
  });

  it('gets of a server only what its settings allow', async () => {
    const tools = { allow: ['get-*', 'echo'], deny: ['get-env'] };
    const { names } = await offer(createMcpBench({ every: { ...published('everything'), tools } }));
    expect(names).toContain('mcp__every__echo');
    expect(names).toContain('mcp__every__get-sum');
    expect(names).not.toContain('mcp__every__get-env');
    expect(names).not.toContain('mcp__every__gzip-file-as-resource');
  });
});
