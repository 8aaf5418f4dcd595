import type { McpServerInfo, McpServerSettings } from '../contract/mcp.ts';
import { cleanLine } from './clean-text.ts';
import type { ServerStatus } from './mcp-server.ts';

/** What people are told of a server. Absent status: it is switched off. */
export function infoOf(
  name: string,
  settings: McpServerSettings,
  status: ServerStatus | undefined,
  redact: (text: string) => string,
): McpServerInfo {
  const { error, nextTryAt, readyAt, connection } = status ?? {};
  const product = connection?.product;
  return {
    name,
    transport: settings.url === undefined ? 'stdio' : 'http',
    target: redact(targetOf(settings)),
    isEnabled: settings.enabled,
    state: status?.state ?? 'off',
    ...(error && { error: { code: error.code, message: redact(error.message) } }),
    ...(nextTryAt !== undefined && { nextTryAt }),
    ...(readyAt !== undefined && { readyAt }),
    ...(product !== undefined && { product: cleanLine(product, 100) }),
    hasResources: connection?.hasResources ?? false,
    tools: (status?.tools ?? []).map((tool) => ({
      name: tool.name,
      ownName: tool.ownName,
      description: redact(tool.description),
    })),
    refused: status?.refused ?? [],
    lastLines: (status?.lastLines ?? []).map(redact),
  };
}

function targetOf({ command = '', args = [], url }: McpServerSettings): string {
  if (url === undefined) return [command, ...args].join(' ');
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
