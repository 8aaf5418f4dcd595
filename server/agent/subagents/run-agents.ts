import type { SessionKey } from '../../contract/ids.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { SessionStore } from '../../sessions/store.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { LoopEnd } from '../loop.ts';
import type { LoopParts } from '../run.ts';
import { addTotals } from '../run-usage.ts';

export interface RunAgentsOptions {
  sessions: Pick<SessionStore, 'recordTurn'>;
  key: SessionKey;
  runId: string;
  /** `provider:model` of the run. */
  model: string;
  logger: Logger;
}

/** Sees to it that nothing of what a run called in goes on without it. */
export interface RunAgents {
  /** The run is prepared, perhaps too late. */
  prepared(parts: LoopParts): void;
  /** Resolves when they have ended; what they used and no turn counted is added to the end. Never rejects. */
  end(end: LoopEnd, turn: number): Promise<void>;
}

export function createRunAgents({ sessions, key, runId, model, logger }: RunAgentsOptions): RunAgents {
  let finish: LoopParts['finish'];
  let isEnding = false;

  return {
    prepared(parts) {
      finish = parts.finish;
      if (isEnding) finish?.();
    },
    async end(end, turn) {
      isEnding = true;
      const usage = await finish?.();
      if (!usage || usage.totalTokens === 0) return;
      addTotals(end.usage, usage);
      try {
        await sessions.recordTurn(key, { runId, turn, model, usage, stopReason: end.stopReason });
      } catch (error) {
        logger.warn(`What sub-agents used at the end could not be recorded: ${messageOf(error)}`);
      }
    },
  };
}
