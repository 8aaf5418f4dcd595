import type { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { createLineLimit } from '../../telemetry/line-limit.ts';
import type { Logger } from '../../telemetry/logger.ts';

const windowMs = 10_000;
/** Per window; a loop inside must not fill the log. */
const maxLines = 100;
const maxNotes = 5;

export interface DecisionFacts {
  method: string;
  host: string;
  port: number;
  address?: string;
  /** Name of the secret that was put in. */
  secret?: string;
}

/** Each decision about a connection, for the log; refusals for the agent, too. */
export interface DecisionLog {
  allowed(facts: DecisionFacts): void;
  refused(facts: DecisionFacts, fault: AppError): void;
  /** Sentences about what was refused since the last call: most programs only show a status. */
  takeNotes(): string[];
}

export function createDecisionLog(logger: Logger, clock: Clock, container: string): DecisionLog {
  const limited = createLineLimit({
    ...{ clock, windowMs, maxLines },
    onLeftOut: (left) => logger.warn('More decisions than are logged one by one.', { container, left }),
  });
  const notes = new Set<string>();

  function log(level: 'info' | 'warn', text: string, fields: Record<string, unknown>): void {
    limited(() => logger.log(level, text, { container, ...fields }));
  }

  return {
    allowed: (facts) => log('info', 'A sandbox connects.', { verdict: 'allowed', ...facts }),
    refused(facts, fault) {
      log('warn', 'A sandbox may not connect.', { verdict: 'refused', code: fault.code, why: fault.message, ...facts });
      if (notes.size < maxNotes) notes.add(fault.message);
    },
    takeNotes() {
      const taken = [...notes];
      notes.clear();
      return taken;
    },
  };
}
