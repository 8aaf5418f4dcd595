import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linkedPages, parseDeepLink } from './deep-links.ts';
import { argumentsOfLater, parseStart } from './start-options.ts';

test.each([
  ['agentrail://overview', '/'],
  ['agentrail://logs', '/logs'],
  ['agentrail://logs/', '/logs'],
  ['agentrail://session/01J8Z', '/playground/01J8Z'],
  ['agentrail://session/s-1?tenant=acme&user=ada', '/playground/s-1?tenant=acme&user=ada'],
])('%s leads to %s', (link, address) => {
  expect(parseDeepLink(link)).toBe(address);
});

test.each([
  'agentrail://',
  'agentrail:logs',
  'agentrail://nowhere',
  'agentrail://constructor',
  'agentrail://logs/../secrets',
  'agentrail://logs?run=1',
  'agentrail://logs#top',
  'agentrail://user@logs',
  'agentrail://logs:80',
  'agentrail://session',
  'agentrail://session/',
  'agentrail://session/a/b',
  'agentrail://session/..',
  'agentrail://session/%2e%2e',
  'agentrail://session/a?tenant=a&tenant=b',
  'agentrail://session/a?next=https://example.com',
  'agentrail://session/a?tenant=../x',
  `agentrail://session/${'a'.repeat(700)}`,
  'https://logs',
  'app://console/logs',
  'javascript:alert(1)',
])('%s leads nowhere', (link) => {
  expect(parseDeepLink(link)).toBeUndefined();
});

test('whatever a link says, its address is one of the console and holds nothing that could lead out of it', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((rest) => `agentrail://session/${rest}`),
    fc.webUrl(),
  );
  fc.assert(
    fc.property(text, (link) => {
      const address = parseDeepLink(link);
      if (address === undefined) return;
      const url = new URL(address, 'http://console');
      expect(url.host).toBe('console');
      expect(address).toMatch(/^\/(?:[a-z-]*|playground\/[\w.-]+(?:\?[\w.&=-]+)?)$/);
    }),
  );
});

test('a link may name every page of the console, and nothing else', () => {
  const source = readFileSync(join(import.meta.dirname, '../renderer/app/pages.tsx'), 'utf8');
  const pages = [...source.matchAll(/id: '([a-z-]+)',\s+path: '([^']+)'/g)].map(([, id, path]) => [id, path]);
  expect(pages.length).toBeGreaterThan(12);
  expect(linkedPages).toEqual(Object.fromEntries(pages));
});

test('options of a command line count only before a link', () => {
  const start = parseStart(['--port', '1', 'agentrail://logs', '--safe-mode', '--data-dir', '/elsewhere']);
  expect(start).toEqual({ isSafeMode: false, isHidden: false, link: 'agentrail://logs', own: ['--port', '1'] });
});

test('a command line is read for what only the desktop program knows', () => {
  expect(parseStart(['--safe-mode', '--hidden', '--launcher-pipe=3'])).toMatchObject({
    isSafeMode: true,
    isHidden: true,
    launcherPipe: 3,
  });
  expect(parseStart(['--launcher-pipe=x'])).not.toHaveProperty('launcherPipe');
  expect(parseStart([])).toEqual({ isSafeMode: false, isHidden: false, own: [] });
});

test('a start that came too late is handed on without what was meant for its own process', () => {
  expect(argumentsOfLater(['/app', '--hidden', '--launcher-pipe', '5', '--data-dir', '/d'])).toEqual([
    ...['/app', '--data-dir', '/d'],
  ]);
  expect(argumentsOfLater(['--launcher-pipe=5', 'agentrail://logs'])).toEqual(['agentrail://logs']);
  // What follows a link does not count anyway, and is not looked at.
  expect(argumentsOfLater(['agentrail://logs', '--hidden'])).toEqual(['agentrail://logs', '--hidden']);
});
