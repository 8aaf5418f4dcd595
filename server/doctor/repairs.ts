import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { IntegrityFinding, RepairChange, RepairName, RepairPlan, RepairReport } from '../contract/doctor.ts';
import { createDataLayout } from '../data/layout.ts';
import { namesOfTenants } from '../data/tenant-names.ts';
import { AppError } from '../lib/app-error.ts';
import { assertNever } from '../lib/assert-never.ts';
import type { Clock } from '../lib/clock.ts';
import { carryOut, type Operation } from './journal.ts';
import { findLeftovers } from './repairs/leftovers.ts';
import { findLooseLocks } from './repairs/locks.ts';
import { findWrongRights } from './repairs/rights.ts';
import type { DoctorSurroundings } from './surroundings.ts';

/** What repairs do beside files of the data directory. */
export interface RepairMeans {
  /** Everything that is wrong with what is kept. */
  findings(signal: AbortSignal | undefined): Promise<IntegrityFinding[]>;
  quarantine(
    findings: readonly IntegrityFinding[],
  ): Promise<{ id: string; quarantined: number; left: RepairReport['left'] }>;
  /** Lets go of a tenant's search index, which is made anew at its next use. */
  releaseIndex(tenantId: string): Promise<void>;
  /** Absent: there is nothing here that watches an engine. */
  lookForEngine?(): Promise<void>;
  /** Removes containers whose owner is proven to be dead. Absent: there is no engine here. */
  sweep?(): Promise<{ removed: string[]; kept: { name: string; reason: string }[] }>;
  /** Takes a lock of a process that is gone, and gives it back. */
  freeLock(): Promise<void>;
}

interface Repair {
  changes: RepairChange[];
  canUndo: boolean;
  carryOut(signal: AbortSignal | undefined): Promise<RepairReport>;
}

export interface RepairOptions {
  at: DoctorSurroundings;
  means: RepairMeans;
}

const mostShown = 200;

/** What a repair would do now; changes nothing. */
export async function planRepair(name: RepairName, options: RepairOptions, signal?: AbortSignal): Promise<RepairPlan> {
  return toPlan(name, await prepare(name, options, signal));
}

/**
 * Does what `planRepair` shows. With the fingerprint of a plan it refuses when it would do something else by now: AppError
 * `repair_changed` (409).
 */
export async function applyRepair(
  name: RepairName,
  options: RepairOptions,
  { fingerprint, signal }: { fingerprint?: string; signal?: AbortSignal } = {},
): Promise<RepairReport> {
  const repair = await prepare(name, options, signal);
  const plan = toPlan(name, repair);
  if (fingerprint !== undefined && fingerprint !== plan.fingerprint) {
    const message = 'Things changed since this repair was shown. Look at it again.';
    throw new AppError('repair_changed', message, { status: 409 });
  }
  signal?.throwIfAborted();
  return repair.changes.length === 0 ? { name, done: 0, left: [] } : repair.carryOut(signal);
}

function toPlan(name: RepairName, { changes, canUndo }: Repair): RepairPlan {
  const fingerprint = createHash('sha256').update(JSON.stringify(changes)).digest('hex').slice(0, 32);
  return { name, changes: changes.slice(0, mostShown), total: changes.length, fingerprint, canUndo };
}

async function prepare(name: RepairName, options: RepairOptions, signal?: AbortSignal): Promise<Repair> {
  const { at, means } = options;
  const { dataDir, clock } = at;
  switch (name) {
    case 'permissions':
      return rightsRepair(await findWrongRights(dataDir), dataDir, clock);
    case 'leftovers':
      await mustOwn(at);
      return movesRepair('leftovers', await findLeftovers(dataDir, clock.now(), signal), dataDir, clock);
    case 'stale_lock':
      return lockRepair(options);
    case 'index':
      await mustOwn(at);
      return indexRepair(options);
    case 'quarantine':
      return quarantineRepair(await means.findings(signal), means);
    case 'engine':
      return engineRepair(means);
    case 'containers':
      return containersRepair(options);
    default:
      return assertNever(name);
  }
}

async function mustOwn({ ownership }: DoctorSurroundings): Promise<void> {
  const { state } = await ownership();
  if (state !== 'held' && state !== 'elsewhere') return;
  const message = 'Another program works on this data directory. Repair it from its own console, or stop it.';
  throw new AppError('data_dir_locked', message, { status: 409 });
}

function rightsRepair(wrong: Awaited<ReturnType<typeof findWrongRights>>, dataDir: string, clock: Clock): Repair {
  const operations = wrong.map(
    ({ path: file, from, to }): Operation => ({
      ...{ type: 'mode', path: file },
      ...{ from: Number.parseInt(from, 8), to: Number.parseInt(to, 8) },
    }),
  );
  return {
    changes: wrong.map((each) => ({ type: 'mode', ...each })),
    canUndo: true,
    carryOut: (signal) => carryOut('permissions', operations, { dataDir, now: clock.now(), ...(signal && { signal }) }),
  };
}

function movesRepair(
  name: RepairName,
  files: readonly { path: string; sizeBytes: number }[],
  dataDir: string,
  clock: Clock,
): Repair {
  const operations = movesOf(files);
  return {
    changes: files.map(({ path: file, sizeBytes }) => ({ type: 'move', path: file, sizeBytes })),
    canUndo: true,
    carryOut: (signal) => carryOut(name, operations, { dataDir, now: clock.now(), ...(signal && { signal }) }),
  };
}

function movesOf(files: readonly { path: string }[]): Operation[] {
  return files.map(({ path: file }, index) => ({ type: 'move', path: file, stored: `items/${index}` }));
}

async function lockRepair({ at, means }: RepairOptions): Promise<Repair> {
  const { dataDir, clock, ownership } = at;
  const loose = await findLooseLocks(dataDir);
  const { state } = await ownership();
  const isStale = state === 'stale' || state === 'unreadable';
  const said = isStale ? await readFile(createDataLayout(dataDir).lockFile, 'utf8').catch(() => '') : '';
  const note = said.slice(0, 2000);
  return {
    changes: [
      ...(isStale ? [{ type: 'unlock', path: 'lock', note } as const] : []),
      ...loose.map(({ path: file, sizeBytes }) => ({ type: 'move', path: file, sizeBytes }) as const),
    ],
    canUndo: loose.length > 0,
    async carryOut(signal) {
      const report = await carryOut('stale_lock', movesOf(loose), {
        ...{ dataDir, now: clock.now(), notes: isStale ? [note] : [] },
        ...(signal && { signal }),
      });
      if (!isStale) return report;
      // Whether its owner is gone is decided anew, under the rules of taking over.
      await means.freeLock();
      return { ...report, done: report.done + 1 };
    },
  };
}

async function indexRepair({ at, means }: RepairOptions): Promise<Repair> {
  const { dataDir, clock } = at;
  const tenants = await namesOfTenants(dataDir);
  const find = async () => {
    const files: { path: string; sizeBytes: number }[] = [];
    for (const tenantId of tenants) {
      for (const suffix of ['', '-wal', '-shm', '-journal']) {
        const file = path.join('tenants', tenantId, `index.sqlite${suffix}`);
        const facts = await lstat(path.join(dataDir, file)).catch(() => undefined);
        if (facts?.isFile()) files.push({ path: file, sizeBytes: facts.size });
      }
    }
    return files;
  };
  // Its size changes with every message, and what lies beside it comes and goes.
  const changes = (await find()).filter(({ path: file }) => file.endsWith('.sqlite'));
  return {
    changes: changes.map(({ path: file }) => ({ type: 'move', path: file, sizeBytes: 0 })),
    canUndo: false,
    async carryOut(signal) {
      for (const tenantId of tenants) await means.releaseIndex(tenantId);
      return carryOut('index', movesOf(await find()), { dataDir, now: clock.now(), ...(signal && { signal }) });
    },
  };
}

/** Workspaces without a session are what the clean-up of sandboxes is for. */
function quarantineRepair(findings: readonly IntegrityFinding[], means: RepairMeans): Repair {
  const takable = findings.filter(({ canQuarantine, kind }) => canQuarantine && kind !== 'orphan_workspace');
  return {
    changes: takable.map(({ path: file, line }) => ({
      ...{ type: 'quarantine', path: file },
      ...(line !== undefined && { line }),
    })),
    canUndo: true,
    async carryOut() {
      const { id, quarantined, left } = await means.quarantine(takable);
      return {
        name: 'quarantine',
        id,
        done: quarantined,
        left: left.map(({ path: file, reason }) => ({ path: file, reason })),
      };
    },
  };
}

function engineRepair({ lookForEngine }: RepairMeans): Repair {
  return {
    changes: lookForEngine ? [{ type: 'look', path: 'Docker' }] : [],
    canUndo: false,
    async carryOut() {
      await lookForEngine?.();
      return { name: 'engine', done: 1, left: [] };
    },
  };
}

async function containersRepair({ at, means }: RepairOptions): Promise<Repair> {
  const plan = means.sweep ? await at.leftovers() : undefined;
  const dead = plan?.items.filter(({ kind, reason }) => kind === 'container' && reason === 'owner_gone') ?? [];
  return {
    changes: dead.map(({ name }) => ({ type: 'remove_container', path: name })),
    canUndo: false,
    async carryOut() {
      const swept = await means.sweep?.();
      const left = swept?.kept.map(({ name, reason }) => ({ path: name, reason })) ?? [];
      return { name: 'containers', done: swept?.removed.length ?? 0, left };
    },
  };
}
