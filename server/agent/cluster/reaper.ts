import type { RunInfo } from '../../contract/chat.ts';
import type { NumberedEvent, RunEvent } from '../../contract/events.ts';
import type { Database } from '../../sessions/postgres/database.ts';
import { channel } from '../../sessions/postgres/listener.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { noUsage } from '../run-usage.ts';

/** How long a run that is over can still be read. */
const keepMinutes = 10;
/**
 * What a lost instance told its own readers but no longer wrote down has numbers below this many more. Its readers
 * find a gap before the end and get a snapshot there.
 */
const gap = 1_000_000;

const lost =
  'The instance of the server that ran this conversation is gone. What was finished is kept: go on from there.';

/** Ends the runs of instances that are gone, in their place, and forgets runs that were over long ago. */
export async function reap(database: Database, logger: Logger): Promise<void> {
  const dead = await database.transaction(async ({ rows }) => {
    const found = await rows<{ run_id: string; info: string | null; last: number }>(
      `SELECT run_id, info, (SELECT coalesce(max(last_seq), 0) FROM agentrail.run_events e WHERE e.run_id = r.run_id)
          ::bigint AS last
        FROM agentrail.runs r WHERE ended_at IS NULL AND expires_at < now() FOR UPDATE SKIP LOCKED`,
    );
    for (const { run_id, info, last } of found) {
      const events = lastEvents(info, last + gap);
      const body = JSON.stringify(events);
      const finalSeq = events.at(-1)?.sequence ?? last;
      if (events.length > 0)
        await rows('INSERT INTO agentrail.run_events VALUES ($1, $2, $3, 2147483647, $4)', [
          run_id,
          last + gap,
          finalSeq,
          body,
        ]);
      await rows(
        `UPDATE agentrail.runs SET released_at = coalesce(released_at, now()), ended_at = now(), final_seq = $2,
            info = $3 WHERE run_id = $1`,
        [run_id, finalSeq, info === null ? null : JSON.stringify(ended(JSON.parse(info) as RunInfo))],
      );
      await rows(`SELECT pg_notify('${channel}', json_build_object('topic', 'events ' || $1::text)::text)`, [run_id]);
    }
    return found;
  });
  for (const { run_id } of dead)
    logger.warn('a run was ended in the place of its instance, which is gone', { runId: run_id });
  await database.write(
    `WITH gone AS (
        DELETE FROM agentrail.runs WHERE ended_at < now() - $1 * interval '1 minute' RETURNING run_id
      ), events AS (DELETE FROM agentrail.run_events WHERE run_id IN (SELECT run_id FROM gone))
      DELETE FROM agentrail.calls WHERE made_at < now() - $1 * interval '1 minute'`,
    [keepMinutes],
  );
}

function lastEvents(info: string | null, first: number): NumberedEvent[] {
  if (info === null) return [];
  const { usage } = JSON.parse(info) as RunInfo;
  const events: RunEvent[] = [
    { type: 'error', error: { code: 'instance_lost', message: lost } },
    { type: 'session.end', stopReason: 'error', usage: usage ?? noUsage() },
    { type: 'context_usage', inputTokens: 0, outputTokens: 0, budgetUsedPct: 0 },
  ];
  return events.map((event, at) => ({ sequence: first + at, event }));
}

function ended({ pending: _, ...info }: RunInfo): RunInfo {
  return { ...info, status: 'error', activity: '', endedAt: Date.now() };
}
