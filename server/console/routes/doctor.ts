import { Hono } from 'hono';
import { z } from 'zod';
import {
  type DoctorProgress,
  type DoctorReport,
  type RepairInfo,
  type RepairPlan,
  type RepairReport,
  repairNames,
} from '../../contract/doctor.ts';
import type { Doctor } from '../../doctor/doctor.ts';
import { AppError } from '../../lib/app-error.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { toldProgress } from '../told-progress.ts';
import { validate } from '../validate.ts';

const nameParam = z.object({ name: z.enum(repairNames) });
const idParam = z.object({ id: z.string().max(64) });
const repairBody = z.strictObject({ fingerprint: z.string().max(64) });

/** Everything that was found last. */
export interface LastDoctor {
  report: DoctorReport | null;
}

/** Doctor: what it finds is told as it is found; each repair shows first what it will do. */
export function doctorRoutes(context: ConsoleContext) {
  const inUse = (): Doctor => {
    if (context.doctor) return context.doctor;
    throw new AppError('data_unmanaged', 'This server does not manage kept data.', { status: 503 });
  };

  return new Hono()
    .get('/doctor', (c) => answer<LastDoctor>(c, { report: inUse().last() ?? null }))
    .post('/doctor/run', (c) => {
      const doctor = inUse();
      return toldProgress<DoctorProgress>(context, c.req.raw, async (emit, signal) => {
        emit({ type: 'begin', checks: [...doctor.checks] });
        const report = await doctor.run({
          signal,
          onResult: (result) => emit({ type: 'result', result }),
          onStep: (stage, done, total) => emit({ type: 'step', stage, done, total }),
        });
        return { type: 'done', report };
      });
    })
    .get('/doctor/repairs', async (c) => answer<RepairInfo[]>(c, await inUse().repairs()))
    .get('/doctor/repairs/:name/plan', validate('param', nameParam), async (c) =>
      answer<RepairPlan>(c, await inUse().plan(c.req.valid('param').name, c.req.raw.signal)),
    )
    .post('/doctor/repairs/:name', validate('param', nameParam), validate('json', repairBody), async (c) =>
      answer<RepairReport>(c, await inUse().repair(c.req.valid('param').name, c.req.valid('json'))),
    )
    .post('/doctor/undo/:id', validate('param', idParam), async (c) =>
      answer<RepairReport>(c, await inUse().undo(c.req.valid('param').id)),
    )
    .delete('/doctor/repairs/:id', validate('param', idParam), async (c) => {
      const { id } = c.req.valid('param');
      await inUse().forget(id);
      return answer(c, { id });
    });
}
