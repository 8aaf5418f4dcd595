import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataLayout } from '../../data/layout.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { ann, userMessage } from '../conformance.ts';
import { createFileSessionStore } from '../file-store.ts';
import { createSessionIndex, type SessionIndex } from './session-index.ts';

const sessions = 120;
/** What a scan puts in at once, so that it is seen. */
const readFirst = 60;

describe('a list that is asked for while the index is being made', () => {
  let dataDir: string;
  let index: SessionIndex;
  let goOn: () => void;

  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'index-making-'));
    let now = 1_700_000_000_000;
    const clock = { ...systemClock, now: () => now };
    const store = createFileSessionStore({ dataDir, clock, logger: silentLogger, fsync: 'none' });
    const layout = createDataLayout(dataDir);
    for (let n = 1; n <= sessions; n += 1) {
      now += 60_000;
      const key = { ...ann, sessionId: `ses_${n}` };
      await store.getOrCreate(key, { agentId: 'coder', title: `title ${n}` });
      await store.appendMessages(key, [userMessage('words')]);
      await utimes(layout.session(ann.tenantId, key.sessionId).stateFile, now / 1000, now / 1000);
    }
    await store.close();
    await rm(path.join(dataDir, 'tenants', ann.tenantId, 'index.sqlite'));

    const held = Promise.withResolvers<void>();
    goOn = held.resolve;
    let reads = 0;
    index = createSessionIndex({
      ...{ layout, base: () => dataDir, logger: silentLogger, onTrash: () => undefined, onDeleted: () => undefined },
      async inTurn(_tenantId, _sessionId, work) {
        reads += 1;
        if (reads > readFirst) await held.promise;
        return work();
      },
    });
  });
  afterEach(async () => {
    goOn();
    await index.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('shows the latest sessions first, says how far it is, and goes on behind them', async () => {
    const first = await index.list({ limit: 5, isPartialWelcome: true });
    const latest = Array.from({ length: 5 }, (_, at) => `ses_${sessions - at}`);
    expect(first.sessions.map(({ sessionId }) => sessionId)).toEqual(latest);
    expect(first).toMatchObject({ isIncomplete: true, indexing: { total: sessions } });
    const done = first.indexing?.done ?? 0;
    expect(done).toBeGreaterThanOrEqual(5);
    expect(done).toBeLessThanOrEqual(readFirst);

    const known = await index.list({ limit: 200, isPartialWelcome: true });
    expect(known.sessions).toHaveLength(done);
    // The end of what is known is not the end of the list.
    expect(known.nextCursor).toBeDefined();
    const behind = { limit: 200, isPartialWelcome: true as const, cursor: known.nextCursor ?? '' };
    expect((await index.list(behind)).sessions).toEqual([]);
    goOn();
    const { sessions: whole } = await index.list({ limit: 200 });
    const rest = await index.list(behind);
    // One that was being read meanwhile may belong before the place that is known.
    const place = whole.findIndex(({ sessionId }) => sessionId === known.sessions.at(-1)?.sessionId);
    expect(place).toBeGreaterThanOrEqual(done - 1);
    expect([whole.length, rest.indexing, rest.nextCursor]).toEqual([sessions, undefined, undefined]);
    expect(rest.sessions).toEqual(whole.slice(place + 1));
  });

  it('finds titles of the sessions that were read, and says that more may come', async () => {
    const found = await index.list({ limit: 5, text: `title ${sessions}`, isPartialWelcome: true });
    expect(found.sessions.map(({ sessionId }) => sessionId)).toEqual([`ses_${sessions}`]);
    expect(found).toMatchObject({ isIncomplete: true, indexing: { total: sessions } });
  });

  it('is whole, and waits for that, for whoever does not ask for a part', async () => {
    const whole = index.list({ limit: 200 });
    const part = await index.list({ limit: 200, isPartialWelcome: true });
    expect(part.sessions.length).toBeLessThan(sessions);
    goOn();
    expect((await whole).sessions).toHaveLength(sessions);
    expect(await whole).not.toHaveProperty('indexing');
  });
});
