import type { Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { secretVariables } from '../config/env.ts';
import type { CheckResult, IntegrityFinding } from '../contract/doctor.ts';
import { createBackups } from '../data/backup/backups.ts';
import { runDoctor } from '../data/doctor/doctor.ts';
import { listQuarantine, putBack, quarantine } from '../data/integrity/quarantine.ts';
import { doctorChecks, reachableProviders } from '../host/doctor-checks.ts';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { discoverEngine } from '../sandbox/docker/discovery.ts';
import { createSshTunnels } from '../sandbox/docker/ssh-tunnels.ts';
import { engineEnv } from '../sandbox/engine-env.ts';
import { tryStore } from '../sessions/try-store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { type DataFlags, exitCodes, locate, mustBeThere, runCommand, withLock } from './opened-data.ts';
import { say } from './output.ts';

interface DoctorFlags extends DataFlags {
  quarantine?: boolean;
  putBack?: string;
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

/** `agentrail doctor`: looks at everything and changes nothing, unless it is told to take damage out of the way. */
export function addDoctorCommand(program: Command, common: Option[]): void {
  const command = program
    .command('doctor')
    .description('look for what is wrong: data, disk, clock, settings, Docker, port, providers, backups')
    .option('--json', 'print JSON')
    .option('--quarantine', 'take damaged lines and folders of nobody out of the way; needs the server stopped')
    .option('--put-back <id>', 'put back what a quarantine took');
  for (const option of common) command.addOption(option);
  command.action((flags: DoctorFlags) =>
    runCommand((signal) => (flags.putBack === undefined ? look(flags, signal) : restore(flags.putBack, flags))),
  );
}

async function look(flags: DoctorFlags, signal: AbortSignal): Promise<number> {
  const { dataDir, config, env } = await locate(flags);
  await mustBeThere(dataDir);
  const findings: IntegrityFinding[] = [];
  const variable = secretVariables();
  const settings = () => config.current().backup;
  const options = { dataDir, version: packageJson.version, tryStore, clock: systemClock, logger: silentLogger };
  const backups = createBackups({ ...options, settings });
  const tunnels = createSshTunnels({ command: ['ssh'], clock: systemClock, logger: silentLogger });
  try {
    const checks = doctorChecks({
      ...{ dataDir, now: () => systemClock.now(), isDatabase: variable('DATABASE_URL') !== undefined },
      config: () => ({ settings: config.current(), faults: config.faults(), file: config.filePath() }),
      async engine() {
        const { dockerHost, dockerCertPath, allowPlainTcp } = config.current().sandbox;
        const uid = process.getuid?.();
        const { status } = await discoverEngine({
          ...{ dockerHost, dockerCertPath, allowsPlainTcp: allowPlainTcp, tunnels, env: engineEnv(env) },
          ...{ platform: process.platform, uid, now: systemClock.now() },
        });
        return status;
      },
      ownAddress: () => undefined,
      providers: () => reachableProviders(config.current(), (name) => variable(name) !== undefined),
      lastBackupAt: backups.lastAt,
      onFinding: (finding) => findings.push(finding),
    });
    const report = await runDoctor(checks, { clock: systemClock, signal });
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
    await tunnels.close();
  }
}

/** Workspaces without a session are what `sandboxes clean` is for. */
function takable(findings: readonly IntegrityFinding[]): IntegrityFinding[] {
  return findings.filter(({ canQuarantine, kind }) => canQuarantine && kind !== 'orphan_workspace');
}

function tell(checks: readonly CheckResult[], findings: readonly IntegrityFinding[]): void {
  for (const { title, state, evidence, fix, command } of checks) {
    say(`${marks[state].padEnd(5)} ${title.padEnd(16)} ${evidence}`);
    if (fix !== undefined) say(`      ${''.padEnd(16)} → ${fix}${command === undefined ? '' : `  (${command})`}`);
  }
  for (const { kind, path: file, line } of findings.slice(0, mostShown))
    say(`      ${kind.replaceAll('_', ' ').padEnd(16)} ${file}${line === undefined ? '' : `:${line}`}`);
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
