import pg from 'pg';
import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { connectionOptions, postgresLimits } from './connection.ts';

/** Everything that holds words of sessions. */
const tables = [
  'sessions',
  'messages',
  'texts',
  'turns',
  'documents',
  'traces',
  'archives',
  'runs',
  'run_events',
  'calls',
];
const timeoutMs = 600_000;

/**
 * Takes deleted rows out of tables and indexes, which Postgres otherwise does some time later. What it cannot do now it
 * does by itself; so a fault is told in the log and not thrown.
 */
export async function vacuum({ url, logger }: { url: string; logger: Logger }): Promise<void> {
  const limits = { ...postgresLimits, statementTimeoutMs: timeoutMs, silenceTimeoutMs: timeoutMs + 5_000 };
  const client = new pg.Client({
    ...connectionOptions(url, limits),
    connectionTimeoutMillis: limits.connectTimeoutMs,
  });
  client.on('error', (error) => logger.debug('the connection that tidies broke', { reason: messageOf(error) }));
  try {
    await client.connect();
    await client.query(`VACUUM ${tables.map((name) => `agentrail.${name}`).join(', ')}`);
  } catch (error) {
    logger.warn('Postgres takes deleted rows off its disk later, by itself.', { reason: messageOf(error) });
  } finally {
    await client.end().catch((error: unknown) => logger.debug('not closed', { reason: messageOf(error) }));
  }
}
