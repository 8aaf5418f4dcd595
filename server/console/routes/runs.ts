import { Hono } from 'hono';
import { z } from 'zod';
import { idSchema } from '../../contract/ids.ts';
import { AppError } from '../../lib/app-error.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

const runParam = z.object({ runId: idSchema });

export function runRoutes(context: ConsoleContext) {
  return new Hono()
    .get('/runs', async (c) => {
      await context.runs.look();
      return answer(c, { runs: context.runs.list() });
    })
    .post('/runs/:runId/abort', validate('param', runParam, 'invalid_id'), async (c) => {
      const { runId } = c.req.valid('param');
      if (!(await context.runs.abort(runId))) {
        throw new AppError('run_not_found', 'There is no such run; it may have ended long ago.', { status: 404 });
      }
      return answer(c, { runId });
    });
}
