import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { UpdatePhase, UpdateState } from '../native/contract.ts';
import { createUpdates, type FoundUpdate, type UpdateChoices, type Updater } from './updates.ts';

const newest: FoundUpdate = { version: '2.0.0', notes: 'Faster.', releasedAt: 5 };
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => vi.useRealTimers());

interface Change {
  check?: Updater['check'];
  download?: Updater['download'];
  backUp?: (signal: AbortSignal) => Promise<void>;
  choices?: UpdateChoices;
  load?: 'source' | 'no_address';
}

function opened(change: Change = {}) {
  let kept = change.choices;
  let runs: string[] = [];
  const keep = (value: UpdateChoices) => {
    kept = value;
  };
  const states: UpdateState[] = [];
  const install = vi.fn<Updater['install']>();
  const check = vi.fn(change.check ?? (async () => newest));
  const backUp = vi.fn(change.backUp ?? (async () => undefined));
  const announce = vi.fn();
  const requestQuit = vi.fn();
  const updater: Updater = {
    check,
    download:
      change.download ??
      (async (onProgress) => {
        onProgress(30, 100);
        onProgress(100, 100);
      }),
    install,
  };
  const load = vi.fn(async () => updater);
  const updates = createUpdates({
    ...{ version: '1.0.0', load: change.load ?? load, backUp, announce, requestQuit, now: Date.now },
    runs: () => runs,
    choices: { read: () => kept, write: (value: UpdateChoices) => keep(value) },
    onChange: (state) => states.push(state),
  });
  const phases = () => states.map(({ phase }) => phase).filter((phase, index, all) => phase !== all[index - 1]);
  const until = (phase: UpdatePhase) => vi.waitFor(() => expect(updates.state().phase).toBe(phase));
  return {
    ...{ updates, states, phases, until, load, check, install, backUp, announce, requestQuit, kept: () => kept },
    setRuns: (next: string[]) => {
      runs = next;
    },
  };
}

test.each(['source', 'no_address'] as const)('a build from %s says why it is not updated, and does nothing', (load) => {
  const { updates, announce } = opened({ load });
  updates.begin();
  for (const action of ['check', 'download', 'install'] as const) updates.act(action);
  vi.advanceTimersByTime(24 * hourMs);
  expect(updates.state()).toMatchObject({ phase: 'unavailable', reason: load });
  expect(updates.knowledge()).toBeUndefined();
  expect(updates.installInstead(vi.fn())).toBe(false);
  expect(announce).not.toHaveBeenCalled();
});

describe('looking', () => {
  test('finds a newer version with its notes, without fetching it', async () => {
    const { updates, until, backUp } = opened();
    updates.act('check');
    await until('available');
    expect(updates.state()).toMatchObject({
      latest: '2.0.0',
      notes: 'Faster.',
      releasedAt: 5,
      checkedAt: expect.any(Number),
    });
    expect(updates.knowledge()).toEqual({ latest: '2.0.0', checkedAt: expect.any(Number) });
    expect(backUp).not.toHaveBeenCalled();
  });

  test('says when this is the newest', async () => {
    const { updates, until } = opened({ check: async () => undefined });
    updates.act('check');
    await until('current');
    expect(updates.knowledge()).toEqual({ checkedAt: expect.any(Number) });
  });

  test('that fails says so, and the next one goes well', async () => {
    const answers = [
      Promise.reject(new Error('net::ERR_NAME_NOT_RESOLVED\n    at somewhere')),
      Promise.resolve(newest),
    ];
    const { updates, until } = opened({ check: () => answers.shift() ?? Promise.resolve(undefined) });
    updates.act('check');
    await until('failed');
    const detail = 'net::ERR_NAME_NOT_RESOLVED';
    expect(updates.state().problem).toEqual({ step: 'check', code: 'unreachable', detail });
    expect(updates.knowledge()).toMatchObject({ problem: detail });
    updates.act('check');
    await until('available');
    expect(updates.knowledge()?.problem).toBeUndefined();
  });

  test('happens by itself and tells once it found something; nothing is loaded before', async () => {
    const { updates, load, check, announce } = opened();
    updates.begin();
    expect(load).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2 * minuteMs);
    expect(check).toHaveBeenCalledTimes(1);
    expect(announce).toHaveBeenCalledWith(newest);
    await vi.advanceTimersByTimeAsync(7 * hourMs);
    expect(check).toHaveBeenCalledTimes(2);
    updates.close();
    await vi.advanceTimersByTimeAsync(24 * hourMs);
    expect(check).toHaveBeenCalledTimes(2);
  });
});

describe('a choice', () => {
  test('to skip a version is kept, and quiet until another comes or it is taken back', async () => {
    const { updates, until, announce, kept } = opened();
    updates.act('check');
    await until('available');
    updates.act('skip');
    expect(kept()).toMatchObject({ skipped: '2.0.0' });
    updates.begin();
    await vi.advanceTimersByTimeAsync(2 * minuteMs);
    expect(announce).not.toHaveBeenCalled();
    expect(updates.act('unskip').skipped).toBeUndefined();
    await vi.advanceTimersByTimeAsync(7 * hourMs);
    expect(announce).toHaveBeenCalledTimes(1);
  });

  test('for later is quiet for a day', async () => {
    const { updates, until, announce } = opened();
    updates.act('check');
    await until('available');
    updates.act('later');
    updates.begin();
    await vi.advanceTimersByTimeAsync(23 * hourMs);
    expect(announce).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(8 * hourMs);
    expect(announce).toHaveBeenCalled();
  });

  test('never to be asked is kept over a start, and a person can still look', async () => {
    const first = opened();
    first.updates.act('automatic_off');
    const { updates, check, until } = opened({ choices: first.kept() ?? { isAutomatic: true } });
    updates.begin();
    await vi.advanceTimersByTimeAsync(48 * hourMs);
    expect(check).not.toHaveBeenCalled();
    updates.act('check');
    await until('available');
  });
});

describe('fetching', () => {
  test('shows true progress, backs up, and is ready', async () => {
    const { updates, until, phases, states, backUp } = opened();
    updates.act('check');
    await until('available');
    updates.act('download');
    await until('ready');
    expect(phases()).toEqual(['checking', 'available', 'downloading', 'backing_up', 'ready']);
    expect(states).toContainEqual(expect.objectContaining({ receivedBytes: 30, totalBytes: 100 }));
    expect(backUp).toHaveBeenCalledTimes(1);
  });

  test('waits for runs before the backup, and names them', async () => {
    const { updates, until, setRuns, backUp } = opened();
    updates.act('check');
    await until('available');
    setRuns(['Tidy up']);
    updates.act('download');
    await until('waiting');
    expect(updates.state().runs).toEqual(['Tidy up']);
    expect(backUp).not.toHaveBeenCalled();
    setRuns([]);
    await vi.advanceTimersByTimeAsync(1000);
    await until('ready');
  });

  test('can be cancelled, and is then offered again', async () => {
    const { updates, until } = opened({
      download: (_, signal) =>
        new Promise((_done, fail) => signal.addEventListener('abort', () => fail(signal.reason), { once: true })),
    });
    updates.act('check');
    await until('available');
    updates.act('download');
    await until('downloading');
    updates.act('cancel');
    await until('available');
  });

  test('of something that is not what was announced is a fault, and nothing is installed', async () => {
    const { updates, until, backUp } = opened({
      download: () => Promise.reject(new Error('sha512 checksum mismatch, expected a, got b')),
    });
    updates.act('check');
    await until('available');
    updates.act('download');
    await until('failed');
    expect(updates.state().problem).toMatchObject({ step: 'download', code: 'not_genuine' });
    expect(backUp).not.toHaveBeenCalled();
    expect(updates.installInstead(vi.fn())).toBe(false);
  });

  test('without a backup is not ready; trying again makes the backup and installs', async () => {
    let isFull = true;
    const { updates, until, requestQuit } = opened({
      backUp: async () => {
        if (isFull) throw new Error('The disk is full.');
      },
    });
    updates.act('check');
    await until('available');
    updates.act('download');
    await until('failed');
    expect(updates.state().problem).toEqual({ step: 'backup', code: 'other', detail: 'The disk is full.' });
    expect(updates.installInstead(vi.fn())).toBe(false);
    isFull = false;
    updates.act('install');
    await vi.waitFor(() => expect(requestQuit).toHaveBeenCalledTimes(1));
  });
});

describe('installing', () => {
  async function ready() {
    const open = opened();
    open.updates.act('check');
    await open.until('available');
    open.updates.act('download');
    await open.until('ready');
    return open;
  }

  test('when asked for quits, and starts again afterwards', async () => {
    const { updates, requestQuit, install } = await ready();
    updates.act('install');
    await vi.waitFor(() => expect(requestQuit).toHaveBeenCalled());
    expect(install).not.toHaveBeenCalled();
    expect(updates.installInstead(vi.fn())).toBe(true);
    await vi.waitFor(() => expect(install).toHaveBeenCalledWith(true, expect.any(Function)));
    expect(updates.isInstalling()).toBe(true);
  });

  test('happens as the program ends by itself, which then stays ended', async () => {
    const { updates, install } = await ready();
    expect(updates.installInstead(vi.fn())).toBe(true);
    await vi.waitFor(() => expect(install).toHaveBeenCalledWith(false, expect.any(Function)));
  });

  test('that fails ends the program all the same', async () => {
    const { updates, install } = await ready();
    install.mockImplementation(() => {
      throw new Error('pkexec is not there');
    });
    const exit = vi.fn();
    updates.installInstead(exit);
    await vi.waitFor(() => expect(exit).toHaveBeenCalled());
  });

  test('makes another backup when the last one is old', async () => {
    const { updates, backUp, requestQuit } = await ready();
    vi.setSystemTime(Date.now() + hourMs);
    updates.act('install');
    await vi.waitFor(() => expect(requestQuit).toHaveBeenCalled());
    expect(backUp).toHaveBeenCalledTimes(2);
  });

  test('is off again when the person stays', async () => {
    const { updates, requestQuit, install } = await ready();
    updates.act('install');
    await vi.waitFor(() => expect(requestQuit).toHaveBeenCalled());
    updates.stay();
    updates.installInstead(vi.fn());
    await vi.waitFor(() => expect(install).toHaveBeenCalledWith(false, expect.any(Function)));
  });
});
