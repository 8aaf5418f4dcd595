import type { ConsoleHost } from '../server/index.ts';
import type { Recovery, Trouble } from './recovery/recovery.ts';
import type { ProgramState } from './tray-menu.ts';

export interface HostKeeperOptions {
  /** Throws AppErrors with a sentence for the person. */
  open(isSafeMode: boolean): Promise<ConsoleHost>;
  /** The built pages, for a window that is there before its console. */
  pages(request: Request): Promise<Response>;
  recovery(keeper: HostKeeper): Recovery;
  /** What the window shows is another thing now: it has to be loaded anew. */
  onTurn(): void;
  report(sentence: string): void;
}

/** Owns the console with its server: opens it, says why not, opens it again, closes it. */
export interface HostKeeper {
  /** Opens the console and starts its server, in safe mode without that. One after the other; never rejects. */
  start(mode: 'normal' | 'safe'): Promise<void>;
  /** Shows the reason instead of opening anything. */
  stay(trouble: Trouble): void;
  /** The page crashed too often: shows that until somebody starts again. The console stays open. */
  setPageAside(): void;
  current(): ConsoleHost | undefined;
  isSafeMode(): boolean;
  state(): ProgramState;
  subscribe(listener: (state: ProgramState) => void): () => void;
  /** Answers the window, whatever there is. */
  fetch(request: Request): Promise<Response>;
  close(mode: 'drain' | 'now', onProgress: (step: string) => void): Promise<void>;
}

type Standing =
  | { kind: 'opening'; done: Promise<void> }
  | { kind: 'open'; host: ConsoleHost; isPageAside: boolean }
  | { kind: 'shut'; trouble: Trouble };

export function createHostKeeper(options: HostKeeperOptions): HostKeeper {
  const listeners = new Set<(state: ProgramState) => void>();
  let standing: Standing = { kind: 'opening', done: Promise.resolve() };
  let isSafe = false;
  let isClosing = false;
  let unfollow: () => void = () => undefined;

  function tell(): void {
    for (const listener of listeners) listener(state());
  }

  function state(): ProgramState {
    if (standing.kind === 'open') return standing.host.server.state().phase;
    return standing.kind === 'opening' ? 'opening' : 'shut';
  }

  async function open(): Promise<void> {
    try {
      const host = await options.open(isSafe);
      standing = { kind: 'open', host, isPageAside: false };
      unfollow = host.server.subscribe(tell);
      tell();
    } catch (error) {
      const trouble = { kind: 'failed' as const, code: codeOf(error), message: messageOf(error) };
      options.report(`The console could not be opened: ${trouble.message}`);
      standing = { kind: 'shut', trouble };
      tell();
      options.onTurn();
    }
  }

  async function reopen(before: ConsoleHost | undefined, isSafeNow: boolean): Promise<void> {
    unfollow();
    await before?.close('now').catch((error: unknown) => options.report(messageOf(error)));
    isSafe = isSafeNow;
    await open();
  }

  /** A server that does not start is a state that the console shows. */
  function startServer(host: ConsoleHost): void {
    host.server.start().catch((error: unknown) => options.report(`The server did not start: ${messageOf(error)}`));
  }

  const keeper: HostKeeper = {
    async start(mode) {
      if (isClosing) return;
      if (standing.kind === 'opening') await standing.done;
      if (standing.kind === 'open' && (mode === 'safe') === isSafe) {
        standing = { ...standing, isPageAside: false };
        return;
      }
      const before = keeper.current();
      const done = reopen(before, mode === 'safe');
      standing = { kind: 'opening', done };
      tell();
      await done;
      const host = keeper.current();
      if (host && !isSafe && !isClosing) startServer(host);
    },
    stay(trouble) {
      standing = { kind: 'shut', trouble };
      tell();
    },
    setPageAside() {
      if (standing.kind === 'open') standing = { ...standing, isPageAside: true };
    },
    current: () => (standing.kind === 'open' ? standing.host : undefined),
    isSafeMode: () => isSafe,
    state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async fetch(request) {
      if (standing.kind === 'opening') {
        if (!isForApi(request)) return options.pages(request);
        await standing.done;
      }
      if (standing.kind === 'shut') return recovery.answer(standing.trouble, request);
      if (standing.kind !== 'open') return keeper.fetch(request);
      if (standing.isPageAside && !isForApi(request)) return recovery.answer({ kind: 'page_crashes' }, request);
      return standing.host.fetch(request);
    },
    async close(mode, onProgress) {
      isClosing = true;
      if (standing.kind === 'opening') await standing.done;
      await keeper.current()?.close(mode, onProgress);
      unfollow();
    },
  };
  const recovery = options.recovery(keeper);
  return keeper;
}

function isForApi(request: Request): boolean {
  return new URL(request.url).pathname.startsWith('/console/');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'start_failed';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
