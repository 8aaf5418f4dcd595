import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { json, makeConsole, temporaryFolder } from './fakes.test-support.ts';

test('searches are kept, replaced by name, listed by name and removed', async () => {
  const dataDir = await temporaryFolder();
  const { ask } = makeConsole({ dataDir });
  const put = (name: string, query: string) => ask('/console/api/logs/searches', json('PUT', { name, query }));
  expect(await (await ask('/console/api/logs/searches')).json()).toEqual({ searches: [] });
  await Promise.all([put('b', 'text=1'), put(' a ', 'text=2'), put('b', 'text=3')]);
  const searches = [
    { name: 'a', query: 'text=2' },
    { name: 'b', query: 'text=3' },
  ];
  expect(await (await makeConsole({ dataDir }).ask('/console/api/logs/searches')).json()).toEqual({ searches });
  const left = await ask('/console/api/logs/searches/a', { method: 'DELETE' });
  expect(await left.json()).toEqual({ searches: searches.slice(1) });
});

test('a file that cannot be read is told and never overwritten', async () => {
  const dataDir = await temporaryFolder();
  const file = path.join(dataDir, 'log-searches.json');
  await writeFile(file, '{"version":1,');
  const { ask } = makeConsole({ dataDir });
  for (const init of [{}, json('PUT', { name: 'a', query: '' })]) {
    const response = await ask('/console/api/logs/searches', init);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: 'log_searches_unreadable' });
  }
  expect(await readFile(file, 'utf8')).toBe('{"version":1,');
});

test.each([{ name: '', query: '' }, { name: 'a' }, { name: 'x'.repeat(81), query: '' }])('refuses %j', async (body) => {
  const { ask } = makeConsole({ dataDir: await temporaryFolder() });
  expect((await ask('/console/api/logs/searches', json('PUT', body))).status).toBe(400);
});
