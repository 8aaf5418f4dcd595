import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { AppError } from '../lib/app-error.ts';
import { consoleRoutes } from './api.ts';
import type { ConsoleAuth } from './auth.ts';
import type { ConsoleContext } from './context.ts';
import { createOnError } from './on-error.ts';
import { isMeasuredByAgent } from './routes/agent-api.ts';
import { securityHeaders } from './security-headers.ts';

/** Files that are read piece by piece, however large. */
const streamedBodies = ['/console/api/data/tenants/import', '/console/api/image/load'];
const uploadPath = /^\/console\/api\/workspaces\/[^/]+\/[^/]+\/file$/;

/** The console API below `/console/api`, for those whom `auth` lets in. */
export function createApiFront(context: ConsoleContext, auth: ConsoleAuth): Hono {
  const { config } = context;
  const app = new Hono();
  app.onError(createOnError(context.logger));
  app.use(securityHeaders());
  app.use(async (c, next) => (await auth.guard(c.req.raw)) ?? (await next()));

  app.use('/console/api/*', async (c, next) => {
    // Hono answers HEAD by running the GET route and dropping its body, which would leave an event stream open.
    if (c.req.method === 'HEAD') throw new AppError('method_not_allowed', 'Use GET.', { status: 405 });
    await next();
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
  });
  app.use('/console/api/*', (c, next) =>
    streamedBodies.includes(c.req.path) || uploadPath.test(c.req.path) || isMeasuredByAgent(c.req.path)
      ? next()
      : bodyLimit({ maxSize: config.current().server.bodyLimit, onError: refuseLargeBody })(c, next),
  );
  app.route('/console/api', consoleRoutes(context));
  app.all('/console/*', () => {
    throw new AppError('not_found', 'There is nothing at this address.', { status: 404 });
  });
  return app;
}

function refuseLargeBody(): never {
  throw new AppError('body_too_large', 'The request is larger than server.bodyLimit allows.', { status: 413 });
}
