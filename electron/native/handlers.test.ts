import { describe, expect, test, vi } from 'vitest';
import { channelOf, type NativeCalls } from './contract.ts';
import { argumentSchemas, isOwnPage, registerNativeHandlers } from './handlers.ts';

const ownFrame = { url: 'app://console/logs', parent: null };

function registered() {
  const handlers = new Map<string, (event: object, ...given: unknown[]) => unknown>();
  const answers = {
    appInfo: vi.fn(),
    chooseDirectory: vi.fn(() => '/srv/data'),
    showItemInFolder: vi.fn(),
    openExternal: vi.fn(),
    notify: vi.fn(),
    setThemeSource: vi.fn(),
    setMenuLanguage: vi.fn(),
    startup: vi.fn(),
    changeStartup: vi.fn(),
    updates: vi.fn(),
    update: vi.fn(),
    takeOver: vi.fn(),
    quit: vi.fn(),
  };
  registerNativeHandlers({ handle: (channel, handler) => void handlers.set(channel, handler as never) }, answers);
  const call = (name: keyof NativeCalls, senderFrame: object | null, ...given: unknown[]) =>
    handlers.get(channelOf(name))?.({ senderFrame }, ...given);
  return { answers, call, channels: [...handlers.keys()] };
}

test('every call of the contract has a channel', () => {
  expect(registered().channels).toEqual(Object.keys(argumentSchemas).map((name) => `native:${name}`));
});

test('the console is answered', () => {
  expect(registered().call('chooseDirectory', ownFrame)).toBe('/srv/data');
});

test.each([
  ['a frame that is gone', null],
  ['a frame inside the page', { url: 'app://console/', parent: {} }],
  ['a foreign page', { url: 'https://example.com/', parent: null }],
  ['a page whose address only looks like ours', { url: 'app://console.evil.example/', parent: null }],
  ['an empty page', { url: 'about:blank', parent: null }],
])('%s is refused and nothing is done', (_who, frame) => {
  const { answers, call } = registered();
  expect(() => call('chooseDirectory', frame)).toThrow('Only the console');
  expect(answers.chooseDirectory).not.toHaveBeenCalled();
});

test('only the top frame of the console is its own page', () => {
  expect(isOwnPage(ownFrame)).toBe(true);
  expect(isOwnPage(null)).toBe(false);
});

describe('arguments', () => {
  test.each<[keyof NativeCalls, unknown[]]>([
    ['openExternal', ['https://example.com/']],
    ['showItemInFolder', ['/var/log/agentrail']],
    ['notify', [{ title: 'Run finished', body: '' }]],
    ['setThemeSource', ['dark']],
    ['setMenuLanguage', ['zh-CN']],
    ['notify', [{ title: 'Run finished', body: '', path: '/playground/s-1' }]],
    ['changeStartup', [{ onClose: 'tray' }]],
    ['changeStartup', [{ atLogin: true, notifications: false }]],
    ['update', ['install']],
    ['quit', []],
  ])('%s with %j is carried out', (name, given) => {
    const { answers, call } = registered();
    call(name, ownFrame, ...given);
    expect(answers[name]).toHaveBeenCalledWith(...given);
  });

  test.each<[keyof NativeCalls, unknown[]]>([
    ['openExternal', ['http://example.com/']],
    ['openExternal', ['file:///etc/passwd']],
    ['openExternal', []],
    ['showItemInFolder', ['relative/path']],
    ['showItemInFolder', ['//host/share']],
    ['showItemInFolder', ['/a\0b']],
    ['showItemInFolder', [{}]],
    ['notify', [{ title: '', body: '' }]],
    ['notify', [{ title: 'a', body: 'b', icon: '/etc/passwd' }]],
    ['setThemeSource', ['sepia']],
    ['setMenuLanguage', ['fr']],
    ['chooseDirectory', ['unexpected']],
    ['notify', [{ title: 'a', body: 'b', path: '//example.com/' }]],
    ['notify', [{ title: 'a', body: 'b', path: 'https://example.com/' }]],
    ['changeStartup', [{ onClose: 'explode' }]],
    ['changeStartup', [{ atLogin: 'yes' }]],
    ['changeStartup', [{ path: '/bin/sh' }]],
    ['update', ['https://example.com/']],
    ['quit', [0]],
  ])('%s with %j is refused and nothing is done', (name, given) => {
    const { answers, call } = registered();
    expect(() => call(name, ownFrame, ...given)).toThrow();
    expect(answers[name]).not.toHaveBeenCalled();
  });
});
