import { expect, it } from 'vitest';
import type { FirstRunParts } from '../../first-run/open-first-run.ts';
import { json, makeConsole } from '../fakes.test-support.ts';

const header = { 'X-Agentrail-Console': '1' };

function parts(): FirstRunParts & { seen: unknown[] } {
  const seen: unknown[] = [];
  const open = { status: 'open', step: 'data', steps: { data: 'open', model: 'open', sandbox: 'open' } } as const;
  const place = { dataDir: '/data', canMove: true, moveCommand: 'move' };
  const tell = (what: unknown) => void seen.push(what);
  return {
    seen,
    state: {
      read: () => open,
      change: async (change) => {
        tell(change);
        return open;
      },
    },
    place: {
      read: async () => place,
      choose: async (to) => {
        tell(to);
        return { place, plan: { to, files: 1, totalBytes: 1, freeBytes: 9, warnings: [] } };
      },
      forget: async () => place,
    },
    look: async (port) => {
      tell(port);
      return [];
    },
    chooseModel: async (choice) => {
      tell(choice);
      return { isChosen: true };
    },
  };
}

it('tells the state, in the whole picture too, and hands changes on', async () => {
  const firstRun = parts();
  const { ask } = makeConsole({ firstRun });
  expect(await (await ask('/console/api/state')).json()).toMatchObject({ firstRun: { status: 'open' } });
  expect(await (await ask('/console/api/first-run')).json()).toMatchObject({ step: 'data' });
  await ask('/console/api/first-run', json('PATCH', { step: 'data', outcome: 'done' }, header));
  await ask('/console/api/first-run/place', json('PUT', { to: ' /new ' }, header));
  await ask('/console/api/first-run/local-models', json('POST', {}, header));
  await ask('/console/api/first-run/model', json('POST', { kind: 'demo' }, header));
  expect(firstRun.seen).toEqual([{ step: 'data', outcome: 'done' }, '/new', undefined, { kind: 'demo' }]);
});

it.each([
  ['PATCH', '/first-run', { step: 'nowhere', outcome: 'done' }],
  ['PATCH', '/first-run', { status: 'finished', step: 'data' }],
  ['PUT', '/first-run/place', { to: '' }],
  ['POST', '/first-run/local-models', { port: 70_000 }],
  ['POST', '/first-run/local-models', { host: 'example.com' }],
  ['POST', '/first-run/model', { kind: 'key', provider: 'other', value: 'x' }],
  ['POST', '/first-run/model', { kind: 'local', id: 'ollama', port: 1, model: '' }],
])('%s %s refuses %j and does nothing', async (method, path, body) => {
  const firstRun = parts();
  const { ask } = makeConsole({ firstRun });
  const response = await ask(`/console/api${path}`, json(method, body, header));
  expect(response.status).toBe(400);
  expect(firstRun.seen).toEqual([]);
});

it('is told as missing where somebody else set the server up', async () => {
  const { ask } = makeConsole();
  const response = await ask('/console/api/first-run');
  expect([response.status, await response.json()]).toMatchObject([503, { code: 'first_run_unmanaged' }]);
});
