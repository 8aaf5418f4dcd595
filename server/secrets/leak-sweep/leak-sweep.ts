import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import {
  type LeakFinding,
  type LeakSweepProgress,
  type LeakSweepReport,
  type LeakSweepState,
  type LeakSweepSummary,
  leakPlaceKinds,
  leakRemedies,
  type ScrubOutcome,
} from '../../contract/leak-sweep.ts';
import { atomicWriteFile } from '../../data/atomic-write.ts';
import { errnoOf, toStorageError } from '../../data/storage-error.ts';
import { AppError } from '../../lib/app-error.ts';
import { createSerialQueue } from '../../lib/serial-queue.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { summaryOf } from './findings.ts';
import { type ScrubHow, type ScrubWorld, scrub } from './scrub.ts';
import { type SweepWorld, sweep } from './sweep.ts';

const findingSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  isToken: z.boolean(),
  kind: z.enum(leakPlaceKinds),
  place: z.string(),
  inside: z.string().exactOptional(),
  tenantId: z.string().exactOptional(),
  sessionId: z.string().exactOptional(),
  containerId: z.string().exactOptional(),
  count: z.number(),
  at: z.array(z.strictObject({ line: z.number(), offset: z.number(), isPlain: z.boolean() })),
  isInForce: z.boolean(),
  remedy: z.enum(leakRemedies),
  state: z.enum(['open', 'scrubbed', 'rotated']),
}) satisfies z.ZodType<LeakFinding>;

const reportSchema = z.strictObject({
  version: z.literal(1),
  startedAt: z.number(),
  endedAt: z.number(),
  values: z.number(),
  tooShort: z.array(z.string()),
  places: z.number(),
  totalBytes: z.number(),
  findings: z.array(findingSchema),
  moreFindings: z.number(),
  unread: z.array(z.strictObject({ place: z.string(), reason: z.string() })),
  unreadCount: z.number(),
});

/** Looks for stored secrets where they should not be, keeps what was found last, and does something about it. */
export interface LeakSweep {
  state(): Promise<LeakSweepState>;
  /** For a checklist; undefined: there was none. */
  summary(): Promise<LeakSweepSummary | undefined>;
  /**
   * One at a time: others throw AppError `sweep_running` (409). One that is ended by its signal leaves the last report as
   * it is, and throws the signal's reason.
   */
  search(emit: (progress: LeakSweepProgress) => void, signal: AbortSignal): Promise<LeakSweepReport>;
  /** Throws `sweep_running`, `findings_unknown` (404). */
  scrub(
    ids: readonly string[],
    how: Omit<ScrubHow, 'onDone'>,
  ): Promise<{ outcomes: ScrubOutcome[]; report: LeakSweepReport }>;
  /** What a person decided. Throws `findings_unknown` (404). */
  mark(ids: readonly string[], state: 'open' | 'rotated'): Promise<LeakSweepReport>;
}

export interface LeakSweepOptions extends SweepWorld, ScrubWorld {
  logger: Logger;
}

export function createLeakSweep(options: LeakSweepOptions): LeakSweep {
  const file = path.join(options.dataDir, 'leak-sweep.json');
  const logger = options.logger.child({ component: 'secrets' });
  const queue = createSerialQueue();
  let isRunning = false;
  let last: Promise<LeakSweepReport | undefined> | undefined;

  function read(): Promise<LeakSweepReport | undefined> {
    last ??= readReport(file);
    return last;
  }

  async function write(report: LeakSweepReport): Promise<LeakSweepReport> {
    try {
      await atomicWriteFile(file, `${JSON.stringify({ version: 1, ...report })}\n`, { mode: 0o600 });
    } catch (error) {
      throw toStorageError(error);
    }
    last = Promise.resolve(report);
    return report;
  }

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (isRunning) {
      const message = 'A search or a scrub is going on already. Wait until it has ended.';
      throw new AppError('sweep_running', message, { status: 409 });
    }
    isRunning = true;
    try {
      return await work();
    } finally {
      isRunning = false;
    }
  }

  async function known(ids: readonly string[]): Promise<{ report: LeakSweepReport; findings: LeakFinding[] }> {
    const report = await read();
    const wanted = new Set(ids);
    const findings = report?.findings.filter(({ id }) => wanted.has(id)) ?? [];
    if (report && findings.length === wanted.size) return { report, findings };
    throw new AppError('findings_unknown', 'These findings are of an older search. Look at the list again.', {
      status: 404,
    });
  }

  /** One change after the other, each of what is kept by then. */
  function setState(ids: readonly string[], state: LeakFinding['state']): Promise<LeakSweepReport> {
    return queue(async () => {
      const { report } = await known(ids);
      const wanted = new Set(ids);
      const findings = report.findings.map((each) => (wanted.has(each.id) ? { ...each, state } : each));
      return write({ ...report, findings });
    });
  }

  async function summary(): Promise<LeakSweepSummary | undefined> {
    const report = await read();
    return report && summaryOf(report);
  }

  return {
    async state() {
      const [report, short] = [await read(), await summary()];
      return { isRunning, ...(report && { last: report }), ...(short && { summary: short }) };
    },
    summary,
    search: (emit, signal) =>
      alone(async () => {
        const report = await sweep(options, { emit, signal, before: await read() });
        await queue(() => write(report));
        const { findings, places, totalBytes, unreadCount } = report;
        logger.info('Secrets were looked for.', { findings: findings.length, places, totalBytes, unreadCount });
        return report;
      }),
    scrub: (ids, how) =>
      alone(async () => {
        const { findings } = await known(ids);
        const onDone = async (done: string[]) => void (await setState(done, 'scrubbed'));
        const outcomes = await scrub(findings, options, { ...how, onDone });
        const done = outcomes.filter(({ isDone }) => isDone).length;
        logger.info('Secrets were taken out of files.', { done, left: outcomes.length - done });
        return { outcomes, report: (await known([])).report };
      }),
    mark: setState,
  };
}

/** A report that cannot be understood counts as none: the next search makes another. */
async function readReport(file: string): Promise<LeakSweepReport | undefined> {
  try {
    const { version: _, ...report } = reportSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return report;
  } catch (error) {
    if (errnoOf(error) !== undefined && errnoOf(error) !== 'ENOENT') throw toStorageError(error);
    return undefined;
  }
}
