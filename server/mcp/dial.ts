import { SdkError, SdkErrorCode, type Transport } from '@modelcontextprotocol/client';
import type { McpServerSettings } from '../contract/mcp.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createTimeLimit } from '../lib/time-limit.ts';
import type { SecretSource } from '../secrets/secret-source.ts';
import type { Logger } from '../telemetry/logger.ts';
import { cleanLine } from './clean-text.ts';
import { type Connection, openConnection } from './connection.ts';
import { createHttpTransport } from './http-transport.ts';
import type { ListedTool } from './list-tools.ts';
import { connectionLost } from './mcp-fault.ts';
import { withSecrets } from './secret-references.ts';
import { createStdioTransport, maxMessageBytes } from './stdio-transport.ts';
import { tooSlow } from './too-slow.ts';

/** What every server is made with. */
export interface ServerParts {
  secrets: Pick<SecretSource, 'get'>;
  /** All that a program gets of our environment: PATH, HOME, LANG and what a system cannot do without. */
  baseEnv: Readonly<Record<string, string>>;
  /** Where programs run that name no folder. */
  folder: string;
  version: string;
  clock: Clock;
  /** Its component is `mcp`. */
  logger: Logger;
  fetch?: typeof fetch;
}

export interface DialOptions {
  signal: AbortSignal;
  onStderr(chunk: Buffer): void;
  onTools(tools: ListedTool[]): void;
  /** The connection ended by itself, after it was there. */
  onLost(reason: AppError): void;
}

export interface Dialled {
  connection: Connection;
  /** Whether requests belong to a session that the server may forget. */
  hasSession(): boolean;
  /** Why it ended by itself; undefined while it is there. */
  lost(): AppError | undefined;
  /** Never rejects. */
  close(): Promise<void>;
}

/** How a server is spoken to. */
interface Way {
  transport: Transport;
  hasSession(): boolean;
  /** Why it could not be spoken to, when the client does not tell. */
  fault(): AppError | undefined;
  farewell(clock: Clock): Promise<void>;
}

const farewellMs = 1000;

/** Starts the program or reaches the address, within `startTimeoutMs`. Rejects with the reason, in words if there are any. */
export async function dial(
  name: string,
  settings: McpServerSettings,
  parts: ServerParts,
  options: DialOptions,
): Promise<Dialled> {
  const { clock } = parts;
  const limit = createTimeLimit(clock, settings.startTimeoutMs, () => tooSlow(name, settings), options.signal);
  const { signal } = limit;
  try {
    return await connect(name, settings, parts, { ...options, signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    limit.end();
  }
}

async function connect(
  name: string,
  settings: McpServerSettings,
  parts: ServerParts,
  options: DialOptions,
): Promise<Dialled> {
  try {
    return await shakeHands(name, settings, parts, options, 'auto');
  } catch (error) {
    // Some programs of older revisions end when they are asked for newer ones.
    const isAsked = settings.command !== undefined && endedEarly(error) && !options.signal.aborted;
    if (isAsked) return shakeHands(name, settings, parts, options, 'legacy');
    throw error;
  }
}

async function shakeHands(
  name: string,
  settings: McpServerSettings,
  parts: ServerParts,
  options: DialOptions,
  mode: 'auto' | 'legacy',
): Promise<Dialled> {
  let isOver = false;
  let words: string | undefined;
  const { transport, farewell, hasSession, fault } = transportOf(
    name,
    settings,
    parts,
    options.onStderr,
    (ended) => (words ??= ended),
  );
  const lost = () =>
    words === undefined
      ? connectionLost(name)
      : new AppError('mcp_ended', `The MCP server ${name} ended. ${words}`, { status: 502 });
  let isThere = false;
  let end: AppError | undefined;
  try {
    const connection = await openConnection({
      ...{ transport, mode, version: parts.version, timeoutMs: settings.startTimeoutMs, signal: options.signal },
      probeMs: settings.url === undefined ? Math.min(3000, settings.startTimeoutMs / 3) : settings.startTimeoutMs,
      onTools: options.onTools,
      onClosed() {
        if (isOver) return;
        end = lost();
        if (isThere) options.onLost(end);
      },
      onError(error) {
        if (!isOver)
          parts.logger.debug(`The MCP server ${name}: ${cleanLine(messageOf(error), 300)}`, { server: name });
      },
    });
    isThere = true;
    return {
      connection,
      hasSession,
      lost: () => end,
      async close() {
        isOver = true;
        if (transport.sessionId) await farewell(parts.clock);
        await transport.close().catch(() => undefined);
      },
    };
  } catch (error) {
    isOver = true;
    await transport.close().catch(() => undefined);
    if (words !== undefined) throw Object.assign(lost(), { cause: error });
    throw fault() ?? error;
  }
}

function transportOf(
  name: string,
  { command, args = [], env = {}, cwd, url, headers = {} }: McpServerSettings,
  { secrets, baseEnv, folder, clock, fetch }: ServerParts,
  onStderr: DialOptions['onStderr'],
  onEnded: (words: string) => void,
): Way {
  if (url !== undefined) {
    const { transport, fault } = createHttpTransport({
      name,
      url,
      headers,
      secrets,
      maxMessageBytes,
      ...(fetch && { fetch }),
    });
    let hadSession = false;
    return {
      ...{ transport, fault },
      hasSession: () => (hadSession ||= transport.sessionId !== undefined),
      async farewell(time) {
        const over = new AbortController();
        const ended = transport.terminateSession().catch(() => undefined);
        await Promise.race([ended, time.sleep(farewellMs, over.signal).catch(() => undefined)]);
        over.abort();
      },
    };
  }
  const ownEnv = withSecrets(env, secrets);
  const transport = createStdioTransport({
    ...{ command: command ?? '', args, cwd: cwd ?? folder, clock, onStderr, onEnded },
    env: { ...baseEnv, ...ownEnv },
  });
  return { transport, hasSession: () => false, fault: () => undefined, farewell: async () => undefined };
}

function endedEarly(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'mcp_ended';
  return error instanceof SdkError && error.code === SdkErrorCode.ConnectionClosed;
}
