import { Hono } from 'hono';
import { z } from 'zod';
import { idSchema } from '../../contract/ids.ts';
import {
  type BundleLines,
  type BundlePreview,
  type BundleProgress,
  bundleParts,
} from '../../contract/support-bundle.ts';
import { AppError } from '../../lib/app-error.ts';
import { toWebStream } from '../../lib/to-web-stream.ts';
import type { SupportBundles } from '../../support-bundle/support-bundles.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { toldProgress } from '../told-progress.ts';
import { validate } from '../validate.ts';

const idParam = z.object({ id: z.uuid() });
const key = z.strictObject({ tenantId: idSchema, userId: idSchema, sessionId: idSchema });
const gatherBody = z.strictObject({
  parts: z.array(z.enum(bundleParts)).min(1),
  sessions: z.array(key).max(20).default([]),
});
const linesQuery = z.object({
  file: z.string().max(300),
  from: z.coerce.number().int().min(0).default(0),
  count: z.coerce.number().int().min(1).max(1000).default(200),
  text: z.string().max(200).optional(),
  redacted: z.enum(['1']).optional(),
});
/** Shorter ones would take every other word out. */
const maskBody = z.strictObject({ masks: z.array(z.string().trim().min(3).max(500)).max(100) });
const packQuery = z.object({ leave: z.union([z.string(), z.array(z.string())]).optional() });

/** A bundle is gathered, looked at, cut down, and fetched; nothing of it is sent anywhere. */
export function supportBundleRoutes(context: ConsoleContext) {
  const inUse = (): SupportBundles => {
    if (context.supportBundles) return context.supportBundles;
    throw new AppError('data_unmanaged', 'This server does not manage kept data.', { status: 503 });
  };

  return new Hono()
    .post('/support-bundle', validate('json', gatherBody), (c) => {
      const { parts, sessions } = c.req.valid('json');
      const bundles = inUse();
      return toldProgress<BundleProgress>(context, c.req.raw, async (emit, signal) => {
        const onStep = (stage: (typeof parts)[number], done: number, total: number) =>
          emit({ type: 'step', stage, done, total });
        const { problems } = await context.state();
        return { type: 'done', report: await bundles.gather({ parts, sessions, problems, signal, onStep }) };
      });
    })
    .get('/support-bundle/:id/lines', validate('param', idParam), validate('query', linesQuery), (c) => {
      const { file, from, count, text, redacted } = c.req.valid('query');
      const query = { file, from, count, redactedOnly: redacted !== undefined, ...(text && { text }) };
      return answer<BundleLines>(c, inUse().lines(c.req.valid('param').id, query));
    })
    .post('/support-bundle/:id/masks', validate('param', idParam), validate('json', maskBody), (c) =>
      answer<BundlePreview>(c, inUse().mask(c.req.valid('param').id, c.req.valid('json').masks)),
    )
    .get('/support-bundle/:id/download', validate('param', idParam), validate('query', packQuery), (c) => {
      const { leave = [] } = c.req.valid('query');
      const { id } = c.req.valid('param');
      const { createdAt } = inUse().preview(id);
      const zip = inUse().pack(id, [leave].flat());
      const name = `agentrail-support-${new Date(createdAt).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}.zip`;
      return c.body(toWebStream(zip), 200, {
        'Content-Type': 'application/zip',
        'Content-Disposition': `attachment; filename="${name}"`,
      });
    });
}
