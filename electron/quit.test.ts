import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createQuit, type QuitOptions } from './quit.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function prepare(close: QuitOptions['close'], choice: 'drain' | 'now' | 'cancel' = 'now') {
  const spies = { exit: vi.fn(), onProgress: vi.fn(), report: vi.fn(), hurry: vi.fn(), ask: vi.fn(async () => choice) };
  const event = { preventDefault: vi.fn() };
  const quit = createQuit({
    ...spies,
    requestQuit: () => quit.onBeforeQuit(event),
    close,
    runs: () => ['Count the files'],
    boundMs: (mode) => (mode === 'drain' ? 60_000 : 20_000),
  });
  const request = () => quit.onBeforeQuit(event);
  return { ...spies, quit, event, request, settle: () => vi.advanceTimersByTimeAsync(0) };
}

const hanging = () => new Promise<void>(() => undefined);

test('quitting waits for the ordered shutdown, shows its steps and then ends with 0', async () => {
  const closing = Promise.withResolvers<void>();
  const { quit, exit, onProgress, event, request, settle } = prepare((mode, tell) => {
    expect(mode).toBe('now');
    tell('Destroying sandboxes');
    return closing.promise;
  });
  expect(quit.isQuitting()).toBe(false);
  request();
  await settle();
  expect(event.preventDefault).toHaveBeenCalledOnce();
  expect(quit.isQuitting()).toBe(true);
  expect(onProgress).toHaveBeenCalledWith({ step: 'Destroying sandboxes', runs: [] });
  await vi.advanceTimersByTimeAsync(19_000);
  expect(exit).not.toHaveBeenCalled();
  closing.resolve();
  await settle();
  expect(exit.mock.calls).toEqual([[0]]);
  expect(vi.getTimerCount()).toBe(0);
});

test('runs that are waited for are told, and have the time of the settings', async () => {
  const { exit, onProgress, request, settle } = prepare((_mode, tell) => {
    tell('Ending runs');
    return hanging();
  }, 'drain');
  request();
  await settle();
  expect(onProgress).toHaveBeenCalledWith({ step: 'Ending runs', runs: ['Count the files'] });
  await vi.advanceTimersByTimeAsync(59_000);
  expect(exit).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1000);
  expect(exit.mock.calls).toEqual([[1]]);
});

test('who decides against it stays, and may quit later', async () => {
  const close = vi.fn(async () => undefined);
  const { quit, ask, exit, request, settle } = prepare(close, 'cancel');
  request();
  await settle();
  expect(quit.isQuitting()).toBe(false);
  expect(close).not.toHaveBeenCalled();
  ask.mockResolvedValue('now');
  request();
  await settle();
  expect(exit.mock.calls).toEqual([[0]]);
});

test('a question that cannot be shown does not keep the program', async () => {
  const { ask, exit, request, settle } = prepare(async () => undefined);
  ask.mockRejectedValue(new Error('no display'));
  request();
  await settle();
  expect(exit.mock.calls).toEqual([[0]]);
});

test('a shutdown that hangs is left behind after its bound', async () => {
  const { exit, report, request, settle } = prepare(hanging);
  request();
  await settle();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(exit.mock.calls).toEqual([[1]]);
  expect(report.mock.calls[0]?.[0]).toContain('longer than it may');
});

test('a shutdown that fails ends the program with 1 and says why', async () => {
  const { exit, report, request, settle } = prepare(() => Promise.reject(new Error('disk full')));
  request();
  await settle();
  expect(exit.mock.calls).toEqual([[1]]);
  expect(report.mock.calls[0]?.[0]).toContain('disk full');
});

test('a second quit ends the runs that are waited for, a third ends the program at once', async () => {
  const { exit, hurry, request, settle } = prepare(hanging, 'drain');
  request();
  await settle();
  request();
  expect(hurry).toHaveBeenCalledOnce();
  expect(exit).not.toHaveBeenCalled();
  request();
  expect(exit.mock.calls).toEqual([[1]]);
});

test('after a second quit the shorter bound counts', async () => {
  const { exit, request, settle } = prepare(hanging, 'drain');
  request();
  await settle();
  request();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(exit.mock.calls).toEqual([[1]]);
});

test('without runs to wait for, the second quit forces', async () => {
  const { exit, request, settle } = prepare(hanging);
  request();
  await settle();
  request();
  expect(exit.mock.calls).toEqual([[1]]);
});

test('while the question is open, another quit asks no second one', async () => {
  const { ask, request, settle } = prepare(hanging);
  ask.mockReturnValue(new Promise(() => undefined));
  request();
  request();
  await settle();
  expect(ask).toHaveBeenCalledOnce();
});

test('a system that shuts down neither asks nor waits, and may tell it twice', async () => {
  const close = vi.fn(hanging);
  const { quit, ask, exit, request, settle } = prepare(close);
  quit.urgently('system');
  request();
  quit.urgently('signal');
  await settle();
  expect(ask).not.toHaveBeenCalled();
  expect(close).toHaveBeenCalledExactlyOnceWith('now', expect.any(Function));
  expect(exit).not.toHaveBeenCalled();
});

test('a system that shuts down goes ahead of a question and of runs that are waited for', async () => {
  const asking = prepare(async () => undefined);
  asking.ask.mockReturnValue(new Promise(() => undefined));
  asking.request();
  asking.quit.urgently('system');
  await asking.settle();
  expect(asking.exit.mock.calls).toEqual([[0]]);

  const draining = prepare(hanging, 'drain');
  draining.request();
  await draining.settle();
  draining.quit.urgently('system');
  expect(draining.hurry).toHaveBeenCalledOnce();
});

test('a second signal ends the program at once', async () => {
  const { quit, exit, settle } = prepare(hanging);
  quit.urgently('signal');
  await settle();
  quit.urgently('signal');
  expect(exit.mock.calls).toEqual([[1]]);
});
