import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { describeSessionStore } from '../conformance.ts';
import { describeAgentrailSessionStore } from '../conformance-depth.ts';
import { makePostgresCluster, type PostgresCluster } from './fixtures/postgres-cluster.ts';
import { createPostgresSessionStore, type PostgresSessionStore } from './postgres-store.ts';

let cluster: PostgresCluster;
let now = 1_700_000_000_000;
/** Every look at it is a millisecond later, so that the order of sessions is certain. */
const clock: Clock = { ...systemClock, now: () => now++ };

beforeAll(async () => {
  cluster = await makePostgresCluster();
});
afterAll(() => cluster.remove());

function openStore(url = cluster.url): PostgresSessionStore {
  return createPostgresSessionStore({ url, clock, logger: silentLogger });
}

const makeStore = async () => {
  let store = openStore();
  await store.ping();
  await cluster.sql('TRUNCATE agentrail.sessions, agentrail.totals CASCADE');
  return {
    store,
    async reopen() {
      await store.close();
      store = openStore();
      return store;
    },
    dispose: () => store.close(),
  };
};

const harness = { describe, it, expect, beforeEach, afterEach };
describeSessionStore('the Postgres store', makeStore, harness);
describeAgentrailSessionStore('the Postgres store', makeStore, harness);
