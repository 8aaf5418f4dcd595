import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DeleteOutcome } from '../console/api.ts';
import type {
  ErasurePlan,
  ErasureReport,
  ImportReport,
  KeepingProgress,
  KeptSizes,
  RetentionCandidate,
  RetentionPlan,
  RetentionReport,
  RetentionRules,
} from '../contract/keeping.ts';
import type { SessionListing, SessionRow } from '../contract/sessions.ts';
import { AppError } from '../lib/app-error.ts';
import { openFile, saveAnswer } from './link/files.ts';
import { type ConsoleClient, withConsole } from './link/with-console.ts';
import { type DataFlags, exitCodes, inMegabytes, runCommand, usageError } from './opened-data.ts';
import { say, sayPlain, sayTable } from './output.ts';
import type { Column } from './table.ts';

interface RetentionFlags extends DataFlags {
  days?: number;
  bytes?: number;
  logDays?: number;
  tenant?: string;
}

/** `agentrail sessions|tenants|retention …`: through the server that runs, else on the data directory itself. */
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
    'write a session to a file (- is standard output); .md writes Markdown, else JSON lines',
  ).action((place: string, file: string, flags: DataFlags) => run(flags, (data) => exportSession(data, place, file)));
  sessions('rm <tenant/user/session...>', 'delete sessions with everything that belongs to them').action(
    (places: string[], flags: DataFlags) => run(flags, (data) => removeSessions(data, places, flags)),
  );

  const tenants = group('tenants', 'list, export, import and erase tenants');
  tenants('ls', 'list tenants with their sizes').action((flags: DataFlags) =>
    run(flags, (data) => listTenants(data, flags)),
  );
  tenants('export <tenant> <file>', 'write a tenant to a file, without its workspaces').action(
    (tenantId: string, file: string, flags: DataFlags) => run(flags, (data) => exportTenant(data, tenantId, file)),
  );
  tenants('import <file>', 'bring a tenant in')
    .addOption(
      new Option('--merge <mode>', 'what becomes of sessions that are there already').choices(['skip', 'replace']),
    )
    .action((file: string, flags) => run(flags, (data) => importTenant(data, file, flags)));
  tenants('erase <tenant>', 'delete everything of a tenant, or of one of its users')
    .option('--user <id>', 'only of this user')
    .option('--yes', 'really; without it the command shows what would go')
    .action((tenantId: string, flags) => run(flags, (data) => erase(data, tenantId, flags)));

  const retention = group('retention', 'delete what is older or more than is to be kept');
  const withRules = (command: Command): Command =>
    command
      .option('--days <number>', 'sessions without activity for longer go (default: as the settings say)', toDays)
      .option('--bytes <number>', 'the longest unused go until the rest fits', toNumber(0))
      .option('--log-days <number>', 'log files of older days go', toNumber(1))
      .option('--tenant <id>', 'only of this tenant');
  withRules(retention('preview', 'show what would go; changes nothing')).action((flags: RetentionFlags) =>
    run(flags, (data) => preview(data, flags)),
  );
  withRules(retention('apply', 'delete what the preview shows')).action((flags: RetentionFlags) =>
    run(flags, (data) => apply(data, flags)),
  );
}

type Work = (console: ConsoleClient) => Promise<number>;

function run(flags: DataFlags, work: Work): Promise<void> {
  return runCommand((signal) =>
    withConsole(flags, { signal }, async (console) => {
      if (console.via === 'direct' && console.isDatabase) throw sessionsElsewhere();
      return work(console);
    }),
  );
}

function sessionsElsewhere(): AppError {
  const message =
    'The sessions lie in PostgreSQL. Start the server on this data directory; commands then go through it.';
  return new AppError('sessions_elsewhere', message);
}

const sessionColumns: Column<SessionRow>[] = [
  { head: 'SESSION', of: ({ tenantId, userId, sessionId }) => `${tenantId}/${userId}/${sessionId}` },
  { head: 'LAST USE', of: ({ lastActiveAt }) => new Date(lastActiveAt).toISOString().slice(0, 16) },
  { head: 'SIZE', isRight: true, of: ({ sizeBytes = 0 }) => inMegabytes(sizeBytes) },
  { head: 'TITLE', isCut: true, of: ({ title }) => title },
];

interface ListFlags extends DataFlags {
  tenant?: string;
  user?: string;
  text?: string;
  limit: number;
}

async function list({ api, ask }: ConsoleClient, flags: ListFlags): Promise<number> {
  const { tenant, user, text, limit } = flags;
  const rows: SessionRow[] = [];
  let cursor: string | undefined;
  do {
    const query = {
      limit: String(Math.min(200, limit - rows.length)),
      ...(tenant !== undefined && { tenantId: tenant }),
      ...(user !== undefined && { userId: user }),
      ...(text !== undefined && { text }),
      ...(cursor !== undefined && { cursor }),
    };
    const page: SessionListing = await ask<SessionListing>(api.sessions.$get({ query }));
    rows.push(...page.sessions);
    cursor = page.nextCursor;
  } while (cursor !== undefined && rows.length < limit);
  if (flags.json) say(JSON.stringify(rows));
  else if (rows.length === 0) say('There are no such sessions.');
  else sayTable(sessionColumns, rows);
  return exitCodes.fine;
}

async function exportSession({ api, open }: ConsoleClient, place: string, file: string): Promise<number> {
  const format = file.endsWith('.md') ? ('markdown' as const) : ('jsonl' as const);
  const param = keyOf(place);
  const path = api.sessions[':tenantId'][':userId'][':sessionId'].export;
  await saveAnswer(await open(path.$get({ param, query: { format } })), file);
  if (file !== '-') say(`Written to ${file}.`);
  return exitCodes.fine;
}

const deletedAtOnce = 100;

async function removeSessions({ api, ask }: ConsoleClient, places: string[], flags: DataFlags): Promise<number> {
  const keys = [...new Set(places)].map(keyOf);
  const outcomes: { place: string; ok: boolean; error?: string }[] = [];
  for (let from = 0; from < keys.length; from += deletedAtOnce) {
    const sessions = keys.slice(from, from + deletedAtOnce);
    const { results } = await ask<{ results: DeleteOutcome[] }>(api.sessions.delete.$post({ json: { sessions } }));
    for (const outcome of results) {
      const place = `${outcome.tenantId}/${outcome.userId}/${outcome.sessionId}`;
      outcomes.push({ place, ok: outcome.ok, ...(!outcome.ok && { error: outcome.error }) });
      if (!flags.json) sayPlain(`${place}  ${outcome.ok ? 'removed' : outcome.error}`);
    }
  }
  if (flags.json) say(JSON.stringify(outcomes));
  return outcomes.every(({ ok }) => ok) ? exitCodes.fine : exitCodes.problem;
}

async function listTenants({ api, ask }: ConsoleClient, flags: DataFlags): Promise<number> {
  const sizes = await ask<KeptSizes>(api.data.sizes.$get());
  if (flags.json) say(JSON.stringify(sizes));
  else {
    sayTable(
      [
        { head: 'TENANT', of: ({ tenantId }) => tenantId },
        { head: 'SESSIONS', isRight: true, of: ({ sessions }) => String(sessions) },
        { head: 'SIZE', isRight: true, of: ({ sizeBytes }) => inMegabytes(sizeBytes) },
      ],
      sizes.tenants,
    );
    say(`${sizes.sessions} sessions, ${inMegabytes(sizes.sizeBytes)}.`);
  }
  return exitCodes.fine;
}

async function exportTenant({ api, open }: ConsoleClient, tenantId: string, file: string): Promise<number> {
  const path = api.data.tenants[':tenantId'].export;
  await saveAnswer(await open(path.$get({ param: { tenantId } })), file);
  if (file !== '-') say(`Written to ${file}. Workspaces are not in it.`);
  return exitCodes.fine;
}

async function importTenant(
  { post, follow }: ConsoleClient,
  file: string,
  flags: DataFlags & { merge?: string },
): Promise<number> {
  const query = flags.merge === undefined ? '' : `?merge=${flags.merge}`;
  const body = await openFile(file);
  const { report } = await follow<ReportOf<ImportReport>>(post(`/data/tenants/import${query}`, body), teller(flags));
  const { tenantId, added, replaced, skipped } = report;
  say(flags.json ? JSON.stringify(report) : `${tenantId}: ${added} added, ${replaced} replaced, ${skipped} skipped.`);
  return exitCodes.fine;
}

async function erase(
  { api, ask, follow }: ConsoleClient,
  tenantId: string,
  flags: DataFlags & { user?: string; yes?: boolean },
): Promise<number> {
  const json = { tenantId, ...(flags.user !== undefined && { userId: flags.user }) };
  if (!flags.yes) {
    const plan = await ask<ErasurePlan>(api.data.erase.preview.$post({ json }));
    const found = `${plan.sessions} sessions, ${inMegabytes(plan.sizeBytes)}.`;
    say(flags.json ? JSON.stringify(plan) : `${found} Delete them for good with --yes.`);
    return exitCodes.fine;
  }
  const { report } = await follow<ReportOf<ErasureReport>>(api.data.erase.$post({ json }), teller(flags));
  say(flags.json ? JSON.stringify(report) : `${report.deleted} sessions deleted, ${inMegabytes(report.freedBytes)}.`);
  return exitCodes.fine;
}

function rulesFrom({ days, bytes, logDays, tenant }: RetentionFlags): RetentionRules {
  return {
    ...(days !== undefined && { maxAgeDays: days }),
    ...(bytes !== undefined && { maxTotalBytes: bytes }),
    ...(logDays !== undefined && { maxLogDays: logDays }),
    ...(tenant !== undefined && { tenantId: tenant }),
  };
}

const goingColumns: Column<RetentionCandidate>[] = [
  { head: 'SESSION', of: ({ tenantId, userId, sessionId }) => `${tenantId}/${userId}/${sessionId}` },
  { head: 'WHY', of: ({ reason }) => reason },
  { head: 'SIZE', isRight: true, of: ({ sizeBytes }) => inMegabytes(sizeBytes) },
  { head: 'TITLE', isCut: true, of: ({ title }) => title },
];

async function preview({ api, ask }: ConsoleClient, flags: RetentionFlags): Promise<number> {
  const plan = await ask<RetentionPlan>(api.data.retention.preview.$post({ json: rulesFrom(flags) }));
  if (flags.json) say(JSON.stringify(plan));
  else {
    if (plan.sessions.length > 0) sayTable(goingColumns, plan.sessions);
    for (const { name, sizeBytes } of plan.logFiles) say([`logs/${name}`, 'age', inMegabytes(sizeBytes)].join('  '));
    say(`${plan.sessions.length} sessions, ${inMegabytes(plan.freedBytes)}; ${plan.logFiles.length} log files.`);
  }
  return exitCodes.fine;
}

async function apply({ api, follow }: ConsoleClient, flags: RetentionFlags): Promise<number> {
  const pending = api.data.retention.apply.$post({ json: rulesFrom(flags) });
  const { report } = await follow<ReportOf<RetentionReport>>(pending, teller(flags));
  const { deleted, logFiles, freedBytes, failed } = report;
  say(
    flags.json
      ? JSON.stringify(report)
      : `${deleted} sessions and ${logFiles} log files deleted, ${inMegabytes(freedBytes)}.`,
  );
  return failed === 0 ? exitCodes.fine : exitCodes.problem;
}

/** The progress of one kind of work. */
type ReportOf<Report> = Exclude<KeepingProgress, { type: 'done' }> | { type: 'done'; report: Report };

/** Steps for eyes at a terminal; the server leaves out those between that nobody could read. */
function teller({ json }: DataFlags): (progress: { type: string }) => void {
  if (json || !process.stderr.isTTY) return () => undefined;
  return (progress) => {
    if (progress.type !== 'step') return;
    const { done, total, unit } = progress as Extract<KeepingProgress, { type: 'step' }>;
    const amount = unit === 'bytes' ? `${inMegabytes(done)} of ${inMegabytes(total)}` : `${done}/${total}`;
    process.stderr.write(`\r${amount}\u001b[K${done < total ? '' : '\n'}`);
  };
}

function toDays(text: string): number {
  const days = Number(text);
  if (text.trim() !== '' && Number.isFinite(days) && days >= 0) return days;
  throw new InvalidArgumentError('Write a number of days from 0.');
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
    throw usageError(`Name a session as tenant/user/session, not ${place}.`);
  }
  return { tenantId, userId, sessionId };
}
