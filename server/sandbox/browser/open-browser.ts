import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { createGate } from '../gate.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Browser } from './browser.ts';
import { createCdpClient } from './cdp-client.ts';
import { browserFault, faultOfEnd } from './faults.ts';
import { openPage, type Page } from './page.ts';
import { startCommand } from './start-line.ts';

/** An open browser counts as use of its sandbox, so it ends itself. */
const idleMs = 5 * 60_000;
/** The sandbox's own age ends it long before. */
const lifeMs = 24 * 3_600_000;
const maxSaidBytes = 4096;
/** As much as anybody sends through a pipe in a day; messages have a bound of their own. */
const endlessBytes = 2 ** 45;

/**
 * Starts a browser in the sandbox; it ends when the signal fires, now or later. Throws `browser_missing`,
 * `browser_not_started` and what the sandbox throws.
 */
export async function openBrowser(sandbox: Sandbox, clock: Clock, signal: AbortSignal): Promise<Browser> {
  const stop = new AbortController();
  const gone = new AbortController();
  const input = createInput();
  const said = createTail();
  let page: Page | undefined;

  const client = createCdpClient({
    clock,
    send: input.push,
    onEvent: (event) => page?.receive(event),
    onBroken: () => stop.abort(),
  });
  const ended = sandbox
    .exec({
      command: startCommand,
      stdin: input.stream,
      signal: stop.signal,
      timeoutMs: lifeMs,
      maxOutputBytes: endlessBytes,
      isOutputKept: false,
      onOutput: (stream, chunk) => (stream === 'stdout' ? client.receive(chunk) : said.add(chunk)),
    })
    .then(
      (result) => client.close(faultOfEnd(result, said.text(), page !== undefined)),
      (fault: unknown) =>
        client.close(fault instanceof AppError ? fault : browserFault('browser_not_started', '', fault)),
    )
    .then(() => {
      input.end();
      idle.close();
      gone.abort(browserFault('browser_closed'));
    });
  const idle = createIdleEnd(clock, () => stop.abort());

  async function close(): Promise<void> {
    client.close(browserFault('browser_closed'));
    stop.abort();
    await ended;
  }

  signal.addEventListener('abort', () => void close(), { once: true, signal: gone.signal });
  function onCrash(): void {
    client.close(browserFault('browser_out_of_memory', 'Or the page itself was broken.'));
    stop.abort();
  }
  try {
    signal.throwIfAborted();
    page = await openPage(client, clock, { gone: gone.signal, onCrash });
  } catch (fault) {
    await close();
    throw fault;
  }
  return { ...oneByOne(page, idle.touch), gone: gone.signal, close };
}

/** Tools of one turn run side by side, but there is one page. */
function oneByOne(page: Page, onUse: () => void): Omit<Page, 'receive'> {
  const gate = createGate(1);
  const use = <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      try {
        return await gate(() => work(...args));
      } finally {
        onUse();
      }
    };
  };
  return {
    navigate: use(page.navigate),
    look: use(page.look),
    click: use(page.click),
    type: use(page.type),
    back: use(page.back),
    screenshot: use(page.screenshot),
    evaluate: use(page.evaluate),
  };
}

function createIdleEnd(clock: Clock, onIdle: () => void) {
  let timer = new AbortController();
  let isClosed = false;
  function touch(): void {
    timer.abort();
    if (isClosed) return;
    timer = new AbortController();
    clock.sleep(idleMs, timer.signal).then(onIdle, () => undefined);
  }
  touch();
  return {
    touch,
    close() {
      isClosed = true;
      timer.abort();
    },
  };
}

/** Messages on their way in, as the sandbox takes them. */
function createInput() {
  const waiting: Uint8Array[] = [];
  let isEnded = false;
  let wake = (): void => undefined;

  async function* read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = waiting.shift();
      if (next) yield next;
      else if (isEnded) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  return {
    stream: read(),
    push(message: Uint8Array): void {
      if (isEnded) return;
      waiting.push(message);
      wake();
    },
    end(): void {
      isEnded = true;
      wake();
    },
  };
}

function createTail() {
  let kept = Buffer.alloc(0);
  return {
    add(chunk: Uint8Array): void {
      kept = Buffer.from(Buffer.concat([kept, chunk]).subarray(-maxSaidBytes));
    },
    text: () => kept.toString('utf8').toWellFormed().trim(),
  };
}
