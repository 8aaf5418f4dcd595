import type { RepairChange, RepairName, RepairPlan, RepairReport } from '../contract/doctor.ts';
import { acquireDataDirLock, type DataDirLock } from '../data/lock.ts';
import { undoRepair } from '../doctor/journal.ts';
import { assertNever } from '../lib/assert-never.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/new-id.ts';
import { openDoctorHere } from './doctor-here.ts';
import { type DataFlags, exitCodes, locate, mustBeThere, withLock } from './opened-data.ts';
import { say } from './output.ts';

interface RepairFlags extends DataFlags {
  dryRun?: boolean;
}

/** These touch nothing that a running server works on, or must find the lock as it is. */
const needNoLock: ReadonlySet<RepairName> = new Set(['stale_lock', 'engine', 'containers', 'permissions']);

/** Says what it will do, and does it; owned data is repaired from the console of its owner. */
export async function repairHere(name: RepairName, flags: RepairFlags, signal: AbortSignal): Promise<number> {
  const { dataDir } = await locate(flags);
  await mustBeThere(dataDir);
  const lock = needNoLock.has(name) || flags.dryRun ? undefined : await take(dataDir);
  try {
    const { doctor, close } = await openDoctorHere(flags, lock ? { lock } : {});
    try {
      const plan = await doctor.plan(name, signal);
      if (!flags.json) tellPlan(plan);
      if (flags.dryRun) {
        if (flags.json) say(JSON.stringify(plan));
        return exitCodes.fine;
      }
      return tellReport(await doctor.repair(name, { fingerprint: plan.fingerprint, signal }), plan, flags);
    } finally {
      await close();
    }
  } finally {
    await lock?.release();
  }
}

export async function undoHere(id: string, flags: DataFlags): Promise<number> {
  const { dataDir } = await locate(flags);
  await mustBeThere(dataDir);
  const report = await withLock(dataDir, () => undoRepair(id, { dataDir, now: systemClock.now() }));
  if (flags.json) say(JSON.stringify(report));
  else {
    say(`${report.done} brought back.`);
    for (const { path, reason } of report.left) say(`left: ${path}  ${reason}`);
  }
  return report.left.length === 0 ? exitCodes.fine : exitCodes.problem;
}

function take(dataDir: string): Promise<DataDirLock> {
  return acquireDataDirLock(dataDir, { instanceId: newId('instance'), clock: systemClock });
}

function tellPlan({ changes, total }: RepairPlan): void {
  if (total === 0) say('There is nothing to repair.');
  for (const change of changes) say(lineOf(change));
  if (total > changes.length) say(`… and ${total - changes.length} more`);
}

function lineOf(change: RepairChange): string {
  const { path } = change;
  switch (change.type) {
    case 'mode':
      return `rights      ${path}  ${change.from} → ${change.to}`;
    case 'move':
      return `put aside   ${path}`;
    case 'quarantine':
      return `quarantine  ${path}${change.line === undefined ? '' : `:${change.line}`}`;
    case 'unlock':
      return `unlock      ${path}  ${change.note}`;
    case 'remove_container':
      return `remove      ${path}`;
    case 'look':
      return `look again  ${path}`;
    default:
      return assertNever(change);
  }
}

function tellReport(report: RepairReport, { canUndo, total }: RepairPlan, { json }: RepairFlags): number {
  const { id, name, done, left } = report;
  if (json) say(JSON.stringify(report));
  else {
    if (total > 0) say(`${done} done.`);
    for (const { path, reason } of left) say(`left: ${path}  ${reason}`);
    const undo = name === 'quarantine' ? '--put-back' : '--undo';
    if (canUndo && id !== undefined) say(`Undo with: agentrail doctor ${undo} ${id}`);
  }
  return left.length === 0 ? exitCodes.fine : exitCodes.problem;
}
