import { makePostgresCluster } from '../sessions/postgres/fixtures/postgres-cluster.ts';
import { runKillStorm, type StormOptions, type StormReport } from './kill-storm.ts';

/** The storm with sessions in a Postgres of its own, which is killed too. */
export async function runPostgresStorm(options: Omit<StormOptions, 'database'>): Promise<StormReport> {
  const cluster = await makePostgresCluster();
  try {
    return await runKillStorm({
      ...options,
      database: {
        url: cluster.url,
        sql: (text) => cluster.sql(text),
        async crash() {
          await cluster.stop('kill');
          await cluster.start();
        },
      },
    });
  } finally {
    await cluster.remove();
  }
}
