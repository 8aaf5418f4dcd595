import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type Command, InvalidArgumentError, type Option } from 'commander';
import { createConfigManager } from '../config/config-manager.ts';
import { readEnvironment, secretVariables } from '../config/env.ts';
import { resolveBoot } from '../config/resolve-boot.ts';
import type { KeepingProgress, MergeMode, RetentionRules } from '../contract/keeping.ts';
import { acquireDataDirLock } from '../data/lock.ts';
import { settleDataDir } from '../data/move/move-marks.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/new-id.ts';
import { createFileSessionStore } from '../sessions/file-store.ts';
import { createKeeping, type Keeping } from '../sessions/keeping/keeping.ts';
import { retentionRulesSchema, rulesToApply } from '../sessions/keeping/rules.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { say } from './output.ts';

interface Flags {
  dataDir?: string;
  config?: string;
  json?: boolean;
}

interface KeptData {
  sessions: AgentrailSessionStore;
  keeping: Keeping;
  /** The rules of the settings, with what the command line says in their place. */
  rules(given: RetentionRules): RetentionRules;
}

interface RetentionFlags extends Flags {
  days?: number;
  bytes?: number;
  logDays?: number;
}

const exitCodes = { fine: 0, problem: 1, unreachable: 3 };

/** `agentrail sessions|tenants|retention …`: works on the data directory itself, so no server may own it meanwhile. */
export function addDataCommands(program: Command, common: Option[]): void {
  const group = (name: string, description: string) => {
    const parent = program.command(name).description(description);
    return (usage: string, about: string): Command => {
      const command = parent.command(usage).description(about).option('--json', 'print JSON');
      for (const option of common) command.addOption(option);
      return command;
    };
  };

  const sessions = group('sessions', 'list, export and remove sessions');
  sessions('ls', 'list sessions, newest first')
    .option('--tenant <id>', 'only of this tenant')
    .option('--user <id>', 'only of this user')
    .option('--text <words>', 'only with these words in the title or a message')
    .option('--limit <number>', 'at most so many', toNumber(1), 50)
    .action((flags) => run(flags, (data) => list(data, flags)));
  sessions(
    'export <tenant/user/session> <file>',
    'write a session to a file; .md writes Markdown, else JSON lines',
  ).action((place: string, file: string, flags: Flags) => run(flags, (data) => exportSession(data, place, file)));
  sessions('rm <tenant/user/session...>', 'delete sessions with everything that belongs to them').action(
    (places: string[], flags: Flags) => run(flags, (data) => removeSessions(data, places, flags)),
  );

  const tenants = group('tenants', 'list, export, import and erase tenants');
  tenants('ls', 'list tenants with their sizes').action((flags: Flags) =>
    run(flags, (data) => listTenants(data, flags)),
  );
  tenants('export <tenant> <file>', 'write a tenant to a file, without its workspaces').action(
    (tenantId: string, file: string, flags: Flags) => run(flags, (data) => exportTenant(data, tenantId, file, flags)),
  );
  tenants('import <file>', 'bring a tenant in')
    .option('--merge <mode>', 'skip or replace sessions that are there already')
    .action((file: string, flags) => run(flags, (data) => importTenant(data, file, flags)));
  tenants('erase <tenant>', 'delete everything of a tenant, or of one of its users')
    .option('--user <id>', 'only of this user')
    .option('--yes', 'really; without it the command shows what would go')
    .action((tenantId: string, flags) => run(flags, (data) => erase(data, tenantId, flags)));

  const retention = group('retention', 'delete what is older or more than is to be kept');
  const withRules = (command: Command): Command =>
    command
      .option('--days <number>', 'sessions without activity for longer go (default: as the settings say)', toNumber(0))
      .option('--bytes <number>', 'the longest unused go until the rest fits', toNumber(0))
      .option('--log-days <number>', 'log files of older days go', toNumber(1));
  withRules(retention('preview', 'show what would go; changes nothing')).action((flags: RetentionFlags) =>
    run(flags, (data) => preview(data, flags)),
  );
  withRules(retention('apply', 'delete what the preview shows')).action((flags: RetentionFlags) =>
    run(flags, (data) => apply(data, flags)),
  );
}

async function run(flags: Flags, command: (data: KeptData) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await withKeptData(flags, command);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    const isOwned = error instanceof AppError && error.code === 'data_dir_locked';
    process.exitCode = isOwned ? exitCodes.unreachable : exitCodes.problem;
  }
}

async function withKeptData(flags: Flags, command: (data: KeptData) => Promise<number>): Promise<number> {
  const environment = readEnvironment();
  const named = resolveBoot(environment, {
    cwd: process.cwd(),
    ...(flags.dataDir !== undefined && { dataDir: flags.dataDir }),
    ...(flags.config !== undefined && { configPath: flags.config }),
  });
  const dataDir = await settleDataDir(named.dataDir);
  const boot = { ...named, dataDir };
  const clock = systemClock;
  // Never made by looking at it.
  await stat(dataDir).catch((cause: unknown) => {
    const message = `There is no data directory at ${dataDir}. Name another one with --data-dir.`;
    throw new AppError('data_dir_missing', message, { cause });
  });
  if (secretVariables()('DATABASE_URL') !== undefined) {
    const message = 'DATABASE_URL is set: sessions lie in PostgreSQL. Use the console or the agent API of the server.';
    throw new AppError('sessions_elsewhere', message);
  }
  const lock = await acquireDataDirLock(dataDir, { instanceId: newId('instance'), clock });
  try {
    const config = await createConfigManager({ boot, env: environment, commandLine: {} });
    const sessions = createFileSessionStore({ dataDir, logger: silentLogger, clock });
    try {
      const nothing = async () => () => undefined;
      const keeping = createKeeping({
        ...{ dataDir, sessions, clock, logger: silentLogger },
        // Who holds the lock has no runs, and containers of a server that is gone are its reaper's.
        ...{ hasRun: () => false, hold: nothing, freeSandbox: async () => undefined },
      });
      const rules = (given: RetentionRules) =>
        rulesToApply(retentionRulesSchema.parse(given), config.current().retention);
      return await command({ sessions, keeping, rules });
    } finally {
      await sessions.close();
    }
  } finally {
    await lock.release();
  }
}

async function list(
  { sessions }: KeptData,
  flags: Flags & { tenant?: string; user?: string; text?: string; limit: number },
): Promise<number> {
  const { tenant, user, text, limit } = flags;
  const rows = [];
  let cursor: string | undefined;
  do {
    const page = await sessions.list({
      limit: Math.min(200, limit - rows.length),
      ...(tenant !== undefined && { tenantId: tenant }),
      ...(user !== undefined && { userId: user }),
      ...(text !== undefined && { text }),
      ...(cursor !== undefined && { cursor }),
    });
    rows.push(...page.sessions);
    cursor = page.nextCursor;
  } while (cursor !== undefined && rows.length < limit);
  if (flags.json) say(JSON.stringify(rows));
  else if (rows.length === 0) say('There are no such sessions.');
  else {
    for (const { tenantId, userId, sessionId, lastActiveAt, sizeBytes = 0, title } of rows) {
      const at = new Date(lastActiveAt).toISOString().slice(0, 16);
      say([`${tenantId}/${userId}/${sessionId}`, at, inMegabytes(sizeBytes), title].join('  '));
    }
  }
  return exitCodes.fine;
}

async function exportSession({ sessions }: KeptData, place: string, file: string): Promise<number> {
  const stream = await sessions.export(keyOf(place), file.endsWith('.md') ? 'markdown' : 'jsonl');
  await writeWhole(file, (part) => pipeline(stream, createWriteStream(part, { flags: 'wx', mode: 0o600 })));
  say(`Written to ${file}.`);
  return exitCodes.fine;
}

async function removeSessions({ keeping }: KeptData, places: string[], flags: Flags): Promise<number> {
  const outcomes: { place: string; ok: boolean; freedBytes?: number; error?: string }[] = [];
  for (const place of new Set(places)) {
    try {
      outcomes.push({ place, ok: true, freedBytes: (await keeping.removeSession(keyOf(place))) ?? 0 });
    } catch (error) {
      outcomes.push({ place, ok: false, error: messageOf(error) });
    }
  }
  if (flags.json) say(JSON.stringify(outcomes));
  else for (const { place, error } of outcomes) say(`${place}  ${error ?? 'removed'}`);
  return outcomes.every(({ ok }) => ok) ? exitCodes.fine : exitCodes.problem;
}

async function listTenants({ keeping }: KeptData, flags: Flags): Promise<number> {
  const sizes = await keeping.sizes();
  if (flags.json) say(JSON.stringify(sizes));
  else {
    for (const { tenantId, sessions, sizeBytes } of sizes.tenants) {
      say([tenantId, `${sessions} sessions`, inMegabytes(sizeBytes)].join('  '));
    }
    say(`${sizes.sessions} sessions, ${inMegabytes(sizes.sizeBytes)}.`);
  }
  return exitCodes.fine;
}

async function exportTenant({ keeping }: KeptData, tenantId: string, file: string, flags: Flags): Promise<number> {
  const archive = await keeping.exportTenant(tenantId, teller(flags));
  await writeWhole(file, (part) => pipeline(archive, createWriteStream(part, { flags: 'wx', mode: 0o600 })));
  say(`Written to ${file}. Workspaces are not in it.`);
  return exitCodes.fine;
}

async function importTenant({ keeping }: KeptData, file: string, flags: Flags & { merge?: string }): Promise<number> {
  const { merge } = flags;
  if (merge !== undefined && merge !== 'skip' && merge !== 'replace') {
    throw new AppError('invalid_request', '--merge is skip or replace.', { status: 400 });
  }
  const mode: { merge?: MergeMode } = merge === undefined ? {} : { merge };
  const report = await keeping.importTenant(createReadStream(file), { ...mode, onProgress: teller(flags) });
  const { tenantId, added, replaced, skipped } = report;
  say(flags.json ? JSON.stringify(report) : `${tenantId}: ${added} added, ${replaced} replaced, ${skipped} skipped.`);
  return exitCodes.fine;
}

async function erase(
  { keeping }: KeptData,
  tenantId: string,
  flags: Flags & { user?: string; yes?: boolean },
): Promise<number> {
  const scope = { tenantId, ...(flags.user !== undefined && { userId: flags.user }) };
  const plan = await keeping.erasure.preview(scope);
  if (!flags.yes) {
    say(
      flags.json
        ? JSON.stringify(plan)
        : `${plan.sessions} sessions, ${inMegabytes(plan.sizeBytes)}. Delete them for good with --yes.`,
    );
    return exitCodes.fine;
  }
  const report = await keeping.erasure.apply(scope, { onProgress: teller(flags) });
  say(flags.json ? JSON.stringify(report) : `${report.deleted} sessions deleted, ${inMegabytes(report.freedBytes)}.`);
  return exitCodes.fine;
}

function rulesFrom({ days, bytes, logDays }: RetentionFlags): RetentionRules {
  return {
    ...(days !== undefined && { maxAgeDays: days }),
    ...(bytes !== undefined && { maxTotalBytes: bytes }),
    ...(logDays !== undefined && { maxLogDays: logDays }),
  };
}

async function preview({ keeping, rules }: KeptData, flags: RetentionFlags): Promise<number> {
  const plan = await keeping.retention.preview(rules(rulesFrom(flags)));
  if (flags.json) say(JSON.stringify(plan));
  else {
    for (const { tenantId, userId, sessionId, reason, sizeBytes, title } of plan.sessions) {
      say([`${tenantId}/${userId}/${sessionId}`, reason, inMegabytes(sizeBytes), title].join('  '));
    }
    for (const { name, sizeBytes } of plan.logFiles) say([`logs/${name}`, 'age', inMegabytes(sizeBytes)].join('  '));
    say(`${plan.sessions.length} sessions, ${inMegabytes(plan.freedBytes)}; ${plan.logFiles.length} log files.`);
  }
  return exitCodes.fine;
}

async function apply({ keeping, rules }: KeptData, flags: RetentionFlags): Promise<number> {
  const plan = await keeping.retention.preview(rules(rulesFrom(flags)));
  const report = await keeping.retention.apply(plan, { onProgress: teller(flags) });
  const { deleted, logFiles, freedBytes, failed } = report;
  say(
    flags.json
      ? JSON.stringify(report)
      : `${deleted} sessions and ${logFiles} log files deleted, ${inMegabytes(freedBytes)}.`,
  );
  return failed === 0 ? exitCodes.fine : exitCodes.problem;
}

/** A file is there whole or not at all, and never in the place of another. */
async function writeWhole(file: string, write: (part: string) => Promise<void>): Promise<void> {
  const isTaken = await stat(file).then(
    () => true,
    () => false,
  );
  if (isTaken) throw new AppError('file_exists', `There is a file at ${file} already. Choose another name.`);
  const part = `${file}.part`;
  try {
    await write(part);
    const handle = await open(part, 'r');
    await handle.sync().finally(() => handle.close());
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** Steps for eyes at a terminal, ten times a second at most. */
function teller({ json }: Flags): (progress: KeepingProgress) => void {
  if (json || !process.stderr.isTTY) return () => undefined;
  let last = 0;
  return (progress) => {
    if (progress.type !== 'step') return;
    const now = systemClock.monotonic();
    if (progress.done < progress.total && now - last < 100) return;
    last = now;
    const { done, total, unit } = progress;
    const end = done < total ? '' : '\n';
    process.stderr.write(
      `\r${unit === 'bytes' ? `${inMegabytes(done)} of ${inMegabytes(total)}` : `${done}/${total}`}${end}`,
    );
  };
}

function toNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Write a whole number from ${least}.`);
  };
}

function keyOf(place: string): { tenantId: string; userId: string; sessionId: string } {
  const [tenantId, userId, sessionId, more] = place.split('/');
  if (!tenantId || !userId || !sessionId || more !== undefined) {
    throw new AppError('invalid_request', `Name a session as tenant/user/session, not ${place}.`, { status: 400 });
  }
  return { tenantId, userId, sessionId };
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
