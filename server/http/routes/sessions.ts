import { Hono } from 'hono';
import { z } from 'zod';
import type { RunManager } from '../../agent/runs.ts';
import { messageListSchema, sessionPageSchema, sessionSummarySchema } from '../../contract/answers.ts';
import type { SessionKey } from '../../contract/ids.ts';
import { messageSchema } from '../../contract/messages.ts';
import type { WorkspaceReader } from '../../data/workspace-files.ts';
import type { Browsers } from '../../sandbox/browser/browsers.ts';
import type { SessionRemoval } from '../../sessions/keeping/session-removal.ts';
import type { HttpEnv } from '../http-env.ts';
import type { Operation } from '../operation.ts';
import { readJson } from '../read-json.ts';
import { createSessionBrowserRoutes, sessionBrowserOperations } from './session-browser.ts';
import {
  type AnySessionStore,
  createSessionHistoryRoutes,
  markerSchema,
  sessionHistoryOperations,
} from './session-history.ts';
import { sessionKeyOf, sessionOwnerQuery, sessionParams } from './session-key.ts';
import { listSessions, sessionListQuery } from './session-list.ts';
import { createSessionWorkspaceRoutes, sessionWorkspaceOperations } from './session-workspace.ts';

const sessionChange = z.strictObject({ title: z.string().trim().min(1).max(200) });

const historySchema = messageListSchema.extend({
  messages: z.array(z.union([messageSchema, markerSchema])).describe('Oldest first; a marker stands for an archive.'),
});

const session = { name: 'Session', schema: sessionSummarySchema };
const ofOneSession = { tag: 'Sessions', params: sessionParams, query: sessionOwnerQuery, errors: [404] };

export const sessionOperations: Operation[] = [
  {
    method: 'get',
    path: '/api/sessions',
    id: 'listSessions',
    tag: 'Sessions',
    summary: 'List and search sessions, newest first',
    access: ['read'],
    query: sessionListQuery,
    answers: [{ status: 200, description: 'One page.', body: { name: 'SessionPage', schema: sessionPageSchema } }],
  },
  {
    ...ofOneSession,
    method: 'get',
    path: '/api/sessions/:sessionId',
    id: 'getSession',
    summary: 'See a session',
    access: ['read'],
    answers: [{ status: 200, description: 'The session.', body: session }],
  },
  {
    ...ofOneSession,
    method: 'patch',
    path: '/api/sessions/:sessionId',
    id: 'renameSession',
    summary: 'Give a session another title',
    access: ['admin'],
    body: { name: 'SessionChange', schema: sessionChange },
    answers: [{ status: 200, description: 'The session as it is now.', body: session }],
  },
  {
    ...ofOneSession,
    method: 'delete',
    path: '/api/sessions/:sessionId',
    id: 'deleteSession',
    summary: 'Delete a session',
    description: 'Ends its run, removes its sandbox, then deletes its files.',
    access: ['admin'],
    answers: [{ status: 204, description: 'It is gone.' }],
  },
  {
    ...ofOneSession,
    method: 'get',
    path: '/api/sessions/:sessionId/messages',
    id: 'listMessages',
    summary: 'Read the messages of a session',
    access: ['read'],
    answers: [{ status: 200, description: 'All of them.', body: { name: 'MessageList', schema: historySchema } }],
  },
  ...sessionHistoryOperations,
  ...sessionWorkspaceOperations,
  ...sessionBrowserOperations,
];

export interface SessionRouteOptions {
  sessions: AnySessionStore;
  runs: RunManager;
  /** Absent: the files of sandboxes cannot be read. */
  workspaces?: WorkspaceReader | undefined;
  /** Absent: no session has a browser. */
  browsers?: Pick<Browsers, 'find'> | undefined;
  /** Takes away what lives beside the files, the sandbox for instance, before they go. */
  beforeSessionDelete?: ((key: SessionKey) => Promise<void>) | undefined;
  /** Deletes a session with everything that belongs to it. Absent: its files and what `beforeSessionDelete` takes. */
  remove?: SessionRemoval | undefined;
}

/** Sessions of one owner: `?tenantId=&userId=`, both `default` when absent. */
export function createSessionRoutes(options: SessionRouteOptions): Hono<HttpEnv> {
  const { sessions, runs, workspaces, browsers, beforeSessionDelete, remove } = options;
  return new Hono<HttpEnv>()
    .get('/api/sessions', async (c) =>
      c.json(await listSessions(sessions, runs, sessionListQuery.parse(c.req.query()))),
    )
    .get('/api/sessions/:sessionId', async (c) => c.json(await sessions.get(sessionKeyOf(c))))
    .patch('/api/sessions/:sessionId', async (c) => {
      const key = sessionKeyOf(c);
      return c.json(await sessions.update(key, await readJson(c, sessionChange)));
    })
    .delete('/api/sessions/:sessionId', async (c) => {
      const key = sessionKeyOf(c);
      if (remove) {
        await remove(key, { ends: 'the session was deleted' });
        return c.body(null, 204);
      }
      await sessions.get(key);
      const release = await runs.hold(key, 'the session was deleted');
      try {
        await beforeSessionDelete?.(key);
        await sessions.delete(key);
      } finally {
        await release();
      }
      return c.body(null, 204);
    })
    .get('/api/sessions/:sessionId/messages', async (c) => {
      const key = sessionKeyOf(c);
      if (sessions.loadHistory === undefined) return c.json(await sessions.loadMessages(key));
      const { entries, skippedLines } = await sessions.loadHistory(key);
      return c.json({ messages: entries, skippedLines });
    })
    .route('/', createSessionHistoryRoutes(sessions))
    .route('/', createSessionWorkspaceRoutes(sessions, workspaces))
    .route('/', createSessionBrowserRoutes(sessions, browsers));
}
