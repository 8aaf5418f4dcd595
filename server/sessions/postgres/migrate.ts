import { AppError } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Queries } from './database.ts';
import { migrations } from './migrations.ts';

/** One number for all instances on a database: whoever holds it migrates. */
const lockKey = 4_157_010_401;

/**
 * Makes the tables, or brings them up to date, in one transaction. Instances that start together wait for each other.
 * Throws AppError `schema_too_new` (503) when a later version of the program was here.
 */
export async function migrate(
  { rows }: Queries,
  logger: Logger,
  steps: readonly string[] = migrations,
): Promise<{ hasTrigrams: boolean }> {
  if ((await versionOf(rows)) === steps.length) {
    return { hasTrigrams: (await hasSearchIndex(rows)) || (await makeSearchIndex({ rows }, logger)) };
  }
  await rows('BEGIN');
  try {
    await rows(`SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)`);
    await rows('SELECT pg_advisory_xact_lock($1)', [lockKey]);
    await rows('CREATE SCHEMA IF NOT EXISTS agentrail');
    await rows(
      'CREATE TABLE IF NOT EXISTS agentrail.migrations (version integer PRIMARY KEY, at timestamptz NOT NULL)',
    );
    const before = (await versionOf(rows)) ?? 0;
    if (before > steps.length) throw tooNew(before, steps.length);
    for (const [at, step] of steps.entries()) {
      if (at < before) continue;
      await rows(step);
      await rows('INSERT INTO agentrail.migrations VALUES ($1, now())', [at + 1]);
    }
    await rows('COMMIT');
    if (before < steps.length) logger.info('The tables of the sessions were brought up to date.', { from: before });
  } catch (error) {
    await rows('ROLLBACK');
    throw error;
  }
  return { hasTrigrams: await makeSearchIndex({ rows }, logger) };
}

/** Undefined when there are no tables yet. */
async function versionOf(rows: Queries['rows']): Promise<number | undefined> {
  const [found] = await rows<{ name: string | null }>(`SELECT to_regclass('agentrail.migrations')::text AS name`);
  if (typeof found?.name !== 'string') return undefined;
  const [latest] = await rows<{ version: number }>(
    'SELECT coalesce(max(version), 0)::integer AS version FROM agentrail.migrations',
  );
  return latest?.version;
}

async function hasSearchIndex(rows: Queries['rows']): Promise<boolean> {
  const [found] = await rows<{ name: string | null }>(`SELECT to_regclass('agentrail.texts_trigrams')::text AS name`);
  return typeof found?.name === 'string' && (await knowsChinese(rows));
}

/** With `C` as the character type of the database, trigrams exist for ASCII only: then the index would find too little. */
async function knowsChinese(rows: Queries['rows']): Promise<boolean> {
  const schema = await trigramSchema(rows);
  if (schema === undefined) return false;
  const [shown] = await rows<{ many: number }>(`SELECT cardinality(${schema}.show_trgm('数据库'))::integer AS many`);
  return (shown?.many ?? 0) > 0;
}

/** The schema that pg_trgm lives in, quoted; undefined when it is not installed. */
async function trigramSchema(rows: Queries['rows']): Promise<string | undefined> {
  const [found] = await rows<{ schema: string }>(
    `SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
      WHERE e.extname = 'pg_trgm'`,
  );
  return found?.schema;
}

/** Search is slower without the index, and otherwise the same; so a database that refuses it is no fault. */
async function makeSearchIndex({ rows }: Queries, logger: Logger): Promise<boolean> {
  await rows('BEGIN');
  try {
    await rows(`SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)`);
    await rows('SELECT pg_advisory_xact_lock($1)', [lockKey]);
    await rows('CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA agentrail');
    const schema = await trigramSchema(rows);
    await rows(`CREATE INDEX IF NOT EXISTS texts_trigrams ON agentrail.texts USING gin (text ${schema}.gin_trgm_ops)`);
    await rows(
      `CREATE INDEX IF NOT EXISTS titles_trigrams ON agentrail.sessions USING gin (title ${schema}.gin_trgm_ops)`,
    );
    await rows('COMMIT');
    if (await knowsChinese(rows)) return true;
    logger.warn('Searching sessions is slow: the character type of the database is C. Make it with C.UTF-8.');
  } catch (error) {
    await rows('ROLLBACK');
    const reason = error instanceof Error ? error.message : '';
    logger.warn('Searching sessions is slow: the extension pg_trgm is not to be had.', { reason });
  }
  return false;
}

function tooNew(found: number, known: number): AppError {
  const message =
    `The database was used by a newer version of Agentrail (its tables are at ${found}, this one knows ${known}). ` +
    'Update this instance, or give it another database.';
  return new AppError('schema_too_new', message, { status: 503, details: { found, known } });
}
