import { Hono } from 'hono';
import { z } from 'zod';
import { mcpServerInfoSchema, mcpServerNameSchema } from '../../contract/mcp.ts';
import { AppError } from '../../lib/app-error.ts';
import type { McpManager } from '../../mcp/mcp-manager.ts';
import type { HttpEnv } from '../http-env.ts';
import type { Operation } from '../operation.ts';

const params = z.object({ name: mcpServerNameSchema });
const listSchema = z.object({ servers: z.array(mcpServerInfoSchema) });

/** They belong to nobody in particular, and may show what their settings hold. */
const ofAll = { tag: 'MCP', access: ['admin'], spansTenants: true } as const;

export const mcpOperations: Operation[] = [
  {
    ...ofAll,
    method: 'get',
    path: '/api/mcp',
    id: 'listMcpServers',
    summary: 'List MCP servers',
    description: 'With their state, their tools and the end of what they wrote. Starts none.',
    answers: [
      { status: 200, description: 'As the settings name them.', body: { name: 'McpServers', schema: listSchema } },
    ],
  },
  {
    ...ofAll,
    method: 'post',
    path: '/api/mcp/:name/restart',
    id: 'restartMcpServer',
    summary: 'Start an MCP server, or end it and start it anew',
    description: 'Answers when that has gone well or not, as the state tells.',
    params,
    answers: [{ status: 200, description: 'As it is now.', body: { name: 'McpServer', schema: mcpServerInfoSchema } }],
    errors: [404, 409],
  },
];

export function createMcpRoutes(mcp: Pick<McpManager, 'list' | 'restart'> | undefined): Hono<HttpEnv> {
  const offered = () => {
    if (mcp) return mcp;
    throw new AppError('mcp_unavailable', 'This server has no MCP servers.', { status: 404 });
  };
  return new Hono<HttpEnv>()
    .get('/api/mcp', (c) => c.json({ servers: offered().list() }))
    .post('/api/mcp/:name/restart', async (c) => c.json(await offered().restart(params.parse(c.req.param()).name)));
}
