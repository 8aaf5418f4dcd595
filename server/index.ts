import { join } from 'node:path';
import { type ConsoleAuth, createBrowserAuth, desktopAuth } from './console/auth.ts';
import { createConsoleApp } from './console/console-app.ts';
import type { ServerControl } from './console/server-control.ts';
import { createUsageFile } from './console/usage-file.ts';
import { findInstallRoot } from './data/install-root.ts';
import { openFirstRunParts } from './first-run/open-first-run.ts';
import { consoleOptions } from './host/console-options.ts';
import type { HostOptions } from './host/host-options.ts';
import { openParts } from './host/open-parts.ts';
import type { Power } from './host/power.ts';
import { systemClock } from './lib/clock.ts';
import type { Network } from './network/network.ts';

export type { ContextProvider } from './agent/context-providers.ts';
export { defineProfile, type Profile, type ProfileDefinition, type ProfileResolver } from './agent/profiles.ts';
export type { RunHandle, RunManager } from './agent/runs.ts';
export { defineTool, type Tool, type ToolContext } from './agent/tools/tool.ts';
export { type AgentAppOptions, createAgentApp } from './app.ts';
export { appImagePath } from './config/env.ts';
export { createPages } from './console/pages.ts';
export type { ServerControl } from './console/server-control.ts';
export type { AdoptedConsole } from './host/adopt-console.ts';
export { type CommandLine, parseCommandLine } from './host/command-line.ts';
export { type EmbeddedAgentrail, type EmbedOptions, embedAgentrail } from './host/embed.ts';
export type { HostOptions } from './host/host-options.ts';
export { onLauncherGone } from './host/launcher-pipe.ts';
export { createStartAid, type StartAid } from './host/start-aid.ts';
export { type StartedServer, type StartOptions, startServer } from './host/start-server.ts';
export type { TelemetrySink } from './host/telemetry-sinks.ts';
export { type Listening, listen } from './http/listen.ts';
export { createChatRoute } from './http/routes/chat.ts';
export { createStreamRoute } from './http/routes/stream.ts';
export { createKnowledgeManager, type KnowledgeManager } from './knowledge/knowledge-manager.ts';
export { AppError } from './lib/app-error.ts';
export { createUserMemory, type UserMemoryManager } from './memory/user-memory.ts';
export type { Network } from './network/network.ts';
export type { Plugin, ReadinessProbe } from './plugins/plugin.ts';
export { runPluginLifecycle } from './plugins/run-plugin-lifecycle.ts';
export type { SandboxManager } from './sandbox/sandbox.ts';
export { createSandboxManager } from './sandbox/sandbox-manager.ts';
export type { StartKeychain } from './secrets/keychain.ts';
export { createFileSessionStore, createFileSessionStore as createSessionManager } from './sessions/file-store.ts';
export {
  createPostgresSessionStore,
  type PostgresSessionStore,
  type PostgresSessionStoreOptions,
} from './sessions/postgres/postgres-store.ts';
export type { AgentrailSessionStore, AgentrailSessionStore as SessionManager } from './sessions/store.ts';
export { createSkillManager, type SkillManager } from './skills/skill-manager.ts';

/** Everything but the console: the server with what it stands on. */
export interface ServerHost {
  server: ServerControl;
  /** Ordered shutdown: runs drained or aborted, sandboxes destroyed, logs flushed, lock released. Idempotent. */
  close(mode: 'drain' | 'now', onProgress?: (step: string) => void): Promise<void>;
}

export interface ConsoleHost extends ServerHost {
  /** What the machine's sleep means for the server. */
  power: Power;
  /** A line of the log about the window around it. */
  logFault(sentence: string): void;
  /** The way out, for what the desktop asks by itself. */
  network: Pick<Network, 'status'>;
  /** How long a shutdown that drains waits for runs. */
  drainMs(): number;
  /** Makes a backup as the scheduled one. Throws as `createBackup`. */
  backUp(signal: AbortSignal): Promise<void>;
  /** While `close('drain')` waits for runs: ends them now. */
  hurry(): void;
  /** Answers everything below `app://console/` or `http://127.0.0.1:<console port>/`. */
  fetch(request: Request): Promise<Response>;
  /** Ends every open stream and chat; clients may come back. For a window that navigated or went away. */
  dropStreams(): void;
}

/** The agent server without a console. Throws AppErrors such as `data_dir_locked` with a sentence for the person. */
export async function openServerHost(options: HostOptions): Promise<ServerHost> {
  const { lifecycle, close } = await openParts(options);
  return { server: lifecycle, close };
}

export interface ConsoleHostOptions extends HostOptions {
  /** The built page. */
  rendererDir: string;
  /** `desktop`: requests come through the custom scheme only. */
  auth: 'desktop' | BrowserAuthRequest;
}

/** The console served over loopback HTTP. */
export interface BrowserAuthRequest {
  /** Where the console listens; asked at every request. */
  port(): number;
  /** Shows a one-time sign-in link to the person at the terminal. */
  announce(link: string): void;
}

export interface BrowserConsoleHost extends ConsoleHost {
  /** Makes a one-time link and announces it. */
  announceLink(): void;
}

/** The console with its server, which is not started yet. Throws as `openServerHost`. */
export async function openConsoleHost(options: ConsoleHostOptions & { auth: 'desktop' }): Promise<ConsoleHost>;
export async function openConsoleHost(
  options: ConsoleHostOptions & { auth: BrowserAuthRequest },
): Promise<BrowserConsoleHost>;
export async function openConsoleHost(options: ConsoleHostOptions): Promise<ConsoleHost | BrowserConsoleHost> {
  const parts = await openParts(options);
  const { config, network, secrets, disk } = parts;
  const browserAuth =
    options.auth === 'desktop'
      ? undefined
      : createBrowserAuth({
          ...options.auth,
          storePath: join(parts.dataDir, 'console-sessions.json'),
          clock: systemClock,
          logger: parts.logger.child({ component: 'console' }),
        });
  const auth: ConsoleAuth = browserAuth ?? desktopAuth();
  const usedBytes = async () => {
    const folders = (await disk.read()).usedBytes;
    return Object.values(folders).reduce((sum, size) => sum + size, 0);
  };
  const firstRun = await openFirstRunParts({
    ...{ dataDir: parts.dataDir, config, secrets, server: parts.lifecycle, usedBytes, clock: systemClock },
    fetch: network.fetch,
    ...{ installRoot: findInstallRoot(import.meta.dirname), home: parts.home, logger: parts.logger },
  });
  const consoleApp = createConsoleApp({
    firstRun,
    usageStore: createUsageFile(parts.dataDir),
    auth,
    ...consoleOptions(parts, options.version),
    rendererDir: options.rendererDir,
  });
  return {
    server: parts.lifecycle,
    power: parts.power,
    logFault: (sentence) => parts.logger.child({ component: 'console' }).error(sentence),
    network,
    drainMs: () => config.current().shutdown.drainMs,
    backUp: parts.backUp,
    hurry: parts.hurry,
    fetch: consoleApp.fetch,
    dropStreams: consoleApp.dropStreams,
    ...(browserAuth && { announceLink: browserAuth.announceLink }),
    async close(mode, onProgress) {
      await parts.close(mode, onProgress, () => consoleApp.close());
    },
  };
}
