import { expect, it } from 'vitest';
import type { NetworkStatus, NetworkTrial } from '../../contract/network.ts';
import { json, makeConsole } from '../fakes.test-support.ts';

const status: NetworkStatus = { source: 'gnome', https: 'http://p:1', bypass: ['*.test'], isScriptIgnored: false };

it('tells the way out, and tries an address', async () => {
  const asked: string[] = [];
  const trial = { source: 'gnome' as const, isException: false, durationMs: 3, status: 200 };
  const { ask } = makeConsole({
    network: {
      status: async () => status,
      try: async (url) => {
        asked.push(url.href);
        return { host: url.host, ...trial };
      },
    },
  });
  expect(await (await ask('/console/api/network')).json()).toEqual(status);
  const tried = (await (
    await ask('/console/api/network/try', json('POST', { url: 'https://example.com' }))
  ).json()) as NetworkTrial;
  expect(tried).toEqual({ host: 'example.com', ...trial });
  expect(asked).toEqual(['https://example.com/']);
});

it.each(['file:///etc/passwd', 'example.com', ''])('refuses to try %s', async (url) => {
  const network = { status: async () => status, try: () => Promise.reject(new Error('was asked')) };
  const response = await makeConsole({ network }).ask('/console/api/network/try', json('POST', { url }));
  expect(response.status).toBe(400);
});

it('says so where nobody knows the way', async () => {
  const response = await makeConsole().ask('/console/api/network');
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'network_unavailable']);
});
