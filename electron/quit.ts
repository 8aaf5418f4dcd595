import type { QuitStep } from './native/contract.ts';

export interface QuitOptions {
  /** Asks the program to quit: `onBeforeQuit` follows. */
  requestQuit(): void;
  /** Asks the person when runs are going on. `now` when there are none. */
  ask(): Promise<'drain' | 'now' | 'cancel'>;
  /** The ordered shutdown: runs (waited for, or aborted now), sandboxes, logs, lock. Idempotent. */
  close(mode: 'drain' | 'now', onProgress: (step: string) => void): Promise<void>;
  /** Ends the runs that `close('drain')` waits for. */
  hurry(): void;
  /** Titles of the runs that go on. */
  runs(): string[];
  onProgress(step: QuitStep): void;
  /** The shutdown may take this long; then the program ends without it. Containers die with their owner anyway. */
  boundMs(mode: 'drain' | 'now'): number;
  /** Ends the process without asking anyone. */
  exit(code: number): void;
  report(sentence: string): void;
}

export interface Quit {
  /**
   * First call: prevents the quit, asks when runs go on, and closes in order. A call while runs are waited for ends
   * those; one more ends the program at once.
   */
  onBeforeQuit(event: { preventDefault(): void }): void;
  /**
   * Neither asks nor waits for runs: for a system that shuts down, and for signals. A second signal ends the program at
   * once; a system that tells its end in several ways does not.
   */
  urgently(by: 'signal' | 'system'): void;
  /** It was asked for, and perhaps the person is still asked. */
  isAsked(): boolean;
  isQuitting(): boolean;
  isUrgent(): boolean;
}

type Stage = 'none' | 'asking' | 'draining' | 'ending';

/** How often the runs that are waited for are told anew. */
const tellEveryMs = 500;

/** Closing the window, the menu, Ctrl-C, SIGTERM and the system's shutdown all come through here. */
export function createQuit(options: QuitOptions): Quit {
  let stage: Stage = 'none';
  let isUrgent = false;
  let signals = 0;
  let step = '';
  let overdue: NodeJS.Timeout | undefined;
  let onOverdue: () => void = () => undefined;

  async function begin(): Promise<void> {
    stage = 'asking';
    const choice = isUrgent ? 'now' : await options.ask().catch(() => 'now' as const);
    // Something urgent came while the question was open, and went ahead.
    if (stage !== 'asking') return;
    if (choice === 'cancel') stage = 'none';
    else await end(choice);
  }

  async function end(mode: 'drain' | 'now'): Promise<void> {
    stage = mode === 'drain' ? 'draining' : 'ending';
    options.exit(await closeInOrder(mode));
  }

  async function closeInOrder(mode: 'drain' | 'now'): Promise<number> {
    const bound = Promise.withResolvers<never>();
    onOverdue = () => bound.reject(new Error('it took longer than it may'));
    limit(mode);
    const telling = setInterval(tell, tellEveryMs);
    try {
      const closing = options.close(mode, (next) => {
        step = next;
        tell();
      });
      await Promise.race([closing, bound.promise]);
      return 0;
    } catch (error) {
      options.report(`The ordered shutdown failed: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    } finally {
      clearTimeout(overdue);
      clearInterval(telling);
    }
  }

  function tell(): void {
    options.onProgress({ step, runs: stage === 'draining' ? options.runs() : [] });
  }

  function limit(mode: 'drain' | 'now'): void {
    clearTimeout(overdue);
    overdue = setTimeout(onOverdue, options.boundMs(mode));
  }

  function hurry(): void {
    stage = 'ending';
    limit('now');
    options.hurry();
    tell();
  }

  return {
    onBeforeQuit(event) {
      event.preventDefault();
      switch (stage) {
        case 'none':
          void begin();
          return;
        case 'asking':
          if (isUrgent) void end('now');
          return;
        case 'draining':
          hurry();
          return;
        case 'ending':
          if (isUrgent) return;
          options.report('Quit was asked for once more: ending without waiting.');
          options.exit(1);
      }
    },
    urgently(by) {
      isUrgent = true;
      if (by === 'signal') signals += 1;
      if (stage !== 'ending') options.requestQuit();
      else if (by === 'signal' && signals > 1) options.exit(1);
    },
    isAsked: () => stage !== 'none',
    isQuitting: () => stage === 'draining' || stage === 'ending',
    isUrgent: () => isUrgent,
  };
}
