import { z } from 'zod';
import type { RunManager } from '../../agent/runs.ts';
import type { RunInfo, SessionSummary } from '../../contract/chat.ts';
import { idSchema, type SessionKey } from '../../contract/ids.ts';
import { type SessionListing, type SessionRow, type SessionStatus, sessionStatuses } from '../../contract/sessions.ts';
import { AppError } from '../../lib/app-error.ts';
import type { SessionQuery, SessionStore } from '../../sessions/store.ts';

export const sessionListQuery = z.object({
  tenantId: idSchema.optional(),
  userId: idSchema.optional(),
  agentId: idSchema.optional(),
  status: z.enum(sessionStatuses).optional().describe('`error` and `aborted`: how the last turn ended.'),
  text: z.string().max(200).optional().describe('Words of the title or of one message, in any case and order.'),
  cursor: z.string().max(1024).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
type ListQuery = z.output<typeof sessionListQuery>;

/** A row with what goes on in it. */
export type ListedSession = SessionRow & { status: SessionStatus };

/** One page of sessions that fit the query. Those with a run are known here, not to the store. */
export async function listSessions(
  sessions: SessionStore,
  runs: Pick<RunManager, 'list' | 'elsewhere'>,
  { status, ...rest }: ListQuery,
): Promise<SessionListing & { sessions: ListedSession[] }> {
  const going = [...runs.list().filter((run) => run.status === 'running'), ...((await runs.elsewhere?.list()) ?? [])];
  const running = new Set(going.map(placeOf));
  const toRow = (row: SessionRow): ListedSession => ({ ...row, status: statusOf(row, running) });
  const query = withoutUndefined(rest);
  if (status === 'running') return { sessions: (await runningSessions(sessions, going, query)).map(toRow) };
  const ended = status === 'error' || status === 'aborted' ? { lastStopReason: status } : {};
  const page: SessionListing = await sessions.list({ ...query, ...ended });
  const rows = page.sessions.map(toRow);
  return { ...page, sessions: status === undefined ? rows : rows.filter((row) => row.status === status) };
}

/** At most as many as runs may go on at once, so all are on one page. */
async function runningSessions(
  sessions: SessionStore,
  going: readonly RunInfo[],
  { tenantId, userId, agentId, text }: SessionQuery,
): Promise<SessionSummary[]> {
  const wanted = going
    .filter((run) => (tenantId ?? run.tenantId) === run.tenantId && (userId ?? run.userId) === run.userId)
    .filter((run) => (agentId ?? run.agentId) === run.agentId);
  const found = await Promise.all(wanted.map((run) => getIfThere(sessions, run)));
  const words = (text ?? '').toLowerCase().split(/\s+/u);
  return found
    .filter((row) => row !== undefined)
    .filter((row) => words.every((word) => row.title.toLowerCase().includes(word)))
    .toSorted((a, b) => b.lastActiveAt - a.lastActiveAt);
}

async function getIfThere(sessions: SessionStore, key: SessionKey): Promise<SessionSummary | undefined> {
  try {
    const { tenantId, userId, sessionId } = key;
    return await sessions.get({ tenantId, userId, sessionId });
  } catch (error) {
    if (error instanceof AppError && error.code === 'session_not_found') return undefined;
    throw error;
  }
}

function statusOf(row: SessionRow, running: ReadonlySet<string>): SessionStatus {
  if (running.has(placeOf(row))) return 'running';
  return row.lastStopReason === 'error' || row.lastStopReason === 'aborted' ? row.lastStopReason : 'idle';
}

function placeOf({ tenantId, userId, sessionId }: SessionKey): string {
  return `${tenantId}/${userId}/${sessionId}`;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Absent and undefined are two things to the store. */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Defined<T>;
}
