import { type ClientResponse, hc } from 'hono/client';
import type { ConsoleApi } from '../../console/api.ts';
import { errorBodySchema } from '../../contract/errors.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { type DataFlags, locate } from '../opened-data.ts';
import { type ConsoleLink, openConsoleLink } from './console-link.ts';
import { readEvents } from './read-events.ts';

type Api = ReturnType<typeof hc<ConsoleApi>>;

export interface ConsoleClient {
  via: ConsoleLink['via'];
  /** Without a server: sessions lie in a database, which other servers use. */
  isDatabase: boolean;
  /** Typed calls; hand them to `ask` or `follow`. */
  api: Api;
  /** Absolute. */
  dataDir: string;
  /** Fires on Ctrl-C, and when the server stops answering. */
  signal: AbortSignal;
  /** The body of a good answer. Throws the server's error as AppError. */
  ask<T>(pending: Promise<ClientResponse<T, number, 'json'>>): Promise<T>;
  /** Any answer that is good, with its body still to read. */
  open(pending: Promise<unknown>): Promise<Response>;
  /** Events of work that takes a while, until its outcome. Throws the AppError that it ended with. */
  follow<Progress extends { type: string }>(
    pending: Promise<unknown>,
    onStep?: (progress: Progress) => void,
  ): Promise<Extract<Progress, { type: 'done' }>>;
  /** One more call when the command was stopped, to end what would go on without it. */
  stopOnServer(call: (api: Api) => Promise<unknown>): Promise<void>;
  /** An operation of the agent API, as the page uses it. Throws the server's error as AppError. */
  agent<T>(
    method: 'GET' | 'PATCH' | 'DELETE',
    path: string,
    sent?: { query?: Record<string, string>; body?: unknown },
  ): Promise<T>;
  /** For a body that is not JSON. */
  post(path: string, body: ReadableStream<Uint8Array>): Promise<Response>;
}

export interface WithConsoleOptions {
  only?: 'server';
  signal: AbortSignal;
}

const base = 'http://console.local/console/api';
/** While a command waits, so often is it looked whether the server still answers at all. */
const watchEveryMs = 5000;
const headers = { 'X-Agentrail-Console': '1' };

/** Runs one command on the console API of the data directory that the flags name. */
export async function withConsole<T>(
  flags: DataFlags,
  { only, signal: outer }: WithConsoleOptions,
  command: (console: ConsoleClient) => Promise<T>,
): Promise<T> {
  const { dataDir } = await locate(flags);
  const link = await openConsoleLink({
    dataDir,
    ...(flags.config !== undefined && { config: flags.config }),
    ...(only && { only }),
  });
  const hung = new AbortController();
  const done = new AbortController();
  const signal = AbortSignal.any([outer, hung.signal]);
  const watching = watch(link, hung, done.signal);
  try {
    return await command(clientOf(link, dataDir, signal));
  } catch (error) {
    throw hung.signal.aborted ? hung.signal.reason : outer.aborted ? outer.reason : error;
  } finally {
    done.abort();
    await watching;
    await link.close();
  }
}

/** Work may take long, but a server that does its work answers meanwhile. */
async function watch(link: ConsoleLink, hung: AbortController, done: AbortSignal): Promise<void> {
  while (!done.aborted) {
    try {
      await systemClock.sleep(watchEveryMs, done);
    } catch {
      return;
    }
    try {
      await link.ping();
    } catch (error) {
      if (!done.aborted) hung.abort(error);
      return;
    }
  }
}

function clientOf(link: ConsoleLink, dataDir: string, signal: AbortSignal): ConsoleClient {
  const send = (input: string | URL | Request, init?: RequestInit) =>
    link.fetch(new Request(input, { ...init, signal }));
  const api = hc<ConsoleApi>(base, { headers, fetch: send });

  async function open(pending: Promise<unknown>): Promise<Response> {
    const response = (await pending) as Response;
    if (response.ok) return response;
    throw await faultOf(response);
  }

  return {
    ...{ via: link.via, isDatabase: link.isDatabase },
    ...{ api, dataDir, signal, open },
    ask: async <T>(pending: Promise<ClientResponse<T, number, 'json'>>) => (await (await open(pending)).json()) as T,
    async follow(pending, onStep) {
      const { body } = await open(pending);
      for await (const data of readEvents(body)) {
        const progress = data as { type: string; code?: string; message?: string };
        if (progress.type === 'failed')
          throw new AppError(progress.code ?? 'internal', progress.message ?? 'It failed; the log says why.');
        if (progress.type === 'done') return progress as never;
        onStep?.(progress as never);
      }
      signal.throwIfAborted();
      throw new AppError('server_gone', 'The server ended before it was done. Look at its log, then try again.');
    },
    async stopOnServer(call) {
      const late = AbortSignal.timeout(watchEveryMs);
      const fetch = (input: string | URL | Request, init?: RequestInit) =>
        link.fetch(new Request(input, { ...init, signal: late }));
      await call(hc<ConsoleApi>(base, { headers, fetch }));
    },
    async agent<T>(
      method: string,
      path: string,
      { query = {}, body }: { query?: Record<string, string>; body?: unknown } = {},
    ) {
      const isJson = body !== undefined;
      const response = await open(
        send(`${base}/agent${path}?${new URLSearchParams(query)}`, {
          method,
          headers: { ...headers, ...(isJson && { 'Content-Type': 'application/json' }) },
          ...(isJson && { body: JSON.stringify(body) }),
        }),
      );
      return (response.status === 204 ? undefined : await response.json()) as T;
    },
    post: (path, body) => {
      const init = { method: 'POST', body, headers, duplex: 'half' };
      return open(send(`${base}${path}`, init as RequestInit));
    },
  };
}

async function faultOf(response: Response): Promise<AppError> {
  const parsed = errorBodySchema.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) return new AppError('http_error', `The server answered with status ${response.status}.`);
  const { code, error, details } = parsed.data;
  return new AppError(code, error, { status: response.status, details });
}
