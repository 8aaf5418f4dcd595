import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { createConfigManager } from '../config/config-manager.ts';
import { type Environment, readEnvironment, secretVariables } from '../config/env.ts';
import { resolveBoot } from '../config/resolve-boot.ts';
import type { CopyStep } from '../contract/backups.ts';
import { acquireDataDirLock } from '../data/lock.ts';
import { settleDataDir } from '../data/move/move-marks.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/new-id.ts';
import { visibleText } from './table.ts';

export interface DataFlags {
  dataDir?: string;
  config?: string;
  json?: boolean;
}

export const exitCodes = { fine: 0, problem: 1, usage: 2, unreachable: 3 };

/** Ends the command with what it gives back; a fault is told in one sentence. Ctrl-C fires the signal. */
export async function runCommand(command: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const ending = new AbortController();
  const onSignal = () => ending.abort(new AppError('aborted', 'Stopped. Nothing was changed.'));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    process.exitCode = await command(ending.signal);
  } catch (error) {
    tellFault(error);
    process.exitCode = exitCodeOf(error);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** A fault in one sentence, and what it is about line by line where it says so. */
export function tellFault(error: unknown): void {
  const isKnown = error instanceof AppError;
  process.stderr.write(`${visibleText(isKnown ? error.message : `Unexpected fault: ${messageOf(error)}`)}\n`);
  if (!isKnown || !Array.isArray(error.details)) return;
  for (const fault of error.details) {
    const parsed = faultSchema.safeParse(fault);
    if (!parsed.success) continue;
    const { path, line, message } = parsed.data;
    process.stderr.write(visibleText(`  ${line === undefined ? '' : `line ${line}: `}${path}: ${message}\n`));
  }
}

const faultSchema = z.object({ path: z.string(), line: z.number().optional(), message: z.string() });

const unreachableCodes = new Set([
  'data_dir_locked',
  'server_not_answering',
  'server_not_running',
  'server_gone',
  'console_refused',
  'console_untrusted',
]);

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof AppError)) return exitCodes.problem;
  if (error.code === 'usage') return exitCodes.usage;
  const isUnreachable = unreachableCodes.has(error.code) || error.code.startsWith('docker_');
  return isUnreachable ? exitCodes.unreachable : exitCodes.problem;
}

/** What was asked cannot be understood. */
export function usageError(message: string): AppError {
  return new AppError('usage', message, { status: 400 });
}

/** Where the data directory is by now, and its settings. It is not made, and need not be there. */
export async function locate(flags: DataFlags) {
  const env: Environment = readEnvironment();
  const named = resolveBoot(env, {
    cwd: process.cwd(),
    ...(flags.dataDir !== undefined && { dataDir: flags.dataDir }),
    ...(flags.config !== undefined && { configPath: flags.config }),
  });
  const dataDir = await settleDataDir(named.dataDir);
  const boot = { ...named, dataDir };
  const config = await createConfigManager({ boot, env, commandLine: {} });
  return { dataDir, config, env };
}

export async function mustBeThere(dataDir: string): Promise<void> {
  await stat(dataDir).catch((cause: unknown) => {
    const message = `There is no data directory at ${dataDir}. Name another one with --data-dir.`;
    throw new AppError('data_dir_missing', message, { cause });
  });
}

/** While it works nobody else owns the data directory. Throws AppError `data_dir_locked`. */
export async function withLock<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const lock = await acquireDataDirLock(dataDir, { instanceId: newId('instance'), clock: systemClock });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

export interface PassphraseFlags {
  passphraseFile?: string;
}

/** From the file, else AGENTRAIL_BACKUP_PASSPHRASE: an argument would be seen by every program of this machine. */
export async function passphraseOf({ passphraseFile }: PassphraseFlags): Promise<string | undefined> {
  if (passphraseFile === undefined) return secretVariables()('AGENTRAIL_BACKUP_PASSPHRASE');
  try {
    return (await readFile(passphraseFile, 'utf8')).trim();
  } catch (cause) {
    throw new AppError('invalid_request', `The file ${passphraseFile} cannot be read.`, { status: 400, cause });
  }
}

/** Steps for eyes at a terminal, ten times a second at most. */
export function stepTeller({ json }: DataFlags): (step: CopyStep) => void {
  if (json || !process.stderr.isTTY) return () => undefined;
  let last = 0;
  return ({ stage, done, total, unit }) => {
    const now = systemClock.monotonic();
    if (done < total && now - last < 100) return;
    last = now;
    const amount = unit === 'bytes' ? `${inMegabytes(done)} of ${inMegabytes(total)}` : `${done} of ${total}`;
    process.stderr.write(`\r${stage.padEnd(7)} ${amount}\u001b[K${done < total ? '' : '\n'}`);
  };
}

export function inMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
