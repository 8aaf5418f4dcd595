import { Hono } from 'hono';
import { z } from 'zod';
import type { Growth, VitalSample } from '../../contract/measures.ts';
import { AppError } from '../../lib/app-error.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

const spanQuery = z.object({ span: z.enum(['minutes', 'day']) });

/** What was measured over time, for charts. */
export function measureRoutes(context: ConsoleContext) {
  return new Hono()
    .get('/health/vitals', validate('query', spanQuery), (c) => {
      if (!context.vitals) throw unmeasured();
      return answer<VitalSample[]>(c, context.vitals.history()[c.req.valid('query').span]);
    })
    .get('/data/growth', async (c) => {
      if (!context.sizes) throw unmeasured();
      return answer<Growth>(c, await context.sizes.growth());
    });
}

function unmeasured(): AppError {
  return new AppError('not_measured', 'This server does not measure that over time.', { status: 503 });
}
