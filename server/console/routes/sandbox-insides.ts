import { Hono } from 'hono';
import { z } from 'zod';
import type { SandboxProcess } from '../../contract/sandbox.ts';
import { sandboxById } from '../../sandbox/sandbox-by-id.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

const idParam = z.object({ id: z.string().min(1).max(256) });
const processParam = idParam.extend({ pid: z.coerce.number().int().min(2).max(4_194_304) });
const endBody = z.strictObject({ signal: z.enum(['SIGTERM', 'SIGKILL', 'SIGINT']) });

/** What runs in a sandbox, and what the engine knows of its container. */
export function sandboxInsideRoutes({ sandboxes }: ConsoleContext) {
  return new Hono()
    .get('/sandboxes/:id/processes', validate('param', idParam), async (c) => {
      const sandbox = await sandboxById(sandboxes, c.req.valid('param').id);
      return answer<{ processes: SandboxProcess[] }>(c, { processes: await sandbox.processes() });
    })
    .post(
      '/sandboxes/:id/processes/:pid/end',
      validate('param', processParam),
      validate('json', endBody),
      async (c) => {
        const { id, pid } = c.req.valid('param');
        const sandbox = await sandboxById(sandboxes, id);
        // As the commands' user, who can end what is theirs and nothing else.
        const shell = `kill -s ${c.req.valid('json').signal.slice(3)} ${pid}`;
        const { exitCode } = await sandbox.exec({ command: { shell }, timeoutMs: 5000 });
        return answer(c, { isTold: exitCode === 0 });
      },
    )
    .get('/sandboxes/:id/inspect', validate('param', idParam), async (c) =>
      answer<{ container: unknown }>(c, { container: await sandboxes.inspect(c.req.valid('param').id) }),
    );
}
