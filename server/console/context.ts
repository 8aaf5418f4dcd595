import type { ConfigManager } from '../config/config-manager.ts';
import type { RunInfo } from '../contract/chat.ts';
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
import type { WorkspaceFiles } from '../sandbox/files/workspace-files.ts';
import type { Terminals } from '../sandbox/terminal/terminals.ts';
import type { ApiTokens } from '../secrets/api-tokens.ts';
import type { LeakSweep } from '../secrets/leak-sweep/leak-sweep.ts';
import type { SecretsManager } from '../secrets/secrets-manager.ts';
import type { Keeping } from '../sessions/keeping/keeping.ts';
import type { SupportBundles } from '../support-bundle/support-bundles.ts';
import type { LogStore } from '../telemetry/log-store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Vitals } from '../telemetry/vitals.ts';
import type { BackupWatch } from './backup-watch.ts';
import type { ConsoleState } from './console-state.ts';
import type { EngineWatch } from './engine-watch.ts';
import type { EventHub } from './live/event-hub.ts';
import type { Notices } from './notices/notices.ts';
import type { SavedSearches } from './saved-searches.ts';
import type { ConsoleParts } from './server-control.ts';
import type { UsageWatch } from './usage-history.ts';

/** An agent that a person can talk to. */
export interface AgentChoice {
  id: string;
  name: string;
  /** `provider:model` */
  model: string;
}

/** A model that a person can pick; when it is not available, `reason` says what to do. */
export interface ModelChoice {
  /** `provider:model` */
  id: string;
  label: string;
  available: boolean;
  reason?: string;
}

/** The runs of this instance, and those of others that are known. */
export interface AllRuns {
  list(): RunInfo[];
  /** False when no such run is known. */
  abort(runId: string): Promise<boolean>;
  /** Asks for those of other instances now. Never rejects. */
  look(): Promise<void>;
}

/** What the routes work on. */
export interface ConsoleContext extends ConsoleParts {
  secrets: SecretsManager;
  tokens: ApiTokens;
  config: ConfigManager;
  logs: LogStore;
  /** Searches of the log that people kept. */
  searches: SavedSearches;
  logger: Logger;
  clock: Clock;
  /** Absent: kept data can only be looked at session by session. */
  keeping?: Keeping | undefined;
  /** Absent: the data directory is somebody else's concern. */
  dataCare?: DataCare | undefined;
  /** Absent: nothing is measured over time. */
  vitals?: Pick<Vitals, 'history'> | undefined;
  sizes?: Pick<SizeHistory, 'growth'> | undefined;
  /** Absent: there is nothing here to examine. */
  doctor?: Doctor | undefined;
  /** Absent: there is nothing to deploy from. */
  deploy?: DeployExports | undefined;
  /** Absent: nobody looks for secrets where they should not be. */
  leakSweep?: LeakSweep | undefined;
  /** Absent: the server does not test itself for production. */
  checklist?: ProductionChecklist | undefined;
  supportBundles?: SupportBundles | undefined;
  /** Absent: nothing is remembered of users. */
  memory?: UserMemoryManager | undefined;
  /** Absent: there are no MCP servers. */
  mcp?: Pick<McpManager, 'list' | 'restart'> | undefined;
  /** Absent: nobody knows the way out. */
  network?: Pick<Network, 'status' | 'try'> | undefined;
  /** Absent: this server was set up by somebody else. */
  firstRun?: FirstRunParts | undefined;
  notices: Notices;
  usage: Pick<UsageWatch, 'history'>;
  backup: BackupWatch;
  agents(): AgentChoice[];
  models(): ModelChoice[];
  hub: EventHub;
  runs: AllRuns;
  engine: EngineWatch;
  terminals: Terminals;
  workspaces: WorkspaceFiles;
  /** The whole picture at this moment. */
  state(): Promise<ConsoleState>;
  /** Fires when every open stream has to end: the window went away, or the console closes. */
  dropSignal(): AbortSignal;
}
