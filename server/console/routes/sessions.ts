import { Hono } from 'hono';
import { z } from 'zod';
import type { RunInfo } from '../../contract/chat.ts';
import { idSchema, type SessionKey } from '../../contract/ids.ts';
import type { SessionListing } from '../../contract/sessions.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { SessionQuery } from '../../sessions/store.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

const listQuery = z.object({
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  tenantId: idSchema.optional(),
  userId: idSchema.optional(),
  agentId: idSchema.optional(),
  /** A run goes on, or how the last turn ended. */
  status: z.enum(['running', 'error', 'aborted']).optional(),
  text: z.string().max(500).optional(),
  /** While the index is being made: what it holds by now. */
  partial: z.literal('yes').optional(),
});
type ListQuery = z.infer<typeof listQuery>;

export const keyParam = z.object({ tenantId: idSchema, userId: idSchema, sessionId: idSchema });
const changeBody = z.strictObject({ title: z.string().trim().min(1, 'Write a title.').max(200) });
const deleteBody = z.strictObject({ sessions: z.array(z.strictObject(keyParam.shape)).min(1).max(100) });

/** What became of one session that should go. */
export type DeleteOutcome = SessionKey & ({ ok: true } | { ok: false; code: string; error: string });

export function sessionRoutes(context: ConsoleContext) {
  const { sessions } = context;
  const key = validate('param', keyParam, 'invalid_id');

  async function remove(at: SessionKey): Promise<void> {
    await sessions.get(at);
    await context.runs.look();
    refuseWhileRunning(context, at);
    if (context.keeping) {
      await context.keeping.removeSession(at);
      return;
    }
    // Runs that begin from here on are refused.
    const release = await context.server.parts()?.runs.hold(at);
    try {
      await destroySandbox(context, at);
      await sessions.delete(at);
    } finally {
      await release?.();
    }
  }

  async function tryRemove(at: SessionKey): Promise<DeleteOutcome> {
    try {
      await remove(at);
      return { ...at, ok: true };
    } catch (error) {
      return { ...at, ok: false, code: error instanceof AppError ? error.code : 'internal', error: messageOf(error) };
    }
  }

  return new Hono()
    .get('/sessions', validate('query', listQuery), async (c) => {
      const query = c.req.valid('query');
      if (query.status === 'running') await context.runs.look();
      const listing = query.status === 'running' ? runningSessions(context, query) : sessions.list(toStoreQuery(query));
      return answer<SessionListing>(c, await listing);
    })
    .post('/sessions/delete', validate('json', deleteBody), async (c) =>
      answer(c, { results: await Promise.all(c.req.valid('json').sessions.map(tryRemove)) }),
    )
    .get('/sessions/:tenantId/:userId/:sessionId/messages', key, async (c) => {
      const at = c.req.valid('param');
      const [session, history] = await Promise.all([sessions.get(at), sessions.loadMessages(at)]);
      return answer(c, { session, ...history });
    })
    .patch('/sessions/:tenantId/:userId/:sessionId', key, validate('json', changeBody), async (c) =>
      answer(c, await sessions.update(c.req.valid('param'), c.req.valid('json'))),
    )
    .delete('/sessions/:tenantId/:userId/:sessionId', key, async (c) => {
      const at = c.req.valid('param');
      await remove(at);
      return answer(c, { sessionId: at.sessionId });
    });
}

function toStoreQuery({ cursor, limit, tenantId, userId, agentId, status, text, partial }: ListQuery): SessionQuery {
  return {
    limit,
    ...(partial && { isPartialWelcome: true }),
    ...(cursor && { cursor }),
    ...(tenantId && { tenantId }),
    ...(userId && { userId }),
    ...(agentId && { agentId }),
    ...(status && { lastStopReason: status }),
    ...(text && { text }),
  };
}

/** They are few, and only the runs know of them: one page, found by their titles. */
async function runningSessions(context: ConsoleContext, query: ListQuery): Promise<SessionListing> {
  const { tenantId, userId, agentId, text = '' } = query;
  const words = text.toLowerCase().split(/\s+/);
  const runs = new Map(
    context.runs
      .list()
      .filter(isRunning)
      .map((run) => [`${run.tenantId} ${run.sessionId}`, run]),
  );
  const found = await Promise.all([...runs.values()].map((run) => sessionOf(context, run)));
  const isWanted = (wanted: string | undefined, value: string) => wanted === undefined || wanted === value;
  return {
    sessions: found
      .flat()
      .filter(
        (row) => isWanted(tenantId, row.tenantId) && isWanted(userId, row.userId) && isWanted(agentId, row.agentId),
      )
      .filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)))
      .sort((a, b) => b.lastActiveAt - a.lastActiveAt),
  };
}

/** None when the session went away meanwhile. */
async function sessionOf({ sessions }: ConsoleContext, { tenantId, userId, sessionId }: RunInfo) {
  try {
    return [await sessions.get({ tenantId, userId, sessionId })];
  } catch (error) {
    if (error instanceof AppError && error.code === 'session_not_found') return [];
    throw error;
  }
}

function isRunning({ status }: RunInfo): boolean {
  return status === 'running';
}

function refuseWhileRunning(context: ConsoleContext, at: SessionKey): void {
  const run = context.runs
    .list()
    .find((each) => isRunning(each) && each.sessionId === at.sessionId && each.tenantId === at.tenantId);
  if (!run) return;
  throw new AppError('session_busy', 'A run is going on in this session. Stop it, then delete the session.', {
    status: 409,
    details: { runId: run.runId },
  });
}

async function destroySandbox(context: ConsoleContext, at: SessionKey): Promise<void> {
  const owned = context.sandboxes
    .list()
    .filter((each) => each.sessionId === at.sessionId && each.tenantId === at.tenantId && each.state !== 'gone');
  await Promise.all(owned.map((each) => context.sandboxes.destroy(each.id)));
}
