import { Hono } from 'hono';
import { z } from 'zod';
import { mcpServerNameSchema, mcpServerSchema } from '../../contract/mcp.ts';
import { AppError } from '../../lib/app-error.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

const nameParam = z.object({ name: mcpServerNameSchema });
const addBody = z.strictObject({ name: mcpServerNameSchema, server: mcpServerSchema });
const switchBody = z.strictObject({ enabled: z.boolean() });

/** MCP servers: how they are, and their entries in agentrail.yaml, whose comments stay. */
export function mcpRoutes({ config, mcp }: ConsoleContext) {
  const offered = () => {
    if (mcp) return mcp;
    throw new AppError('mcp_unavailable', 'This server has no MCP servers.', { status: 404 });
  };
  const list = () => ({ servers: offered().list() });
  const known = (name: string) => {
    if (Object.hasOwn(config.current().mcpServers, name)) return;
    throw new AppError('mcp_not_found', `There is no MCP server ${name} in the settings.`, { status: 404 });
  };

  return new Hono()
    .get('/mcp', (c) => answer(c, list()))
    .post('/mcp', validate('json', addBody), async (c) => {
      const { name, server } = c.req.valid('json');
      if (Object.hasOwn(config.current().mcpServers, name)) {
        throw new AppError('mcp_name_taken', `There is an MCP server ${name} already. Take another name.`, {
          status: 409,
        });
      }
      await config.change({ [`mcpServers.${name}`]: written(server) });
      return answer(c, list());
    })
    .patch('/mcp/:name', validate('param', nameParam), validate('json', switchBody), async (c) => {
      const { name } = c.req.valid('param');
      known(name);
      const { enabled } = c.req.valid('json');
      // On is what a server is that says nothing of it.
      await config.change({ [`mcpServers.${name}.enabled`]: enabled ? null : false });
      return answer(c, list());
    })
    .delete('/mcp/:name', validate('param', nameParam), async (c) => {
      const { name } = c.req.valid('param');
      known(name);
      await config.change({ [`mcpServers.${name}`]: null });
      return answer(c, list());
    })
    .post('/mcp/:name/restart', validate('param', nameParam), async (c) =>
      answer(c, await offered().restart(c.req.valid('param').name)),
    );
}

/** Only what was said: defaults are not written into the file. */
function written({ command, args, env, cwd, url, headers }: z.infer<typeof mcpServerSchema>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({ command, args, env, cwd, url, headers }).filter(([, value]) => value !== undefined),
  );
}
