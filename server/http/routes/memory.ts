import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { idSchema, type Owner } from '../../contract/ids.ts';
import { memoryRebuildSchema, userMemoryChangeSchema, userMemorySchema } from '../../contract/memory.ts';
import { AppError } from '../../lib/app-error.ts';
import type { UserMemoryManager } from '../../memory/user-memory.ts';
import type { HttpEnv } from '../http-env.ts';
import type { Operation } from '../operation.ts';
import { readJson } from '../read-json.ts';

const params = z.object({ userId: idSchema });
const query = z.object({ tenantId: idSchema.default('default') });

const ofUser = { tag: 'User memory', params, query } as const;
const memory = { name: 'UserMemory', schema: userMemorySchema };
const rebuild = { name: 'MemoryRebuild', schema: memoryRebuildSchema };

export const memoryOperations: Operation[] = [
  {
    ...ofUser,
    method: 'get',
    path: '/api/users/:userId/memory',
    id: 'getUserMemory',
    summary: 'See what is remembered of a user',
    access: ['read'],
    answers: [{ status: 200, description: 'All of it.', body: memory }],
  },
  {
    ...ofUser,
    method: 'put',
    path: '/api/users/:userId/memory',
    id: 'changeUserMemory',
    summary: 'Edit the memory of a user, or switch it off and on',
    access: ['admin'],
    body: { name: 'UserMemoryChange', schema: userMemoryChangeSchema },
    answers: [{ status: 200, description: 'As it is now.', body: memory }],
    errors: [409, 413, 422],
  },
  {
    ...ofUser,
    method: 'delete',
    path: '/api/users/:userId/memory',
    id: 'clearUserMemory',
    summary: 'Forget what is remembered of a user',
    description: 'Only what they say from now on can be remembered again, unless it is rebuilt.',
    access: ['admin'],
    answers: [{ status: 200, description: 'As it is now.', body: memory }],
  },
  {
    ...ofUser,
    method: 'post',
    path: '/api/users/:userId/memory/rebuild',
    id: 'rebuildUserMemory',
    summary: 'Read all conversations of a user anew',
    description: 'The memory stays as it is until the end; `rebuild` of the memory tells how far it is.',
    access: ['admin'],
    answers: [{ status: 202, description: 'It has begun.', body: rebuild }],
    errors: [409],
  },
  {
    ...ofUser,
    method: 'delete',
    path: '/api/users/:userId/memory/rebuild',
    id: 'abortMemoryRebuild',
    summary: 'Leave the memory as it is and stop rebuilding it',
    access: ['admin'],
    answers: [{ status: 204, description: 'It ends.' }],
  },
];

export function createMemoryRoutes(memory: UserMemoryManager | undefined): Hono<HttpEnv> {
  const offered = () => {
    if (memory) return memory;
    throw new AppError('memory_unavailable', 'This server remembers nothing of users.', { status: 404 });
  };
  return new Hono<HttpEnv>()
    .get('/api/users/:userId/memory', async (c) => c.json(await offered().get(ownerOf(c))))
    .put('/api/users/:userId/memory', async (c) =>
      c.json(await offered().change(ownerOf(c), await readJson(c, userMemoryChangeSchema))),
    )
    .delete('/api/users/:userId/memory', async (c) => c.json(await offered().clear(ownerOf(c))))
    .post('/api/users/:userId/memory/rebuild', async (c) => c.json(await offered().rebuild(ownerOf(c)), 202))
    .delete('/api/users/:userId/memory/rebuild', (c) => {
      offered().abortRebuild(ownerOf(c));
      return c.body(null, 204);
    });
}

/** The user of the path in the tenant of the query. A token that is bound to a user works for that one only. */
function ownerOf(c: Context<HttpEnv>): Owner {
  const { userId } = params.parse(c.req.param());
  const { tenantId } = query.parse(c.req.query());
  const bound = c.get('grant')?.bound;
  if (bound?.userId !== undefined && bound.userId !== userId) {
    throw new AppError('forbidden', `This token works for the userId "${bound.userId}" only.`, { status: 403 });
  }
  return { tenantId, userId };
}
