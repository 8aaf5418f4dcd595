import type { Clock } from '../lib/clock.ts';
import { createLineLimit } from '../telemetry/line-limit.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ExecRequest, ExecResult } from './sandbox.ts';

/**
 * Of each stream, from its beginning. More than a line of the log shows: what is cut off is cut after redaction, so half
 * a secret is never shown.
 */
const maxKeptBytes = 32_768;
const windowMs = 10_000;
const maxLines = 100;

/** Commands and the beginning of what they print, at level debug: it can be much, and it is the person's own. */
export interface CommandLog {
  begin(command: ExecRequest['command'], manner: CommandManner): CommandRecord;
}

export interface CommandManner {
  /** Number of a background command. */
  shellId?: string | undefined;
  /** What passes through a terminal is what somebody types there, passwords included: none of it is kept. */
  isTerminal: boolean;
}

export interface CommandRecord {
  onOutput(stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
  ended(result: Pick<ExecResult, 'exitCode' | 'signal' | 'endedBy' | 'durationMs'>): void;
}

export function createCommandLog(logger: Logger, clock: Clock, container: string): CommandLog {
  const limited = createLineLimit({
    ...{ clock, windowMs, maxLines },
    onLeftOut: (left) => logger.debug('More commands ended than are logged one by one.', { container, left }),
  });
  return {
    begin(command, { shellId, isTerminal }) {
      const stdout = createBeginning();
      const stderr = createBeginning();
      const streams = { stdout, stderr };
      return {
        onOutput(stream, chunk) {
          if (!isTerminal) streams[stream].add(chunk);
        },
        ended({ exitCode, signal, endedBy, durationMs }) {
          limited(() =>
            logger.debug('A command ended.', {
              container,
              // Made into text only when a line is written.
              get command() {
                return Array.isArray(command) ? command.join(' ') : command.shell;
              },
              ...(shellId !== undefined && { shellId }),
              ...(isTerminal && { terminal: true }),
              exitCode,
              ...(signal !== null && { signal }),
              endedBy,
              durationMs: Math.round(durationMs),
              ...stdout.asField('stdout'),
              ...stderr.asField('stderr'),
            }),
          );
        },
      };
    },
  };
}

function createBeginning() {
  const pieces: Buffer[] = [];
  let kept = 0;
  let total = 0;
  return {
    add(chunk: Uint8Array): void {
      total += chunk.byteLength;
      const room = maxKeptBytes - kept;
      if (room <= 0) return;
      // A copy: the chunk may lie in memory that is used again.
      const piece = Buffer.from(chunk.subarray(0, room));
      pieces.push(piece);
      kept += piece.length;
    },
    asField(name: 'stdout' | 'stderr'): Record<string, unknown> {
      if (total === 0) return {};
      const beginning = Buffer.concat(pieces);
      const isBinary = beginning.includes(0);
      return {
        [name]: isBinary ? '[binary]' : beginning.toString('utf8'),
        ...(total > kept || isBinary ? { [`${name}Bytes`]: total } : {}),
      };
    },
  };
}
