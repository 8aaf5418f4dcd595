import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { RunHandle } from '../../agent/runs.ts';
import { abortedRunSchema } from '../../contract/answers.ts';
import { idSchema } from '../../contract/ids.ts';
import { AppError } from '../../lib/app-error.ts';
import type { HttpEnv } from '../http-env.ts';
import type { Operation } from '../operation.ts';
import { answerWithEvents, eventStreamAnswer, type StreamRouteOptions } from './stream.ts';

const runParams = z.object({ runId: idSchema });
const sequence = z
  .string()
  .regex(/^\d{1,15}$/, 'Give the number of the last event that arrived.')
  .transform(Number);
const runQuery = z.object({ tenantId: idSchema.optional(), userId: idSchema.optional() });
const resumeQuery = z.object({ after: sequence.default(0) });

export const runOperations: Operation[] = [
  {
    method: 'get',
    path: '/api/runs/:runId/events',
    id: 'resumeRun',
    tag: 'Runs',
    summary: 'Follow a run again from where the stream broke off',
    description: 'Events that left the buffer are stood in for by one `snapshot` event with the messages so far.',
    access: ['chat', 'read'],
    params: runParams,
    query: runQuery.extend({ after: sequence.optional().describe('Number of the last event that arrived.') }),
    headers: z.object({ 'Last-Event-ID': sequence.optional().describe('Wins over `after`.') }),
    answers: [eventStreamAnswer],
    errors: [404],
  },
  {
    method: 'post',
    path: '/api/runs/:runId/abort',
    id: 'abortRun',
    tag: 'Runs',
    summary: 'Stop a run',
    description: 'What it finished is kept. May be repeated.',
    access: ['chat'],
    params: runParams,
    query: runQuery,
    answers: [
      {
        status: 200,
        description: 'The run is over or ends now.',
        body: { name: 'AbortedRun', schema: abortedRunSchema },
      },
    ],
    errors: [404],
  },
];

/** Looking into a run that goes on, and stopping it. */
export function createRunRoutes(options: StreamRouteOptions): Hono<HttpEnv> {
  const { runs } = options;

  async function find(c: Context<HttpEnv>): Promise<RunHandle> {
    const { runId } = runParams.parse(c.req.param());
    const owner = runQuery.parse(c.req.query());
    const run = runs.get(runId) ?? (await runs.elsewhere?.find(runId));
    const info = run?.info();
    const isOurs =
      (owner.tenantId ?? info?.tenantId) === info?.tenantId && (owner.userId ?? info?.userId) === info?.userId;
    if (run && isOurs) return run;
    const message = 'This run is not known, or it ended a while ago. Read the messages of its session instead.';
    throw new AppError('run_not_found', message, { status: 404 });
  }

  return new Hono<HttpEnv>()
    .get('/api/runs/:runId/events', async (c) => {
      const run = await find(c);
      // A client that reconnects by itself repeats the address; the header then is the newer of the two.
      const { after } = resumeQuery.parse({ after: c.req.header('Last-Event-ID') ?? c.req.query('after') });
      return answerWithEvents(c, run, after, options);
    })
    .post('/api/runs/:runId/abort', async (c) => {
      const run = await find(c);
      const reason = 'aborted over the API';
      if (!runs.abort(run.runId, reason)) await runs.elsewhere?.abort(run.runId, reason);
      return c.json({ runId: run.runId, sessionId: run.sessionId, aborted: true });
    });
}
