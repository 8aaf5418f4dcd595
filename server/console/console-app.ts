import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ConfigManager } from '../config/config-manager.ts';
import type { DataCare } from '../data/data-care.ts';
import type { Doctor } from '../doctor/doctor.ts';
import type { FirstRunParts } from '../first-run/open-first-run.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { McpManager } from '../mcp/mcp-manager.ts';
import type { UserMemoryManager } from '../memory/user-memory.ts';
import type { ApiTokens } from '../secrets/api-tokens.ts';
import type { SecretsManager } from '../secrets/secrets-manager.ts';
import type { Keeping } from '../sessions/keeping/keeping.ts';
import type { LogStore } from '../telemetry/log-store.ts';
import type { Logger } from '../telemetry/logger.ts';
import { consoleRoutes } from './api.ts';
import type { ConsoleAuth } from './auth.ts';
import { createConsoleCore } from './console-core.ts';
import type { DiskUse } from './console-state.ts';
import type { AgentChoice, ModelChoice } from './context.ts';
import { createOnError } from './on-error.ts';
import { createRequestKeeper } from './request-keeper.ts';
import { securityHeaders } from './security-headers.ts';
import type { ConsoleParts } from './server-control.ts';
import { staticFiles } from './static-files.ts';
import type { UsageStore } from './usage-history.ts';

export interface ConsoleAppOptions extends ConsoleParts {
  secrets: SecretsManager;
  /** Named tokens of the agent API. */
  tokens: ApiTokens;
  config: ConfigManager;
  logs: LogStore;
  logger: Logger;
  clock: Clock;
  version: string;
  /** Absolute; shown to the person. */
  dataDir: string;
  /** Where the built pages lie. */
  rendererDir: string;
  disk?: () => Promise<DiskUse>;
  keeping?: Keeping;
  dataCare?: DataCare;
  doctor?: Doctor;
  memory?: UserMemoryManager;
  mcp?: Pick<McpManager, 'list' | 'restart'>;
  firstRun?: FirstRunParts;
  /** Absent: what runs used is forgotten with the process. */
  usageStore?: UsageStore;
  agents(): AgentChoice[];
  models(): ModelChoice[];
  auth: ConsoleAuth;
}

export interface ConsoleApp {
  /** Answers one request; where it came from is the concern of `auth`. */
  fetch(request: Request): Promise<Response>;
  readonly app: Hono;
  /** Event streams that are open now. */
  openStreams(): number;
  /** Ends every open stream and chat; clients may come back. For a window that navigated or went away. */
  dropStreams(): void;
  /** Ends every stream, timer and subscription, and writes what runs used. The managers stay as they are. */
  close(): Promise<void>;
}

/** Files that are read piece by piece, however large. */
const streamedBodies = ['/console/api/data/tenants/import', '/console/api/image/load'];
const uploadPath = /^\/console\/api\/workspaces\/[^/]+\/[^/]+\/file$/;

/** The console: its API below `/console/api`, and the pages that use it. */
export function createConsoleApp(options: ConsoleAppOptions): ConsoleApp {
  const { auth, config, rendererDir } = options;
  const core = createConsoleCore(options);
  const app = new Hono();
  const keep = createRequestKeeper();

  app.onError(createOnError(core.context.logger));
  app.use(securityHeaders());
  app.use(async (c, next) => (await auth.guard(c.req.raw)) ?? (await next()));

  app.use('/console/api/*', async (c, next) => {
    // Hono answers HEAD by running the GET route and dropping its body, which would leave an event stream open.
    if (c.req.method === 'HEAD') throw new AppError('method_not_allowed', 'Use GET.', { status: 405 });
    await next();
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
  });
  app.use('/console/api/*', (c, next) =>
    streamedBodies.includes(c.req.path) || uploadPath.test(c.req.path)
      ? next()
      : bodyLimit({ maxSize: config.current().server.bodyLimit, onError: refuseLargeBody })(c, next),
  );
  app.route('/console/api', consoleRoutes(core.context));
  app.all('/console/*', () => {
    throw new AppError('not_found', 'There is nothing at this address.', { status: 404 });
  });
  app.get('*', staticFiles(rendererDir));

  return {
    fetch: async (request) => keep(await app.fetch(request), request),
    app,
    openStreams: () => core.context.hub.audience().streams,
    dropStreams: core.dropStreams,
    close: core.close,
  };
}

function refuseLargeBody(): never {
  throw new AppError('body_too_large', 'The request is larger than server.bodyLimit allows.', { status: 413 });
}
