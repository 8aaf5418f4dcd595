import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { SandboxManager } from '../sandbox/sandbox.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What the desktop tells of the machine's sleep. Neither rejects. */
export interface Power {
  suspending(): Promise<void>;
  resumed(): Promise<void>;
}

export interface PowerOptions {
  sandboxes: Pick<SandboxManager, 'list' | 'keepAlive' | 'probe'>;
  /** Writes what waits to be written. */
  flush(): Promise<void>;
  logger: Logger;
  clock: Clock;
}

/**
 * Before sleep everything is on disk; after it the engine is asked again, and no sandbox ends for time that nobody could
 * use. Runs go on by themselves: their connections tell when they broke.
 */
export function createPower({ sandboxes, flush, logger, clock }: PowerOptions): Power {
  let sleptFrom: number | undefined;

  async function attempt(what: string, task: () => Promise<unknown>): Promise<void> {
    await task().catch((error: unknown) => logger.warn(`${what} failed: ${messageOf(error)}`));
  }

  return {
    async suspending() {
      sleptFrom = clock.now();
      logger.info('The machine goes to sleep.');
      await attempt('Writing the logs', flush);
    },
    async resumed() {
      const sleptMs = sleptFrom === undefined ? undefined : Math.max(0, clock.now() - sleptFrom);
      sleptFrom = undefined;
      logger.info('The machine woke up.', sleptMs === undefined ? {} : { sleptMs });
      for (const { id } of sandboxes.list()) sandboxes.keepAlive(id);
      await attempt('Asking the Docker engine', () => sandboxes.probe());
    },
  };
}
