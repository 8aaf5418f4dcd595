import { isDeepStrictEqual } from 'node:util';
import type { McpServerInfo, McpServerSettings } from '../contract/mcp.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { ServerParts } from './dial.ts';
import { createMcpServer, type McpServer } from './mcp-server.ts';
import { infoOf } from './server-info.ts';

export interface McpManagerOptions extends ServerParts {
  settings(): Readonly<Record<string, McpServerSettings>>;
  /** Tells when the settings changed. */
  subscribe(listener: () => void): () => void;
  redact(text: string): string;
}

/** Owns every MCP server: one per entry of the settings. */
export interface McpManager {
  /** All of the settings, in their order, switched-off ones too. */
  list(): McpServerInfo[];
  /** Those that are switched on. */
  servers(): McpServer[];
  /** Throws AppError `mcp_not_found` (404), `mcp_disabled` (409) or `mcp_server_stopped` (409). */
  restart(name: string): Promise<McpServerInfo>;
  /** Lets servers start, now that runs may come. None is started by this. */
  open(): void;
  /** Ends all of them; none starts until `open`. */
  pause(): Promise<void>;
  /** For good. */
  close(): Promise<void>;
}

export function createMcpManager(options: McpManagerOptions): McpManager {
  const { settings, redact, logger } = options;
  const servers = new Map<string, McpServer>();
  /** Ends that go on; a server of the same name waits for them. */
  const ending = new Map<string, Promise<void>>();
  let isOpen = false;

  /** Starts what was added or changed and ends what went, and leaves the rest alone. */
  function follow(): void {
    const wanted = settings();
    for (const [name, server] of servers) {
      const now = Object.hasOwn(wanted, name) ? wanted[name] : undefined;
      if (now?.enabled && isDeepStrictEqual(now, server.settings)) continue;
      servers.delete(name);
      end(server);
    }
    for (const [name, own] of Object.entries(wanted)) {
      if (!own.enabled || servers.has(name)) continue;
      const server: McpServer = createMcpServer(name, own, {
        ...options,
        mayStart: () => isOpen && servers.get(name) === server,
      });
      servers.set(name, server);
      if (isOpen) void startAfter(server, ending.get(name));
    }
  }

  async function startAfter(server: McpServer, before: Promise<void> | undefined): Promise<void> {
    await before;
    if (isOpen && servers.get(server.name) === server) await server.restart();
  }

  function end(server: McpServer): void {
    const ended = Promise.all([ending.get(server.name), server.stop()]).then(
      () => undefined,
      (error: unknown) => logger.error(`The MCP server ${server.name} could not be ended: ${messageOf(error)}`),
    );
    const kept = ended.finally(() => {
      if (ending.get(server.name) === kept) ending.delete(server.name);
    });
    ending.set(server.name, kept);
  }

  async function pause(): Promise<void> {
    isOpen = false;
    await Promise.all([...Array.from(servers.values(), (server) => server.stop()), ...ending.values()]);
  }

  follow();
  const unsubscribe = options.subscribe(follow);

  return {
    list: () => Object.entries(settings()).map(([name, own]) => infoOf(name, own, servers.get(name)?.status(), redact)),
    servers: () => (isOpen ? [...servers.values()] : []),
    async restart(name) {
      const own = Object.hasOwn(settings(), name) ? settings()[name] : undefined;
      if (!own) throw new AppError('mcp_not_found', `There is no MCP server ${name} in the settings.`, { status: 404 });
      const server = servers.get(name);
      if (!server) {
        throw new AppError('mcp_disabled', `The MCP server ${name} is switched off. Switch it on first.`, {
          status: 409,
        });
      }
      if (!isOpen) {
        throw new AppError(
          'mcp_server_stopped',
          'The server is stopped, and its MCP servers with it. Start it first.',
          {
            status: 409,
          },
        );
      }
      await ending.get(name);
      await server.restart();
      return infoOf(name, own, server.status(), redact);
    },
    open() {
      isOpen = true;
    },
    pause,
    async close() {
      unsubscribe();
      await pause();
    },
  };
}
