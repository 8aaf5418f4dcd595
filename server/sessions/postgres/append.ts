import type { SessionKey } from '../../contract/ids.ts';
import { ownAndAllowed, whenHeld } from './held-runs.ts';
import type { AppendRows } from './message-rows.ts';
import type { SessionTable } from './session-table.ts';

/** One statement for a whole append: it costs the same however long the history is, and is there whole or not at all. */
const append = `${whenHeld},
  own AS (
    UPDATE agentrail.sessions SET next_seq = next_seq + 2 * cardinality($5::text[]), size_bytes = size_bytes + $7
    WHERE ${ownAndAllowed} RETURNING no, next_seq - 2 * cardinality($5::text[]) AS first
  ),
  said AS (
    INSERT INTO agentrail.texts (session_no, seq, role, at, text)
    SELECT own.no, own.first + t.place, t.role, t.at, t.text
      FROM own, unnest($8::integer[], $9::text[], $10::bigint[], $11::text[]) AS t (place, role, at, text)
  )
  INSERT INTO agentrail.messages (session_no, seq, role, run_id, body)
  SELECT own.no, own.first + 2 * (m.place - 1), m.role, $4, m.body
    FROM own, unnest($5::text[], $6::text[]) WITH ORDINALITY AS m (role, body, place)
  RETURNING seq`;

export async function appendRows(table: SessionTable, key: SessionKey, made: AppendRows): Promise<void> {
  const { offsets, roles, times, texts } = made.texts;
  const values = [made.roles, made.bodies, made.sizeBytes, offsets, roles, times, texts];
  const added = await table.database.write(append, [...table.parameters(key), ...values]);
  if (added.length === 0) throw await table.refuse(key);
}
