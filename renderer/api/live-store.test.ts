import { describe, expect, it, vi } from 'vitest';
import type { ConsoleState } from '../../server/console/api.ts';
import type { ConsoleEvent } from '../../server/contract/console-events.ts';
import { ApiError } from './api-error.ts';
import type { EventStreamHandlers } from './event-stream.ts';
import { createLive } from './live-store.ts';

function snapshot(epoch: string, phase: 'ready' | 'stopped' = 'ready'): ConsoleState {
  return {
    version: '0.1.0',
    dataDir: '/data',
    platform: 'linux',
    server: { phase, stages: [] },
    runs: [],
    sandboxes: [],
    engine: { state: 'unknown', tries: [], checkedAt: 1 },
    image: { reference: 'i', state: 'unknown', pinned: false },
    problems: [],
    vault: { backend: 'key_file', state: 'empty' },
    notices: [],
    usageToday: { runs: 0, failed: 0, inputTokens: 0, outputTokens: 0, cost: 0, durationMs: 0 },
    disk: null,
    process: { cpuPct: 0, memoryBytes: 0, uptimeMs: 0, openHandles: 0 },
    epoch,
  };
}

function setUp() {
  const streams: { url: string; handlers: EventStreamHandlers; close: () => void }[] = [];
  const answers: { resolve(state: ConsoleState): void; reject(error: unknown): void }[] = [];
  const live = createLive({
    fetchState: () => new Promise((resolve, reject) => answers.push({ resolve, reject })),
    openStream: (url, handlers) => {
      const stream = { url, handlers, close: vi.fn(), retryNow: vi.fn() };
      streams.push(stream);
      return stream;
    },
  });
  const last = () => {
    const stream = streams.at(-1);
    if (!stream) throw new Error('no stream was opened');
    return stream;
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  return { live, streams, answers, last, settle };
}

describe('the live store', () => {
  it('keeps events that arrive before the snapshot and applies them to it', async () => {
    const { live, answers, last, settle } = setUp();
    last().handlers.onOpen();
    last().handlers.onEvent({ type: 'hello', epoch: 'e1', version: '0.1.0' });
    last().handlers.onEvent({ type: 'server', state: { phase: 'draining', stages: [] } });
    answers[0]?.resolve(snapshot('e1'));
    await settle();
    expect(live.store.getState().live?.server.phase).toBe('draining');
    expect(live.store.getState().connection).toBe('open');
  });

  it('fetches everything again after a reset and when another process answers', async () => {
    const { live, answers, last, settle } = setUp();
    last().handlers.onOpen();
    answers[0]?.resolve(snapshot('e1'));
    await settle();
    last().handlers.onEvent({ type: 'hello', epoch: 'e1', version: '0.1.0' });
    expect(answers).toHaveLength(1);
    last().handlers.onEvent({ type: 'hello', epoch: 'e2', version: '0.1.0' });
    expect(answers).toHaveLength(2);
    last().handlers.onEvent({ type: 'reset' });
    expect(answers).toHaveLength(3);
    answers[2]?.resolve(snapshot('e2', 'stopped'));
    answers[1]?.resolve(snapshot('e2', 'ready'));
    await settle();
    expect(live.store.getState().live).toMatchObject({ epoch: 'e2', server: { phase: 'stopped' } });
  });

  it('keeps the last known state while the connection is lost', async () => {
    const { live, answers, last, settle } = setUp();
    last().handlers.onOpen();
    answers[0]?.resolve(snapshot('e1'));
    await settle();
    last().handlers.onLost();
    expect(live.store.getState().connection).toBe('lost');
    expect(live.store.getState().live?.epoch).toBe('e1');
    last().handlers.onOpen();
    expect(live.store.getState().connection).toBe('open');
  });

  it('tells a browser that is not signed in from a console that does not answer', async () => {
    const { live, answers, last, settle } = setUp();
    last().handlers.onLost();
    answers[0]?.reject(new ApiError('unauthorized', 'Sign in.', 401));
    await settle();
    expect(live.store.getState().connection).toBe('signed_out');
  });

  it('notices when its sign-in ends while it is open', async () => {
    const { live, answers, last, settle } = setUp();
    last().handlers.onOpen();
    answers[0]?.resolve(snapshot('e1'));
    await settle();
    last().handlers.onLost();
    answers[1]?.reject(new ApiError('unauthorized', 'Sign in.', 401));
    await settle();
    expect(live.store.getState().connection).toBe('signed_out');
  });

  it('asks for log lines only while somebody wants them', async () => {
    const { live, streams, last, settle } = setUp();
    const first = last();
    const release = live.want('logs');
    const releaseToo = live.want('logs');
    await settle();
    expect(streams.map(({ url }) => url)).toEqual(['/console/api/events', '/console/api/events?logs=1']);
    expect(first.close).toHaveBeenCalledOnce();
    release();
    await settle();
    expect(streams).toHaveLength(2);
    releaseToo();
    await settle();
    expect(last().url).toBe('/console/api/events');
  });

  it('tells its listeners each event once, also those that waited for the snapshot', async () => {
    const { live, answers, last, settle } = setUp();
    const heard: ConsoleEvent['type'][] = [];
    const leave = live.subscribe(({ type }) => heard.push(type));
    last().handlers.onOpen();
    last().handlers.onEvent({ type: 'settings' });
    answers[0]?.resolve(snapshot('e1'));
    await settle();
    last().handlers.onEvent({ type: 'problems', problems: [] });
    leave();
    last().handlers.onEvent({ type: 'settings' });
    expect(heard).toEqual(['settings', 'problems']);
  });
});
