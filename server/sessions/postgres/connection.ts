import pg from 'pg';
import { AppError } from '../../lib/app-error.ts';

export interface PostgresLimits {
  /** Of the pool, per instance; listening takes one more. */
  maxConnections: number;
  connectTimeoutMs: number;
  /** After this Postgres ends a statement by itself. */
  statementTimeoutMs: number;
  /** After this we give a statement up whose connection went silent. More than `statementTimeoutMs`. */
  silenceTimeoutMs: number;
  lockTimeoutMs: number;
  pingTimeoutMs: number;
  /** Whether a database that is not there is waited for, about two seconds, before that is a fault. */
  isPatient: boolean;
}

export const postgresLimits: PostgresLimits = {
  maxConnections: 10,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 15_000,
  silenceTimeoutMs: 20_000,
  lockTimeoutMs: 10_000,
  pingTimeoutMs: 3_000,
  isPatient: true,
};

const bigintOid = 20;

/** Counters and times are whole numbers far below 2^53. */
export const parsedTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === bigintOid && format !== 'binary') return Number;
    return pg.types.getTypeParser(oid, format);
  },
};

/** AppError `invalid_database_url` (503), which never holds the address: it may carry a password. */
export function faultOfUrl(url: string): AppError | undefined {
  if (/^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url)) return undefined;
  const message = 'DATABASE_URL is no address of a database. Write postgres://user:password@host:5432/database.';
  return new AppError('invalid_database_url', message, { status: 503 });
}

/** Throws what `faultOfUrl` tells. */
export function connectionOptions(url: string, limits: PostgresLimits): pg.ClientConfig {
  const fault = faultOfUrl(url);
  if (fault) throw fault;
  return {
    connectionString: url,
    application_name: 'agentrail',
    keepAlive: true,
    statement_timeout: limits.statementTimeoutMs,
    query_timeout: limits.silenceTimeoutMs,
    lock_timeout: limits.lockTimeoutMs,
    idle_in_transaction_session_timeout: limits.statementTimeoutMs,
  };
}
