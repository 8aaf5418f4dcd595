import { join } from 'node:path';
import { type LogLevel, type LogLine, logLevels } from '../contract/logs.ts';
import type { Clock } from '../lib/clock.ts';
import type { Redactor } from '../secrets/secret-source.ts';
import { createLineRing } from './line-ring.ts';
import { newestSeq } from './log-files.ts';
import { makeLine, type WrittenLine } from './log-line.ts';
import { createLogReader } from './log-reader.ts';
import { createLogSearcher } from './log-searcher.ts';
import type { LogStore } from './log-store.ts';
import { createLogWriter } from './log-writer.ts';
import type { LogContext, Logger } from './logger.ts';

const ringLines = 5000;
const ringSize = 33_554_432;

export interface LoggingOptions {
  /** Absolute. */
  dataDir: string;
  /** Read at every line. */
  level: () => LogLevel;
  /** Read at every line. */
  redactor: () => Redactor;
  clock: Clock;
  /** Also shows each line somewhere, for instance on the terminal; must not throw. */
  echo?: (line: LogLine) => void;
}

/**
 * The log of this process. An own small writer instead of pino: sequence, bounds, redaction of the final text, rotation
 * without a worker thread and the ring are all ours to do, and nothing but JSON.stringify would be left for pino.
 */
export function createLogging(options: LoggingOptions): { logger: Logger; store: LogStore } {
  const dir = join(options.dataDir, 'logs');
  const ring = createLineRing(ringLines, ringSize);
  const listeners = new Set<(line: LogLine) => void>();
  let seq = newestSeq(dir);

  const writer = createLogWriter({
    dataDir: options.dataDir,
    clock: options.clock,
    onRecovered(droppedLines, reason) {
      write('warn', 'The log could not be written for a while.', { component: 'telemetry' }, { droppedLines, reason });
    },
  });

  function write(level: LogLevel, msg: string, context: LogContext, fields?: Record<string, unknown>): void {
    if (logLevels.indexOf(level) < logLevels.indexOf(options.level())) return;
    const time = options.clock.now();
    const written = makeLine({ seq: ++seq, time, level, msg, context, fields }, options.redactor);
    ring.add(written.line, written.text.length);
    writer.append(written.line.seq, time, written.text);
    tell(written);
  }

  function tell({ line }: WrittenLine): void {
    for (const listener of options.echo ? [...listeners, options.echo] : listeners) {
      try {
        listener(line);
      } catch {
        // A listener that breaks its promise must not take the one who logs with it.
      }
    }
  }

  const searcher = createLogSearcher();
  const reader = createLogReader({
    dir,
    searcher,
    // What the disk refuses, or has not taken yet.
    async unwritten() {
      if (await writer.flush()) return [];
      const kept = writer.keptSeq();
      return ring.lines().filter((line) => line.seq > kept);
    },
    redactor: options.redactor,
  });

  const store: LogStore = {
    ...reader,
    subscribe(listener) {
      const own = (line: LogLine) => listener(line);
      listeners.add(own);
      return () => listeners.delete(own);
    },
    async flush() {
      await writer.flush();
    },
    whileClosed: writer.whileClosed,
    async close() {
      await searcher.close();
      await writer.close();
    },
  };

  return { logger: createLogger(write, {}), store };
}

type Write = (level: LogLevel, msg: string, context: LogContext, fields?: Record<string, unknown>) => void;

function createLogger(write: Write, context: LogContext): Logger {
  return {
    log: (level, msg, fields) => write(level, msg, context, fields),
    debug: (msg, fields) => write('debug', msg, context, fields),
    info: (msg, fields) => write('info', msg, context, fields),
    warn: (msg, fields) => write('warn', msg, context, fields),
    error: (msg, fields) => write('error', msg, context, fields),
    child: (more) => createLogger(write, { ...context, ...more }),
  };
}
