import { stat } from 'node:fs/promises';
import { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import { type ConsoleEndpoint, readEndpoint } from '../../data/console-endpoint.ts';
import { findLiveOwner, type LockOwner } from '../../data/lock.ts';
import { consoleOptions } from '../../host/console-options.ts';
import { createCommandConsole, pingPath } from '../../host/console-socket.ts';
import { openParts } from '../../host/open-parts.ts';
import { createSocketFetch, type Fetch } from '../../host/socket-fetch.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { commandLineOf, installFiles } from '../options.ts';

/** A way to the console API of one data directory. */
export interface ConsoleLink {
  via: 'server' | 'direct';
  /** Known without a server only. */
  isDatabase: boolean;
  fetch: Fetch;
  /** Resolves when the server answers; throws AppError `server_not_answering`. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface LinkOptions {
  /** Where the data directory is by now. */
  dataDir: string;
  config?: string;
  /** What only works without a running server, or only with one. */
  only?: 'server';
}

/** A server that is just starting owns its data directory before it takes commands. */
const startingMs = 5000;
const lookEveryMs = 100;
const answerMs = 5000;
const pongSchema = z.object({ instanceId: z.string(), version: z.string() });

/**
 * To the program that owns the data directory, over its console socket; without one, to a console of our own that owns
 * it meanwhile. Throws AppError `data_dir_missing`, `data_dir_locked`, `server_not_answering`, `server_not_running`,
 * `console_refused`.
 */
export async function openConsoleLink(options: LinkOptions): Promise<ConsoleLink> {
  const { dataDir, only } = options;
  await mustBeThere(dataDir);
  const until = systemClock.monotonic() + startingMs;
  for (;;) {
    const owner = await findLiveOwner(dataDir);
    if (owner === undefined) {
      if (only === 'server') throw notRunning(dataDir);
      const opened = await openDirectly(options);
      if (opened) return opened;
    } else {
      const endpoint = owner === 'unreadable' ? undefined : await endpointOf(dataDir, owner);
      if (endpoint) return await openSocket(endpoint);
    }
    if (systemClock.monotonic() >= until) throw silent(owner);
    await systemClock.sleep(lookEveryMs);
  }
}

/** Whether a program owns the data directory and takes commands, as of now. */
export async function hasServer(dataDir: string): Promise<boolean> {
  const owner = await findLiveOwner(dataDir);
  return typeof owner === 'object' && (await endpointOf(dataDir, owner)) !== undefined;
}

async function endpointOf(dataDir: string, owner: LockOwner): Promise<ConsoleEndpoint | undefined> {
  const endpoint = await readEndpoint(dataDir);
  return endpoint?.instanceId === owner.instanceId ? endpoint : undefined;
}

async function openSocket({ address, token, pid, instanceId }: ConsoleEndpoint): Promise<ConsoleLink> {
  const fetch = createSocketFetch(address, token);
  async function ping(): Promise<string> {
    const request = new Request(`http://console.local${pingPath}`, { signal: AbortSignal.timeout(answerMs) });
    let answer: Response;
    try {
      answer = await fetch(request);
      if (answer.status !== 401) {
        const pong = pongSchema.parse(await answer.json());
        if (pong.instanceId === instanceId) return pong.version;
      }
    } catch (cause) {
      const message = `Process ${pid} owns the data directory but did not answer within ${answerMs / 1000} seconds. Look at its log; if it hangs, end it and try again.`;
      throw new AppError('server_not_answering', message, { status: 503, cause });
    }
    throw new AppError('console_refused', `Process ${pid} refused this command. Start the command anew.`);
  }
  const version = await ping();
  if (version !== packageJson.version)
    process.stderr.write(`The running server is version ${version}, this command is ${packageJson.version}.\n`);
  return {
    via: 'server',
    isDatabase: false,
    fetch,
    ping: async () => void (await ping()),
    close: async () => undefined,
  };
}

/** Undefined when somebody else was faster. */
async function openDirectly({ dataDir, config }: LinkOptions): Promise<ConsoleLink | undefined> {
  const files = installFiles();
  try {
    const parts = await openParts({
      ...files,
      commandLine: commandLineOf({ dataDir, ...(config !== undefined && { config }) }),
      isCommand: true,
    });
    const console = createCommandConsole(consoleOptions(parts, files.version), { guard: async () => undefined });
    return {
      via: 'direct',
      isDatabase: parts.sessions.kind === 'postgres',
      fetch: console.fetch,
      ping: async () => undefined,
      close: () => parts.close('now', undefined, () => console.close()),
    };
  } catch (error) {
    if (error instanceof AppError && error.code === 'data_dir_locked') return undefined;
    throw error;
  }
}

async function mustBeThere(dataDir: string): Promise<void> {
  await stat(dataDir).catch((cause: unknown) => {
    const message = `There is no data directory at ${dataDir}. Name another one with --data-dir.`;
    throw new AppError('data_dir_missing', message, { cause });
  });
}

function notRunning(dataDir: string): AppError {
  const message = `No server runs on ${dataDir}. Start one with: agentrail serve`;
  return new AppError('server_not_running', message, { status: 503 });
}

function silent(owner: LockOwner | 'unreadable' | undefined): AppError {
  const who = typeof owner === 'object' ? `Process ${owner.pid} on ${owner.host}` : 'Another program';
  const message = `${who} owns the data directory and takes no commands. Wait until it is done, or end it.`;
  return new AppError('data_dir_locked', message, { status: 409 });
}
