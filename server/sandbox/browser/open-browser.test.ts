import { beforeEach, expect, it } from 'vitest';
import type { Clock } from '../../lib/clock.ts';
import type { ExecRequest, ExecResult, Sandbox } from '../sandbox.ts';
import { createBrowsers } from './browsers.ts';
import { missingMark } from './faults.ts';
import { startCommand } from './start-line.ts';

const key = { tenantId: 'acme', userId: 'ann', sessionId: 'ses_1' };
const ended: ExecResult = {
  exitCode: 0,
  signal: null,
  endedBy: 'exit',
  stdout: new Uint8Array(),
  stderr: new Uint8Array(),
  truncatedBytes: 0,
  durationMs: 1,
};

/** A sandbox whose browser answers every question with nothing, or ends as it is told. */
function createBrowserSandbox(answers: (method: string) => unknown) {
  const execs: ExecRequest[] = [];
  let end: (result: Partial<ExecResult>, said?: string) => void = () => undefined;
  const exec = async (request: ExecRequest): Promise<ExecResult> => {
    execs.push(request);
    const { promise, resolve } = Promise.withResolvers<ExecResult>();
    end = (result, said = '') => {
      void request.onOutput?.('stderr', Buffer.from(said));
      resolve({ ...ended, ...result });
    };
    request.signal?.addEventListener('abort', () => end({ endedBy: 'abort' }), { once: true });
    void answerAll(request, answers);
    return promise;
  };
  const sandbox = { info: { id: 'box-1' }, exec } as unknown as Sandbox;
  return { sandbox, execs, end: (result: Partial<ExecResult>, said?: string) => end(result, said) };
}

async function answerAll({ stdin, onOutput }: ExecRequest, answers: (method: string) => unknown): Promise<void> {
  if (stdin === undefined || stdin instanceof Uint8Array) throw new Error('The browser is spoken to piece by piece.');
  for await (const message of stdin) {
    const { id, method } = JSON.parse(Buffer.from(message).subarray(0, -1).toString());
    const result = answers(method);
    if (result !== undefined) void onOutput?.('stdout', Buffer.from(`${JSON.stringify({ id, result })}\0`));
  }
}

function answer(method: string): unknown {
  switch (method) {
    case 'Target.getTargets':
      return { targetInfos: [{ targetId: 'T', type: 'page', url: 'about:blank' }] };
    case 'Target.attachToTarget':
      return { sessionId: 'S' };
    case 'Page.getNavigationHistory':
      return { currentIndex: 0, entries: [{ id: 1, url: 'about:blank', title: '' }] };
    case 'Accessibility.getFullAXTree':
      return { nodes: [] };
    default:
      return {};
  }
}

let at: number;
let sleeps: { until: number; wake(): void }[];
const clock: Clock = {
  now: () => at,
  monotonic: () => at,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      sleeps.push({ until: at + ms, wake: resolve });
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
};
const pass = (ms: number): void => {
  at += ms;
  for (const { until, wake } of sleeps) if (until <= at) wake();
};
beforeEach(() => {
  at = 0;
  sleeps = [];
});

it('starts one browser for calls that come together, and another one after it was closed', async () => {
  const { sandbox, execs } = createBrowserSandbox(answer);
  const browsers = createBrowsers(clock);
  const { signal } = new AbortController();
  const [one, other] = await Promise.all([browsers.open(key, sandbox, signal), browsers.open(key, sandbox, signal)]);
  expect(one).toBe(other);
  expect(browsers.find({ ...key, userId: 'bob' })).toBeUndefined();
  expect(await browsers.close(key)).toBe(true);
  expect(browsers.find(key)).toBeUndefined();
  await browsers.open(key, sandbox, signal);
  expect(execs.map(({ command }) => command)).toEqual([startCommand, startCommand]);
});

it('closes a browser that nobody uses for five minutes, counted from the last use', async () => {
  const { sandbox } = createBrowserSandbox(answer);
  const browser = await createBrowsers(clock).open(key, sandbox, new AbortController().signal);
  pass(4 * 60_000);
  expect((await browser.look()).text).toBe('(The page is empty.)');
  pass(4 * 60_000);
  expect((await browser.look()).url).toBe('about:blank');
  pass(5 * 60_000);
  await expect.poll(() => browser.gone.aborted).toBe(true);
  await expect(browser.look()).rejects.toMatchObject({ code: 'browser_closed' });
});

it('ends one that is still starting when its run is aborted', async () => {
  const { sandbox, execs } = createBrowserSandbox(() => undefined);
  const browsers = createBrowsers(clock);
  const run = new AbortController();
  const opening = browsers.open(key, sandbox, run.signal);
  run.abort();
  await expect(opening).rejects.toMatchObject({ code: 'browser_closed' });
  expect(execs[0]?.signal?.aborted).toBe(true);
  expect(browsers.find(key)).toBeUndefined();
});

it.each([
  [{ exitCode: 127 }, missingMark, 'browser_missing', 'sandbox.image: agentrail-sandbox:browser'],
  [{ exitCode: 1 }, 'cannot map', 'browser_not_started', 'It said: cannot map'],
  [{ endedBy: 'oom' as const }, '', 'browser_out_of_memory', 'sandbox.memory'],
  [{ endedBy: 'lost' as const }, '', 'browser_closed', 'Its sandbox ended'],
])('one that ends with %o before it spoke fails with a reason', async (result, said, code, sentence) => {
  const { sandbox, end } = createBrowserSandbox(() => undefined);
  const opening = createBrowsers(clock).open(key, sandbox, new AbortController().signal);
  end(result, said);
  await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) });
});

it('tells a crash of the page, and ends with what makes no sense', async () => {
  const { sandbox, execs } = createBrowserSandbox(answer);
  const browsers = createBrowsers(clock);
  const { signal } = new AbortController();
  const crashed = await browsers.open(key, sandbox, signal);
  void execs[0]?.onOutput?.('stdout', Buffer.from('{"method":"Inspector.targetCrashed","sessionId":"S"}\0'));
  await expect(crashed.look()).rejects.toMatchObject({ code: 'browser_out_of_memory' });
  await expect.poll(() => crashed.gone.aborted).toBe(true);
  const flooding = await browsers.open(key, sandbox, signal);
  void execs[1]?.onOutput?.('stdout', Buffer.alloc(17 * 1024 * 1024, 'x'));
  await expect(flooding.look()).rejects.toMatchObject({ code: 'browser_broken' });
  await expect.poll(() => flooding.gone.aborted).toBe(true);
});
