import type { SessionKey } from '../../contract/ids.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Browser } from './browser.ts';
import { openBrowser } from './open-browser.ts';

/** Which session has which browser: one at most. A browser ends with its sandbox, so nothing here needs a close. */
export interface Browsers {
  /** The session's browser; undefined when none is open. */
  find(key: SessionKey): Promise<Browser> | undefined;
  /** The one that there is, or a new one; concurrent asks share one. It ends when the signal fires, now or later. */
  open(key: SessionKey, sandbox: Sandbox, signal: AbortSignal): Promise<Browser>;
  /** False when there was none. */
  close(key: SessionKey): Promise<boolean>;
}

export function createBrowsers(clock: Clock): Browsers {
  const browsers = new Map<string, { sandboxId: string; browser: Promise<Browser> }>();
  const bound = new WeakMap<Browser, WeakSet<AbortSignal>>();

  function start(id: string, sandbox: Sandbox, signal: AbortSignal): Promise<Browser> {
    const browser = openBrowser(sandbox, clock, signal);
    const slot = { sandboxId: sandbox.info.id, browser };
    const forget = (): void => {
      if (browsers.get(id) === slot) browsers.delete(id);
    };
    browsers.set(id, slot);
    browser.then((opened) => {
      if (opened.gone.aborted) forget();
      else opened.gone.addEventListener('abort', forget, { once: true });
    }, forget);
    return browser;
  }

  /** A run's browser ends with the run's abort, also between two calls. */
  function bind(browser: Browser, signal: AbortSignal): void {
    const signals = bound.get(browser) ?? new WeakSet();
    bound.set(browser, signals);
    if (signals.has(signal)) return;
    signals.add(signal);
    const end = (): void => void browser.close();
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true, signal: browser.gone });
  }

  return {
    find: (key) => browsers.get(idOf(key))?.browser,
    async open(key, sandbox, signal) {
      signal.throwIfAborted();
      const id = idOf(key);
      const there = browsers.get(id);
      const isFitting = there?.sandboxId === sandbox.info.id;
      const opening = there && isFitting ? there.browser : start(id, sandbox, signal);
      void opening.then((browser) => bind(browser, signal)).catch(() => undefined);
      return opening;
    },
    async close(key) {
      const there = browsers.get(idOf(key));
      if (!there) return false;
      await (await there.browser).close();
      return true;
    },
  };
}

function idOf({ tenantId, userId, sessionId }: SessionKey): string {
  return `${tenantId}/${userId}/${sessionId}`;
}
