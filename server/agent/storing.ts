/** What a run stands on and is being stored while it works already. */
export interface Storing {
  add(work: Promise<unknown>): void;
  /** Resolves when all of it is stored; rejects with the first fault. */
  done(): Promise<unknown>;
  /** Does `work` and then waits for the rest, whatever came of it; a fault of the disk counts most. */
  after<T>(work: () => Promise<T>): Promise<T>;
}

/** `onFault` is told once, at the first fault. */
export function createStoring(begun: Promise<unknown>, onFault: (error: unknown) => void): Storing {
  let all = begun;
  let hasFailed = false;

  function watch(): void {
    all.catch((error: unknown) => {
      if (hasFailed) return;
      hasFailed = true;
      onFault(error);
    });
  }

  watch();
  return {
    add(work) {
      all = Promise.all([all, work]);
      watch();
    },
    done: () => all,
    async after(work) {
      try {
        return await work();
      } finally {
        await all;
      }
    },
  };
}
