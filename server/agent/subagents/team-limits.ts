import type { Config } from '../../contract/config.ts';
import type { MessageUsage } from '../../contract/messages.ts';
import { AppError } from '../../lib/app-error.ts';

/** What the agents of one run may use together, and what they have used. */
export interface TeamLimits {
  /** Throws AppError when nobody more may be called in. Else counts one. */
  countSpawn(depth: number): void;
  /** Throws AppError when nobody more may be at work, `working` being those that are. */
  checkRoom(working: number): void;
  addUsage(usage: MessageUsage): void;
  /** AppError `subagent_cost_limit` once the agents have used what they may. */
  costFault(): AppError | undefined;
  /** Since this was asked last. */
  takeUsage(): MessageUsage[];
}

export function createTeamLimits(settings: () => Config['subagents']): TeamLimits {
  let spawned = 0;
  let cost = 0;
  let untold: MessageUsage[] = [];

  function costFault(): AppError | undefined {
    const { maxCostUsd } = settings();
    if (maxCostUsd === undefined || cost < maxCostUsd) return undefined;
    return new AppError(
      'subagent_cost_limit',
      `The agents of this run have used the ${maxCostUsd} US dollars that they may. Finish without them.`,
      { status: 429 },
    );
  }

  return {
    countSpawn(depth) {
      const { maxDepth, maxPerRun } = settings();
      if (depth >= maxDepth) {
        throw new AppError('subagent_depth', 'An agent on this level may call in no agents. Do it yourself.', {
          status: 429,
        });
      }
      if (spawned >= maxPerRun) {
        throw new AppError(
          'subagent_limit',
          `This run has called in the ${maxPerRun} agents that it may. Give the work to one of them with SendToAgent.`,
          { status: 429 },
        );
      }
      spawned += 1;
    },
    checkRoom(working) {
      const fault = costFault();
      if (fault) throw fault;
      const { maxConcurrent } = settings();
      if (working < maxConcurrent) return;
      throw new AppError(
        'subagent_concurrency',
        `${working} agents are at work, as many as may be at once. Wait for one of them with WaitForAgents first.`,
        { status: 429 },
      );
    },
    addUsage(usage) {
      untold.push(usage);
      cost += usage.cost.total;
    },
    costFault,
    takeUsage() {
      const taken = untold;
      untold = [];
      return taken;
    },
  };
}
