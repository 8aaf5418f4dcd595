import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ContainerEngine } from './container-engine.ts';
import type { EngineLink } from './engine-link.ts';
import type { SweepReport } from './sandbox.ts';
import type { SandboxRecipe } from './sandbox-recipe.ts';
import type { SessionSandboxes } from './session-sandboxes.ts';
import { type SweepScope, sweepContainers } from './sweep.ts';
import type { WarmPool } from './warm-pool.ts';
import type { WorkspaceVolumes } from './workspace-volumes.ts';

const sweepEveryMs = 600_000;
const adjustPoolEveryMs = 10_000;
const refillDelayMs = 300;

export interface UpkeepOptions {
  link: EngineLink;
  recipe: Pick<SandboxRecipe, 'sweepNetworks'>;
  volumes: Pick<WorkspaceVolumes, 'left' | 'strange'>;
  sandboxes: Pick<SessionSandboxes, 'acquire' | 'of'>;
  pool: Pick<WarmPool, 'adjust'>;
  instanceId: string;
  isOurs: SweepScope['isOurs'];
  /** Ends everything that waits for its time. */
  closing: AbortSignal;
  clock: Clock;
  logger: Logger;
}

/** What is done from time to time, and what was left behind. */
export interface Upkeep {
  sweep(): Promise<SweepReport>;
  refillPool(): void;
  /** Resolves when nothing of it goes on any more; after `closing` has fired. */
  ended(): Promise<void>;
}

export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { closing, clock, logger } = options;
  const sweeps = new Set<Promise<SweepReport>>();
  let bringingBack: Promise<void> = Promise.resolve();

  function sweep(): Promise<SweepReport> {
    const one = sweepOnce().finally(() => sweeps.delete(one));
    sweeps.add(one);
    return one;
  }

  async function sweepOnce(): Promise<SweepReport> {
    const { instanceId, isOurs, volumes } = options;
    const engine = await options.link.use();
    const report = await sweepContainers({ engine, instanceId, isOurs, closing, logger });
    await options.recipe.sweepNetworks(engine);
    bringingBack = bringingBack
      .then(() => bringBackWorkspaces(engine))
      .catch((fault: unknown) =>
        logger.warn('Workspaces in volumes were not looked for.', { error: messageOf(fault) }),
      );
    const strange = await volumes.strange(engine);
    const reason = 'A volume with a workspace of another data directory or machine.';
    return { ...report, kept: [...report.kept, ...strange.map((name) => ({ name, reason }))] };
  }

  /** Workspaces that an owner of this data directory left in volumes when it was killed, one after the other. */
  async function bringBackWorkspaces(engine: ContainerEngine): Promise<void> {
    const { sandboxes } = options;
    for (const owner of await options.volumes.left(engine)) {
      if (closing.aborted || sandboxes.of(owner)) {
        continue;
      }
      try {
        await sandboxes.acquire(owner);
        const entry = sandboxes.of(owner);
        // Not when somebody has begun to use it: its own end brings it back then.
        if (entry?.info().state === 'ready') {
          await entry.destroy();
        }
      } catch (fault) {
        logger.warn('A workspace that was left in a volume is not back yet.', { ...owner, error: messageOf(fault) });
      }
    }
  }

  async function sweepNowAndThen(): Promise<void> {
    while (!closing.aborted) {
      await clock.sleep(sweepEveryMs, closing);
      await sweep().catch((fault: unknown) => logger.warn('Sweep failed.', { error: messageOf(fault) }));
    }
  }

  async function adjustPoolNowAndThen(): Promise<void> {
    while (!closing.aborted) {
      await clock.sleep(adjustPoolEveryMs, closing);
      options.pool.adjust();
    }
  }
  // They end by the rejection of their sleep when the manager closes.
  sweepNowAndThen().catch(() => undefined);
  adjustPoolNowAndThen().catch(() => undefined);

  return {
    sweep,
    /** Not beside the first command of the session that has just taken one: starting a container is work. */
    refillPool() {
      clock.sleep(refillDelayMs, closing).then(options.pool.adjust, () => undefined);
    },
    async ended() {
      await Promise.allSettled(sweeps);
      await bringingBack;
    },
  };
}
