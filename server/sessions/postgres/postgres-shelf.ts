import type { SessionShelf } from '../../data/session-shelf.ts';
import type { Database } from './database.ts';
import { plain, type StoredSession } from './session-rows.ts';
import { takeSessionIn } from './take-in.ts';
import { totals } from './totals.ts';
import { writeSessionFiles } from './write-out.ts';

/** The sessions of a database as folders of files. */
export function createPostgresShelf(database: Database): SessionShelf {
  const one = 'tenant_id = $1 AND session_id = $2';
  const hasSession = async (tenantId: string, sessionId: string) =>
    (await database.read(`SELECT 1 FROM agentrail.sessions WHERE ${one}`, [plain(tenantId), plain(sessionId)])).length >
    0;
  return {
    hasSession,
    async has(tenantId) {
      return (await totals({ rows: database.read }, tenantId)).sessions > 0;
    },
    async bytes(tenantId) {
      return (await totals({ rows: database.read }, tenantId)).sizeBytes;
    },
    async sessions(tenantId) {
      const found = await database.read<{ id: string }>(
        'SELECT session_id AS id FROM agentrail.sessions WHERE tenant_id = $1 ORDER BY session_id',
        [plain(tenantId)],
      );
      return found.map(({ id }) => id);
    },
    writeOut: (tenantId, sessionId, folder) =>
      database.transaction(async (queries) => {
        await queries.rows('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
        const [own] = await queries.rows<StoredSession>(`SELECT * FROM agentrail.sessions WHERE ${one}`, [
          plain(tenantId),
          plain(sessionId),
        ]);
        if (own !== undefined) await writeSessionFiles(queries, own, folder);
        return own !== undefined;
      }),
    takeIn: (tenantId, sessionId, folder) =>
      database.transaction((queries) => takeSessionIn(queries, { tenantId, sessionId }, folder)),
    async drop(tenantId, sessionId) {
      await database.write(`DELETE FROM agentrail.sessions WHERE ${one}`, [plain(tenantId), plain(sessionId)]);
    },
  };
}
