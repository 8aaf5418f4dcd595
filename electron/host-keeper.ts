import type { AdoptedConsole, ConsoleHost } from '../server/index.ts';
import type { Recovery, Trouble } from './recovery/recovery.ts';
import type { ProgramState } from './tray-menu.ts';

export interface HostKeeperOptions {
  /** Throws AppErrors with a sentence for the person. */
  open(isSafeMode: boolean): Promise<ConsoleHost>;
  /** The built pages, for a window that is there before its console. */
  pages(request: Request): Promise<Response>;
  recovery(keeper: HostKeeper): Recovery;
  /** The console of the program that holds the data directory. Throws as `open`. */
  adopt(): Promise<AdoptedConsole>;
  /** Ends that program. Throws as `open`; then it goes on. */
  stopOwner(): Promise<unknown>;
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
  /** Shows the console of the program that holds the data directory, as long as it does. Throws with a sentence. */
  adopt(): Promise<void>;
  /** Ends the program whose console is shown, and opens our own. Throws with a sentence; then nothing has changed. */
  takeOver(): Promise<void>;
  /** Of the program whose console is shown; undefined: it is our own, or there is none. */
  adoptedPid(): number | undefined;
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
  | { kind: 'adopted'; host: AdoptedConsole; isPageAside: boolean }
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
    return standing.kind;
  }

  const isShut = () => standing.kind === 'shut';

  function shut(trouble: Trouble): void {
    standing = { kind: 'shut', trouble };
    tell();
    options.onTurn();
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
      shut(trouble);
    }
  }

  async function reopen(before: Standing, isSafeNow: boolean): Promise<void> {
    unfollow();
    if (before.kind === 'adopted') before.host.close();
    if (before.kind === 'open')
      await before.host.close('now').catch((error: unknown) => options.report(messageOf(error)));
    isSafe = isSafeNow;
    await open();
  }

  /** Whoever asks for the console meanwhile waits. */
  async function change(done: Promise<void>): Promise<void> {
    standing = { kind: 'opening', done };
    tell();
    await done;
    const host = keeper.current();
    if (host && !isSafe && !isClosing) startServer(host);
  }

  function showAdopted(host: AdoptedConsole): void {
    standing = { kind: 'adopted', host, isPageAside: false };
    host.onGone(() => {
      if (standing.kind !== 'adopted' || standing.host !== host) return;
      options.report(`Process ${host.pid}, whose console was shown, ended.`);
      shut({ kind: 'lost', pid: host.pid });
    });
    tell();
  }

  /** A server that does not start is a state that the console shows. */
  function startServer(host: ConsoleHost): void {
    host.server.start().catch((error: unknown) => options.report(`The server did not start: ${messageOf(error)}`));
  }

  const keeper: HostKeeper = {
    async start(mode) {
      if (isClosing) return;
      if (standing.kind === 'opening') await standing.done;
      if (hasConsole(standing) && (mode === 'safe') === isSafe) {
        standing = { ...standing, isPageAside: false };
        return;
      }
      await change(reopen(standing, mode === 'safe'));
    },
    async adopt() {
      if (standing.kind === 'opening') await standing.done;
      if (isClosing || !isShut()) return;
      const host = await options.adopt();
      if (isClosing || !isShut()) host.close();
      else {
        isSafe = false;
        showAdopted(host);
      }
    },
    async takeOver() {
      if (standing.kind !== 'adopted' || isClosing) return;
      const before = standing;
      const stopping = options.stopOwner();
      const done = stopping.then(
        () => reopen(before, false),
        () => {
          standing = before;
          tell();
        },
      );
      await change(done);
      await stopping;
      options.onTurn();
    },
    adoptedPid: () => (standing.kind === 'adopted' ? standing.host.pid : undefined),
    stay(trouble) {
      standing = { kind: 'shut', trouble };
      tell();
    },
    setPageAside() {
      if (hasConsole(standing)) standing = { ...standing, isPageAside: true };
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
      if (standing.kind === 'opening') return keeper.fetch(request);
      if (standing.isPageAside && !isForApi(request)) return recovery.answer({ kind: 'page_crashes' }, request);
      return standing.kind === 'adopted' && !isForApi(request) ? options.pages(request) : standing.host.fetch(request);
    },
    async close(mode, onProgress) {
      isClosing = true;
      if (standing.kind === 'opening') await standing.done;
      await keeper.current()?.close(mode, onProgress);
      // Its program goes on, with or without a window.
      if (standing.kind === 'adopted') standing.host.close();
      unfollow();
    },
  };
  const recovery = options.recovery(keeper);
  return keeper;
}

function hasConsole(standing: Standing): standing is Extract<Standing, { isPageAside: boolean }> {
  return standing.kind === 'open' || standing.kind === 'adopted';
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
