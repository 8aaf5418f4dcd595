import { createReadStream } from 'node:fs';
import { Hono } from 'hono';
import { z } from 'zod';
import type {
  BackupList,
  BackupProgress,
  BackupReport,
  DrillReport,
  MovedFrom,
  RestoreReport,
  VerifyReport,
} from '../../contract/backups.ts';
import type { IntegrityFinding, IntegrityProgress, QuarantineInfo, QuarantineReport } from '../../contract/doctor.ts';
import { type ResetState, resetWord } from '../../contract/factory-reset.ts';
import type { DataCare } from '../../data/data-care.ts';
import { AppError } from '../../lib/app-error.ts';
import { toWebStream } from '../../lib/to-web-stream.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { toldProgress } from '../told-progress.ts';
import { validate } from '../validate.ts';

const passphrase = z.string().min(1).max(1024).optional();
const makeBody = z.strictObject({ workspaces: z.boolean(), secrets: z.boolean(), passphrase });
const checkBody = z.strictObject({ passphrase });
const restoreBody = z.strictObject({ to: z.string().min(1).max(4096), passphrase });
const resetQuery = z.object({ keepSettings: z.enum(['true', 'false']).default('false') });
const resetBody = z.strictObject({
  confirm: z.literal(resetWord, { error: `Type ${resetWord} to confirm.` }),
  keepSettings: z.boolean(),
  /** Absent: without a backup. With a passphrase keys and tokens are in it. */
  backup: z.strictObject({ workspaces: z.boolean(), passphrase }).optional(),
});
const nameParam = z.object({ name: z.string().max(200) });
const idParam = z.object({ id: z.string().max(64) });
const findingSchema = z.strictObject({
  kind: z.enum([
    ...['torn_line', 'alien_line', 'orphan_session', 'orphan_workspace', 'alien_file', 'unreadable'],
    'index_difference',
  ] as const),
  path: z.string().min(1).max(4096),
  line: z.number().int().min(1).exactOptional(),
  sha256: z.string().max(64).exactOptional(),
  tenantId: z.string().max(128).exactOptional(),
  sessionId: z.string().max(128).exactOptional(),
  sizeBytes: z.number().exactOptional(),
  canQuarantine: z.boolean(),
}) satisfies z.ZodType<IntegrityFinding>;
const quarantineBody = z.strictObject({ findings: z.array(findingSchema).min(1).max(1000) });

/** What lies in the data directory, beside sessions one by one. */
export interface DataMap {
  folders: { name: string; sizeBytes: number; isRebuildable: boolean }[];
  oldCopy?: MovedFrom;
}

/** Made anew when it is missing, or of no use after a while. */
const rebuildable = new Set(['logs', 'incoming', 'run']);

/**
 * Backups, integrity and the place of the data directory. What takes a while is answered as server-sent events, and ends
 * when its client goes away.
 */
export function dataCareRoutes(context: ConsoleContext) {
  const care = (): DataCare => {
    if (context.dataCare) return context.dataCare;
    throw new AppError('data_unmanaged', 'This server does not manage kept data.', { status: 503 });
  };

  function work<Report>(
    request: Request,
    run: (how: { signal: AbortSignal; onStep(step: object): void }) => Promise<Report>,
  ): Response {
    return toldProgress<BackupProgress<Report>>(context, request, async (emit, signal) => {
      const onStep = (step: object) => emit({ type: 'step', ...step } as BackupProgress<Report>);
      return { type: 'done', report: await run({ signal, onStep }) };
    });
  }

  return new Hono()
    .get('/data/map', async (c) => {
      const [folders, oldCopy] = await Promise.all([care().folders(), care().oldCopy()]);
      const rows = Object.entries(folders).map(([name, sizeBytes]) => {
        return { name, sizeBytes, isRebuildable: rebuildable.has(name) };
      });
      rows.sort((a, b) => b.sizeBytes - a.sizeBytes);
      return answer<DataMap>(c, { folders: rows, ...(oldCopy && { oldCopy }) });
    })
    .post('/data/old-copy/remove', async (c) => answer<MovedFrom>(c, await care().removeOldCopy()))
    .get('/data/backups', async (c) => answer<BackupList>(c, await care().backups.list()))
    .post('/data/backups', validate('json', makeBody), (c) => {
      const { workspaces, secrets, passphrase: phrase } = c.req.valid('json');
      return work<BackupReport>(c.req.raw, (how) =>
        care().backups.create({ workspaces, secrets }, { ...how, ...(phrase !== undefined && { passphrase: phrase }) }),
      );
    })
    .post('/data/backups/:name/verify', validate('param', nameParam), validate('json', checkBody), (c) => {
      const { passphrase: phrase } = c.req.valid('json');
      return work<VerifyReport>(c.req.raw, (how) =>
        care().backups.verify(c.req.valid('param').name, {
          ...how,
          ...(phrase !== undefined && { passphrase: phrase }),
        }),
      );
    })
    .post('/data/backups/:name/drill', validate('param', nameParam), validate('json', checkBody), (c) => {
      const { passphrase: phrase } = c.req.valid('json');
      return work<DrillReport>(c.req.raw, (how) =>
        care().backups.drill(c.req.valid('param').name, {
          ...how,
          ...(phrase !== undefined && { passphrase: phrase }),
        }),
      );
    })
    .post('/data/backups/:name/restore-into', validate('param', nameParam), validate('json', restoreBody), (c) => {
      const { to, passphrase: phrase } = c.req.valid('json');
      return work<RestoreReport & { to: string }>(c.req.raw, (how) =>
        care().restoreInto(c.req.valid('param').name, to, {
          ...how,
          ...(phrase !== undefined && { passphrase: phrase }),
        }),
      );
    })
    .get('/data/reset', validate('query', resetQuery), async (c) =>
      answer<ResetState>(c, await care().reset.read(c.req.valid('query').keepSettings === 'true')),
    )
    .post('/data/reset', validate('json', resetBody), (c) => {
      const { keepSettings, backup } = c.req.valid('json');
      return work<ResetState>(c.req.raw, async (how) => {
        if (backup) {
          const { workspaces, passphrase: phrase } = backup;
          const includes = { workspaces, secrets: phrase !== undefined };
          await care().backups.create(includes, { ...how, ...(phrase !== undefined && { passphrase: phrase }) });
        }
        how.signal.throwIfAborted();
        return care().reset.ask(keepSettings);
      });
    })
    .delete('/data/reset', async (c) => answer<ResetState>(c, await care().reset.forget()))
    .get('/data/backups/:name', validate('param', nameParam), async (c) => {
      const { name } = c.req.valid('param');
      const file = await care().backups.fileOf(name);
      return c.body(toWebStream(createReadStream(file)), 200, {
        'Content-Type': 'application/octet-stream',
        'Content-Disposition': `attachment; filename="${name}"`,
      });
    })
    .delete('/data/backups/:name', validate('param', nameParam), async (c) => {
      const { name } = c.req.valid('param');
      await care().backups.remove(name);
      return answer(c, { name });
    })
    .post('/data/integrity', (c) =>
      toldProgress<IntegrityProgress>(context, c.req.raw, async (emit, signal) => {
        const onStep = (done: number, total: number, name: string) =>
          emit({ type: 'step', done, total, unit: 'sessions', name });
        const scan = care().scan({ onStep, signal });
        for (;;) {
          const next = await scan.next();
          if (next.done) return { type: 'done', report: next.value };
          emit({ type: 'finding', finding: next.value });
        }
      }),
    )
    .get('/data/quarantine', async (c) => answer<QuarantineInfo[]>(c, await care().quarantines()))
    .post('/data/quarantine', validate('json', quarantineBody), async (c) =>
      answer<QuarantineReport>(c, await care().quarantine(c.req.valid('json').findings)),
    )
    .post('/data/quarantine/:id/put-back', validate('param', idParam), async (c) =>
      answer<QuarantineReport>(c, await care().putBack(c.req.valid('param').id)),
    );
}
