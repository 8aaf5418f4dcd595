import { Hono } from 'hono';
import { z } from 'zod';
import { idSchema, type Owner } from '../../contract/ids.ts';
import { type MemoryRebuild, type UserMemory, userMemoryChangeSchema } from '../../contract/memory.ts';
import { AppError } from '../../lib/app-error.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

const ownerParam = z.object({ tenantId: idSchema, userId: idSchema });
/** Those who talked lately stand in the list before anything is remembered of them. */
const latestSessions = 200;
const path = '/tenants/:tenantId/users/:userId/memory';

/** What is remembered of users. A rebuild goes on by itself; the memory tells how far it is. */
export function memoryRoutes({ memory, sessions }: Pick<ConsoleContext, 'memory' | 'sessions'>) {
  const offered = () => {
    if (memory) return memory;
    throw new AppError('memory_unavailable', 'This server remembers nothing of users.', { status: 404 });
  };
  const checkOwner = validate('param', ownerParam, 'invalid_id');
  return new Hono()
    .get('/memory/users', async (c) => {
      const [kept, latest] = await Promise.all([offered().owners(), sessions.list({ limit: latestSessions })]);
      const users = new Map(
        [...latest.sessions, ...kept].map(({ tenantId, userId }) => [`${tenantId}/${userId}`, { tenantId, userId }]),
      );
      return answer<{ users: Owner[] }>(c, { users: [...users.values()] });
    })
    .get(path, checkOwner, async (c) => answer<UserMemory>(c, await offered().get(c.req.valid('param'))))
    .put(path, checkOwner, validate('json', userMemoryChangeSchema), async (c) =>
      answer<UserMemory>(c, await offered().change(c.req.valid('param'), c.req.valid('json'))),
    )
    .delete(path, checkOwner, async (c) => answer<UserMemory>(c, await offered().clear(c.req.valid('param'))))
    .post(`${path}/rebuild`, checkOwner, async (c) =>
      answer<MemoryRebuild>(c, await offered().rebuild(c.req.valid('param'))),
    )
    .delete(`${path}/rebuild`, checkOwner, async (c) => {
      offered().abortRebuild(c.req.valid('param'));
      return answer<{ ok: true }>(c, { ok: true });
    });
}
