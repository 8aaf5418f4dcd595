import { z } from 'zod';
import { desktopAuth } from '../console/auth.ts';
import { createRequestKeeper } from '../console/request-keeper.ts';
import { type ConsoleEndpoint, readEndpoint } from '../data/console-endpoint.ts';
import { findLiveOwner } from '../data/lock.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { errorBody } from '../lib/error-body.ts';
import { endPath, pingPath } from './console-socket.ts';
import { createSocketFetch, type Fetch } from './socket-fetch.ts';

/** The console of another program, which holds the data directory and goes on as it was. */
export interface AdoptedConsole {
  /** Of that program, on this machine. */
  pid: number;
  /** Answers what lies below `/console/` from there, piece by piece, for the desktop window alone. Never rejects. */
  fetch(request: Request): Promise<Response>;
  /** Calls once, when that program does not hold the data directory any more. Not after `close`. */
  onGone(listener: () => void): void;
  /** Ends the answers that are open; that program stays as it is. Idempotent. */
  close(): void;
}

export interface AdoptOptions {
  /** Of this program: pages and console have to be of one version. */
  version: string;
  clock: Clock;
}

const lookEveryMs = 1000;
const answerMs = 5000;
const base = 'http://console.local';
const pongSchema = z.object({ instanceId: z.string(), version: z.string() });
/** Of a connection, not of an answer; and what says more about the window than that program needs. */
const ownHeaders = /^(?:connection|keep-alive|transfer-encoding|origin|referer|cookie|host|sec-.*)$/;

/**
 * Throws AppError `console_not_there`, `server_not_answering`, `other_version`, and as `readEndpoint`, each with a
 * sentence for the person.
 */
export async function adoptConsole(dataDir: string, { version, clock }: AdoptOptions): Promise<AdoptedConsole> {
  const endpoint = await ownersEndpoint(dataDir);
  if (endpoint === undefined) {
    const message =
      'The program that holds the data directory has no console to show. Stop it, or wait until it is done.';
    throw new AppError('console_not_there', message, { status: 409 });
  }
  const { pid, instanceId } = endpoint;
  const send = createSocketFetch(endpoint.address, endpoint.token);
  const theirs = await ping(send, endpoint);
  if (theirs !== version) {
    const message = `Process ${pid} is version ${theirs}, and this program is ${version}: its console cannot be shown here. Stop it, or use its own program.`;
    throw new AppError('other_version', message, { status: 409 });
  }

  const closing = new AbortController();
  const { guard } = desktopAuth();
  const keep = createRequestKeeper();
  const listeners = new Set<() => void>();
  let looking: Promise<void> | undefined;

  const isThere = async (): Promise<boolean> => {
    const owner = await findLiveOwner(dataDir);
    return owner === 'unreadable' || owner?.instanceId === instanceId;
  };
  /** What cannot be told now is looked at again. */
  const look = (): Promise<void> => {
    looking ??= isThere()
      .catch(() => true)
      .then((isHeld) => {
        looking = undefined;
        if (isHeld || closing.signal.aborted) return;
        closing.abort(new Error('That program ended.'));
        for (const listener of listeners) listener();
      });
    return looking;
  };
  const watch = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await clock.sleep(lookEveryMs, closing.signal).catch(() => undefined);
      if (!closing.signal.aborted) await look();
    }
  };
  void watch();

  return {
    pid,
    async fetch(request) {
      try {
        await guard(request);
        const sent = toSocket(request, AbortSignal.any([request.signal, closing.signal]));
        return keep(withoutOwnHeaders(await send(sent)), request, sent);
      } catch (error) {
        if (!closing.signal.aborted && !request.signal.aborted) void look();
        return faultAnswer(error, pid);
      }
    },
    onGone: (listener) => void listeners.add(listener),
    close() {
      listeners.clear();
      closing.abort(new Error('Its console is no longer shown.'));
    },
  };
}

/**
 * Asks the program that holds the data directory to end in order, as it would by itself. False: it was not reached, or
 * cannot be asked. Never rejects.
 */
export async function askOwnerToEnd(dataDir: string): Promise<boolean> {
  try {
    const endpoint = await ownersEndpoint(dataDir);
    if (endpoint === undefined) return false;
    const send = createSocketFetch(endpoint.address, endpoint.token);
    const request = new Request(`${base}${endPath}`, { method: 'POST', signal: AbortSignal.timeout(answerMs) });
    const answer = await send(request);
    await answer.body?.cancel();
    return answer.status === 202;
  } catch {
    // Whoever cannot be asked is stopped in another way, and that tells what is wrong.
    return false;
  }
}

/** Undefined: nobody holds it, or whoever does takes no requests. */
async function ownersEndpoint(dataDir: string): Promise<ConsoleEndpoint | undefined> {
  const owner = await findLiveOwner(dataDir);
  if (owner === undefined || owner === 'unreadable') return undefined;
  const endpoint = await readEndpoint(dataDir);
  return endpoint?.instanceId === owner.instanceId ? endpoint : undefined;
}

/** Resolves with its version. */
async function ping(send: Fetch, { pid, instanceId }: ConsoleEndpoint): Promise<string> {
  try {
    const answer = await send(new Request(`${base}${pingPath}`, { signal: AbortSignal.timeout(answerMs) }));
    const pong = pongSchema.parse(await answer.json());
    if (pong.instanceId === instanceId) return pong.version;
  } catch (cause) {
    const message = `Process ${pid} holds the data directory but did not answer within ${answerMs / 1000} seconds. If it hangs, stop it.`;
    throw new AppError('server_not_answering', message, { status: 503, cause });
  }
  throw new AppError('console_not_there', `Process ${pid} answers for another data directory.`, { status: 409 });
}

function toSocket(request: Request, signal: AbortSignal): Request {
  const { pathname, search } = new URL(request.url);
  const headers = new Headers(request.headers);
  for (const name of [...headers.keys()]) if (ownHeaders.test(name)) headers.delete(name);
  const { method, body } = request;
  const init = { method, headers, signal, ...(body && { body, duplex: 'half' }) };
  return new Request(`${base}${pathname}${search}`, init as RequestInit);
}

function withoutOwnHeaders(answer: Response): Response {
  const headers = new Headers(answer.headers);
  for (const name of [...headers.keys()]) if (ownHeaders.test(name)) headers.delete(name);
  return new Response(answer.body, { status: answer.status, headers });
}

function faultAnswer(error: unknown, pid: number): Response {
  const fault =
    error instanceof AppError
      ? error
      : new AppError('server_gone', `Process ${pid} does not answer. Wait a moment, or look at its log.`, {
          status: 503,
          cause: error,
        });
  return Response.json(errorBody(fault), { status: fault.status, headers: { 'Cache-Control': 'no-store' } });
}
