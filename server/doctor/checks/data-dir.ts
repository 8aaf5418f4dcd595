import { lstat, readdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { IntegrityFinding } from '../../contract/doctor.ts';
import { scanIntegrity } from '../../data/integrity/scan.ts';
import { probeWritable } from '../../data/write-probe.ts';
import { messageOf } from '../../lib/app-error.ts';
import { lineJudgeFor } from '../../sessions/line-rules.ts';
import { findWrongRights } from '../repairs/rights.ts';
import type { CheckOutcome } from '../run-checks.ts';
import type { DoctorSurroundings } from '../surroundings.ts';

const lowPct = 5;
const dayMs = 86_400_000;
/** Of findings and files, so many are named. */
const mostNamed = 20;

export async function checkDataDir({ dataDir }: DoctorSurroundings): Promise<CheckOutcome> {
  try {
    await probeWritable(dataDir);
  } catch (error) {
    const fix = 'Give this user the right to write there, free some space, or choose another folder with --data-dir.';
    return { state: 'bad', evidence: `${dataDir} cannot be written: ${messageOf(error)}`, fix };
  }
  return { state: 'ok', evidence: `${dataDir} takes bytes and gives them back.` };
}

export async function checkRights({ dataDir }: DoctorSurroundings): Promise<CheckOutcome> {
  if (process.platform === 'win32') {
    return { state: 'not_applicable', evidence: 'Windows keeps the rights of the home folder for what lies in it.' };
  }
  const wrong = await findWrongRights(dataDir);
  const { uid } = await stat(dataDir);
  const me = process.getuid?.();
  const foreign = me !== undefined && me !== 0 && uid !== me;
  if (wrong.length === 0 && !foreign) return { state: 'ok', evidence: 'Only this user can read keys and data.' };
  if (wrong.length === 0) {
    const fix = 'Give it to this user, or start with another folder.';
    return {
      state: 'warn',
      evidence: `${dataDir} belongs to another user (${uid}).`,
      fix,
      command: `sudo chown -R ${me} '${dataDir}'`,
    };
  }
  return {
    state: 'warn',
    evidence: `Other users of this machine can get at ${wrong.length} of its files and folders.`,
    details: wrong.slice(0, mostNamed).map(({ path: file, from, to }) => `${file}: ${from}, should be ${to}`),
    fix: 'Make them private.',
    repair: 'permissions',
    command: 'agentrail doctor --repair permissions',
  };
}

export async function checkIntegrity(at: DoctorSurroundings, signal: AbortSignal): Promise<CheckOutcome> {
  if (at.databaseUrl() !== undefined) return { state: 'not_applicable', evidence: 'Sessions lie in PostgreSQL.' };
  const { dataDir, listed, onFinding = () => undefined, onStep } = at;
  const scan = scanIntegrity({
    ...{ dataDir, judgeFor: lineJudgeFor, signal },
    ...(listed && { listed }),
    ...(onStep && { onStep }),
  });
  const counts = new Map<string, number>();
  const details: string[] = [];
  let canTake = false;
  for (;;) {
    const next = await scan.next();
    if (next.done) {
      const { sessions, lines, findings } = next.value;
      const seen = `${sessions} sessions, ${lines} lines.`;
      if (findings === 0) return { state: 'ok', evidence: seen };
      const kinds = [...counts].map(([kind, count]) => `${count} × ${kind.replaceAll('_', ' ')}`).join(', ');
      return {
        ...{ state: 'warn', evidence: `${seen} ${findings} findings: ${kinds}.`, details },
        ...(canTake
          ? {
              ...{ fix: 'Take them out of the way; they can be put back.', repair: 'quarantine' },
              command: 'agentrail doctor --quarantine',
            }
          : { fix: 'Look at the places below.' }),
      };
    }
    const finding = next.value;
    canTake ||= finding.canQuarantine && finding.kind !== 'orphan_workspace';
    counts.set(finding.kind, (counts.get(finding.kind) ?? 0) + 1);
    if (details.length < mostNamed) details.push(lineOf(finding));
    onFinding(finding);
  }
}

function lineOf({ kind, path: file, line }: IntegrityFinding): string {
  return `${file}${line === undefined ? '' : `:${line}`}  ${kind.replaceAll('_', ' ')}`;
}

export async function checkDisk({ dataDir }: DoctorSurroundings): Promise<CheckOutcome> {
  const { blocks, bavail, bsize } = await statfs(dataDir);
  const freePct = blocks === 0 ? 100 : (bavail / blocks) * 100;
  const evidence = `${((bavail * bsize) / 1e9).toFixed(1)} GB free, ${freePct.toFixed(0)} %.`;
  if (freePct >= lowPct) return { state: 'ok', evidence };
  const fix = 'Delete old sessions, clean up sandboxes, or move the data directory.';
  return { state: 'bad', evidence, fix, command: 'agentrail retention preview --days 90' };
}

/** A disk can be full of small files while bytes are left. */
export async function checkInodes({ dataDir }: DoctorSurroundings): Promise<CheckOutcome> {
  const { files, ffree } = await statfs(dataDir);
  if (files === 0) return { state: 'not_applicable', evidence: 'This file system has no fixed number of files.' };
  const freePct = (ffree / files) * 100;
  const evidence = `${ffree} of ${files} left, ${freePct.toFixed(0)} %.`;
  if (freePct >= lowPct) return { state: 'ok', evidence };
  const fix = 'Remove what has very many small files, such as workspaces without a session.';
  return { state: 'bad', evidence, fix, command: 'agentrail sandboxes clean' };
}

export async function checkBackup({ lastBackupAt, clock, config }: DoctorSurroundings): Promise<CheckOutcome> {
  const at = await lastBackupAt();
  const { everyHours } = config().settings.backup;
  const fix = 'Make one now, or set backup.everyHours.';
  if (at === undefined) return { state: 'warn', evidence: 'There is none.', fix, command: 'agentrail backup' };
  const evidence = `The newest is of ${new Date(at).toISOString().slice(0, 16)}Z.`;
  const tooOldMs = everyHours > 0 ? everyHours * 2 * 3_600_000 : 30 * dayMs;
  return clock.now() - at > tooOldMs
    ? { state: 'warn', evidence, fix, command: 'agentrail backup' }
    : { state: 'ok', evidence };
}

/** Notes of a crash that Node or Electron left, which name where it was. */
export async function checkCrashNotes({ dataDir }: DoctorSurroundings): Promise<CheckOutcome> {
  const notes = await crashNotes(dataDir);
  if (notes.length === 0) return { state: 'ok', evidence: 'There are none.' };
  return {
    state: 'warn',
    evidence: `${notes.length} notes of crashes lie in the data directory.`,
    details: notes.slice(0, mostNamed),
    fix: 'Put them into a support bundle, then remove them.',
  };
}

/** Paths relative to the data directory. */
export async function crashNotes(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ['', 'logs', 'crashes']) {
    const names = await readdir(path.join(dataDir, folder)).catch((): string[] => []);
    for (const name of names) {
      const isNote = folder === 'crashes' || /^(report\..*\.json|crash-.*\.(txt|json|log))$/.test(name);
      const at = path.join(folder, name);
      if (isNote && (await lstat(path.join(dataDir, at)).catch(() => undefined))?.isFile()) found.push(at);
    }
  }
  return found.toSorted();
}
