import pg from 'pg';
import { connectionOptions, postgresLimits } from './connection.ts';
import { toPostgresError } from './postgres-error.ts';

export interface DatabaseFacts {
  version: string;
  isReadOnly: boolean;
  connections: number;
  maxConnections: number;
}

/** Looks at the database and changes nothing, not even tables. Throws AppError `storage_unavailable`, `invalid_database_url`. */
export async function askDatabase(url: string): Promise<DatabaseFacts> {
  const client = new pg.Client({
    ...connectionOptions(url, postgresLimits),
    connectionTimeoutMillis: postgresLimits.connectTimeoutMs,
  });
  // One that is lost after the answer is nobody's concern.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; ro: boolean; used: string; most: string }>(
      `SELECT current_setting('server_version') AS version,
              pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' AS ro,
              (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
              current_setting('max_connections') AS most`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('The database gave no answer.');
    return {
      version: row.version,
      isReadOnly: row.ro,
      connections: Number(row.used),
      maxConnections: Number(row.most),
    };
  } catch (error) {
    throw toPostgresError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
