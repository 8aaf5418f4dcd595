import { describe, expect, it } from 'vitest';
import type { KeepingProgress, RetentionPlan, RetentionRules } from '../../contract/keeping.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Keeping } from '../../sessions/keeping/keeping.ts';
import { json, makeConsole, sessionSummary } from '../fakes.test-support.ts';

async function eventsOf(response: Response): Promise<KeepingProgress[]> {
  expect(response.headers.get('Content-Type')).toBe('text/event-stream');
  const blocks = (await response.text()).split('\n\n').filter((block) => block !== '');
  return blocks.map((block) => JSON.parse(block.replace(/^data: /, '')) as KeepingProgress);
}

const plan: RetentionPlan = { sessions: [], freedBytes: 3, keptWithRun: 0, logFiles: [] };

function makeKeeping() {
  const asked: unknown[] = [];
  const removed: unknown[] = [];
  const keeping = {
    retention: {
      async preview(rules: RetentionRules) {
        asked.push(rules);
        return plan;
      },
      async apply(_plan, { onProgress } = {}) {
        for (let done = 1; done <= 50; done += 1) onProgress?.({ type: 'step', done, total: 50, unit: 'sessions' });
        return { deleted: 50, freedBytes: 3, kept: 0, failed: 0, logFiles: 0 };
      },
    },
    erasure: {
      preview: async (scope) => ({ ...scope, sessions: 2, sizeBytes: 5 }),
      apply: () => Promise.reject(new AppError('storage_unavailable', 'The disk is full.', { status: 503 })),
    },
    removeSession: async (key) => {
      removed.push(key);
      return 1;
    },
    sizes: async () => ({ tenants: [], sessions: 0, sizeBytes: 0 }),
    exportTenant: () => Promise.reject(new AppError('tenant_not_found', 'There is no such tenant.', { status: 404 })),
    async importTenant(source, { merge, onProgress } = {}) {
      let bytes = 0;
      for await (const chunk of source) bytes += chunk.length;
      onProgress?.({ type: 'step', done: bytes, total: bytes, unit: 'bytes' });
      asked.push(merge);
      return { tenantId: 'acme', files: 1, totalBytes: bytes, added: 1, replaced: 0, skipped: 0 };
    },
  } satisfies Keeping;
  return { keeping, asked, removed };
}

describe('kept data in the console', () => {
  it('is thinned out with the outcome as the last event, and not with an event for every session', async () => {
    const { keeping, asked } = makeKeeping();
    const { ask } = makeConsole({ keeping });
    const rules = { maxAgeDays: 30 };
    expect(await (await ask('/console/api/data/retention/preview', json('POST', rules))).json()).toEqual(plan);
    const events = await eventsOf(await ask('/console/api/data/retention/apply', json('POST', rules)));
    expect(events).toMatchObject([
      { type: 'step', done: 1 },
      { type: 'step', done: 50, total: 50 },
      { type: 'done', report: { deleted: 50 } },
    ]);
    expect(asked).toEqual([rules, rules]);
  });

  it('tells a fault as the last event', async () => {
    const { ask } = makeConsole({ keeping: makeKeeping().keeping });
    const scope = { tenantId: 'acme', userId: 'ann' };
    expect(await (await ask('/console/api/data/erase/preview', json('POST', scope))).json()).toMatchObject({
      sessions: 2,
    });
    const events = await eventsOf(await ask('/console/api/data/erase', json('POST', scope)));
    expect(events).toEqual([{ type: 'failed', code: 'storage_unavailable', message: 'The disk is full.' }]);
  });

  it('takes an archive larger than other bodies may be', async () => {
    const { keeping, asked } = makeKeeping();
    const { ask } = makeConsole({ keeping });
    const body = new Uint8Array(3_000_000);
    const response = await ask('/console/api/data/tenants/import?merge=skip', { method: 'POST', body });
    expect((await eventsOf(response)).at(-1)).toMatchObject({ type: 'done', report: { totalBytes: 3_000_000 } });
    expect(asked).toEqual(['skip']);
    expect((await ask('/console/api/data/tenants/nobody/export')).status).toBe(404);
  });

  it('goes with its session wherever a session is deleted', async () => {
    const { keeping, removed } = makeKeeping();
    const { ask, sessions } = makeConsole({ keeping });
    const { tenantId, userId, sessionId } = sessionSummary();
    sessions.rows.set(sessionId, sessionSummary());
    await ask(`/console/api/sessions/${tenantId}/${userId}/${sessionId}`, { method: 'DELETE' });
    expect(removed).toEqual([{ tenantId, userId, sessionId }]);
  });

  it.each([
    ['/data/retention/apply', {}],
    ['/data/retention/apply', { maxAgeDays: -1 }],
    ['/data/erase', {}],
    ['/data/erase', { tenantId: '../x' }],
  ])('%s refuses %j', async (at, body) => {
    const { ask } = makeConsole({ keeping: makeKeeping().keeping });
    expect((await ask(`/console/api${at}`, json('POST', body))).status).toBe(400);
  });
});
