import { Hono } from 'hono';
import type { ConsoleContext } from './context.ts';
import { agentApiRoutes } from './routes/agent-api.ts';
import { agentRoutes } from './routes/agents.ts';
import { chatRoutes } from './routes/chat.ts';
import { checklistRoutes } from './routes/checklist.ts';
import { cleanUpRoutes } from './routes/clean-up.ts';
import { dataCareRoutes } from './routes/data-care.ts';
import { deployRoutes } from './routes/deploy.ts';
import { doctorRoutes } from './routes/doctor.ts';
import { eventRoutes } from './routes/events.ts';
import { firstRunRoutes } from './routes/first-run.ts';
import { imageRoutes } from './routes/images.ts';
import { keepingRoutes } from './routes/keeping.ts';
import { leakSweepRoutes } from './routes/leak-sweep.ts';
import { logRoutes } from './routes/logs.ts';
import { mcpRoutes } from './routes/mcp.ts';
import { measureRoutes } from './routes/measures.ts';
import { memoryRoutes } from './routes/memory.ts';
import { networkRoutes } from './routes/network.ts';
import { noticeRoutes } from './routes/notices.ts';
import { overviewRoutes } from './routes/overview.ts';
import { pageFaultRoutes } from './routes/page-faults.ts';
import { readinessRoutes } from './routes/readiness.ts';
import { runRoutes } from './routes/runs.ts';
import { sandboxFileRoutes } from './routes/sandbox-files.ts';
import { sandboxInsideRoutes } from './routes/sandbox-insides.ts';
import { sandboxTerminalRoutes } from './routes/sandbox-terminals.ts';
import { sandboxRoutes } from './routes/sandboxes.ts';
import { secretRoutes } from './routes/secrets.ts';
import { secretCareRoutes } from './routes/secrets-care.ts';
import { serverRoutes } from './routes/server.ts';
import { sessionDetailRoutes } from './routes/session-detail.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { settingsRoutes } from './routes/settings.ts';
import { settingsTextRoutes } from './routes/settings-text.ts';
import { stateRoutes } from './routes/state.ts';
import { supportBundleRoutes } from './routes/support-bundle.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { tryPermissionsRoutes } from './routes/try-permissions.ts';

/** Every route below `/console/api`. Throws AppErrors; the app around it makes answers of them. */
export function consoleRoutes(context: ConsoleContext) {
  return new Hono()
    .route('/', stateRoutes(context))
    .route('/', eventRoutes(context))
    .route('/', firstRunRoutes(context))
    .route('/', noticeRoutes(context))
    .route('/', overviewRoutes(context))
    .route('/', serverRoutes(context))
    .route('/', runRoutes(context))
    .route('/', chatRoutes(context))
    .route('/', sessionRoutes(context))
    .route('/', sessionDetailRoutes(context))
    .route('/', readinessRoutes(context))
    .route('/', checklistRoutes(context))
    .route('/', agentApiRoutes(context))
    .route('/', agentRoutes(context))
    .route('/', sandboxRoutes(context))
    .route('/', sandboxTerminalRoutes(context))
    .route('/', sandboxFileRoutes(context))
    .route('/', sandboxInsideRoutes(context))
    .route('/', imageRoutes(context))
    .route('/', cleanUpRoutes(context))
    .route('/', keepingRoutes(context))
    .route('/', dataCareRoutes(context))
    .route('/', measureRoutes(context))
    .route('/', doctorRoutes(context))
    .route('/', deployRoutes(context))
    .route('/', supportBundleRoutes(context))
    .route('/', memoryRoutes(context))
    .route('/', logRoutes(context))
    .route('/', pageFaultRoutes(context))
    .route('/', secretRoutes(context))
    .route('/', secretCareRoutes(context))
    .route('/', leakSweepRoutes(context))
    .route('/', tokenRoutes(context))
    .route('/', networkRoutes(context))
    .route('/', settingsRoutes(context))
    .route('/', settingsTextRoutes(context))
    .route('/', tryPermissionsRoutes())
    .route('/', mcpRoutes(context));
}

/** For `hc<ConsoleApi>('/console/api')`. Requests that change something need the header `X-Agentrail-Console: 1`. */
export type ConsoleApi = ReturnType<typeof consoleRoutes>;

export type { ConsoleState, DiskUse, ProcessUse } from './console-state.ts';
export type { AgentChoice, ModelChoice } from './context.ts';
export type { ProblemCode } from './problems.ts';
export type { DataMap } from './routes/data-care.ts';
export type { LastDoctor } from './routes/doctor.ts';
export type { OverviewFacts } from './routes/overview.ts';
export type { HealthProbe, HealthReport } from './routes/readiness.ts';
export type { DestroyOutcome } from './routes/sandboxes.ts';
export type { SessionHistory, SessionOffers } from './routes/session-detail.ts';
export type { DeleteOutcome } from './routes/sessions.ts';
