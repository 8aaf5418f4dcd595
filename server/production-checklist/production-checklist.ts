import {
  type ChecklistId,
  type ChecklistItem,
  type ChecklistReport,
  type ChecklistResult,
  checklistIds,
  expiryFault,
  maxWaiverDays,
  type NewWaiver,
} from '../contract/checklist.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';
import type { Logger } from '../telemetry/logger.ts';
import { allChecks } from './all-checks.ts';
import type { Check } from './check.ts';
import { type KeptChecklist, putAside, readChecklist, writeChecklist } from './checklist-file.ts';
import { itemOf, needsFix, reportOf } from './judge.ts';
import { runCheck } from './run-check.ts';
import type { ChecklistSurroundings } from './surroundings.ts';

export interface ProductionChecklistOptions {
  at: ChecklistSurroundings;
  /** Default: all there are. */
  checks?: readonly Check[];
  redact(text: string): string;
  /** False: results and waivers are read and never written. Default true. */
  keeps?: boolean;
  clock: Clock;
  logger: Logger;
}

export interface ChecklistRun {
  /** Default: every item. */
  ids?: readonly ChecklistId[];
  signal: AbortSignal;
  /** Told of each as it ends; must not throw. */
  onItem?(item: ChecklistItem, done: number, total: number): void;
}

/**
 * The production checklist of one data directory: it tests itself, remembers what it found, and lets a person accept a
 * state for a while. Not the `/ready` of the server, which tells a load balancer whether requests can be served now.
 */
export interface ProductionChecklist {
  /** As last tested. */
  report(): Promise<ChecklistReport>;
  /** One run at a time: others throw AppError `checklist_busy` (409). What was found before an abort is kept. */
  run(how: ChecklistRun): Promise<ChecklistReport>;
  /** `waiver_refused` (400): the time is past or too far; (409): there is nothing to waive. */
  waive(id: ChecklistId, waiver: NewWaiver): Promise<ChecklistReport>;
  endWaiver(id: ChecklistId): Promise<ChecklistReport>;
  /** Aborts what runs and waits for it, within a bound. Idempotent. */
  close(): Promise<void>;
}

const closeBoundMs = 15_000;

export function createProductionChecklist(options: ProductionChecklistOptions): ProductionChecklist {
  const { at, clock, redact, checks = allChecks, keeps = true } = options;
  const logger = options.logger.child({ component: 'checklist' });
  const queue = createSerialQueue();
  const closing = new AbortController();
  const working = new Set<Promise<unknown>>();
  let kept: KeptChecklist | undefined;
  let isRunning = false;

  async function read(): Promise<KeptChecklist> {
    if (kept) return kept;
    const { damaged, ...found } = await readChecklist(at.dataDir);
    if (damaged !== undefined && keeps) {
      const aside = await putAside(damaged, clock.now());
      logger.warn('The readiness file could not be understood and was put aside; waivers in it do not count.', {
        aside,
      });
    }
    kept = found;
    return kept;
  }

  /** Changes follow each other; memory is changed once the disk is. */
  const change = (make: (before: KeptChecklist) => KeptChecklist): Promise<void> =>
    queue(async () => {
      const next = make(await read());
      if (keeps) await writeChecklist(at.dataDir, next);
      kept = next;
    });

  /** What was found is told, also while the disk takes nothing: that may be what was found. */
  const note = (id: ChecklistId, result: ChecklistResult): Promise<void> =>
    queue(async () => {
      const before = await read();
      kept = { ...before, results: { ...before.results, [id]: result } };
      if (!keeps) return;
      await writeChecklist(at.dataDir, kept).catch((error: unknown) =>
        logger.warn('What the production checklist found is not kept', { item: id, reason: messageOf(error) }),
      );
    });

  const report = async () => reportOf(await queue(read), { version: at.version, now: clock.now() });

  function follow(work: Promise<unknown>): void {
    const ended: Promise<unknown> = work.then(
      () => undefined,
      () => undefined,
    );
    working.add(ended);
    void ended.then(() => working.delete(ended));
  }

  async function run({ ids = checklistIds, signal, onItem = () => undefined }: ChecklistRun): Promise<ChecklistReport> {
    closing.signal.throwIfAborted();
    if (isRunning) {
      const message = 'The checklist is being tested already. Wait until that is over.';
      throw new AppError('checklist_busy', message, { status: 409 });
    }
    isRunning = true;
    try {
      const both = AbortSignal.any([signal, closing.signal]);
      const wanted = checks.filter(({ id }) => ids.includes(id));
      let done = 0;
      const outcomes = await Promise.allSettled(
        wanted.map(async (check) => {
          const result = await runCheck(check, { at, clock, redact, onWork: follow }, both);
          await note(check.id, result);
          done += 1;
          onItem(itemOf(check.id, await read(), clock.now()), done, wanted.length);
        }),
      );
      both.throwIfAborted();
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      const found = await report();
      logger.info('The production checklist was tested', { items: wanted.length, toFix: found.toFix });
      return found;
    } finally {
      isRunning = false;
    }
  }

  return {
    report,
    run,
    async waive(id, { reason, expiresAt }) {
      const now = clock.now();
      const fault = expiryFault(expiresAt, now);
      if (fault !== undefined) throw refused(400, fault === 'past' ? 'Choose a time that is yet to come.' : tooFar);
      await change((before) => {
        const state = before.results[id]?.state;
        if (state === undefined || !needsFix(state))
          throw refused(409, 'There is nothing to waive: the item passed, does not apply, or was not tested.');
        const waiver = { reason: redact(reason), since: now, expiresAt, state };
        return { ...before, waivers: { ...before.waivers, [id]: waiver } };
      });
      logger.info('An item of the production checklist was waived', {
        item: id,
        until: new Date(expiresAt).toISOString(),
      });
      return report();
    },
    async endWaiver(id) {
      await change((before) => {
        const { [id]: _, ...waivers } = before.waivers;
        return { ...before, waivers };
      });
      logger.info('A waiver of the production checklist was ended', { item: id });
      return report();
    },
    async close() {
      closing.abort(new AppError('shutting_down', 'The program ends.', { status: 503 }));
      const bound = new AbortController();
      const tooLong = clock.sleep(closeBoundMs, bound.signal).then(
        () => logger.warn('A test of the production checklist did not end in time.'),
        () => undefined,
      );
      await Promise.race([Promise.all(working), tooLong]);
      bound.abort();
      await queue(async () => undefined).catch((error: unknown) => logger.warn(messageOf(error)));
    },
  };
}

const tooFar = `A waiver ends after ${maxWaiverDays} days at most.`;

function refused(status: number, message: string): AppError {
  return new AppError('waiver_refused', message, { status });
}
