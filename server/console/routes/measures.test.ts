import { expect, it } from 'vitest';
import { makeConsole } from '../fakes.test-support.ts';

const sample = { at: 1, lagMs: 2, memoryBytes: 3, cpuPct: 4 };

it('what was measured is told for the time that is asked for', async () => {
  const { ask } = makeConsole({
    vitals: { history: () => ({ minutes: [sample], day: [] }) },
    sizes: { growth: async () => ({ history: [], freeBytes: 5 }) },
  });
  expect(await (await ask('/console/api/health/vitals?span=minutes')).json()).toEqual([sample]);
  expect(await (await ask('/console/api/health/vitals?span=day')).json()).toEqual([]);
  expect((await ask('/console/api/health/vitals?span=year')).status).toBe(400);
  expect(await (await ask('/console/api/data/growth')).json()).toEqual({ history: [], freeBytes: 5 });
});

it('a server that measures nothing says so', async () => {
  const { ask } = makeConsole();
  expect((await ask('/console/api/health/vitals?span=day')).status).toBe(503);
  expect((await ask('/console/api/data/growth')).status).toBe(503);
});
