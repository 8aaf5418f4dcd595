import { randomBytes } from 'node:crypto';
import { createApiFront } from '../console/api-front.ts';
import { socketAuth } from '../console/auth/socket-auth.ts';
import type { ConsoleAuth } from '../console/auth.ts';
import type { ConsoleCoreOptions } from '../console/console-app.ts';
import { createConsoleCore } from '../console/console-core.ts';
import { createRequestKeeper } from '../console/request-keeper.ts';
import {
  type ConsoleEndpoint,
  clearRunFolder,
  removeAddress,
  removeEndpoint,
  socketAddresses,
  writeEndpoint,
} from '../data/console-endpoint.ts';
import { listenLocal } from '../http/listen-local.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Foundation } from './open-foundation.ts';

/** The console API for commands. */
export interface CommandConsole {
  fetch(request: Request): Promise<Response>;
  /** Ends what it still answers. */
  close(): Promise<void>;
}

export function createCommandConsole(options: ConsoleCoreOptions, auth: ConsoleAuth): CommandConsole {
  const core = createConsoleCore(options);
  const app = createApiFront(core.context, auth);
  const keep = createRequestKeeper();
  return { fetch: async (request) => keep(await app.fetch(request), request), close: core.close };
}

export interface ConsoleSocket {
  /** Gives what is under way a moment, then removes socket and token. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** Asked by commands before anything else, and again while they wait. */
export const pingPath = '/ping';
/** A POST ends the program in order, as a signal would, on systems that have none too. */
export const endPath = '/end';
const closeGraceMs = 500;

/**
 * Answers commands of this user while this program owns the data directory. One that cannot be had is a line in the log:
 * the server works without it.
 */
export async function openConsoleSocket(
  { dataDir, instanceId, environment, logger: of }: Foundation,
  options: () => ConsoleCoreOptions,
  onEndAsked?: () => void,
): Promise<ConsoleSocket> {
  const logger = of.child({ component: 'console' });
  const token = randomBytes(32).toString('base64url');
  const auth = socketAuth(token);
  let opened: CommandConsole | undefined;
  const fetch = async (request: Request): Promise<Response> => {
    // Made at the first command: most servers never hear one.
    opened ??= createCommandConsole(options(), auth);
    const { pathname } = new URL(request.url);
    if (pathname !== pingPath && pathname !== endPath) return opened.fetch(request);
    const isKnown = await auth.guard(request).then(
      () => true,
      () => false,
    );
    if (!isKnown) return new Response(null, { status: 401 });
    if (pathname === pingPath) return Response.json({ instanceId, pid: process.pid, version: options().version });
    if (request.method !== 'POST') return new Response(null, { status: 405 });
    if (onEndAsked === undefined) return new Response(null, { status: 404 });
    logger.info('Another program of this user asked this one to end.');
    // After the answer is on its way.
    setImmediate(onEndAsked);
    return new Response(null, { status: 202 });
  };
  try {
    await clearRunFolder(dataDir);
    const listening = await listenSomewhere(fetch, dataDir, environment.runtimeDir);
    const endpoint: ConsoleEndpoint = { instanceId, pid: process.pid, address: listening.address, token };
    await writeEndpoint(dataDir, endpoint);
    let closing: Promise<void> | undefined;
    const closeOnce = async () => {
      try {
        await opened?.close();
        await listening.close(closeGraceMs);
        await removeEndpoint(dataDir, endpoint);
      } catch (error) {
        logger.warn('The console socket was not removed.', { reason: messageOf(error) });
      }
    };
    return {
      close() {
        closing ??= closeOnce();
        return closing;
      },
    };
  } catch (error) {
    logger.warn('Commands cannot reach this server: the console socket was not opened.', { reason: messageOf(error) });
    return { close: async () => opened?.close() };
  }
}

/** Some disks of networks and virtual machines hold no sockets. */
async function listenSomewhere(
  fetch: (request: Request) => Promise<Response>,
  dataDir: string,
  runtimeDir: string | undefined,
) {
  let fault: unknown;
  for await (const address of socketAddresses(dataDir, runtimeDir)) {
    try {
      return { address, ...(await listenLocal(fetch, address)) };
    } catch (error) {
      fault = error;
      await removeAddress(address);
    }
  }
  throw fault ?? new Error('There is no folder whose path is short enough for a socket.');
}
