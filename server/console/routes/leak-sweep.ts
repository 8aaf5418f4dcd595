import { Hono } from 'hono';
import {
  type LeakSweepProgress,
  type LeakSweepReport,
  type LeakSweepState,
  markFindingsSchema,
  type ScrubProgress,
  scrubSchema,
} from '../../contract/leak-sweep.ts';
import { AppError } from '../../lib/app-error.ts';
import type { LeakSweep } from '../../secrets/leak-sweep/leak-sweep.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { toldProgress } from '../told-progress.ts';
import { validate } from '../validate.ts';

/** Where stored secrets were found that should not be there. Names and places only, never a value. */
export function leakSweepRoutes(context: Pick<ConsoleContext, 'leakSweep' | 'clock' | 'dropSignal'>) {
  const sweep = (): LeakSweep => {
    if (context.leakSweep) return context.leakSweep;
    throw new AppError('data_unmanaged', 'This server does not manage kept data.', { status: 503 });
  };

  return new Hono()
    .get('/secrets/sweep', async (c) => answer<LeakSweepState>(c, await sweep().state()))
    .post('/secrets/sweep', (c) =>
      toldProgress<LeakSweepProgress>(context, c.req.raw, async (emit, signal) => {
        return { type: 'done', report: await sweep().search(emit, signal) };
      }),
    )
    .post('/secrets/sweep/scrub', validate('json', scrubSchema), (c) =>
      toldProgress<ScrubProgress>(context, c.req.raw, async (emit, signal) => {
        const onStep = (done: number, total: number, name: string) =>
          emit({ type: 'step', done, total, unit: 'findings', name });
        return { type: 'done', ...(await sweep().scrub(c.req.valid('json').ids, { onStep, signal })) };
      }),
    )
    .post('/secrets/sweep/findings', validate('json', markFindingsSchema), async (c) => {
      const { ids, state } = c.req.valid('json');
      return answer<LeakSweepReport>(c, await sweep().mark(ids, state));
    });
}
