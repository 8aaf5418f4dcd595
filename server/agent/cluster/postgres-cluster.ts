import type { RunInfo } from '../../contract/chat.ts';
import type { SessionKey } from '../../contract/ids.ts';
import type { RespondAnswer, RespondRequest } from '../../contract/permissions.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { channel, createListener } from '../../sessions/postgres/listener.ts';
import type { PostgresSessionStore } from '../../sessions/postgres/postgres-store.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { RunManager } from '../runs.ts';
import { createCalls } from './calls.ts';
import { createClaims } from './claims.ts';
import type { Cluster } from './cluster.ts';
import { createMirror, type RunMirror } from './mirror.ts';
import { createPresence } from './presence.ts';
import { createReaderLeases } from './reader-leases.ts';
import { reap } from './reaper.ts';
import { createRemoteRun } from './remote-run.ts';

export interface ClusterTimes {
  /** How long a session stays taken by an instance that says nothing more. It is renewed three times as often. */
  leaseMs: number;
  /** Events of so many milliseconds travel together to readers elsewhere. */
  gatherMs: number;
  /** How often is looked for events when no notification comes. */
  lookMs: number;
  callTimeoutMs: number;
}

export interface PostgresClusterOptions {
  /** As the store's. */
  url: string;
  store: PostgresSessionStore;
  /** Of this process, and of no other ever. */
  instanceId: string;
  /** Shared with processes that must be gone, for this one took their place: what they held is free at once. */
  nodeId?: string;
  /** What people know the machine by. */
  host?: string;
  clock: Clock;
  logger: Logger;
  times?: Partial<ClusterTimes>;
}

const usualTimes: ClusterTimes = { leaseMs: 10_000, gatherMs: 40, lookMs: 2_000, callTimeoutMs: 10_000 };
const bufferBytes = 4 * 1024 * 1024;

type Question =
  | { type: 'abort'; runId: string; reason: string }
  | { type: 'respond'; key: SessionKey; answer: RespondRequest };

/** Lets instances on one Postgres share sessions: one run per session, readable and stoppable from everywhere. */
export function createPostgresCluster(options: PostgresClusterOptions): Cluster {
  const { store, nodeId, clock, url } = options;
  const instanceId = nodeId === undefined ? options.instanceId : `${nodeId}/${options.instanceId}`;
  const { database, held } = store;
  const times = { ...usualTimes, ...options.times };
  const logger = options.logger.child({ component: 'cluster' });
  const presence = createPresence({
    database,
    instanceId,
    host: options.host ?? 'unnamed',
    leaseMs: 2 * times.leaseMs,
  });
  const listener = createListener({ url, logger, clock });
  const mirrors = new Map<string, RunMirror>();
  const closing = new AbortController();
  let runs: RunManager | undefined;
  let unsubscribe: (() => void) | undefined;

  const claims = createClaims({
    ...{ database, held, instanceId, logger, leaseMs: times.leaseMs },
    check: (key) => store.get(key),
  });
  const calls = createCalls({
    ...{ database, listener, instanceId, clock, logger, timeoutMs: times.callTimeoutMs },
    carryOut: (question) => carryOut(question as Question),
  });
  const readers = createReaderLeases({ clock, runs: () => runs });
  const forgetReaders = listener.on(`readers ${instanceId}`, (runId) => runId !== undefined && readers.renew(runId));

  async function carryOut(question: Question): Promise<unknown> {
    if (!runs) throw new AppError('draining', 'That instance is stopping. Try again in a moment.', { status: 503 });
    if (question.type === 'abort') return runs.abort(question.runId, question.reason);
    return runs.respond(question.key, question.answer);
  }

  let cleared: Promise<void> | undefined;
  function afterPredecessors(): Promise<void> {
    cleared ??= clearPredecessors().catch((error: unknown) => {
      cleared = undefined;
      throw error;
    });
    return cleared;
  }

  async function clearPredecessors(): Promise<void> {
    if (nodeId === undefined) return;
    await database.write(
      `UPDATE agentrail.runs SET expires_at = now() - interval '1 second'
        WHERE starts_with(instance_id, $1) AND instance_id <> $2 AND ended_at IS NULL`,
      [`${nodeId}/`, instanceId],
    );
    await reap(database, logger);
  }

  async function beat(): Promise<void> {
    await afterPredecessors();
    await presence.announce();
    for (const runId of await claims.renew()) runs?.abort(runId, 'another instance took the session over');
    await calls.look();
    await reap(database, logger);
    await presence.forget();
  }

  async function keepBeating(): Promise<void> {
    while (!closing.signal.aborted) {
      await clock.sleep(times.leaseMs / 3, closing.signal);
      await beat().catch((error: unknown) =>
        logger.debug('leases wait for the database', { reason: messageOf(error) }),
      );
    }
  }
  const beating = keepBeating().catch((error: unknown) => {
    if (!closing.signal.aborted) logger.error('leases are no longer renewed', { reason: messageOf(error) });
  });

  interface Found {
    instance_id: string;
    info: string | null;
    run_id: string;
    host: string | null;
  }

  const runsWithHost = `SELECT r.run_id, r.instance_id, r.info, i.host
    FROM agentrail.runs r LEFT JOIN agentrail.instances i USING (instance_id) WHERE r.info IS NOT NULL`;

  function infoOf({ info, host }: Pick<Found, 'info' | 'host'>): RunInfo {
    return { ...(JSON.parse(info ?? '') as RunInfo), instance: host ?? 'unnamed' };
  }

  async function findRow(runId: string): Promise<Found | undefined> {
    const [found] = await database.read<Found>(`${runsWithHost} AND r.run_id = $1`, [runId]);
    return found;
  }

  function keepReading(to: string, runId: string): () => void {
    const reading = new AbortController();
    const tell = async () => {
      while (!reading.signal.aborted && !closing.signal.aborted) {
        await database
          .write(`SELECT pg_notify('${channel}', $1)`, [JSON.stringify({ topic: `readers ${to}`, about: runId })])
          .catch((error: unknown) => logger.debug('a reader was not told of', { reason: messageOf(error) }));
        // Rejects when the reader left.
        await clock.sleep(readers.renewMs, reading.signal).catch(() => undefined);
      }
    };
    void tell();
    return () => reading.abort();
  }

  return {
    async claim(key, runId) {
      await afterPredecessors();
      return claims.claim(key, runId);
    },
    mirror(run) {
      const { runId } = run;
      claims.keepOpen(runId);
      const mirror = createMirror({
        ...{ database, run, clock, logger, maxBytes: bufferBytes, gatherMs: times.gatherMs },
        onOver() {
          mirrors.delete(runId);
          claims.over(runId);
        },
      });
      mirrors.set(runId, mirror);
      return mirror;
    },
    async find(runId) {
      const found = await findRow(runId);
      if (found === undefined) return undefined;
      return createRemoteRun({
        ...{ database, listener, clock, lookMs: times.lookMs, info: infoOf(found) },
        keepReading: () => keepReading(found.instance_id, runId),
      });
    },
    async list() {
      const found = await database.read<Found>(
        `${runsWithHost} AND r.released_at IS NULL AND r.expires_at > now() AND r.instance_id <> $1
          ORDER BY r.started_at DESC`,
        [instanceId],
      );
      return found.map(infoOf);
    },
    instances: presence.list,
    onDeleted: (hear) =>
      listener.on('deleted', (about) => {
        const [tenantId, sessionId, origin] = about?.split('/') ?? [];
        if (tenantId && sessionId && origin !== store.origin) hear({ tenantId, sessionId });
      }),
    async abort(runId, reason) {
      const [found] = await database.read<{ instance_id: string; is_over: boolean }>(
        'SELECT instance_id, ended_at IS NOT NULL OR expires_at < now() AS is_over FROM agentrail.runs WHERE run_id = $1',
        [runId],
      );
      if (found && !found.is_over)
        await calls.ask(found.instance_id, { type: 'abort', runId, reason } satisfies Question);
      return found !== undefined;
    },
    async respond(key, answer) {
      const [holder] = await database.read<{ instance_id: string }>(
        `SELECT instance_id FROM agentrail.runs WHERE tenant_id = $1 AND session_id = $2 AND user_id = $3
          AND released_at IS NULL AND expires_at > now() AND instance_id <> $4`,
        [key.tenantId, key.sessionId, key.userId, instanceId],
      );
      if (!holder) return undefined;
      const { tenantId, userId, sessionId } = key;
      const question: Question = { type: 'respond', key: { tenantId, userId, sessionId }, answer };
      return (await calls.ask(holder.instance_id, question)) as RespondAnswer;
    },
    serve(next) {
      unsubscribe?.();
      runs = next;
      presence
        .announce()
        .catch((error: unknown) => logger.debug('others hear of this instance later', { reason: messageOf(error) }));
      unsubscribe = next.subscribe((info) => mirrors.get(info.runId)?.follow(info));
    },
    async close() {
      await Promise.all([...mirrors.values()].map(({ done }) => done));
      closing.abort();
      unsubscribe?.();
      forgetReaders();
      readers.close();
      calls.close();
      await beating;
      await presence.leave().catch((error: unknown) => logger.debug('still announced', { reason: messageOf(error) }));
      await listener.close();
    },
  };
}
