import { type Profiler, Session } from 'node:inspector';

/** What of the project has been run since the beginning, in blocks as V8 counts them. */
export interface Coverage {
  /** How many blocks were reached for the first time since the last look. With `isTrial` they stay new. */
  look(options?: { isTrial?: boolean }): number;
  /** Reached so far. */
  blocks(): number;
  close(): void;
}

/** Counts blocks of the scripts whose address `isWanted`. Nothing else in this process may take its coverage meanwhile. */
export function createCoverage(isWanted: (url: string) => boolean): Coverage {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  /** By script: which of its characters have been run. */
  const seen = new Map<string, Uint8Array>();
  let blocks = 0;

  function take(): Profiler.ScriptCoverage[] {
    let taken: Profiler.ScriptCoverage[] = [];
    // Within one thread the answer comes before `post` returns.
    session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error) throw error;
      taken = answer.result;
    });
    return taken;
  }

  function newIn(script: Profiler.ScriptCoverage, isTrial: boolean): number {
    const now = paint(script);
    const before = seen.get(script.url) ?? new Uint8Array(now.length);
    if (!isTrial) seen.set(script.url, before);
    let found = 0;
    for (let at = 0, wasNew = 0; at < now.length; at += 1) {
      // A block is a stretch that is run for the first time; its number tells it from its neighbour.
      const isNew = before[at] === 0 ? (now[at] ?? 0) : 0;
      if (isNew !== 0 && isNew !== wasNew) found += 1;
      if (isNew !== 0 && !isTrial) before[at] = 1;
      wasNew = isNew;
    }
    return found;
  }

  return {
    look({ isTrial = false } = {}) {
      let found = 0;
      for (const script of take()) if (isWanted(script.url)) found += newIn(script, isTrial);
      if (!isTrial) blocks += found;
      return found;
    },
    blocks: () => blocks,
    close: () => session.disconnect(),
  };
}

/** Each character has the number of the innermost block that was run over it, or 0. Outer blocks come before inner ones. */
function paint({ functions }: Profiler.ScriptCoverage): Uint8Array {
  const length = Math.max(0, ...functions.flatMap(({ ranges }) => ranges.map(({ endOffset }) => endOffset)));
  const painted = new Uint8Array(length);
  let number = 0;
  for (const { ranges } of functions) {
    for (const { count, startOffset, endOffset } of ranges) {
      number = (number % 255) + 1;
      painted.fill(count > 0 ? number : 0, startOffset, endOffset);
    }
  }
  return painted;
}
