import { Hono } from 'hono';
import { tryNetworkBody } from '../../contract/network.ts';
import { AppError } from '../../lib/app-error.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

/** The way out as it is, and what comes of asking one address that way. */
export function networkRoutes({ network }: ConsoleContext) {
  const offered = () => {
    if (network) return network;
    throw new AppError('network_unavailable', 'This console does not know the way out of its server.', { status: 404 });
  };
  return new Hono()
    .get('/network', async (c) => answer(c, await offered().status()))
    .post('/network/try', validate('json', tryNetworkBody), async (c) =>
      answer(c, await offered().try(new URL(c.req.valid('json').url))),
    );
}
