import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type FirstRun, type FirstRunStep, firstRunSteps, stepOutcomes } from '../contract/first-run.ts';
import type { FirstRunChange } from '../contract/first-run-schemas.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { errnoOf, toStorageError } from '../data/storage-error.ts';
import { messageOf } from '../lib/app-error.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';
import type { Logger } from '../telemetry/logger.ts';

const fileName = 'first-run.json';
const outcome = z.enum(stepOutcomes);
const fileSchema = z.strictObject({
  version: z.literal(1),
  status: z.enum(['open', 'finished', 'dismissed']),
  step: z.enum(firstRunSteps),
  steps: z.strictObject({ data: outcome, model: outcome, sandbox: outcome }),
});

/** How far a person is. Kept on disk, so that a closed window goes on where it was. */
export interface FirstRunState {
  read(): FirstRun;
  /** Throws AppError `storage_unavailable` (503); nothing is changed then. */
  change(change: FirstRunChange): Promise<FirstRun>;
}

export interface FirstRunOptions {
  dataDir: string;
  /** Nothing was ever done with this data directory. Asked only when it holds no word of a first run. */
  isFresh(): Promise<boolean>;
  logger: Logger;
}

const blank: FirstRun = { status: 'open', step: 'data', steps: { data: 'open', model: 'open', sandbox: 'open' } };

/** A directory that was in use before there was a first run, or whose file nobody understands, is never asked. */
export async function openFirstRun({ dataDir, isFresh, logger }: FirstRunOptions): Promise<FirstRunState> {
  const file = path.join(dataDir, fileName);
  const queue = createSerialQueue();
  let state: FirstRun = (await readKept()) ?? (await begin());

  async function readKept(): Promise<FirstRun | undefined> {
    try {
      const { status, step, steps } = fileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
      return { status, step, steps };
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      logger.warn('The state of the first run cannot be read; it is not shown.', { reason: messageOf(error) });
      return { ...blank, status: 'dismissed' };
    }
  }

  async function begin(): Promise<FirstRun> {
    if (!(await isFresh())) return { ...blank, status: 'dismissed' };
    // At once: what is done meanwhile makes the directory no longer fresh.
    await keep(blank).catch((error: unknown) =>
      logger.warn('The first run cannot be kept; it begins anew with the next start.', { reason: messageOf(error) }),
    );
    return blank;
  }

  async function keep(next: FirstRun): Promise<void> {
    await atomicWriteFile(file, JSON.stringify({ version: 1, ...next })).catch((error: unknown) => {
      throw toStorageError(error);
    });
  }

  return {
    read: () => state,
    change: (change) =>
      queue(async () => {
        const next = applyChange(state, change);
        await keep(next);
        state = next;
        return next;
      }),
  };
}

/** Pure: the one place that says what follows what. */
export function applyChange(state: FirstRun, change: FirstRunChange): FirstRun {
  if ('goTo' in change) return { ...state, step: change.goTo };
  if ('status' in change) return { ...state, status: change.status };
  const steps = { ...state.steps, [change.step]: change.outcome };
  const step = change.outcome === 'open' ? change.step : stepAfter(change.step);
  return { ...state, steps, step };
}

function stepAfter(step: FirstRunStep): FirstRunStep {
  return firstRunSteps[firstRunSteps.indexOf(step) + 1] ?? step;
}
