/** Who uses a sandbox now, so that "kill everything" hits nobody's work. */
export interface Crowd {
  /** A command, or a step that is soon over. Resolves when nobody clears; the returned function ends the use. */
  enter(kind: 'command' | 'step'): Promise<() => void>;
  /** Runs the task after the last step if only one command, the caller's, is in; newcomers wait for its end. */
  whenAlone(task: () => Promise<unknown>): Promise<void>;
}

export function createCrowd(): Crowd {
  const counts = { command: 0, step: 0 };
  let clearing: Promise<unknown> | undefined;
  let tellEmpty: () => void = () => undefined;

  async function clear(task: () => Promise<unknown>): Promise<void> {
    if (counts.step > 0) {
      await new Promise<void>((resolve) => {
        tellEmpty = resolve;
      });
    }
    await task();
  }

  return {
    async enter(kind) {
      while (clearing) {
        await clearing;
      }
      counts[kind] += 1;
      let isIn = true;
      return () => {
        counts[kind] -= isIn ? 1 : 0;
        isIn = false;
        if (counts.step === 0) {
          tellEmpty();
        }
      };
    },
    async whenAlone(task) {
      if (counts.command !== 1 || clearing) {
        return;
      }
      const work = clear(task);
      clearing = work.catch(() => undefined);
      try {
        await work;
      } finally {
        clearing = undefined;
      }
    },
  };
}
