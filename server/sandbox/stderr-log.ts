import type { Clock } from '../lib/clock.ts';
import { createLineLimit } from '../telemetry/line-limit.ts';
import type { Logger } from '../telemetry/logger.ts';

const windowMs = 10_000;
const maxLines = 20;
/** Of one piece; more than a line shows, which is cut after redaction. */
const maxBytes = 32_768;

/** What the agent inside writes to its stderr: nothing, as long as it is well. */
export interface StderrLog {
  add(chunk: Buffer): void;
  /** From now on it is this session's, and worth a warning: a start that fails tells why by itself. */
  belongsTo(logger: Logger): void;
}

export function createStderrLog(logger: Logger, clock: Clock, container: string): StderrLog {
  let owner: Logger | undefined;
  const write = (text: string, fields: object) => {
    if (owner) owner.warn(text, { container, ...fields });
    else logger.debug(text, { container, ...fields });
  };
  const limited = createLineLimit({
    ...{ clock, windowMs, maxLines },
    onLeftOut: (left) => write('The agent inside wrote more to stderr than is logged.', { left }),
  });
  return {
    add(chunk) {
      limited(() => write('The agent inside wrote to stderr.', { text: chunk.toString('utf8', 0, maxBytes) }));
    },
    belongsTo(next) {
      owner = next;
    },
  };
}
