import type {
  CheckResult,
  DoctorReport,
  IntegrityFinding,
  RepairInfo,
  RepairName,
  RepairPlan,
  RepairReport,
} from '../contract/doctor.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';
import type { Redactor } from '../secrets/secret-source.ts';
import type { Logger } from '../telemetry/logger.ts';
import { doctorChecks } from './checks.ts';
import { forgetRepair, listRepairs, undoRepair } from './journal.ts';
import { applyRepair, planRepair, type RepairMeans } from './repairs.ts';
import { runChecks } from './run-checks.ts';
import type { DoctorSurroundings } from './surroundings.ts';

export interface DoctorRun {
  signal?: AbortSignal;
  onResult?(result: CheckResult): void;
  /** Of the check that takes long. */
  onStep?(stage: string, done: number, total: number): void;
  onFinding?(finding: IntegrityFinding): void;
}

/** Looks at everything and changes nothing; what it can mend is mended one by one, when a person says so. */
export interface Doctor {
  readonly checks: readonly { name: string; title: string }[];
  /** Throws the signal's reason, and nothing else. */
  run(options?: DoctorRun): Promise<DoctorReport>;
  /** What was found last; undefined: nothing was looked at since the start. */
  last(): DoctorReport | undefined;
  plan(name: RepairName, signal?: AbortSignal): Promise<RepairPlan>;
  /** Throws `repair_changed` (409), `data_dir_locked` (409), `storage_unavailable` (503). One at a time. */
  repair(name: RepairName, options?: { fingerprint?: string; signal?: AbortSignal }): Promise<RepairReport>;
  repairs(): Promise<RepairInfo[]>;
  /** Throws `repair_not_found` (404), `repair_damaged` (409). */
  undo(id: string): Promise<RepairReport>;
  /** Removes for good what a repair keeps. */
  forget(id: string): Promise<void>;
}

export interface DoctorOptions {
  at: DoctorSurroundings;
  means: RepairMeans;
  redactor: Redactor;
  logger: Logger;
}

export function createDoctor({ at, means, redactor, logger: of }: DoctorOptions): Doctor {
  const logger = of.child({ component: 'data' });
  const inOrder = createSerialQueue();
  const { dataDir, clock } = at;
  let last: DoctorReport | undefined;

  const redact = (text: string) => redactor.redact(text);
  const told = (result: CheckResult): CheckResult => ({
    ...{ ...result, evidence: redact(result.evidence) },
    ...(result.fix !== undefined && { fix: redact(result.fix) }),
    ...(result.command !== undefined && { command: redact(result.command) }),
    ...(result.details && { details: result.details.map(redact) }),
  });

  return {
    checks: doctorChecks(at).map(({ name, title }) => ({ name, title })),
    async run({ signal, onResult = () => undefined, onStep = () => undefined, onFinding } = {}) {
      const round = {
        ...at,
        onStep: (done: number, total: number) => onStep('integrity', done, total),
        ...(onFinding && { onFinding }),
      };
      const report = await runChecks(doctorChecks(round), {
        ...{ clock, ...(signal && { signal }) },
        onResult: (result) => onResult(told(result)),
      });
      last = { ...report, checks: report.checks.map(told) };
      return last;
    },
    last: () => last,
    plan: (name, signal) => planRepair(name, { at, means }, signal),
    repair: (name, options) =>
      inOrder(async () => {
        const report = await applyRepair(name, { at, means }, options);
        logger.info('Doctor repaired something', { name, id: report.id, done: report.done, left: report.left.length });
        return report;
      }),
    repairs: () => listRepairs(dataDir),
    undo: (id) =>
      inOrder(async () => {
        const report = await undoRepair(id, { dataDir, now: clock.now() });
        logger.info('A repair was undone', { id, name: report.name, done: report.done, left: report.left.length });
        return report;
      }),
    forget: (id) =>
      inOrder(async () => {
        await forgetRepair(id, dataDir);
        logger.info('What a repair kept was removed', { id });
      }),
  };
}
