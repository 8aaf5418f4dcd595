import pg from 'pg';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { connectionOptions, faultOfUrl, type PostgresLimits, parsedTypes, postgresLimits } from './connection.ts';
import {
  isConnectionBroken,
  isUndone,
  namedOrLost,
  postgresFaultOf,
  sqlStateOf,
  toPostgresError,
} from './postgres-error.ts';

type Row = Record<string, unknown>;

/** Carries out statements. Values travel beside the text, never in it. */
export interface Queries {
  rows<R extends object = Row>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

export interface DatabaseOptions {
  /** `postgres://user:password@host/database`. */
  url: string;
  logger: Logger;
  clock: Clock;
  limits?: Partial<PostgresLimits> | undefined;
  /** Carried out before the first statement, and again after the tables were found gone. */
  prepare(queries: Queries): Promise<void>;
}

/**
 * A pool of connections to one database. Faults of the database arrive as `storage_unavailable`; connections that broke
 * are thrown away, and new ones are tried for a while before a fault is told.
 */
export interface Database {
  /** One statement that changes nothing: carried out again when its connection broke. */
  read: Queries['rows'];
  /** One statement, carried out at most once. */
  write: Queries['rows'];
  /** All or nothing. `work` may be called again when Postgres undid it because of other transactions. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** Really writes and reads back, without patience. */
  ping(): Promise<void>;
  /** Refuses new work, waits for what is under way, and disconnects. Idempotent. */
  close(): Promise<void>;
}

/** How often a transaction is tried that others got in the way of. */
const mostTries = 4;
const reconnectPausesMs = [50, 150, 300, 600, 900];

export function createDatabase(options: DatabaseOptions): Database {
  const { clock } = options;
  const logger = options.logger.child({ component: 'database' });
  const limits = { ...postgresLimits, ...options.limits };
  // Told at every use and not here: people mend the address in the program itself.
  const unusable = faultOfUrl(options.url);
  const pool = new pg.Pool({
    ...(unusable ? {} : connectionOptions(options.url, limits)),
    types: parsedTypes,
    max: limits.maxConnections,
    connectionTimeoutMillis: limits.connectTimeoutMs,
    idleTimeoutMillis: 30_000,
  });
  // Without a listener, a connection that breaks while it is idle or between two statements ends the process.
  pool.on('error', (error) => logger.warn('a database connection broke', { reason: messageOf(error) }));
  pool.on('connect', (client) =>
    client.on('error', (error) => logger.debug('a database connection broke', { reason: messageOf(error) })),
  );
  let preparing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  function prepared(): Promise<void> {
    preparing ??= withConnection((client) => options.prepare(queriesOn(client))).catch((error: unknown) => {
      preparing = undefined;
      throw error;
    });
    return preparing;
  }

  async function connect(): Promise<pg.PoolClient> {
    for (const pauseMs of [...reconnectPausesMs, undefined]) {
      try {
        return await pool.connect();
      } catch (thrown) {
        const error = namedOrLost(thrown);
        const isWorthWaiting = limits.isPatient && postgresFaultOf(error) === 'unreachable';
        if (pauseMs === undefined || !isWorthWaiting || closing !== undefined) throw error;
        await clock.sleep(pauseMs);
      }
    }
    throw new Error('the pauses ran out');
  }

  async function withConnection<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await connect();
    let isBroken = false;
    try {
      return await work(client);
    } catch (error) {
      isBroken = isConnectionBroken(error);
      throw error;
    } finally {
      client.release(isBroken);
    }
  }

  async function inTransaction<T>(client: pg.PoolClient, work: (queries: Queries) => Promise<T>): Promise<T> {
    const queries = queriesOn(client);
    await queries.rows('BEGIN');
    try {
      const result = await work(queries);
      await queries.rows('COMMIT');
      return result;
    } catch (error) {
      if (!isConnectionBroken(error)) await queries.rows('ROLLBACK');
      throw error;
    }
  }

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    if (closing !== undefined) throw new AppError('store_closed', 'The server is shutting down.', { status: 503 });
    if (unusable) throw unusable;
    try {
      await prepared();
      return await work();
    } catch (error) {
      if (postgresFaultOf(error) === 'missing') preparing = undefined;
      const fault = toPostgresError(error);
      if (fault instanceof AppError && fault.code === 'storage_unavailable') {
        const about = { reason: messageOf(error), sqlState: sqlStateOf(error), details: fault.details };
        logger.error('storage unavailable', about);
      }
      throw fault;
    }
  }

  async function again<T>(work: () => Promise<T>, isWorthIt: (error: unknown) => boolean, tries: number): Promise<T> {
    for (let left = tries; ; left -= 1) {
      try {
        return await work();
      } catch (error) {
        if (left <= 1 || !isWorthIt(error)) throw error;
      }
    }
  }

  const once: Queries['rows'] = (text, values) => withConnection((client) => queriesOn(client).rows(text, values));

  return {
    read: (text, values) => guarded(() => again(() => once(text, values), isConnectionBroken, 2)),
    write: (text, values) => guarded(() => again(() => once(text, values), isUndone, mostTries)),
    transaction: (work) =>
      guarded(() => again(() => withConnection((client) => inTransaction(client, work)), isUndone, mostTries)),
    ping: () =>
      guarded(async () => {
        const text = `INSERT INTO agentrail.probes VALUES ('ping', now()) ON CONFLICT (name) DO UPDATE SET at = now()`;
        const client = await pool.connect().catch((error: unknown) => Promise.reject(namedOrLost(error)));
        let isBroken = true;
        try {
          // The option is known to pg, though not to its types.
          const query: pg.QueryConfig & { query_timeout: number } = { text, query_timeout: limits.pingTimeoutMs };
          await client.query(query).catch((error: unknown) => Promise.reject(namedOrLost(error)));
          isBroken = false;
        } finally {
          client.release(isBroken);
        }
      }),
    close() {
      closing ??= pool.end();
      return closing;
    },
  };
}

function queriesOn(client: pg.PoolClient): Queries {
  return {
    async rows<R extends object>(text: string, values: readonly unknown[] = []) {
      try {
        return (await client.query<R & pg.QueryResultRow>(text, [...values])).rows;
      } catch (error) {
        throw namedOrLost(error);
      }
    },
  };
}
