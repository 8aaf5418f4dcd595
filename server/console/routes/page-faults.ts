import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type PageFault, pageFaultsSchema } from '../../contract/page-faults.ts';
import { AppError } from '../../lib/app-error.ts';
import { createLineLimit } from '../../telemetry/line-limit.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

/** Most that a page sends is a tenth of it. */
const maxBodyBytes = 262_144;
const windowMs = 60_000;
/** Of all pages together: one that fails in a loop must not fill the log. */
const maxLines = 60;

const sentences: Record<PageFault['kind'], string> = {
  error: 'A page of the console had a fault.',
  rejection: 'A page of the console left a fault unanswered.',
  render: 'A page of the console could not be drawn.',
  load: 'A file of the console did not load.',
  request: 'A request of the console got no answer.',
  policy: 'A page of the console was kept from something by its security policy.',
};

/** Takes faults of pages into the log, where they stand beside everything else of that moment. */
export function pageFaultRoutes({ logger, clock }: ConsoleContext) {
  const limited = createLineLimit({
    ...{ clock, windowMs, maxLines },
    onLeftOut: (left) => logger.warn('Pages of the console had more faults than are logged one by one.', { left }),
  });

  return new Hono().post(
    '/page-faults',
    bodyLimit({ maxSize: maxBodyBytes, onError: refuseLargeBody }),
    validate('json', pageFaultsSchema),
    (c) => {
      const { faults, left } = c.req.valid('json');
      const browser = c.req.header('User-Agent')?.slice(0, 200);
      for (const { kind, times, ...facts } of faults) {
        const level = kind === 'error' || kind === 'rejection' || kind === 'render' ? 'error' : 'warn';
        const fields = { kind, ...facts, ...(times > 1 && { times }), ...(browser !== undefined && { browser }) };
        limited(() => logger.log(level, sentences[kind], fields));
      }
      if (left > 0) limited(() => logger.warn('A page of the console had more faults than it could tell.', { left }));
      return answer<{ taken: number }>(c, { taken: faults.length });
    },
  );
}

function refuseLargeBody(): never {
  throw new AppError('body_too_large', 'Faults of a page may take 256 KB at most. Send fewer at once.', {
    status: 413,
  });
}
