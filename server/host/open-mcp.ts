import path from 'node:path';
import { createMcpTools } from '../agent/tools/mcp/mcp-tools.ts';
import { programEnvironment } from '../config/env.ts';
import type { ReadinessCheck, ServerPhase } from '../contract/server-state.ts';
import { messageOf } from '../lib/app-error.ts';
import { createMcpManager, type McpManager } from '../mcp/mcp-manager.ts';
import { mcpReadiness } from '../mcp/mcp-readiness.ts';
import type { Foundation } from './open-foundation.ts';

/** The MCP servers of the settings, and their tools. They live while the server is up. */
export function openMcp({ config, network, secrets, clock, logger: own }: Foundation, version: string) {
  const logger = own.child({ component: 'mcp' });
  const manager = createMcpManager({
    settings: () => config.current().mcpServers,
    subscribe: config.subscribe,
    secrets,
    fetch: network.fetch,
    redact: (text) => secrets.redactor.redact(text),
    baseEnv: programEnvironment(),
    folder: path.dirname(config.filePath()),
    ...{ version, clock, logger },
  });

  function follow(phase: ServerPhase): void {
    if (phase !== 'stopped' && phase !== 'failed') manager.open();
    else manager.pause().catch((error: unknown) => logger.error(`MCP servers were not ended: ${messageOf(error)}`));
  }

  return { manager, tools: createMcpTools(manager), follow };
}

/** The checks of others, and one about the MCP servers when there are any. */
export function withMcpReadiness<T extends { readiness(): Promise<ReadinessCheck[]> }>(
  others: T,
  manager: McpManager,
): T {
  return { ...others, readiness: async () => [...(await others.readiness()), ...mcpReadiness(manager.list())] };
}
