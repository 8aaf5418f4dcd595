import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { ConsoleContext } from './context.ts';
import { progressStream } from './progress-stream.ts';

/** Beside the first and the last, a step every so often is enough for eyes. */
const stepMs = 100;

interface Told {
  type: string;
}

/**
 * Server-sent events of work that may be ended by its client; the outcome is the last event, whatever it is. Steps are
 * `{type: 'step', done, total, stage?}`.
 */
export function toldProgress<Progress extends Told>(
  context: Pick<ConsoleContext, 'clock' | 'dropSignal'>,
  request: Request,
  work: (emit: (progress: Progress) => void, signal: AbortSignal) => Promise<Progress>,
): Response {
  return progressStream<Progress>(request, context.dropSignal(), {
    async run(emit, signal) {
      try {
        emit(await work(paced(emit, context.clock), signal));
      } catch (fault) {
        const code = fault instanceof AppError ? fault.code : 'internal';
        emit({ type: 'failed', code, message: messageOf(fault) } as unknown as Progress);
      }
    },
    isMinor: ({ type }) => type === 'step',
  });
}

function paced<Progress extends Told>(emit: (progress: Progress) => void, clock: Clock): (progress: Progress) => void {
  let last = Number.NEGATIVE_INFINITY;
  let stage: unknown;
  return (progress) => {
    if (progress.type === 'step') {
      const step = progress as Progress & { done?: number; total?: number; stage?: unknown };
      const now = clock.monotonic();
      if (step.stage === stage && step.done !== step.total && now - last < stepMs) return;
      last = now;
      stage = step.stage;
    }
    emit(progress);
  };
}
