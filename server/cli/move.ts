import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Command, Option } from 'commander';
import { readEnvironment, secretVariables } from '../config/env.ts';
import { resolveBoot } from '../config/resolve-boot.ts';
import { createDataLayout } from '../data/layout.ts';
import { acquireDataDirLock } from '../data/lock.ts';
import { namesOfTenants } from '../data/tenant-names.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/new-id.ts';
import { createSecretsManager } from '../secrets/create-secrets-manager.ts';
import { createFileShelf } from '../sessions/file-shelf.ts';
import { createFileSessionStore } from '../sessions/file-store.ts';
import { type MoveReport, moveSessions } from '../sessions/move-sessions.ts';
import { createPostgresSessionStore } from '../sessions/postgres/postgres-store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { say } from './output.ts';

interface MoveFlags {
  dataDir?: string;
  config?: string;
  json?: boolean;
  toDatabase?: boolean;
  toFiles?: boolean;
  tenant?: string;
  deleteMoved?: boolean;
}

const exitCodes = { fine: 0, problem: 1, unreachable: 3 };

/** `agentrail sessions move`: from the files of a data directory into the database of DATABASE_URL, or back. */
export function addMoveCommand(program: Command, common: Option[]): void {
  const sessions = program.commands.find((command) => command.name() === 'sessions') ?? program.command('sessions');
  const command = sessions
    .command('move')
    .description('copy sessions between files and the database of DATABASE_URL, compare them, and go on where it ended')
    .option('--to-database', 'from files into the database')
    .option('--to-files', 'from the database into files')
    .option('--tenant <id>', 'only of this tenant')
    .option('--delete-moved', 'delete those at the old place that are proven to be the same at the new one')
    .option('--json', 'print JSON')
    .action((flags: MoveFlags) => run(flags));
  for (const option of common) command.addOption(option);
}

async function run(flags: MoveFlags): Promise<void> {
  const stopping = new AbortController();
  const stop = () => stopping.abort(new AppError('aborted', 'Stopped. The same command goes on where it ended.'));
  process.once('SIGINT', stop);
  try {
    const report = await move(flags, stopping.signal);
    tell(report, flags);
    process.exitCode = report.left.length + report.different.length === 0 ? exitCodes.fine : exitCodes.problem;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    const isOwned = error instanceof AppError && error.code === 'data_dir_locked';
    process.exitCode = isOwned ? exitCodes.unreachable : exitCodes.problem;
  } finally {
    process.off('SIGINT', stop);
  }
}

async function move(flags: MoveFlags, signal: AbortSignal): Promise<MoveReport> {
  if ((flags.toDatabase === true) === (flags.toFiles === true))
    throw new AppError('invalid_request', 'Say where to: --to-database or --to-files.', { status: 400 });
  const environment = readEnvironment();
  const { dataDir } = resolveBoot(environment, {
    cwd: process.cwd(),
    ...(flags.dataDir !== undefined && { dataDir: flags.dataDir }),
    ...(flags.config !== undefined && { configPath: flags.config }),
  });
  await stat(dataDir).catch((cause: unknown) => {
    const message = `There is no data directory at ${dataDir}. Name another one with --data-dir.`;
    throw new AppError('data_dir_missing', message, { cause });
  });
  const lock = await acquireDataDirLock(dataDir, { instanceId: newId('instance'), clock: systemClock });
  try {
    const url = await databaseUrl(dataDir, environment.vaultPassphrase);
    return await moveBetween(dataDir, url, flags, signal);
  } finally {
    await lock.release();
  }
}

async function databaseUrl(dataDir: string, passphrase: string | undefined): Promise<string> {
  const secrets = await createSecretsManager({
    ...{ dataDir, environment: secretVariables(), clock: systemClock, logger: silentLogger },
    ...(passphrase !== undefined && { passphrase }),
  });
  try {
    const url = secrets.reveal('DATABASE_URL');
    if (url !== undefined) return url;
    const { state } = secrets.status();
    const why = state === 'locked' ? ' The vault is locked: set AGENTRAIL_VAULT_PASSPHRASE if it has one.' : '';
    throw new AppError('no_database', `DATABASE_URL is not set, in the environment or the vault.${why}`);
  } finally {
    await secrets.close();
  }
}

async function moveBetween(dataDir: string, url: string, flags: MoveFlags, signal: AbortSignal): Promise<MoveReport> {
  const clock = systemClock;
  const postgres = createPostgresSessionStore({ url, clock, logger: silentLogger });
  const files = createFileSessionStore({ dataDir, clock, logger: silentLogger });
  try {
    await postgres.ping();
    const tenants = await tenantsOf(flags, async () => {
      if (flags.toDatabase) return namesOfTenants(dataDir);
      return ((await postgres.allTotals?.()) ?? []).map(({ tenantId }) => tenantId);
    });
    const [inFiles, inDatabase] = [createFileShelf(dataDir), postgres.shelf];
    const [from, to] = flags.toDatabase ? [inFiles, inDatabase] : [inDatabase, inFiles];
    const report = await moveSessions({
      ...{ from, to, tenants, signal },
      staging: path.join(createDataLayout(dataDir).tenantsDir, `.import-${newId('instance')}`),
      dropsMoved: flags.deleteMoved === true,
      onProgress(step) {
        if (step.type !== 'step' || flags.json || !process.stderr.isTTY) return;
        process.stderr.write(`\r${step.done}/${step.total}${step.done < step.total ? '' : '\n'}`);
      },
    });
    for (const tenantId of tenants) await files.refresh?.(tenantId);
    return report;
  } finally {
    await files.close();
    await postgres.close();
  }
}

async function tenantsOf(flags: MoveFlags, all: () => Promise<string[]>): Promise<string[]> {
  return flags.tenant === undefined ? all() : [flags.tenant];
}

function tell(report: MoveReport, flags: MoveFlags): void {
  if (flags.json) {
    say(JSON.stringify(report));
    return;
  }
  for (const place of report.different) say(`${place}  another one of this id is there; both stay`);
  for (const { place, reason } of report.left) say(`${place}  ${reason}`);
  const { moved, same, dropped } = report;
  say(`${moved} copied, ${same} were there already, ${dropped} deleted at the old place.`);
  if (!flags.deleteMoved && moved + same > 0)
    say('The old place keeps them too. Look at the new one, then run this again with --delete-moved.');
}
