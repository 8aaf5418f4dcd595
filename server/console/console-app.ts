import type { Hono } from 'hono';
import type { ConfigManager } from '../config/config-manager.ts';
import type { DataCare } from '../data/data-care.ts';
import type { SizeHistory } from '../data/size-history.ts';
import type { DeployExports } from '../deploy/deploy-exports.ts';
import type { Doctor } from '../doctor/doctor.ts';
import type { FirstRunParts } from '../first-run/open-first-run.ts';
import type { Clock } from '../lib/clock.ts';
import type { McpManager } from '../mcp/mcp-manager.ts';
import type { UserMemoryManager } from '../memory/user-memory.ts';
import type { Network } from '../network/network.ts';
import type { ProductionChecklist } from '../production-checklist/production-checklist.ts';
import type { ApiTokens } from '../secrets/api-tokens.ts';
import type { LeakSweep } from '../secrets/leak-sweep/leak-sweep.ts';
import type { SecretsManager } from '../secrets/secrets-manager.ts';
import type { Keeping } from '../sessions/keeping/keeping.ts';
import type { SupportBundles } from '../support-bundle/support-bundles.ts';
import type { LogStore } from '../telemetry/log-store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Vitals } from '../telemetry/vitals.ts';
import { createApiFront } from './api-front.ts';
import type { ConsoleAuth } from './auth.ts';
import { createConsoleCore } from './console-core.ts';
import type { DiskUse } from './console-state.ts';
import type { AgentChoice, ModelChoice } from './context.ts';
import { createRequestKeeper } from './request-keeper.ts';
import type { ConsoleParts } from './server-control.ts';
import { staticFiles } from './static-files.ts';
import type { UsageStore } from './usage-history.ts';

/** What the console works on, whoever it is for. */
export interface ConsoleCoreOptions extends ConsoleParts {
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
  disk?: () => Promise<DiskUse>;
  keeping?: Keeping;
  dataCare?: DataCare;
  vitals?: Pick<Vitals, 'history'>;
  sizes?: Pick<SizeHistory, 'growth'>;
  deploy?: DeployExports;
  doctor?: Doctor;
  leakSweep?: LeakSweep;
  checklist?: ProductionChecklist;
  supportBundles?: SupportBundles;
  memory?: UserMemoryManager;
  mcp?: Pick<McpManager, 'list' | 'restart'>;
  network?: Pick<Network, 'status' | 'try'>;
  firstRun?: FirstRunParts;
  /** Absent: what runs used is forgotten with the process. */
  usageStore?: UsageStore;
  agents(): AgentChoice[];
  models(): ModelChoice[];
}

export interface ConsoleAppOptions extends ConsoleCoreOptions {
  auth: ConsoleAuth;
  /** Where the built pages lie. */
  rendererDir: string;
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

/** The console: its API below `/console/api`, and the pages that use it. */
export function createConsoleApp(options: ConsoleAppOptions): ConsoleApp {
  const { auth, rendererDir } = options;
  const core = createConsoleCore(options);
  const app = createApiFront(core.context, auth);
  const keep = createRequestKeeper();
  app.get('*', staticFiles(rendererDir));

  return {
    fetch: async (request) => keep(await app.fetch(request), request),
    app,
    openStreams: () => core.context.hub.audience().streams,
    dropStreams: core.dropStreams,
    close: core.close,
  };
}
