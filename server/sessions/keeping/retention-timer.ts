import type { RetentionRules } from '../../contract/keeping.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Retention } from '../retention.ts';

const startMs = 60_000;
const dayMs = 86_400_000;
/** Share of a wait that chance decides, so that several servers on one store do not all work at once. */
const jitter = 0.1;

export interface RetentionTimerOptions {
  retention: Retention;
  /** Asked each time. Undefined: nothing goes by itself. */
  rules(): RetentionRules | undefined;
  clock: Clock;
  logger: Logger;
  /** From 0 to 1. */
  random?(): number;
}

/** Applies the rules a minute after the start and then once a day, until closed. */
export interface RetentionTimer {
  /** Ends what goes on between two sessions, and waits for it. Idempotent. */
  close(): Promise<void>;
}

export function startRetentionTimer(options: RetentionTimerOptions): RetentionTimer {
  const { retention, rules, clock, logger, random = Math.random } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const wait = (ms: number) => clock.sleep(ms * (1 + jitter * random()), signal);

  async function applyOnce(): Promise<void> {
    const wanted = rules();
    if (wanted === undefined) return;
    try {
      const plan = await retention.preview(wanted);
      if (plan.sessions.length === 0 && plan.logFiles.length === 0) return;
      const report = await retention.apply(plan, { signal });
      logger.info('Retention applied', { ...report });
    } catch (error) {
      logger.error(`Retention could not be applied and is tried again tomorrow: ${messageOf(error)}`);
    }
  }

  async function work(): Promise<void> {
    await wait(startMs);
    while (!signal.aborted) {
      await applyOnce();
      await wait(dayMs);
    }
  }

  // Rejects when it is closed while it waits.
  const working = work().catch(() => undefined);
  return {
    async close() {
      closing.abort();
      await working;
    },
  };
}
