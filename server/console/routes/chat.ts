import { Hono } from 'hono';
import { z } from 'zod';
import { chatRequestSchema } from '../../contract/chat.ts';
import { idSchema } from '../../contract/ids.ts';
import { respondSchema } from '../../contract/permissions.ts';
import type { ConsoleContext } from '../context.ts';
import { createForwardToAgent, sameRequest } from '../forward-to-agent.ts';
import { validate } from '../validate.ts';

const runParam = z.object({ runId: idSchema });
const sessionParam = z.object({ tenantId: idSchema, userId: idSchema, sessionId: idSchema });
const afterQuery = z.object({ after: z.coerce.number().int().min(0).optional() });

/** Talks to the embedded server's own API in this process; its answers are passed on as they are. */
export function chatRoutes(context: ConsoleContext) {
  const forward = createForwardToAgent(context);

  return (
    new Hono()
      .post('/chat/stream', validate('json', chatRequestSchema), (c) =>
        forward(
          '/api/stream',
          {
            method: 'POST',
            headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
            body: JSON.stringify(c.req.valid('json')),
          },
          c.req.raw,
        ),
      )
      // With files: the body is read where it is measured.
      .post('/chat/form', (c) => forward('/api/stream', sameRequest(c.req.raw), c.req.raw))
      .post(
        '/chat/sessions/:tenantId/:userId/:sessionId/respond',
        validate('param', sessionParam, 'invalid_id'),
        validate('json', respondSchema),
        (c) => {
          const { sessionId, ...owner } = c.req.valid('param');
          return forward(
            `/api/sessions/${sessionId}/respond?${new URLSearchParams(owner)}`,
            {
              method: 'POST',
              headers: { 'Content-Type': 'application/json' },
              body: JSON.stringify(c.req.valid('json')),
            },
            c.req.raw,
          );
        },
      )
      .get(
        '/chat/runs/:runId/events',
        validate('param', runParam, 'invalid_id'),
        validate('query', afterQuery),
        (c) => {
          const { runId } = c.req.valid('param');
          const { after } = c.req.valid('query');
          const lastEventId = c.req.header('Last-Event-ID');
          return forward(
            `/api/runs/${runId}/events${after === undefined ? '' : `?after=${after}`}`,
            { headers: { Accept: 'text/event-stream', ...(lastEventId && { 'Last-Event-ID': lastEventId }) } },
            c.req.raw,
          );
        },
      )
  );
}
