import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { maxTerminalInputBytes, type TerminalInfo, terminalSizes } from '../../contract/terminal.ts';
import { AppError } from '../../lib/app-error.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

const { minCols, maxCols, minRows, maxRows } = terminalSizes;
const id = z.string().min(1).max(256);
const size = z.strictObject({
  cols: z.number().int().min(minCols).max(maxCols),
  rows: z.number().int().min(minRows).max(maxRows),
});
const openBody = size.extend({ shell: z.string().max(100).optional() });
const idParam = z.object({ id });
const inputQuery = z.object({
  client: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  seq: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
});
const signalNames = ['SIGINT', 'SIGQUIT', 'SIGTSTP', 'SIGCONT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const;
const signalBody = z.strictObject({ signal: z.enum(signalNames) });
const place = /^(trm_[0-9a-f-]{36}):(\d{1,15})$/;
const streamQuery = z.object({
  /** `id:offset` of each terminal that is followed. */
  at: z
    .union([z.string(), z.array(z.string()).max(64)])
    .transform((given) => (Array.isArray(given) ? given : [given]))
    .pipe(z.array(z.string().regex(place))),
});

/** Terminals in sandboxes. Output of any number of them is one stream of TerminalFrames; input is sent in numbered pieces. */
export function sandboxTerminalRoutes({ terminals, dropSignal }: ConsoleContext) {
  return new Hono()
    .get('/sandboxes/:id/terminals', validate('param', idParam), (c) =>
      answer<{ terminals: TerminalInfo[] }>(c, { terminals: terminals.list(c.req.valid('param').id) }),
    )
    .get('/sandboxes/:id/shells', validate('param', idParam), async (c) =>
      answer<{ shells: string[] }>(c, { shells: await terminals.shells(c.req.valid('param').id) }),
    )
    .post('/sandboxes/:id/terminals', validate('param', idParam), validate('json', openBody), async (c) => {
      const { shell, ...wanted } = c.req.valid('json');
      const request = { size: wanted, ...(shell !== undefined && { shell }) };
      return answer<{ terminal: TerminalInfo }>(c, {
        terminal: await terminals.open(c.req.valid('param').id, request),
      });
    })
    .get('/terminals/stream', validate('query', streamQuery), (c) => {
      const at = c.req.valid('query').at.map((each) => {
        const [, terminal = '', offset = '0'] = place.exec(each) ?? [];
        return { id: terminal, offset: Number(offset) };
      });
      const signal = AbortSignal.any([c.req.raw.signal, dropSignal()]);
      const headers = {
        'Content-Type': 'application/octet-stream',
        'Cache-Control': 'no-cache, no-store, no-transform',
        'X-Accel-Buffering': 'no',
      };
      return new Response(terminals.stream(at, signal), { headers });
    })
    .post(
      '/terminals/:id/input',
      bodyLimit({ maxSize: maxTerminalInputBytes, onError: refuseInput }),
      validate('param', idParam),
      validate('query', inputQuery),
      async (c) => {
        const { client, seq } = c.req.valid('query');
        const bytes = new Uint8Array(await c.req.arrayBuffer());
        if (!(await terminals.find(c.req.valid('param').id).write(client, seq, bytes))) {
          throw new AppError('input_out_of_order', 'Input before this piece is missing. Send it first.', {
            status: 409,
          });
        }
        return answer(c, { seq });
      },
    )
    .post('/terminals/:id/resize', validate('param', idParam), validate('json', size), (c) => {
      const terminal = terminals.find(c.req.valid('param').id);
      terminal.resize(c.req.valid('json'));
      return answer(c, { terminal: terminal.info() });
    })
    .post('/terminals/:id/signal', validate('param', idParam), validate('json', signalBody), (c) => {
      const terminal = terminals.find(c.req.valid('param').id);
      terminal.signal(c.req.valid('json').signal);
      return answer(c, { terminal: terminal.info() });
    })
    .delete('/terminals/:id', validate('param', idParam), (c) => {
      terminals.remove(c.req.valid('param').id);
      return answer(c, { ok: true as const });
    });
}

function refuseInput(): never {
  throw new AppError('body_too_large', 'Send input in pieces of at most 64 KiB.', { status: 413 });
}
