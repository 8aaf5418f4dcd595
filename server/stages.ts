import type { ImageStatus } from './contract/sandbox.ts';
import { type Stage, type StageName, stageNames } from './contract/server-state.ts';
import { messageOf } from './lib/app-error.ts';
import type { Clock } from './lib/clock.ts';

export interface StageOutcome {
  status: 'ok' | 'warn';
  note?: string;
}

export type StageTable = Record<StageName, () => Promise<StageOutcome>>;

export function waitingStages(): Stage[] {
  return stageNames.map((name) => ({ name, status: 'waiting' }));
}

/** Runs the stages in order and tells after each change. A stage that throws is marked `fail` and ends the start. */
export async function runStages(table: StageTable, clock: Clock, tell: (stages: Stage[]) => void): Promise<Stage[]> {
  let stages = waitingStages();
  const set = (stage: Stage) => {
    stages = stages.map((old) => (old.name === stage.name ? stage : old));
    tell(stages);
  };
  for (const name of stageNames) {
    set({ name, status: 'running' });
    const began = clock.monotonic();
    const durationMs = () => Math.round(clock.monotonic() - began);
    try {
      const outcome = await table[name]();
      set({ name, durationMs: durationMs(), ...outcome });
    } catch (error) {
      set({ name, status: 'fail', durationMs: durationMs(), note: messageOf(error) });
      throw error;
    }
  }
  return stages;
}

export function imageNote(image: ImageStatus): StageOutcome {
  if (image.state === 'present' && image.problem === undefined) return { status: 'ok', note: image.reference };
  return { status: 'warn', note: image.problem ?? `${image.reference} is ${image.state}` };
}
