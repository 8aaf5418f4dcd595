import { Hono } from 'hono';
import { z } from 'zod';
import {
  type ChecklistProgress,
  type ChecklistReport,
  checklistIdSchema,
  checklistRunSchema,
  originsSchema,
  waiverSchema,
} from '../../contract/checklist.ts';
import { AppError } from '../../lib/app-error.ts';
import { applyFix } from '../../production-checklist/apply-fix.ts';
import type { ProductionChecklist } from '../../production-checklist/production-checklist.ts';
import { toMarkdown } from '../../production-checklist/report-text.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { toldProgress } from '../told-progress.ts';
import { validate } from '../validate.ts';

const idParam = z.object({ id: checklistIdSchema });
const exportQuery = z.object({ format: z.enum(['markdown', 'json']) });

/** The production checklist: not `/console/api/health`, which tells what clients of the server get right now. */
export function checklistRoutes(context: ConsoleContext) {
  const { config, secrets } = context;
  const checklist = (): ProductionChecklist => {
    if (context.checklist) return context.checklist;
    throw new AppError('checklist_unavailable', 'This server does not test itself for production.', { status: 503 });
  };

  return new Hono()
    .get('/checklist', async (c) => answer<ChecklistReport>(c, await checklist().report()))
    .post('/checklist/run', validate('json', checklistRunSchema), (c) => {
      const { ids } = c.req.valid('json');
      return toldProgress<ChecklistProgress>(context, c.req.raw, async (emit, signal) => {
        const report = await checklist().run({
          ...{ signal, ...(ids && { ids }) },
          onItem(item, done, total) {
            emit({ type: 'item', item });
            emit({ type: 'step', done, total, unit: 'items' });
          },
        });
        return { type: 'done', report };
      });
    })
    .put('/checklist/:id/waiver', validate('param', idParam), validate('json', waiverSchema), async (c) =>
      answer<ChecklistReport>(c, await checklist().waive(c.req.valid('param').id, c.req.valid('json'))),
    )
    .delete('/checklist/:id/waiver', validate('param', idParam), async (c) =>
      answer<ChecklistReport>(c, await checklist().endWaiver(c.req.valid('param').id)),
    )
    .post('/checklist/:id/fix', validate('param', idParam), validate('json', originsSchema.partial()), async (c) => {
      const { items } = await checklist().report();
      const item = items.find(({ id }) => id === c.req.valid('param').id);
      await applyFix(item?.result, c.req.valid('json').origins, { config, secrets });
      return answer<ChecklistReport>(c, await checklist().report());
    })
    .get('/checklist/export', validate('query', exportQuery), async (c) => {
      const { format } = c.req.valid('query');
      const report = await checklist().report();
      const text = format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : toMarkdown(report);
      // What was found may hold a value that became a secret only later.
      return c.body(secrets.redactor.redact(text), 200, {
        'Content-Type': format === 'json' ? 'application/json' : 'text/markdown; charset=utf-8',
        'Content-Disposition': `attachment; filename="agentrail-readiness.${format === 'json' ? 'json' : 'md'}"`,
      });
    });
}
