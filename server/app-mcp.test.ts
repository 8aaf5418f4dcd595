import { describe, expect, it } from 'vitest';
import { createAgentApp } from './app.ts';
import type { Scope } from './contract/api-tokens.ts';
import { configSchema } from './contract/config.ts';
import type { McpServerInfo } from './contract/mcp.ts';
import { createFakeRuns } from './http/testing/fake-runs.ts';
import { createFakeSessions } from './http/testing/fake-sessions.ts';
import { AppError } from './lib/app-error.ts';
import type { McpManager } from './mcp/mcp-manager.ts';
import { silentLogger } from './telemetry/logger.ts';

const info: McpServerInfo = {
  ...{ name: 'files', transport: 'stdio', target: 'files /data', isEnabled: true, state: 'ready', hasResources: false },
  ...{ tools: [], refused: [], lastLines: [] },
};
const mcp: Pick<McpManager, 'list' | 'restart'> = {
  list: () => [info],
  async restart(name) {
    if (name === 'files') return info;
    throw new AppError('mcp_not_found', `There is no MCP server ${name} in the settings.`, { status: 404 });
  },
};

/** The app as a named token with these scopes meets it. */
function open(scopes: Scope[], offered: typeof mcp | null = mcp) {
  const config = configSchema.parse({});
  const app = createAgentApp({
    ...{ runs: createFakeRuns(), sessions: createFakeSessions(), logger: silentLogger, edge: 'http' },
    readiness: async () => ({ status: 'ready', checks: [] }),
    agents: () => [],
    config: () => config,
    token: () => 'the-main-token',
    tokens: { find: () => ({ tokenId: 'one', scopes, bound: {} }) },
    bindAddress: () => ({ host: '127.0.0.1', port: 0 }),
    ...(offered && { mcp: offered }),
  });
  const headers = { Host: '127.0.0.1', Authorization: 'Bearer art_named' };
  return (path: string, method = 'GET') => app.request(`http://127.0.0.1${path}`, { method, headers });
}

describe('the routes of MCP servers', () => {
  it('tell how they are and start them anew', async () => {
    const ask = open(['admin']);
    expect(await (await ask('/api/mcp')).json()).toEqual({ servers: [info] });
    expect(await (await ask('/api/mcp/files/restart', 'POST')).json()).toEqual(info);
    expect((await ask('/api/mcp/other/restart', 'POST')).status).toBe(404);
    expect((await ask('/api/mcp/..%2Fx/restart', 'POST')).status).toBe(400);
  });

  it('are for administrators only', async () => {
    const ask = open(['read', 'chat']);
    expect((await ask('/api/mcp')).status).toBe(403);
    expect((await ask('/api/mcp/files/restart', 'POST')).status).toBe(403);
  });

  it('say so where there are none', async () => {
    const response = await open(['admin'], null)('/api/mcp');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'mcp_unavailable' });
  });
});
