import { describe, expect, it } from 'vitest';
import { mcpServerSchema } from '../../contract/mcp.ts';
import { json, makeConsole } from '../fakes.test-support.ts';

const files = mcpServerSchema.parse({ command: 'files' });

describe('the routes of MCP servers', () => {
  it('say so when there are none', async () => {
    const { ask } = makeConsole();
    const response = await ask('/console/api/mcp');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'mcp_unavailable' });
  });

  it('write only what was typed, by its path', async () => {
    const { ask, config } = makeConsole({ mcp: { list: () => [], restart: () => Promise.reject(new Error('no')) } });
    const body = { name: 'every', server: { command: 'npx', args: ['-y', 'x'] } };
    expect((await ask('/console/api/mcp', json('POST', body))).status).toBe(200);
    expect(config.changed).toEqual([{ 'mcpServers.every': { command: 'npx', args: ['-y', 'x'] } }]);
    const bad = { name: 'a__b', server: { command: 'npx' } };
    expect((await ask('/console/api/mcp', json('POST', bad))).status).toBe(400);
  });

  it('switch and remove one that there is, and say when there is none', async () => {
    const { ask, config } = makeConsole({ mcp: { list: () => [], restart: () => Promise.reject(new Error('no')) } });
    config.config.mcpServers.files = files;
    expect((await ask('/console/api/mcp', json('POST', { name: 'files', server: { command: 'x' } }))).status).toBe(409);
    await ask('/console/api/mcp/files', json('PATCH', { enabled: false }));
    await ask('/console/api/mcp/files', json('PATCH', { enabled: true }));
    await ask('/console/api/mcp/files', { method: 'DELETE' });
    expect(config.changed).toEqual([
      { 'mcpServers.files.enabled': false },
      { 'mcpServers.files.enabled': null },
      { 'mcpServers.files': null },
    ]);
    expect((await ask('/console/api/mcp/other', { method: 'DELETE' })).status).toBe(404);
    expect((await ask('/console/api/mcp/other', json('PATCH', { enabled: true }))).status).toBe(404);
  });
});
