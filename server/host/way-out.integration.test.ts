import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { findInstallRoot } from '../data/install-root.ts';
import { openProxiedWorld, type ProxiedWorld } from '../network/proxied-world.test-support.ts';
import { installFiles } from './install-files.ts';
import { type OpenedParts, openParts } from './open-parts.ts';

/**
 * The whole program with a proxy and an authority in its settings, and upstreams that only that proxy knows: whoever asks
 * directly finds nobody.
 */

let world: ProxiedWorld;
let dataDir: string;
let parts: OpenedParts & { close(mode: 'now'): Promise<void> };
const seen: string[] = [];

beforeAll(async () => {
  vi.stubEnv('MY_KEY', 'key-of-mine');
  dataDir = await mkdtemp(join(tmpdir(), 'agentrail-way-out-'));
  world = await openProxiedWorld(async (request, response) => {
    seen.push(`${request.method} ${request.headers.host}${request.url} ${request.headers.authorization ?? ''}`.trim());
    response.setHeader('Content-Type', 'application/json');
    if (request.url !== '/mcp') return void response.end(JSON.stringify({ data: [] }));
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const { id, method } = JSON.parse((await text(request)) || '{}');
    if (id === undefined) return void response.writeHead(202).end();
    const serverInfo = { name: 'own', version: '1' };
    const results: Record<string, object> = {
      initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo },
      'tools/list': { tools: [{ name: 'go', inputSchema: { type: 'object' } }] },
    };
    const result = results[method];
    response.end(
      JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: 'No.' } }) }),
    );
  });
  parts = await openParts({
    ...installFiles(findInstallRoot(import.meta.dirname)),
    commandLine: { dataDir, configPath: join(dataDir, 'agentrail.yaml') },
    listen: async (_fetch, at) => ({ ...at, close: async () => undefined }),
    settings: {
      'network.proxy': 'manual',
      'network.proxyUrl': world.proxyUrl,
      'network.caFile': world.caFile,
      'providers.mine.type': 'openai-compatible',
      'providers.mine.baseUrl': 'https://upstream.test/v1',
      'providers.mine.apiKeyEnv': 'MY_KEY',
      'mcpServers.own.url': 'https://upstream.test/mcp',
      'sandbox.dockerHost': `unix://${dataDir}/none.sock`,
      'sandbox.warmPool': 0,
    },
  });
});
beforeEach(() => {
  world.asked.length = 0;
  seen.length = 0;
});
afterAll(async () => {
  await parts?.close('now');
  world.close();
  vi.unstubAllEnvs();
  await rm(dataDir, { recursive: true, force: true });
});

test('a key is tried through the proxy', async () => {
  expect(await parts.secrets.test('MY_KEY')).toMatchObject({ outcome: 'accepted' });
  expect(world.asked).toEqual(['upstream.test:443']);
  expect(seen).toEqual(['GET upstream.test/v1/models Bearer key-of-mine']);
});

test('doctor asks providers through the proxy', async () => {
  const { checks } = await parts.doctor.run();
  expect(checks.find(({ name }) => name === 'providers')).toMatchObject({ state: 'ok' });
  expect(seen).toContain('HEAD upstream.test/v1');
});

test('an MCP server at an address is reached through the proxy', async () => {
  await parts.lifecycle.start();
  await parts.mcp.restart('own');
  await vi.waitFor(() => expect(parts.mcp.list()[0]).toMatchObject({ state: 'ready' }), { timeout: 5000 });
  expect(world.asked).toContain('upstream.test:443');
});

test('the way out is told with where it comes from', async () => {
  expect(await parts.network.status()).toMatchObject({ source: 'settings', https: world.proxyUrl, authorities: 1 });
});
