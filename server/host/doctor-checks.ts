import { stat, statfs } from 'node:fs/promises';
import type { Config, ConfigFault } from '../contract/config.ts';
import type { IntegrityFinding } from '../contract/doctor.ts';
import type { EngineStatus } from '../contract/sandbox.ts';
import type { CheckOutcome, DoctorCheck } from '../data/doctor/doctor.ts';
import { scanIntegrity } from '../data/integrity/scan.ts';
import { probeWritable } from '../data/write-probe.ts';
import { findPortOwner } from '../http/port-owner.ts';
import { messageOf } from '../lib/app-error.ts';
import { lineJudgeFor } from '../sessions/line-rules.ts';

const dayMs = 86_400_000;
/** No clock that is right is before this program was written. */
const leastTime = Date.UTC(2025, 0, 1);
const lowDiskPct = 5;
const networkTimeoutMs = 4000;

export interface DoctorSurroundings {
  dataDir: string;
  now(): number;
  config(): { settings: Config; faults: ConfigFault[]; file: string };
  engine(): Promise<EngineStatus>;
  /** Address of the server when this process runs it. */
  ownAddress(): string | undefined;
  /** Providers whose key is set, with where they are asked. */
  providers(): { name: string; url: string }[];
  lastBackupAt(): Promise<number | undefined>;
  /** Sessions lie in a database and not in files. */
  isDatabase: boolean;
  listed?(tenantId: string): Promise<ReadonlySet<string>>;
  /** Told of everything that is wrong in the data directory. */
  onFinding?(finding: IntegrityFinding): void;
  onStep?(done: number, total: number): void;
}

/** What can be wrong around a server, each by a look of its own. */
export function doctorChecks(at: DoctorSurroundings): DoctorCheck[] {
  return [
    { name: 'data_dir', title: 'Data directory', run: () => checkDataDir(at) },
    { name: 'integrity', title: 'Stored sessions', timeoutMs: 3_600_000, run: (signal) => checkIntegrity(at, signal) },
    { name: 'disk', title: 'Disk space', run: () => checkDisk(at) },
    { name: 'clock', title: 'Clock', run: () => checkClock(at) },
    { name: 'config', title: 'Settings', run: async () => checkConfig(at) },
    { name: 'docker', title: 'Docker', timeoutMs: 20_000, run: () => checkDocker(at) },
    { name: 'port', title: 'Port', run: () => checkPort(at) },
    { name: 'providers', title: 'Model providers', run: (signal) => checkProviders(at, signal) },
    { name: 'backup', title: 'Backup', run: () => checkBackup(at) },
  ];
}

async function checkDataDir({ dataDir }: DoctorSurroundings): Promise<CheckOutcome> {
  try {
    await probeWritable(dataDir);
  } catch (error) {
    const fix = 'Give this user the right to write there, free some space, or choose another folder with --data-dir.';
    return { state: 'bad', evidence: `${dataDir} cannot be written: ${messageOf(error)}`, fix };
  }
  const { mode } = await stat(dataDir);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const evidence = `${dataDir} can be read by other users of this machine (rights ${(mode & 0o777).toString(8)}).`;
    return { state: 'warn', evidence, fix: 'Make it private.', command: `chmod 700 '${dataDir}'` };
  }
  return { state: 'ok', evidence: `${dataDir} takes bytes and gives them back.` };
}

async function checkIntegrity(at: DoctorSurroundings, signal: AbortSignal): Promise<CheckOutcome> {
  if (at.isDatabase) return { state: 'not_applicable', evidence: 'Sessions lie in PostgreSQL.' };
  const { dataDir, listed, onFinding = () => undefined, onStep } = at;
  const scan = scanIntegrity({
    ...{ dataDir, judgeFor: lineJudgeFor, signal },
    ...(listed && { listed }),
    ...(onStep && { onStep }),
  });
  const counts = new Map<string, number>();
  let first: IntegrityFinding | undefined;
  for (;;) {
    const next = await scan.next();
    if (next.done) {
      const { sessions, lines, findings } = next.value;
      const seen = `${sessions} sessions, ${lines} lines.`;
      if (first === undefined) return { state: 'ok', evidence: seen };
      const kinds = [...counts].map(([kind, count]) => `${count} × ${kind.replaceAll('_', ' ')}`).join(', ');
      const place = `${first.path}${first.line === undefined ? '' : `, line ${first.line}`}`;
      return {
        ...{ state: 'warn', evidence: `${seen} ${findings} findings: ${kinds}. First: ${place}.` },
        ...{ fix: 'Take them out of the way; they can be put back.', command: 'agentrail doctor --quarantine' },
      };
    }
    first ??= next.value;
    counts.set(next.value.kind, (counts.get(next.value.kind) ?? 0) + 1);
    onFinding(next.value);
  }
}

async function checkDisk({ dataDir }: DoctorSurroundings): Promise<CheckOutcome> {
  const { blocks, bavail, bsize } = await statfs(dataDir);
  const freePct = blocks === 0 ? 100 : (bavail / blocks) * 100;
  const evidence = `${((bavail * bsize) / 1e9).toFixed(1)} GB free, ${freePct.toFixed(0)} %.`;
  if (freePct >= lowDiskPct) return { state: 'ok', evidence };
  const fix = 'Delete old sessions, clean up sandboxes, or move the data directory.';
  return { state: 'bad', evidence, fix, command: 'agentrail retention preview --days 90' };
}

/** Against itself, and against the clock of the disk, which may be another machine's. */
async function checkClock({ dataDir, now }: DoctorSurroundings): Promise<CheckOutcome> {
  const here = now();
  const fix = 'Let the system set its clock by the network (NTP).';
  const told = new Date(here).toISOString();
  if (here < leastTime) return { state: 'bad', evidence: `It says ${told}.`, fix };
  // The disk stamps what is changed by its own clock; a file that comes and goes changes the folder.
  await probeWritable(dataDir);
  const apartMs = Math.abs((await stat(dataDir)).ctimeMs - now());
  if (apartMs > 60_000) {
    const evidence = `The disk's clock is ${Math.round(apartMs / 1000)} seconds apart.`;
    return { state: 'warn', evidence, fix };
  }
  return { state: 'ok', evidence: told };
}

function checkConfig({ config }: DoctorSurroundings): CheckOutcome {
  const { faults, file } = config();
  const [first] = faults;
  if (first === undefined) return { state: 'ok', evidence: file };
  const where = first.line === undefined ? first.path : `line ${first.line}, ${first.path}`;
  const evidence = `${faults.length} faults in ${file}; ${where}: ${first.message}`;
  return { state: 'bad', evidence, fix: 'Mend the file; until then the last good settings hold.' };
}

async function checkDocker({ engine, config }: DoctorSurroundings): Promise<CheckOutcome> {
  const { state, version, problem } = await engine();
  if (state === 'connected') return { state: 'ok', evidence: `Docker ${version ?? ''} answers.` };
  const evidence = `Not connected: ${state.replaceAll('_', ' ')}.`;
  const isNeeded = config().settings.sandbox.required;
  return { state: isNeeded ? 'bad' : 'warn', evidence, fix: problem ?? 'Start Docker, then try again.' };
}

async function checkPort({ config, ownAddress }: DoctorSurroundings): Promise<CheckOutcome> {
  const own = ownAddress();
  if (own !== undefined) return { state: 'ok', evidence: `The server listens at ${own}.` };
  const { port } = config().settings.server;
  const owner = port === 0 ? undefined : await findPortOwner(port);
  if (owner === undefined) return { state: 'ok', evidence: `Port ${port} is free.` };
  const evidence = `Port ${port} is used by ${owner.name} (process ${owner.pid}).`;
  if (/node|agentrail|electron/i.test(owner.name)) return { state: 'ok', evidence };
  return {
    state: 'warn',
    evidence,
    fix: 'Stop that program, or set another port.',
    command: 'agentrail serve --port 0',
  };
}

/** Any answer will do: keys are tested on the Secrets page. */
async function checkProviders({ providers }: DoctorSurroundings, signal: AbortSignal): Promise<CheckOutcome> {
  const wanted = providers();
  if (wanted.length === 0) {
    return { state: 'not_applicable', evidence: 'No key is set; the offline demo answers.' };
  }
  const asked = await Promise.all(
    wanted.map(async ({ name, url }) => {
      try {
        const ending = AbortSignal.any([signal, AbortSignal.timeout(networkTimeoutMs)]);
        const { body } = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: ending });
        await body?.cancel();
        return { name, url };
      } catch (error) {
        const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
        return { name, url, fault: cause };
      }
    }),
  );
  const failed = asked.filter(({ fault }) => fault !== undefined);
  if (failed.length === 0)
    return { state: 'ok', evidence: `${wanted.map(({ name }) => name).join(', ')} can be reached.` };
  const evidence = failed.map(({ name, url, fault }) => `${name} at ${new URL(url).host}: ${fault}`).join('; ');
  return { state: 'warn', evidence, fix: 'Look at the network, a proxy, or the address in the settings.' };
}

async function checkBackup({ lastBackupAt, now, config }: DoctorSurroundings): Promise<CheckOutcome> {
  const at = await lastBackupAt();
  const { everyHours } = config().settings.backup;
  const fix = 'Make one now, or set backup.everyHours.';
  if (at === undefined) return { state: 'warn', evidence: 'There is none.', fix, command: 'agentrail backup' };
  const evidence = `The newest is of ${new Date(at).toISOString().slice(0, 16)}Z.`;
  const tooOldMs = everyHours > 0 ? everyHours * 2 * 3_600_000 : 30 * dayMs;
  return now() - at > tooOldMs
    ? { state: 'warn', evidence, fix, command: 'agentrail backup' }
    : { state: 'ok', evidence };
}

/** Where providers are asked whose key is set; a server of one's own needs none. */
export function reachableProviders(
  settings: Config,
  isSet: (name: string) => boolean,
): { name: string; url: string }[] {
  const found = new Map<string, string>();
  if (isSet('ANTHROPIC_API_KEY')) found.set('anthropic', 'https://api.anthropic.com');
  if (isSet('OPENAI_API_KEY')) found.set('openai', 'https://api.openai.com');
  if (settings.llm.baseUrl !== undefined) found.set(settings.llm.provider ?? 'default', settings.llm.baseUrl);
  for (const [name, { baseUrl }] of Object.entries(settings.providers))
    if (baseUrl !== undefined) found.set(name, baseUrl);
  return [...found].map(([name, url]) => ({ name, url }));
}
