import type { SessionKey } from '../../contract/ids.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Database } from '../../sessions/postgres/database.ts';
import type { HeldRuns } from '../../sessions/postgres/held-runs.ts';
import type { Logger } from '../../telemetry/logger.ts';

export interface ClaimsOptions {
  database: Database;
  held: HeldRuns;
  instanceId: string;
  /** How long a session stays taken by an instance that says nothing more. */
  leaseMs: number;
  logger: Logger;
  /** Tells `session_not_found` to somebody who may not know of the session. */
  check(key: SessionKey): Promise<unknown>;
}

/** Sessions taken for runs of this instance; the database's clock alone decides when a claim is over. */
export interface Claims {
  claim(key: SessionKey, runId: string): Promise<() => Promise<void>>;
  /** The run goes on telling after its session was let go: it is not over until `over`. */
  keepOpen(runId: string): void;
  /** No longer renewed. */
  over(runId: string): void;
  /** Renews every claim; gives back the runs whose session another instance has taken meanwhile. */
  renew(): Promise<string[]>;
}

export function createClaims({ database, held, instanceId, leaseMs, logger, check }: ClaimsOptions): Claims {
  /** Runs that are renewed, and whether they still have their session. */
  const active = new Map<string, { holds: boolean; tells: boolean }>();

  async function take(key: SessionKey, runId: string): Promise<{ run_id: string; user_id: string } | undefined> {
    const { tenantId, sessionId, userId } = key;
    return database.transaction(async ({ rows }) => {
      // One of our own that is left: its release did not arrive. Nothing of ours runs in this session now.
      await rows(
        `UPDATE agentrail.runs SET released_at = now() WHERE tenant_id = $1 AND session_id = $2
          AND released_at IS NULL AND (expires_at < now() OR instance_id = $3)`,
        [tenantId, sessionId, instanceId],
      );
      const made = await rows(
        `INSERT INTO agentrail.runs (run_id, tenant_id, session_id, user_id, instance_id, expires_at)
          VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 millisecond')
          ON CONFLICT (tenant_id, session_id) WHERE released_at IS NULL DO NOTHING RETURNING 1`,
        [runId, tenantId, sessionId, userId, instanceId, leaseMs],
      );
      if (made.length > 0) return undefined;
      const [holder] = await rows<{ run_id: string; user_id: string }>(
        'SELECT run_id, user_id FROM agentrail.runs WHERE tenant_id = $1 AND session_id = $2 AND released_at IS NULL',
        [tenantId, sessionId],
      );
      return holder ?? { run_id: '', user_id: userId };
    });
  }

  async function release(key: SessionKey, runId: string): Promise<void> {
    const entry = active.get(runId);
    const isOver = entry?.tells !== true;
    if (entry) entry.holds = false;
    if (isOver) active.delete(runId);
    held.letGo(key, runId);
    await database
      .write(
        `UPDATE agentrail.runs SET released_at = coalesce(released_at, now()),
            ended_at = CASE WHEN $2 THEN coalesce(ended_at, now()) ELSE ended_at END,
            final_seq = CASE WHEN $2 THEN coalesce(final_seq, 0) ELSE final_seq END
          WHERE run_id = $1`,
        [runId, isOver],
      )
      .catch((error: unknown) =>
        logger.warn('a session is let go when its lease ends, not now', { runId, reason: messageOf(error) }),
      );
  }

  return {
    async claim(key, runId) {
      const holder = await take(key, runId);
      if (holder) {
        if (holder.user_id !== key.userId) await check(key);
        throw new AppError('session_busy', 'This session is answering another message. Wait for it or abort it.', {
          status: 409,
          ...(holder.run_id !== '' && { details: { runId: holder.run_id } }),
        });
      }
      held.hold(key, runId);
      active.set(runId, { holds: true, tells: false });
      let releasing: Promise<void> | undefined;
      return () => {
        releasing ??= release(key, runId);
        return releasing;
      };
    },
    keepOpen(runId) {
      const entry = active.get(runId);
      if (entry) entry.tells = true;
    },
    over: (runId) => void active.delete(runId),
    async renew() {
      // Those that are claimed while we ask are in no answer and not lost.
      const asked = [...active.keys()];
      if (asked.length === 0) return [];
      const renewed = await database.write<{ run_id: string; is_held: boolean }>(
        `UPDATE agentrail.runs SET expires_at = now() + $2 * interval '1 millisecond'
          WHERE run_id = ANY ($1::text[]) AND ended_at IS NULL RETURNING run_id, released_at IS NULL AS is_held`,
        [asked, leaseMs],
      );
      const ours = new Set(renewed.filter(({ is_held }) => is_held).map(({ run_id }) => run_id));
      return asked.filter((runId) => active.get(runId)?.holds === true && !ours.has(runId));
    },
  };
}
