import type { LogLine } from '../contract/logs.ts';
import type { ServerState } from '../contract/server-state.ts';
import { type Column, formatTable, plainText, visibleText } from './table.ts';

/** One line for the person at the terminal, or more; nothing that stands in it steers the terminal. */
export function say(line: string): void {
  process.stdout.write(`${visibleText(line)}\n`);
}

/** A line with words of others in it. */
export function sayPlain(line: string): void {
  say(plainText(line));
}

/** A table that fits the terminal; into a file or another program nothing is cut. */
export function sayTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const width = process.stdout.isTTY ? process.stdout.columns : undefined;
  for (const line of formatTable(columns, rows, width)) say(line);
}

/** What a reader that went away no longer takes is not missed: `agentrail … | head` ends without a word. */
export function endQuietlyWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EOF') throw error;
    });
  }
}

/** Tells when the server came up or failed, once per change. */
export function createStateTeller(): (state: ServerState) => void {
  let last = '';
  return (state) => {
    const line = lineOf(state);
    if (line !== undefined && line !== last) say(line);
    last = line ?? last;
  };
}

function lineOf({ phase, address, fault, stages }: ServerState): string | undefined {
  if (phase === 'ready') return `Server:  ${address}`;
  if (phase === 'degraded') {
    // Without Docker its image is missing for the same reason.
    const notes = new Set(stages.filter((stage) => stage.status === 'warn').map((stage) => stage.note));
    return `Server:  ${address}, with something missing:${[...notes].map((note) => `\n         ${note}`).join('')}`;
  }
  if (phase === 'failed' && fault) {
    const offer = fault.freePort === undefined ? '' : ` Port ${fault.freePort} is free: use --port ${fault.freePort}.`;
    return `Server:  not started. ${fault.message}${offer}`;
  }
  return undefined;
}

/** A log line as a person reads it. Whatever it holds, it is one line: none can pass for another. */
export function formatLine({ time, level, component, msg, fields }: LogLine): string {
  const clock = new Date(time).toISOString().slice(11, 23);
  const more = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
  const text = `${clock} ${level.padEnd(5)} ${component.padEnd(9)} ${msg}${more}`;
  return `${visibleText(text).replaceAll('\n', String.raw`\n`)}\n`;
}
