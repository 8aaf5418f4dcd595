import { type ErrorHandler, Hono } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import type { RunManager } from './agent/runs.ts';
import type { Config } from './contract/config.ts';
import type { SessionKey } from './contract/ids.ts';
import type { Readiness } from './contract/server-state.ts';
import type { WorkspaceReader } from './data/workspace-files.ts';
import { type AccessCheck, checkAdmin, createAccessCheck } from './http/access.ts';
import { docsStyleSource } from './http/api-document/docs-page.ts';
import { isLoopback } from './http/exposure.ts';
import type { HttpEnv } from './http/http-env.ts';
import { accessLog } from './http/middleware/access-log.ts';
import { bearerToken } from './http/middleware/bearer-token.ts';
import { bodyLimit } from './http/middleware/body-limit.ts';
import { hostCheck } from './http/middleware/host-check.ts';
import { jsonOnly } from './http/middleware/json-only.ts';
import { originCheck } from './http/middleware/origin-check.ts';
import { requestMetrics } from './http/middleware/request-metrics.ts';
import { securityHeaders } from './http/middleware/security-headers.ts';
import { createOnError, onMethodNotAllowed, onNotFound } from './http/on-error.ts';
import { operations } from './http/operations.ts';
import { type AgentSummary, createAgentRoutes } from './http/routes/agents.ts';
import { createApiDocumentRoutes } from './http/routes/api-document.ts';
import { createChatRoute } from './http/routes/chat.ts';
import { createCompactRoute } from './http/routes/compact.ts';
import { createHealthRoutes } from './http/routes/health.ts';
import { createKeepingRoutes, takesArchive } from './http/routes/keeping.ts';
import { createKnowledgeRoutes, takesDocuments } from './http/routes/knowledge.ts';
import { createMcpRoutes } from './http/routes/mcp.ts';
import { createMemoryRoutes } from './http/routes/memory.ts';
import { createMetricsRoute } from './http/routes/metrics.ts';
import { createOpenAiRoutes } from './http/routes/openai.ts';
import { createRespondRoute } from './http/routes/respond.ts';
import { createRunRoutes } from './http/routes/runs.ts';
import { createSessionRoutes } from './http/routes/sessions.ts';
import { createSkillRoutes, takesSkills } from './http/routes/skills.ts';
import { createStreamRoute } from './http/routes/stream.ts';
import { createChatReader, isMultipart } from './http/uploads/read-chat-request.ts';
import type { UploadSpool } from './http/uploads/spool.ts';
import type { KnowledgeManager } from './knowledge/knowledge-manager.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { newId } from './lib/new-id.ts';
import type { McpManager } from './mcp/mcp-manager.ts';
import type { UserMemoryManager } from './memory/user-memory.ts';
import type { Browsers } from './sandbox/browser/browsers.ts';
import type { ApiTokens } from './secrets/api-tokens.ts';
import type { Keeping } from './sessions/keeping/keeping.ts';
import type { SessionStore } from './sessions/store.ts';
import type { SkillManager } from './skills/skill-manager.ts';
import type { Logger } from './telemetry/logger.ts';
import { type Metrics, noMetrics } from './telemetry/metrics.ts';

export interface AgentAppOptions {
  runs: RunManager;
  sessions: SessionStore;
  /** The files that sandboxes work on. Absent: none can be read. */
  workspaces?: WorkspaceReader;
  /** Absent: nobody can look at what agents browse. */
  browsers?: Pick<Browsers, 'find'>;
  /** What `/ready` answers; asked anew each time. */
  readiness(): Promise<Readiness>;
  agents(): AgentSummary[];
  /** Read per request, so a change takes effect at once. */
  config(): Config;
  /** The bearer token in force, read per request. */
  token(): string | undefined;
  /** Named tokens, which work beside it. Absent: there are none. */
  tokens?: Pick<ApiTokens, 'find'>;
  /** Where the listener is bound. */
  bindAddress(): { host: string; port: number };
  logger: Logger;
  /** `trusted` leaves out Host, Origin and token checks: whoever mounts the app did their own. */
  edge: 'http' | 'trusted';
  /** Absent: there are no knowledge bases. */
  knowledge?: KnowledgeManager;
  /** Absent: there are no skills. */
  skills?: SkillManager;
  /** Absent: nothing is remembered of users. */
  memory?: UserMemoryManager;
  /** Absent: there are no MCP servers. */
  mcp?: Pick<McpManager, 'list' | 'restart'>;
  /** Where large attachments wait. Absent: they come as JSON only, and count towards the body's limit. */
  uploads?: UploadSpool;
  /** Absent: nothing is counted. */
  metrics?: Metrics;
  /** Routes of plugins, below `/plugins/`; open to the bearer token and to unbound admin tokens. Absent: none. */
  pluginRoutes?(onError: ErrorHandler<HttpEnv>): Hono<HttpEnv> | undefined;
  /** Absent: kept data can only be looked at session by session. */
  keeping?: Keeping;
  /** Called before a session's files are deleted, after its run ended: removes its sandbox. */
  beforeSessionDelete?(key: SessionKey): Promise<void>;
  /** Between two keep-alive comments of a stream. Default 15,000. */
  keepAliveMs?: number;
  clock?: Clock;
}

const chatPaths = ['/api/chat', '/api/stream', '/chat', '/stream'];
const guardedPaths = ['/api/*', '/v1/*', '/metrics', '/chat', '/stream'];

/** The agent API as a Hono app: served by `listen`, mounted in another app, or called through `fetch`. */
export function createAgentApp(options: AgentAppOptions): Hono<HttpEnv> {
  const {
    runs,
    sessions,
    workspaces,
    browsers,
    config,
    logger,
    clock = systemClock,
    metrics = noMetrics,
    keepAliveMs,
    uploads,
  } = options;
  const app = new Hono<HttpEnv>();
  app.onError(createOnError(logger));
  app.notFound(onNotFound);
  app.use(requestId({ limitLength: 128, generator: () => newId('request') }), accessLog(logger, clock));
  app.use(requestMetrics(metrics, clock));
  app.use(securityHeaders({ pages: { '/docs': docsStyleSource } }));
  if (options.edge === 'http') guard(app, options);
  app.use(methodNotAllowed({ app, onMethodNotAllowed }));
  const takesFiles = (path: string) =>
    uploads !== undefined && (chatPaths.includes(path) || takesDocuments(path) || takesSkills(path));
  /** Chat bodies bring large files in JSON, too, and are measured where they are read. */
  const isMeasuredElsewhere = (path: string, type: string) =>
    takesArchive(path, type) || (takesFiles(path) && (isMultipart(type) || chatPaths.includes(path)));
  app.use(
    jsonOnly(takesFiles, takesArchive),
    bodyLimit(() => config().server.bodyLimit, isMeasuredElsewhere),
  );
  const readChat = createChatReader({ config, uploads });

  app.route('/', createHealthRoutes({ readiness: options.readiness, clock }));
  app.on('POST', ['/api/chat', '/chat'], createChatRoute(runs, readChat));
  app.on('POST', ['/api/stream', '/stream'], createStreamRoute({ runs, logger, keepAliveMs }, readChat));
  app.route('/', createRunRoutes({ runs, logger, keepAliveMs }));
  app.route(
    '/',
    createSessionRoutes({
      ...{ sessions, runs, workspaces, browsers, beforeSessionDelete: options.beforeSessionDelete },
      remove: options.keeping?.removeSession,
    }),
  );
  app.route('/', createCompactRoute(runs));
  app.route('/', createRespondRoute(runs));
  app.route('/', createAgentRoutes(options.agents));
  app.route('/', createKnowledgeRoutes({ knowledge: options.knowledge, uploads, config }));
  app.route('/', createSkillRoutes(options.skills, uploads));
  app.route('/', createMcpRoutes(options.mcp));
  app.route('/', createMemoryRoutes(options.memory));
  app.route('/', createOpenAiRoutes({ runs, agents: options.agents, clock, logger, keepAliveMs }));
  app.route('/', createKeepingRoutes({ keeping: options.keeping, config }));
  app.route('/', createMetricsRoute(metrics));
  app.route('/', createApiDocumentRoutes(operations));
  const pluginRoutes = options.pluginRoutes?.(createOnError(logger));
  if (pluginRoutes) app.route('/', pluginRoutes);
  return app;
}

/** Order matters: a preflight carries no token, and must be answered before one is asked for. */
function guard(app: Hono<HttpEnv>, { bindAddress, config, token, tokens }: AgentAppOptions): void {
  app.use(hostCheck({ bindAddress, allowedHosts: () => config().server.allowedHosts }));
  app.use(originCheck(() => config().server.allowedOrigins));
  const tokenCheck = (checkAccess: AccessCheck) =>
    bearerToken({
      token,
      named: tokens ?? { find: () => undefined },
      isExposed: () => !isLoopback(bindAddress().host),
      isRequired: () => config().server.requireToken,
      checkAccess,
    });
  const checkToken = tokenCheck(createAccessCheck(operations));
  for (const path of guardedPaths) app.use(path, checkToken);
  app.use('/plugins/*', tokenCheck(checkAdmin));
}
