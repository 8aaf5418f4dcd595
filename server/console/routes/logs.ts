import { Hono } from 'hono';
import { z } from 'zod';
import {
  type LogOverview,
  type LogPage,
  logFilterSchema,
  logOverviewSchema,
  logPlaceSchema,
  type SavedSearch,
  savedSearchSchema,
} from '../../contract/logs.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

const nameParam = z.object({ name: z.string().min(1).max(80) });

export function logRoutes(context: ConsoleContext) {
  const { logs, clock, searches } = context;

  return new Hono()
    .get('/logs', validate('query', logFilterSchema), async (c) =>
      answer<LogPage>(c, await logs.query(c.req.valid('query'), c.req.raw.signal)),
    )
    .get('/logs/overview', validate('query', logOverviewSchema), async (c) =>
      answer<LogOverview>(c, await logs.overview(c.req.valid('query'))),
    )
    .get('/logs/place', validate('query', logPlaceSchema), async (c) => {
      const seq = await logs.find(c.req.valid('query'));
      return answer<{ seq?: number }>(c, seq === undefined ? {} : { seq });
    })
    .get('/logs/searches', async (c) => answer<{ searches: SavedSearch[] }>(c, { searches: await searches.list() }))
    .put('/logs/searches', validate('json', savedSearchSchema), async (c) =>
      answer<{ searches: SavedSearch[] }>(c, { searches: await searches.save(c.req.valid('json')) }),
    )
    .delete('/logs/searches/:name', validate('param', nameParam), async (c) =>
      answer<{ searches: SavedSearch[] }>(c, { searches: await searches.remove(c.req.valid('param').name) }),
    )
    .get('/logs/download', validate('query', logFilterSchema), async (c) => {
      const ended = AbortSignal.any([c.req.raw.signal, context.dropSignal()]);
      const lines = await begun(logs.export(c.req.valid('query'), ended));
      const stamp = new Date(clock.now()).toISOString().slice(0, 19).replaceAll(':', '-');
      return new Response(ReadableStream.from(lines).pipeThrough(new TextEncoderStream()), {
        headers: {
          'Content-Type': 'application/x-ndjson; charset=utf-8',
          'Content-Disposition': `attachment; filename="agentrail-logs-${stamp}.ndjson"`,
        },
      });
    });
}

/** Waits for the first piece: a search that cannot be carried out is answered as a fault, not as a broken file. */
async function begun(texts: AsyncIterable<string>): Promise<AsyncIterable<string>> {
  const iterator = texts[Symbol.asyncIterator]();
  let first: IteratorResult<string> | undefined = await iterator.next();
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        const result = first ? Promise.resolve(first) : iterator.next();
        first = undefined;
        return result;
      },
      return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
    }),
  };
}
