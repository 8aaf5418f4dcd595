import { findInstallRoot } from '../data/install-root.ts';
import { AppError } from '../lib/app-error.ts';
import type { EmbedOptions } from './embed.ts';
import { installFiles } from './install-files.ts';
import { openParts } from './open-parts.ts';
import { onEndSignal } from './signals.ts';

export interface StartOptions extends Omit<EmbedOptions, 'access'> {
  /** Default: as the settings say. Anything but loopback needs UI_SECRET_TOKEN. */
  host?: string;
  /** 0: any free one. */
  port?: number;
  /** Shut down in order at SIGINT, SIGTERM and SIGHUP; a second one ends at once. Default true. */
  handleSignals?: boolean;
}

export interface StartedServer {
  /** `http://host:port`. */
  url: string;
  /** No new requests; waits for runs up to `shutdown.drainMs`, or ends them now; stops plugins; closes. Idempotent. */
  shutdown(mode?: 'drain' | 'now'): Promise<void>;
}

/** The whole server with its listener, as `agentrail serve` runs it. Throws AppError `port_in_use` and others. */
export async function startServer(options: StartOptions = {}): Promise<StartedServer> {
  const { dataDir, configPath, settings = {}, echo, host, port, handleSignals = true, ...extensions } = options;
  const parts = await openParts({
    ...installFiles(findInstallRoot(import.meta.dirname)),
    commandLine: {
      ...(dataDir !== undefined && { dataDir }),
      ...(configPath !== undefined && { configPath }),
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
    },
    ...{ settings, extensions },
    ...(echo && { echo }),
  });
  const shutdown = (mode: 'drain' | 'now' = 'drain') => parts.close(mode);
  try {
    await parts.lifecycle.start();
    const { address } = parts.lifecycle.state();
    if (address === undefined) throw new AppError('start_failed', 'The server did not come up. Its log says why.');
    if (handleSignals) onEndSignal(() => shutdown());
    return { url: address, shutdown };
  } catch (error) {
    await shutdown('now');
    throw error;
  }
}
