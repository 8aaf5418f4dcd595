import type { SessionBook } from './book.ts';
import type { StormDatabase } from './kill-storm.ts';

/** What the tables say of themselves after a kill: counted is what is there, and nothing belongs to nobody. */
export async function verifyDatabase({ sql }: StormDatabase, faults: string[]): Promise<void> {
  const wrong = await sql(
    `SELECT coalesce(s.tenant_id, t.tenant_id) AS tenant, s.bytes, t.bytes AS counted, s.sessions, t.sessions AS known
      FROM (SELECT tenant_id, count(*) AS sessions, sum(size_bytes) AS bytes, sum(turns) AS turns
        FROM agentrail.sessions GROUP BY tenant_id) AS s
      FULL JOIN (SELECT tenant_id, sum(sessions) AS sessions, sum(size_bytes) AS bytes, sum(turns) AS turns
        FROM agentrail.totals GROUP BY tenant_id) AS t USING (tenant_id)
      WHERE (s.sessions, s.bytes, s.turns) IS DISTINCT FROM (t.sessions, t.bytes, t.turns)`,
  );
  for (const row of wrong) faults.push(`the totals are not what the sessions add up to: ${JSON.stringify(row)}`);
  const sizes = await sql(
    `SELECT s.session_id AS id FROM agentrail.sessions s
      WHERE size_bytes < (SELECT coalesce(sum(octet_length(body) + 1), 0) FROM agentrail.messages WHERE session_no = s.no)
        OR turns <> (SELECT count(*) FROM agentrail.turns WHERE session_no = s.no)
        OR next_seq <= (SELECT coalesce(max(seq), 0) FROM agentrail.messages WHERE session_no = s.no)`,
  );
  for (const { id } of sizes) faults.push(`${String(id)} does not count what it holds`);
}

/** Nothing is left of a session that must be gone, and a live one's notes hold what was noted. */
export async function verifyRows({ sql }: StormDatabase, book: SessionBook, faults: string[]): Promise<void> {
  const { tenantId, sessionId } = book.key;
  const of = `tenant_id = '${tenantId}' AND session_id = '${sessionId}'`;
  if (book.presence === 'deleted') {
    const left = await sql(`SELECT 1 FROM agentrail.sessions WHERE ${of}`);
    if (left.length > 0) faults.push(`${tenantId}/${sessionId} was deleted and still has rows`);
  }
  if (book.presence !== 'live' || book.notes.length === 0) return;
  const [found] = await sql(
    `SELECT convert_from(content, 'UTF8') AS notes FROM agentrail.documents d JOIN agentrail.sessions s ON s.no = d.session_no
      WHERE ${of} AND kind = 'memory' AND name = 'NOTES.md'`,
  );
  const notes = String(found?.notes ?? '');
  const missing = book.notes.find((note) => !notes.includes(note));
  if (missing !== undefined) faults.push(`${tenantId}/${sessionId}: "${missing}" is not in NOTES.md`);
}
