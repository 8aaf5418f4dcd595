import type { RunManager } from '../agent/runs.ts';
import type { Config } from '../contract/config.ts';
import type { Readiness } from '../contract/server-state.ts';
import { findInstallRoot } from '../data/install-root.ts';
import { createOnError } from '../http/on-error.ts';
import { type ChatReader, createChatReader } from '../http/uploads/read-chat-request.ts';
import { AppError } from '../lib/app-error.ts';
import type { SandboxManager } from '../sandbox/sandbox.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Extensions } from './extensions.ts';
import type { HostOptions } from './host-options.ts';
import { installFiles } from './install-files.ts';
import { openParts } from './open-parts.ts';

export interface EmbedOptions extends Extensions {
  /** Default: AGENTRAIL_DATA_DIR, else ~/.agentrail. One program at a time. */
  dataDir?: string;
  /** Default: looked for as the command `agentrail` does. */
  configPath?: string;
  /** Dotted paths and values that win over environment and file, for instance `{ 'llm.provider': 'anthropic' }`. */
  settings?: Record<string, unknown>;
  /**
   * Who is let in. `loopback`: calls that name this machine, with the token where UI_SECRET_TOKEN is set. `token`:
   * nobody without one. `trusted`: everybody; the embedding program did its own checks. Default `loopback`.
   */
  access?: 'loopback' | 'token' | 'trusted';
  /** Shows each log line; must not throw. */
  echo?: HostOptions['echo'];
}

/** A running server without a listener of its own. */
export interface EmbeddedAgentrail {
  /** The whole agent API, for any runtime that speaks Request and Response. Paths as in docs/http-api.md. */
  fetch(request: Request): Promise<Response>;
  /** Starts runs and follows them, for routes of one's own. */
  runs: RunManager;
  sessions: AgentrailSessionStore;
  sandboxes: SandboxManager;
  config(): Config;
  logger: Logger;
  /** For `createChatRoute` and `createStreamRoute`. */
  readChat: ChatReader;
  /** Answers errors of such routes in the shape of the API: hand it to `app.onError`. */
  onError: ReturnType<typeof createOnError>;
  readiness(): Promise<Readiness>;
  /** Not ready any more; waits for runs up to `shutdown.drainMs`, or ends them now; stops plugins; closes. Idempotent. */
  shutdown(mode?: 'drain' | 'now'): Promise<void>;
}

/**
 * The server inside another program: no listener, no console. Throws AppError as starting the program does: for a data
 * directory that is in use, settings that are wrong, a plugin that must run and cannot.
 */
export async function embedAgentrail(options: EmbedOptions = {}): Promise<EmbeddedAgentrail> {
  const { dataDir, configPath, settings, access = 'loopback', echo, ...extensions } = options;
  let guarded: ((request: Request) => Response | Promise<Response>) | undefined;
  const parts = await openParts({
    ...installFiles(findInstallRoot(import.meta.dirname)),
    commandLine: { ...(dataDir !== undefined && { dataDir }), ...(configPath !== undefined && { configPath }) },
    settings: { ...settings, ...(access === 'token' && { 'server.requireToken': true }) },
    extensions,
    ...(echo && { echo }),
    async listen(fetch, at) {
      guarded = fetch;
      return { ...at, close: async () => undefined };
    },
  });
  const { lifecycle, config, logger, sessions, sandboxes } = parts;
  try {
    await lifecycle.start();
    const up = lifecycle.parts();
    if (!up || !guarded) throw new AppError('start_failed', 'The server did not come up. Its log says why.');
    const own = guarded;
    return {
      fetch: async (request) => (access === 'trusted' ? up.fetch(request) : own(request)),
      runs: up.runs,
      ...{ sessions, sandboxes, logger },
      config: () => config.current(),
      readChat: createChatReader({ config: () => config.current() }),
      onError: createOnError(logger),
      readiness: up.readiness,
      shutdown: (mode = 'drain') => parts.close(mode),
    };
  } catch (error) {
    await parts.close('now');
    throw error;
  }
}
