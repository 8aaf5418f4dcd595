import type { Database } from '../../sessions/postgres/database.ts';
import type { LiveInstance } from '../runs.ts';

export interface PresenceOptions {
  database: Database;
  instanceId: string;
  host: string;
  /** After this without a word it counts as gone. */
  leaseMs: number;
}

/** Which instances live, by their own word. Nothing rests on it but what people are shown. */
export interface Presence {
  announce(): Promise<void>;
  list(): Promise<LiveInstance[]>;
  /** Removes those that are long gone. */
  forget(): Promise<void>;
  leave(): Promise<void>;
}

export function createPresence({ database, instanceId, host, leaseMs }: PresenceOptions): Presence {
  return {
    async announce() {
      await database.write(
        `INSERT INTO agentrail.instances VALUES ($1, $2, now(), now() + $3 * interval '1 millisecond')
          ON CONFLICT (instance_id) DO UPDATE SET expires_at = excluded.expires_at`,
        [instanceId, host, leaseMs],
      );
    },
    async list() {
      const found = await database.read<{ instance_id: string; host: string; at: number }>(
        `SELECT instance_id, host, (extract(epoch FROM started_at) * 1000)::bigint AS at FROM agentrail.instances
          WHERE expires_at > now() ORDER BY started_at, instance_id`,
      );
      return found.map((each) => ({ host: each.host, startedAt: each.at, isSelf: each.instance_id === instanceId }));
    },
    async forget() {
      await database.write(`DELETE FROM agentrail.instances WHERE expires_at < now() - interval '10 minutes'`);
    },
    async leave() {
      await database.write('DELETE FROM agentrail.instances WHERE instance_id = $1', [instanceId]);
    },
  };
}
