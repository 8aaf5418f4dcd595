import { expect, it } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { browserFault } from '../../../sandbox/browser/faults.ts';
import { createBrowserOffer } from './browser-offer.ts';
import { browserTools } from './browser-tools.ts';
import { isInsideSandbox, parseBrowserUrl } from './browser-url.ts';

it.each([
  ['http://localhost:8000/a', true],
  ['http://app.localhost/', true],
  ['http://127.0.0.1:3000/', true],
  ['http://2130706433/', true],
  ['http://[::1]:80/', true],
  ['file:///workspace/index.html', true],
  ['https://example.com/', false],
  ['http://localhost.example.com/', false],
  ['http://127.0.0.1.example.com/', false],
])('%s is a page of the sandbox: %s', (url, isInside) => {
  expect(isInsideSandbox(parseBrowserUrl(url))).toBe(isInside);
});

it.each([
  ['example.com', 'invalid_url'],
  ['javascript:alert(1)', 'scheme_refused'],
  ['data:text/html,x', 'scheme_refused'],
  ['chrome://settings', 'scheme_refused'],
  ['view-source:http://localhost/', 'scheme_refused'],
  ['http://ann:secret@localhost/', 'credentials_refused'],
  ['file:///etc/passwd', 'path_outside_workspace'],
  ['file:///workspace/../etc/passwd', 'path_outside_workspace'],
  ['file:///workspace/%2e%2e/etc/passwd', 'path_outside_workspace'],
  ['file:///workspace/..%2fetc/passwd', 'path_outside_workspace'],
  ['file:///workspacex/a', 'path_outside_workspace'],
  ['file://server/workspace/a', 'path_outside_workspace'],
])('%s is refused with %s', (url, code) => {
  expect(() => parseBrowserUrl(url)).toThrow(expect.objectContaining({ code }));
});

it('counts a page of the sandbox as running code and one elsewhere as leaving it, by its host', () => {
  const imageFor = () => 'agentrail-sandbox:browser';
  const browsers = { find: () => undefined, open: () => Promise.reject(new Error('no')), close: async () => false };
  const [navigate] = browserTools({ browsers, imageFor, clock: systemClock });
  expect(navigate?.reachOf?.({ url: 'http://localhost:1/' })).toBe('execute');
  expect(navigate?.reachOf?.({ url: 'https://example.com/' })).toBe('outside');
  expect(navigate?.reachOf?.({ url: 'nonsense' })).toBe('outside');
  expect(navigate?.targetOf?.({ url: 'https://Example.com:8443/a' })).toEqual({ kind: 'host', host: 'example.com' });
});

it('tells only those agents of the browser whose image has one', async () => {
  const images: Record<string, string> = {
    plain: 'agentrail-sandbox:bookworm',
    browsing: 'agentrail-sandbox:browser',
    own: 'mine:1',
  };
  let at = 0;
  const clock = { ...systemClock, monotonic: () => at };
  const offer = createBrowserOffer((agentId) => images[agentId] ?? '', clock);
  expect(['plain', 'browsing', 'own'].map(offer.isOffered)).toEqual([false, true, true]);
  await expect(offer.learn('mine:1', Promise.reject(browserFault('browser_missing')))).rejects.toThrow('no browser');
  expect(offer.isOffered('own')).toBe(false);
  at = 11 * 60_000;
  expect(offer.isOffered('own')).toBe(true);
});
