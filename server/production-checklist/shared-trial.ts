import type { SandboxTrial } from '../sandbox/sandbox-trial.ts';

/** Several checks look at one throw-away sandbox. */
export interface SharedTrial {
  /** The one that is going on, or a new one. Rejects with the signal's reason; the last one to leave ends the trial. */
  try(signal: AbortSignal): Promise<SandboxTrial>;
  /** Ends what goes on and waits until nothing of it is left. Idempotent. */
  close(): Promise<void>;
}

interface Going {
  trial: Promise<SandboxTrial>;
  ending: AbortController;
  waiting: number;
}

export function createSharedTrial(run: (signal: AbortSignal) => Promise<SandboxTrial>): SharedTrial {
  const open = new Set<Going>();
  let going: Going | undefined;
  let isClosed = false;

  function start(): Going {
    const ending = new AbortController();
    const trial = run(ending.signal);
    const begun: Going = { trial, ending, waiting: 0 };
    open.add(begun);
    const end = () => {
      open.delete(begun);
      if (going === begun) going = undefined;
    };
    trial.then(end, end);
    return begun;
  }

  return {
    async try(signal) {
      signal.throwIfAborted();
      if (isClosed) throw new Error('The program ends.');
      going ??= start();
      const mine = going;
      mine.waiting += 1;
      const leaving = new AbortController();
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: leaving.signal });
      });
      try {
        return await Promise.race([mine.trial, aborted]);
      } finally {
        leaving.abort();
        mine.waiting -= 1;
        if (mine.waiting === 0) {
          if (going === mine) going = undefined;
          mine.ending.abort(new Error('Nobody waits for this trial any more.'));
        }
      }
    },
    async close() {
      isClosed = true;
      const all = [...open];
      for (const { ending } of all) ending.abort(new Error('The program ends.'));
      await Promise.allSettled(all.map(({ trial }) => trial));
    },
  };
}
