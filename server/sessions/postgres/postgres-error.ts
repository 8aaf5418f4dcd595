import { AppError, messageOf } from '../../lib/app-error.ts';

/** Why Postgres did not do what it was asked. */
export type PostgresFault =
  | 'unreachable'
  | 'disk_full'
  | 'read_only'
  | 'no_permission'
  | 'too_many_connections'
  | 'too_slow'
  | 'io_error'
  | 'missing';

const sentences: Record<PostgresFault, string> = {
  unreachable: 'The database does not answer. Start it or check DATABASE_URL; the service goes on by itself.',
  disk_full: "The database's disk is full. Free some space there; the service goes on by itself.",
  read_only: 'The database is read-only, for instance a standby. Point DATABASE_URL at the one that takes writes.',
  no_permission: 'The database refused the user or password of DATABASE_URL, or gives that user too few rights.',
  too_many_connections: 'The database takes no more connections. Raise max_connections or run fewer instances.',
  too_slow: 'The database took too long. Look at its load and locks; the service goes on when it is faster.',
  io_error: "The database reports a fault of its own. See the database's log; the service goes on when it is mended.",
  missing: 'The tables of the sessions are gone from the database. They are made anew, empty, at the next use.',
};

/** By SQLSTATE, the longest beginning first. */
const states: [beginning: string, fault: PostgresFault][] = [
  ['53100', 'disk_full'],
  ['53300', 'too_many_connections'],
  ['53', 'io_error'],
  ['25006', 'read_only'],
  ['57014', 'too_slow'],
  ['55P03', 'too_slow'],
  ['40', 'too_slow'],
  ['25P03', 'too_slow'],
  ['28', 'no_permission'],
  ['42501', 'no_permission'],
  ['3D000', 'missing'],
  ['3F000', 'missing'],
  ['42P01', 'missing'],
  ['08', 'unreachable'],
  ['57P', 'unreachable'],
  ['58', 'io_error'],
  ['XX', 'io_error'],
];

/** The five characters that Postgres names an error by; undefined when the error did not come from its server. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object) ? code : undefined;
}

/** A connection broke, went silent, or could not be made. What was sent on it may have been carried out or not. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** What a call of the client library threw: an error that Postgres named, as it is; anything else as a lost connection. */
export function namedOrLost(error: unknown): unknown {
  return sqlStateOf(error) === undefined ? new ConnectionLost(messageOf(error), { cause: error }) : error;
}

/** The connection can no longer be trusted: it broke, or nobody knows what is still to come on it. */
export function isConnectionBroken(error: unknown): boolean {
  const state = sqlStateOf(error) ?? '';
  return error instanceof ConnectionLost || state.startsWith('08') || state.startsWith('57P') || state === '25P03';
}

/** Postgres undid the transaction because of others; the same again may succeed. */
export function isUndone(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '40001' || state === '40P01';
}

/** Undefined for errors that are a fault of ours and none of the database. */
export function postgresFaultOf(error: unknown): PostgresFault | undefined {
  if (error instanceof ConnectionLost) return 'unreachable';
  const state = sqlStateOf(error);
  return state === undefined ? undefined : states.find(([beginning]) => state.startsWith(beginning))?.[1];
}

/** What a statement threw, as AppError `storage_unavailable` (503, details {fault}); mistakes of ours as they are. */
export function toPostgresError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const fault = postgresFaultOf(error);
  if (fault === undefined) return error;
  return new AppError('storage_unavailable', sentences[fault], { status: 503, details: { fault }, cause: error });
}
