import { type Command, InvalidArgumentError, type Option } from 'commander';
import { type CheckResult, type IntegrityFinding, type RepairName, repairNames } from '../contract/doctor.ts';
import { listQuarantine, putBack, quarantine } from '../data/integrity/quarantine.ts';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { bundleHere } from './doctor-bundle.ts';
import { openDoctorHere } from './doctor-here.ts';
import { repairHere, undoHere } from './doctor-repair.ts';
import { type DataFlags, exitCodes, locate, mustBeThere, runCommand, withLock } from './opened-data.ts';
import { say } from './output.ts';
import { testReadiness } from './readiness.ts';

interface DoctorFlags extends DataFlags {
  quarantine?: boolean;
  putBack?: string;
  repair?: RepairName;
  dryRun?: boolean;
  undo?: string;
  readiness?: boolean;
  bundle?: string;
}

const marks: Record<CheckResult['state'], string> = {
  ok: 'ok',
  warn: 'look',
  bad: 'BAD',
  not_applicable: 'n/a',
  could_not_check: '?',
};
/** Of findings, so many are shown one by one. */
const mostShown = 50;

/** `agentrail doctor`: looks at everything and changes nothing, unless it is told to repair something. */
export function addDoctorCommand(program: Command, common: Option[]): void {
  const command = program
    .command('doctor')
    .description(
      'look for what is wrong: data, rights, disk, clock, settings, programs, Docker, port, providers, backups',
    )
    .option('--json', 'print JSON')
    .option(
      '--readiness',
      'test what a server should have before others depend on it; exits with 1 when one is left to fix',
    )
    .option('--repair <name>', `mend one thing, keeping what was: ${repairNames.join(', ')}`, toRepair)
    .option('--dry-run', 'with --repair: only show what it would do')
    .option('--undo <id>', 'bring back what a repair changed')
    .option('--bundle <file>', 'write a redacted support bundle, a zip, to this file')
    .option('--quarantine', 'take damaged lines and folders of nobody out of the way; needs the server stopped')
    .option('--put-back <id>', 'put back what a quarantine took');
  for (const option of common) command.addOption(option);
  command.action((flags: DoctorFlags) => runCommand((signal) => carryOut(flags, signal)));
}

function carryOut(flags: DoctorFlags, signal: AbortSignal): Promise<number> {
  if (flags.putBack !== undefined) return restore(flags.putBack, flags);
  if (flags.undo !== undefined) return undoHere(flags.undo, flags);
  if (flags.repair !== undefined) return repairHere(flags.repair, flags, signal);
  if (flags.bundle !== undefined) return bundleHere(flags.bundle, flags, signal);
  return flags.readiness ? testReadiness(flags, signal) : look(flags, signal);
}

function toRepair(name: string): RepairName {
  const found = repairNames.find((each) => each === name);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`There is ${repairNames.join(', ')}.`);
}

async function look(flags: DoctorFlags, signal: AbortSignal): Promise<number> {
  const { doctor, dataDir, close } = await openDoctorHere(flags);
  const findings: IntegrityFinding[] = [];
  try {
    const report = await doctor.run({ signal, onFinding: (finding) => findings.push(finding) });
    const taken = flags.quarantine
      ? await withLock(dataDir, () => quarantine(takable(findings), { dataDir, now: systemClock.now() }))
      : undefined;
    if (flags.json) say(JSON.stringify({ ...report, findings, ...(taken && { quarantine: taken }) }));
    else tell(report.checks, findings);
    if (taken && !flags.json) {
      say(
        `${taken.quarantined} taken to quarantine/${taken.id}. Put back with: agentrail doctor --put-back ${taken.id}`,
      );
      for (const { path: file, reason } of taken.left) say(`left: ${file}  ${reason}`);
    }
    return report.state === 'ok' ? exitCodes.fine : exitCodes.problem;
  } finally {
    await close();
  }
}

/** Workspaces without a session are what `sandboxes clean` is for. */
function takable(findings: readonly IntegrityFinding[]): IntegrityFinding[] {
  return findings.filter(({ canQuarantine, kind }) => canQuarantine && kind !== 'orphan_workspace');
}

function tell(checks: readonly CheckResult[], findings: readonly IntegrityFinding[]): void {
  for (const { title, state, evidence, fix, command } of checks) {
    say(`${marks[state].padEnd(5)} ${title.padEnd(24)} ${evidence}`);
    if (fix !== undefined) say(`      ${''.padEnd(24)} → ${fix}${command === undefined ? '' : `  (${command})`}`);
  }
  for (const { kind, path: file, line } of findings.slice(0, mostShown))
    say(`      ${kind.replaceAll('_', ' ').padEnd(24)} ${file}${line === undefined ? '' : `:${line}`}`);
  if (findings.length > mostShown) say(`      … and ${findings.length - mostShown} more; all with --json`);
}

async function restore(id: string, flags: DataFlags): Promise<number> {
  const { dataDir } = await locate(flags);
  await mustBeThere(dataDir);
  if (!(await listQuarantine(dataDir)).some((each) => each.id === id))
    throw new AppError('quarantine_not_found', 'There is no such quarantine.', { status: 404 });
  const report = await withLock(dataDir, () => putBack(id, { dataDir, now: systemClock.now() }));
  if (flags.json) say(JSON.stringify(report));
  else {
    say(`${report.quarantined} put back.`);
    for (const { path: file, reason } of report.left) say(`left: ${file}  ${reason}`);
  }
  return report.left.length === 0 ? exitCodes.fine : exitCodes.problem;
}
