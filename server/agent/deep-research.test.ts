import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { permissionsSchema } from '../contract/permissions.ts';
import { findInstallRoot } from '../data/install-root.ts';
import { systemClock } from '../lib/clock.ts';
import type { SandboxManager } from '../sandbox/sandbox.ts';
import { builtinProfiles } from './profiles-builtin.ts';
import { call, calls, createAgentsBench, ofType, say } from './subagents/testing/agents-bench.ts';
import { secretsOf } from './testing/harness.ts';
import { createFakeSandbox } from './tools/fake-sandbox.ts';
import { sandboxTools } from './tools/sandbox-tools.ts';
import { createPageReader } from './tools/web/page-reader.ts';
import { systemResolver } from './tools/web/resolve-host.ts';
import { type MockSearch, startMockSearch } from './tools/web/testing/mock-search.ts';
import { createTransport } from './tools/web/transport.ts';
import { createWebFetchTool } from './tools/web/web-fetch.ts';
import { createWebSearchTool } from './tools/web/web-search.ts';

const resources = join(findInstallRoot(import.meta.dirname), 'resources');

let folder: string;
let search: MockSearch;
const visited: string[] = [];
const pages = createServer((incoming, outgoing) => {
  visited.push(incoming.url ?? '');
  outgoing.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  outgoing.end(`<main><h1>${incoming.url}</h1><p>The heron of ${incoming.url} weighs 2 kg.</p></main>`);
});
let origin: string;

beforeEach(async () => {
  visited.length = 0;
  folder = await mkdtemp(join(tmpdir(), 'deep-research-'));
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  const hit = (name: string) => ({ title: name, url: `${origin}/${name}`, snippet: `About ${name}.` });
  search = await startMockSearch({ key: 'key', replies: [{ hits: ['weight', 'food', 'never-read'].map(hit) }] });
});
afterEach(async () => {
  await search.close();
  await new Promise((resolve) => pages.close(resolve));
  pages.closeAllConnections();
  await rm(folder, { recursive: true });
});

/** The model's part: it goes by what it was told, and cites what its researchers say that they read. */
function researcher(name: string) {
  return (heard: string, index: number) => {
    if (index === 0) return call('WebSearch', { query: `heron ${name}` });
    if (index === 1) return call('WebFetch', { url: `${origin}/${name}` });
    const found = /The heron of [^.]* weighs 2 kg/.exec(heard)?.[0] ?? 'nothing';
    return say(`${found}.\n\nPages that I read:\n${origin}/${name}`);
  };
}

describe('the deep-research agent', () => {
  it('plans, hands out, reads and writes a report that cites pages that were fetched, and no others', async () => {
    const config = () => bench.config;
    const secrets = { ...secretsOf({ TAVILY_API_KEY: 'key' }), report: () => undefined, reveal: () => 'key' };
    const policy = () => ({
      allowPrivate: true,
      allowHosts: ['127.0.0.1'],
      allowPorts: [Number(new URL(origin).port)],
    });
    const web = [
      createWebSearchTool({
        ...{ secrets, fetch, baseUrls: search.baseUrls },
        clock: systemClock,
        config: () => config().search,
      }),
      createWebFetchTool({
        policy,
        fetcher: { resolve: systemResolver, transport: createTransport(), clock: systemClock, userAgent: 'test' },
        reader: createPageReader({ config, secrets, clock: systemClock, fetch }),
      }),
    ];
    const sandbox = createFakeSandbox(folder);
    const bench = await createAgentsBench(
      {
        lead: (heard, index) => {
          if (index === 0) return call('WebSearch', { query: 'heron' });
          if (index === 1) {
            const hand = (name: string): [string, Record<string, unknown>] => [
              'SpawnAgent',
              { name, profile: 'researcher', task: `What is known of the ${name} of herons? Name the URLs.` },
            ];
            return calls(hand('weight'), hand('food'));
          }
          if (index === 2) return call('WaitForAgents');
          const cited = [
            ...new Set([...heard.matchAll(/Pages that I read:\\+n(http[^\\<"]+)/g)].map(([, url]) => url)),
          ];
          const sources = cited.map((url, at) => `[${at + 1}] Herons — ${url}`).join('\n');
          const text = `# Herons\n\nThey weigh 2 kg [1] and eat [2].\n\n## Sources\n\n${sources}\n`;
          return index === 3
            ? call('Write', { file_path: '/workspace/report.md', content: text })
            : say('See /workspace/report.md.');
        },
        weight: researcher('weight'),
        food: researcher('food'),
      },
      {
        tools: [...web, ...sandboxTools()],
        profiles: builtinProfiles(resources),
        readFile: (file) => readFile(file, 'utf8'),
        sandboxes: { acquire: async () => sandbox } as unknown as SandboxManager,
      },
    );
    bench.config.permissions = permissionsSchema.parse({});
    const events = await bench.say('How heavy are herons?', { agentId: 'deep-research' });

    const report = await readFile(join(folder, 'workspace/report.md'), 'utf8');
    const citations = [...report.matchAll(/https?:\/\/\S+/g)].map(([url]) => url);
    expect(citations.toSorted()).toEqual([`${origin}/food`, `${origin}/weight`]);
    expect(visited.toSorted()).toEqual(['/food', '/weight']);
    expect(search.requests.map(({ query }) => query).toSorted()).toEqual(['heron', 'heron food', 'heron weight']);
    expect(ofType(events, 'permission_request')).toEqual([]);
    expect(ofType(events, 'subagent_job_completed')).toHaveLength(2);
    expect(ofType(events, 'session.end')[0]?.stopReason).toBe('stop');
    expect(bench.heard('lead')[0]).toContain('You are a research lead.');
    expect(bench.heard('lead')[0]).toContain('Cite only pages that you or a');
    expect(bench.heard('weight')[0]).toContain('You are a researcher.');
    expect(bench.heard('weight')[0]).not.toContain('"name":"Bash"');
    await bench.close();
  });

  it('asks for the web like everyone where the settings say so', async () => {
    const [lead] = builtinProfiles(resources);
    const bench = await createAgentsBench(
      { lead: [call('WebFetch', { url: `${origin}/weight` }), say('Then not.')] },
      {
        profiles: lead ? [lead] : [],
        readFile: (file) => readFile(file, 'utf8'),
        tools: [
          createWebFetchTool({
            policy: () => bench.config.web,
            fetcher: { resolve: systemResolver, transport: createTransport(), clock: systemClock, userAgent: 'test' },
          }),
        ],
      },
    );
    bench.config.permissions = permissionsSchema.parse({ deny: ['WebFetch'] });
    await bench.say('How heavy are herons?', { agentId: 'deep-research' });
    expect(bench.heard('lead')[1]).toContain('The rule WebFetch forbids it.');
    expect(visited).toEqual([]);
    await bench.close();
  });
});
