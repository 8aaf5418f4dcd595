import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { usageError } from './opened-data.ts';

const longestInput = 1_048_576;

/** Standard input to its end. Throws AppError `usage` for more than a value or a file of them can be. */
export async function readInput(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) {
    text += chunk;
    if (text.length > longestInput) throw usageError('Standard input holds more than 1 MiB. Give the value alone.');
  }
  return text;
}

/**
 * A value that no other program of this machine sees: from standard input, or asked for without showing it. One that
 * stood in the arguments would be in the list of processes and in the shell's history.
 */
export async function readSecretValue(question: string, signal: AbortSignal): Promise<string> {
  const value = (process.stdin.isTTY ? await askHidden(question, signal) : await readInput()).trim();
  if (value === '') throw usageError('There is no value on standard input.');
  return value;
}

async function askHidden(question: string, signal: AbortSignal): Promise<string> {
  process.stderr.write(question);
  // It edits the line and shows nothing of it.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const stop = new AbortController();
  lines.once('SIGINT', () => stop.abort(usageError('Stopped. Nothing was changed.')));
  try {
    return await lines.question('', { signal: AbortSignal.any([signal, stop.signal]) });
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : signal.aborted ? signal.reason : error;
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
