import { Hono } from 'hono';
import { z } from 'zod';
import { idSchema } from '../../contract/ids.ts';
import type { ErasurePlan, KeepingProgress, KeptSizes, RetentionPlan } from '../../contract/keeping.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { toWebStream } from '../../lib/to-web-stream.ts';
import type { Keeping } from '../../sessions/keeping/keeping.ts';
import { retentionRulesSchema, rulesToApply } from '../../sessions/keeping/rules.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { type ProgressWork, progressStream } from '../progress-stream.ts';
import { validate } from '../validate.ts';

const tenantParam = z.object({ tenantId: idSchema });
const scopeBody = z.strictObject({ tenantId: idSchema, userId: idSchema.optional() });
const importQuery = z.object({ merge: z.enum(['skip', 'replace']).optional() });
/** Beside the first and the last, a step every so often is enough for eyes. */
const stepMs = 100;

/**
 * Kept data as a whole. What takes a while is answered as server-sent events of KeepingProgress, and ends when its
 * client goes away.
 */
export function keepingRoutes(context: ConsoleContext) {
  const { clock, config } = context;
  const inUse = (): Keeping => {
    if (context.keeping) return context.keeping;
    throw new AppError('data_unmanaged', 'This server does not manage kept data.', { status: 503 });
  };

  type Emit = (progress: KeepingProgress) => void;
  type Report = Extract<KeepingProgress, { type: 'done' }>['report'];

  /** The outcome is the last event, whatever it is. */
  function told(work: (emit: Emit, signal: AbortSignal) => Promise<Report>): ProgressWork<KeepingProgress> {
    return {
      async run(emit, signal) {
        try {
          emit({ type: 'done', report: await work(paced(emit), signal) });
        } catch (fault) {
          const code = fault instanceof AppError ? fault.code : 'internal';
          emit({ type: 'failed', code, message: messageOf(fault) });
        }
      },
      isMinor: ({ type }) => type === 'step',
    };
  }

  function paced(emit: Emit): Emit {
    let last = Number.NEGATIVE_INFINITY;
    return (progress) => {
      const now = clock.monotonic();
      if (progress.type === 'step' && progress.done < progress.total && now - last < stepMs) return;
      last = now;
      emit(progress);
    };
  }

  const stream = (request: Request, work: (emit: Emit, signal: AbortSignal) => Promise<Report>) =>
    progressStream<KeepingProgress>(request, context.dropSignal(), told(work));

  return new Hono()
    .get('/data/sizes', async (c) => answer<KeptSizes>(c, await inUse().sizes()))
    .post('/data/retention/preview', validate('json', retentionRulesSchema), async (c) => {
      const rules = rulesToApply(c.req.valid('json'), config.current().retention);
      return answer<RetentionPlan>(c, await inUse().retention.preview(rules));
    })
    .post('/data/retention/apply', validate('json', retentionRulesSchema), (c) => {
      const rules = rulesToApply(c.req.valid('json'), config.current().retention);
      const { retention } = inUse();
      return stream(c.req.raw, async (onProgress, signal) =>
        retention.apply(await retention.preview(rules), { onProgress, signal }),
      );
    })
    .post('/data/erase/preview', validate('json', scopeBody), async (c) =>
      answer<ErasurePlan>(c, await inUse().erasure.preview(withoutUndefined(c.req.valid('json')))),
    )
    .post('/data/erase', validate('json', scopeBody), (c) => {
      const scope = withoutUndefined(c.req.valid('json'));
      const { erasure } = inUse();
      return stream(c.req.raw, (onProgress, signal) => erasure.apply(scope, { onProgress, signal }));
    })
    .get('/data/tenants/:tenantId/export', validate('param', tenantParam, 'invalid_id'), async (c) => {
      const { tenantId } = c.req.valid('param');
      const archive = await inUse().exportTenant(tenantId);
      return c.body(toWebStream(archive), 200, {
        'Content-Type': 'application/gzip',
        'Content-Disposition': `attachment; filename="${tenantId}.agentrail-tenant.gz"`,
      });
    })
    .post('/data/tenants/import', validate('query', importQuery), (c) => {
      const { merge } = c.req.valid('query');
      const { body } = c.req.raw;
      if (!body) throw new AppError('invalid_request', 'Send the exported file as the body.', { status: 400 });
      const { importTenant } = inUse();
      return stream(c.req.raw, (onProgress, signal) =>
        importTenant(body, { ...(merge !== undefined && { merge }), onProgress, signal }),
      );
    });
}

function withoutUndefined({ tenantId, userId }: z.output<typeof scopeBody>) {
  return { tenantId, ...(userId !== undefined && { userId }) };
}
