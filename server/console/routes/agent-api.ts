import { Hono } from 'hono';
import type { ConsoleContext } from '../context.ts';
import { createForwardToAgent, sameRequest } from '../forward-to-agent.ts';

/** Parts of the agent API that the page uses as they are: their schemas and limits are checked there. */
const parts = ['knowledge', 'skills'] as const;
const prefix = '/console/api/agent';

/** Whether a body may be larger than the console's own: the agent API measures it. */
export function isMeasuredByAgent(path: string): boolean {
  return path === '/console/api/chat/form' || parts.some((part) => path.startsWith(`${prefix}/${part}`));
}

export function agentApiRoutes(context: ConsoleContext) {
  const forward = createForwardToAgent(context);
  const app = new Hono();
  for (const part of parts) {
    app.on(['GET', 'POST', 'PATCH', 'DELETE'], [`/agent/${part}`, `/agent/${part}/*`], (c) => {
      const { pathname, search } = new URL(c.req.url);
      return forward(`/api${pathname.slice(prefix.length)}${search}`, sameRequest(c.req.raw), c.req.raw);
    });
  }
  return app;
}
