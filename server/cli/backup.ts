import path from 'node:path';
import { type Command, InvalidArgumentError, type Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { createBackups } from '../data/backup/backups.ts';
import { createBackup } from '../data/backup/create-backup.ts';
import { readArchive } from '../data/backup/read-archive.ts';
import { findInstallRoot } from '../data/install-root.ts';
import { confirmMove, moveDataDir, oldCopyOf, planMove } from '../data/move/move-data-dir.ts';
import { drillRestore } from '../data/restore/drill.ts';
import { prepareRestore } from '../data/restore/restore.ts';
import { systemClock } from '../lib/clock.ts';
import { tryStore } from '../sessions/try-store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import type { ConsoleClient } from './link/with-console.ts';
import {
  type DataFlags,
  exitCodes,
  inMegabytes,
  locate,
  mustBeThere,
  type PassphraseFlags,
  passphraseOf,
  runCommand,
  stepTeller,
  withLock,
} from './opened-data.ts';
import { say, sayPlain } from './output.ts';
import { addQuarantineCommand } from './quarantine.ts';
import { addResetCommand } from './reset.ts';
import { onConsole } from './verbs.ts';

type Flags = DataFlags & PassphraseFlags;

interface BackupFlags extends Flags {
  dir?: string;
  keep?: number;
  secrets?: boolean;
  workspaces?: boolean;
}

/** `agentrail backup|restore|data …`. Backups go beside a running server; a restore and a move need it stopped. */
export function addBackupCommands(program: Command, common: Option[]): void {
  const dress = (command: Command): Command => {
    command.option('--json', 'print JSON');
    for (const option of common) command.addOption(option);
    return command;
  };
  const withPassphrase = (command: Command): Command =>
    command.option('--passphrase-file <file>', 'for its secrets (default: AGENTRAIL_BACKUP_PASSPHRASE)');

  const backup = program
    .command('backup')
    .description('write the data directory into one archive, also while a server runs');
  withPassphrase(dress(backup))
    .option('--dir <folder>', 'where to (default: as the settings say, else backups in the data directory)')
    .option('--workspaces', 'with the folders that sandboxes work in')
    .option('--secrets', 'with keys and tokens, sealed with the passphrase')
    .option('--keep <number>', 'remove all but the newest so many', toCount)
    .action((flags: BackupFlags) => runCommand((signal) => make(flags, signal)));
  backup
    .command('ls')
    .description('list the archives')
    .action((_own: object, command: Command) => runCommand(() => list(command.optsWithGlobals())));
  backup
    .command('rm <name...>')
    .description('remove archives from the folder of backups')
    .action((names: string[], _own: object, command: Command) => {
      const flags = command.optsWithGlobals<DataFlags>();
      return onConsole(flags, (console) => removeBackups(console, names, flags));
    });
  backup
    .command('verify <file>')
    .description('read the whole archive and compare it with its manifest')
    .action((file: string, _own: object, command: Command) =>
      runCommand((signal) => verify(file, command.optsWithGlobals(), signal)),
    );
  backup
    .command('drill <file>')
    .description('unpack, prove and open the archive somewhere else, and remove that again')
    .action((file: string, _own: object, command: Command) =>
      runCommand((signal) => drill(file, command.optsWithGlobals(), signal)),
    );

  const restore = program.command('restore <file>').description('put an archive in the place of the data directory');
  withPassphrase(dress(restore))
    .option('--yes', 'really; without it the archive is only proved')
    .action((file: string, flags: Flags & { yes?: boolean }) => runCommand((signal) => bringBack(file, flags, signal)));

  const data = program.command('data').description('move the data directory, mend it, or start over with it');
  dress(data.command('move <folder>'))
    .description('copy it there, prove the copy, and use it from then on')
    .option('--yes', 'really; without it the command looks whether it can go there')
    .action((folder: string, flags: DataFlags & { yes?: boolean }) =>
      runCommand((signal) => move(folder, flags, signal)),
    );
  addResetCommand(dress(data.command('reset')));
  addQuarantineCommand(dress(data.command('quarantine')));
  dress(data.command('confirm-move'))
    .description('remove the old copy that a move left')
    .option('--yes', 'really; without it the command tells what would go')
    .action((flags: DataFlags & { yes?: boolean }) => runCommand(() => confirm(flags)));
}

async function make(flags: BackupFlags, signal: AbortSignal): Promise<number> {
  const { dataDir, config } = await locate(flags);
  await mustBeThere(dataDir);
  const settings = config.current().backup;
  const dir = path.resolve(flags.dir ?? settings.dir ?? path.join(dataDir, 'backups'));
  const passphrase = flags.secrets ? await passphraseOf(flags) : undefined;
  const report = await createBackup({
    ...{ dataDir, dir, version: packageJson.version, now: systemClock.now(), signal, onStep: stepTeller(flags) },
    includes: { workspaces: flags.workspaces ?? settings.workspaces, secrets: flags.secrets ?? false },
    keep: flags.keep ?? settings.keep,
    ...(passphrase !== undefined && { passphrase }),
  });
  if (flags.json) say(JSON.stringify(report));
  else {
    const { file, files, totalBytes, sizeBytes, leftOutCount, leftOut, removed } = report;
    say(
      `${file}\n${files} files, ${inMegabytes(totalBytes)}, packed ${inMegabytes(sizeBytes)}; read back and compared.`,
    );
    for (const name of leftOut) say(`left out, it cannot be read: ${name}`);
    if (leftOutCount > leftOut.length) say(`… and ${leftOutCount - leftOut.length} more`);
    for (const name of removed) say(`removed: ${name}`);
  }
  return report.leftOutCount === 0 ? exitCodes.fine : exitCodes.problem;
}

async function list(flags: BackupFlags): Promise<number> {
  const { dataDir, config } = await locate(flags);
  const settings = () => ({
    ...config.current().backup,
    ...(flags.dir !== undefined && { dir: path.resolve(flags.dir) }),
  });
  const options = { dataDir, version: packageJson.version, tryStore, clock: systemClock, logger: silentLogger };
  const { backups, schedule } = await createBackups({ ...options, settings }).list();
  if (flags.json) say(JSON.stringify({ backups, schedule }));
  else if (backups.length === 0) say(`There are no backups in ${schedule.dir}.`);
  else {
    for (const { name, sizeBytes, createdAt, includes, problem } of backups) {
      const more = [includes.workspaces && 'workspaces', includes.secrets && 'secrets', problem].filter(Boolean);
      say([name, new Date(createdAt).toISOString().slice(0, 16), inMegabytes(sizeBytes), more.join(', ')].join('  '));
    }
  }
  return exitCodes.fine;
}

async function removeBackups({ api, ask }: ConsoleClient, names: string[], { json }: DataFlags): Promise<number> {
  const removed: string[] = [];
  for (const name of new Set(names)) {
    await ask(api.data.backups[':name'].$delete({ param: { name } }));
    removed.push(name);
    if (!json) sayPlain(`${name}  removed`);
  }
  if (json) say(JSON.stringify({ removed }));
  return exitCodes.fine;
}

async function verify(file: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const passphrase = await passphraseOf(flags);
  const { head, files, totalBytes, secrets } = await readArchive(file, {
    ...{ signal, onStep: stepTeller(flags) },
    ...(passphrase !== undefined && { passphrase }),
  });
  const { createdAt, program: version, includes } = head;
  const at = new Date(createdAt).toISOString();
  const report = { file, files, totalBytes, createdAt, version, includes, secretsOpen: secrets !== undefined };
  const sealed = includes.secrets ? (secrets ? '; its secrets open' : '; its secrets were not opened') : '';
  say(
    flags.json
      ? JSON.stringify(report)
      : `Whole: ${files} files, ${inMegabytes(totalBytes)}, of ${at}, by ${version}${sealed}.`,
  );
  return exitCodes.fine;
}

async function drill(file: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const passphrase = await passphraseOf(flags);
  const report = await drillRestore({
    ...{ archive: file, scratchDir: path.dirname(path.resolve(file)), tryStore, signal, onStep: stepTeller(flags) },
    ...(passphrase !== undefined && { passphrase }),
  });
  const { tenants, sessions, messages } = report;
  say(
    flags.json
      ? JSON.stringify(report)
      : `It can be restored: ${tenants} tenants, ${sessions} sessions and ${messages} messages were opened.`,
  );
  return exitCodes.fine;
}

async function bringBack(file: string, flags: Flags & { yes?: boolean }, signal: AbortSignal): Promise<number> {
  if (!flags.yes) {
    await verify(file, flags, signal);
    if (!flags.json) say('Put it in force with --yes. The directory so far stays beside it.');
    return exitCodes.fine;
  }
  const { dataDir } = await locate(flags);
  const passphrase = await passphraseOf(flags);
  const work = async () => {
    const prepared = await prepareRestore({
      ...{ dataDir, archive: path.resolve(file), now: systemClock.now(), signal, onStep: stepTeller(flags) },
      ...(passphrase !== undefined && { passphrase }),
    });
    return prepared.apply();
  };
  const isThere = await mustBeThere(dataDir).then(
    () => true,
    () => false,
  );
  const report = isThere ? await withLock(dataDir, work) : await work();
  const { previous, files, totalBytes, keptSecrets } = report;
  if (flags.json) say(JSON.stringify(report));
  else {
    say(`${dataDir} is as the backup has it: ${files} files, ${inMegabytes(totalBytes)}.`);
    if (keptSecrets) say('Keys and tokens are those from before: the backup holds none that were opened.');
    if (previous !== undefined) say(`The directory so far: ${previous}`);
  }
  return exitCodes.fine;
}

async function move(folder: string, flags: DataFlags & { yes?: boolean }, signal: AbortSignal): Promise<number> {
  const { dataDir } = await locate(flags);
  await mustBeThere(dataDir);
  const question = { from: dataDir, to: path.resolve(folder), installRoot: findInstallRoot(import.meta.dirname) };
  if (!flags.yes) {
    const plan = await planMove(question);
    if (flags.json) say(JSON.stringify(plan));
    else {
      for (const { message } of plan.warnings) say(`Mind: ${message}`);
      say(`${plan.files} files, ${inMegabytes(plan.totalBytes)}, can go to ${plan.to}. Move them with --yes.`);
    }
    return exitCodes.fine;
  }
  const report = await withLock(dataDir, () =>
    moveDataDir({ ...question, now: systemClock.now(), signal, onStep: stepTeller(flags) }),
  );
  if (flags.json) say(JSON.stringify(report));
  else {
    say(`Moved to ${report.to}: ${report.files} files, ${inMegabytes(report.totalBytes)}, compared byte by byte.`);
    say(`Whoever is started with ${report.from} goes there by itself. To name it yourself:`);
    say(`  export AGENTRAIL_DATA_DIR='${report.to}'`);
    say('The old copy stays until you remove it with: agentrail data confirm-move --yes');
  }
  return exitCodes.fine;
}

async function confirm(flags: DataFlags & { yes?: boolean }): Promise<number> {
  const { dataDir } = await locate(flags);
  const old = flags.yes ? await confirmMove(dataDir) : await oldCopyOf(dataDir);
  if (flags.json) say(JSON.stringify(old ?? null));
  else if (old === undefined) say('There is no old copy.');
  else if (flags.yes) say(`The old copy at ${old.from} was removed.`);
  else say(`The old copy at ${old.from}, ${inMegabytes(old.sizeBytes ?? 0)}. Remove it with --yes.`);
  return exitCodes.fine;
}

function toCount(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('Write a whole number from 1.');
}
