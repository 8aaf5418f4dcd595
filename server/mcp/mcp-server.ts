import type { CallToolResult, ReadResourceResult, Resource, ResourceTemplateType } from '@modelcontextprotocol/client';
import type { McpServerSettings, McpState } from '../contract/mcp.ts';
import { AppError } from '../lib/app-error.ts';
import { createTimeLimit } from '../lib/time-limit.ts';
import { backoffMs, mostTriesInRow, steadyMs } from './backoff.ts';
import type { Connection } from './connection.ts';
import type { Dialled, ServerParts } from './dial.ts';
import { createLastLines } from './last-lines.ts';
import type { ListedTool } from './list-tools.ts';
import type { McpTool, OfferedTools } from './offer-tools.ts';
import type { Protocol } from './protocol.ts';
import { tooSlow } from './too-slow.ts';

export interface CallOptions {
  signal: AbortSignal;
  onProgress?(progress: { progress: number; total?: number | undefined; message?: string | undefined }): void;
}

/** What is known of a server at a moment. */
export interface ServerStatus extends OfferedTools {
  state: McpState;
  error?: AppError;
  nextTryAt?: number;
  readyAt?: number;
  connection?: Pick<Connection, 'product' | 'instructions' | 'hasResources'>;
  lastLines: string[];
}

/** One server: started when it is needed, again when it fails, never twice at once. */
export interface McpServer {
  readonly name: string;
  readonly settings: McpServerSettings;
  status(): ServerStatus;
  /** Resolves when it can be called. Rejects at once while a failed one waits for its next try. */
  ready(signal: AbortSignal): Promise<void>;
  callTool(
    tool: Pick<McpTool, 'ownName' | 'listed'>,
    args: Record<string, unknown>,
    options: CallOptions,
  ): Promise<CallToolResult>;
  listResources(signal: AbortSignal): Promise<{ resources: Resource[]; templates: ResourceTemplateType[] }>;
  readResource(uri: string, signal: AbortSignal): Promise<ReadResourceResult>;
  /** Ends it and starts it anew, whatever it waited for. Resolves when that has gone well or not. */
  restart(): Promise<void>;
  /** Ends it; it may be started again. */
  stop(): Promise<void>;
}

interface Live extends Dialled {
  readyAt: number;
  protocol: Protocol;
}

const nothing: OfferedTools = { tools: [], refused: [] };

export function createMcpServer(
  name: string,
  settings: McpServerSettings,
  parts: ServerParts & {
    /** Asked before each start: runs may hold on to a server that was taken out of the settings. */
    mayStart(): boolean;
  },
): McpServer {
  const { clock, logger } = parts;
  const lines = createLastLines((line) => logger.info(`${name}: ${line}`, { server: name }), clock.now);
  let live: Live | undefined;
  let starting: { done: Promise<Live>; abort: AbortController } | undefined;
  let offered = nothing;
  let failure: { error: AppError; tries: number; nextTryAt: number; waiting: AbortController } | undefined;
  /** Connections on their way out; their processes may still be there. */
  const leaving = new Set<Promise<void>>();

  function begin(): Promise<Live> {
    if (!parts.mayStart()) return Promise.reject(stopped(name));
    const abort = new AbortController();
    const done = open(abort).finally(() => {
      if (starting?.abort === abort) starting = undefined;
    });
    // Whoever waits hears of it; nobody may be waiting.
    done.catch(() => undefined);
    starting = { done, abort };
    return done;
  }

  async function open(abort: AbortController): Promise<Live> {
    // Two of one server may want the same port or file.
    await Promise.all(leaving);
    abort.signal.throwIfAborted();
    const { protocol } = await import('./protocol.ts');
    abort.signal.throwIfAborted();
    const began = clock.monotonic();
    // Both may be told of while the start is still on its way here.
    let own: Dialled | undefined;
    let newer: ListedTool[] | undefined;
    try {
      const dialled = await protocol.dial(name, settings, parts, {
        signal: abort.signal,
        onStderr: lines.add,
        onTools: (tools) => {
          newer = tools;
          if (!own || live?.connection !== own.connection) return;
          offered = protocol.offerTools(name, tools, settings.tools);
          logger.info(`The MCP server ${name} changed its tools`, { server: name, tools: offered.tools.length });
        },
        onLost: (reason) => own && lost(own, reason),
      });
      own = dialled;
      const ended = abort.signal.aborted ? abort.signal.reason : dialled.lost();
      if (ended !== undefined) {
        leave(dialled);
        throw ended;
      }
      live = { ...dialled, readyAt: clock.now(), protocol };
      offered = protocol.offerTools(name, newer ?? dialled.connection.tools, settings.tools);
      const durationMs = Math.round(clock.monotonic() - began);
      logger.info(`The MCP server ${name} is ready`, { server: name, tools: offered.tools.length, durationMs });
      for (const { ownName, reason } of offered.refused)
        logger.debug(`${ownName} of the MCP server ${name} is not offered: ${reason}`, { server: name });
      return live;
    } catch (error) {
      const fault = abort.signal.aborted ? stopped(name) : protocol.mcpFault(error, name);
      if (!abort.signal.aborted) failed(fault);
      throw fault;
    }
  }

  function lost(which: Dialled, reason: AppError): void {
    if (live?.connection !== which.connection) return;
    const isSteady = clock.now() - live.readyAt >= steadyMs;
    if (isSteady) clearFailure();
    live = undefined;
    leave(which);
    failed(reason);
  }

  function failed(error: AppError): void {
    failure?.waiting.abort();
    const tries = (failure?.tries ?? 0) + 1;
    const waitMs = backoffMs(tries);
    const waiting = new AbortController();
    failure = { error, tries, nextTryAt: clock.now() + waitMs, waiting };
    logger.warn(`The MCP server ${name} failed: ${error.message}`, { server: name, code: error.code, waitMs });
    if (tries >= mostTriesInRow) return;
    clock.sleep(waitMs, waiting.signal).then(
      () => {
        if (!live && !starting) void begin().catch(() => undefined);
      },
      () => undefined,
    );
  }

  function clearFailure(): void {
    failure?.waiting.abort();
    failure = undefined;
  }

  function leave({ close }: Dialled): void {
    const left = close().finally(() => leaving.delete(left));
    leaving.add(left);
  }

  async function connected(signal: AbortSignal): Promise<Live> {
    signal.throwIfAborted();
    if (live) return live;
    if (!starting && failure && clock.now() < failure.nextTryAt) throw waits(name, failure, clock.now());
    return orAborted(starting?.done ?? begin(), signal);
  }

  /** No longer than a start may take, also when it waits for what went before it. */
  async function connectedSoon(signal: AbortSignal): Promise<Live> {
    const limit = createTimeLimit(clock, settings.startTimeoutMs, () => tooSlow(name, settings), signal);
    try {
      return await connected(limit.signal);
    } finally {
      limit.end();
    }
  }

  /** Asks the server. A session that it forgot is replaced and asked once more: the first request did nothing. */
  async function ask<T>(signal: AbortSignal, request: (live: Live) => Promise<T>): Promise<T> {
    const first = await connectedSoon(signal);
    try {
      return await request(first);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!first.protocol.isSessionGone(error) || !first.hasSession()) throw afterFault(first, error);
    }
    if (live === first) {
      live = undefined;
      leave(first);
    }
    const second = await connectedSoon(signal);
    try {
      return await request(second);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw afterFault(second, error);
    }
  }

  /** A server that cannot be reached any more is not ready, even when no pipe broke. */
  function afterFault(which: Live, error: unknown): AppError {
    const fault = which.protocol.mcpFault(error, name);
    if (fault.code === 'mcp_unreachable' || fault.code === 'mcp_connection_closed') lost(which, fault);
    return fault;
  }

  async function stop(): Promise<void> {
    clearFailure();
    const begun = starting;
    begun?.abort.abort(stopped(name));
    await begun?.done.catch(() => undefined);
    const was = live;
    live = undefined;
    offered = nothing;
    if (was) leave(was);
    await Promise.all(leaving);
  }

  const requestOptions = (signal: AbortSignal) => ({
    ...{ signal, timeout: settings.timeoutMs, resetTimeoutOnProgress: true },
  });

  return {
    name,
    settings,
    status() {
      const state = live ? 'ready' : starting ? 'starting' : failure ? 'failed' : 'off';
      return {
        ...{ state, lastLines: lines.read(), ...(live ? offered : nothing) },
        ...(state !== 'ready' && failure && { error: failure.error }),
        ...(state === 'failed' && failure && { nextTryAt: failure.nextTryAt }),
        ...(live && { readyAt: live.readyAt, connection: live.connection }),
      };
    },
    async ready(signal) {
      await connectedSoon(signal);
    },
    callTool: ({ ownName, listed }, args, { signal, onProgress }) =>
      ask(signal, ({ connection }) =>
        connection.client.callTool(
          { name: ownName, arguments: args },
          { ...requestOptions(signal), toolDefinition: listed, ...(onProgress && { onprogress: onProgress }) },
        ),
      ),
    listResources: (signal) =>
      ask(signal, async ({ connection: { client } }) => {
        const options = requestOptions(signal);
        const { resources } = await client.listResources(undefined, options);
        // Not every server with resources knows templates.
        const templates = await client.listResourceTemplates(undefined, options).catch(() => undefined);
        return { resources, templates: templates?.resourceTemplates ?? [] };
      }),
    readResource: (uri, signal) =>
      ask(signal, ({ connection }) => connection.client.readResource({ uri }, requestOptions(signal))),
    async restart() {
      await stop();
      await begin().catch(() => undefined);
    },
    stop,
  };
}

/** The start goes on for others when one of those who wait for it gives up. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function waits(name: string, { error, nextTryAt }: { error: AppError; nextTryAt: number }, now: number): AppError {
  const seconds = Math.max(1, Math.ceil((nextTryAt - now) / 1000));
  return new AppError(error.code, `${error.message} It is tried again in ${seconds} s.`, {
    status: 503,
    details: { server: name, nextTryAt },
    cause: error,
  });
}

function stopped(name: string): AppError {
  return new AppError('mcp_stopped', `The MCP server ${name} was stopped.`, { status: 503 });
}
