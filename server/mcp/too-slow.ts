import type { McpServerSettings } from '../contract/mcp.ts';
import { AppError } from '../lib/app-error.ts';

export function tooSlow(name: string, { startTimeoutMs }: McpServerSettings): AppError {
  return new AppError(
    'mcp_start_timeout',
    `The MCP server ${name} was not ready within ${startTimeoutMs / 1000} s. Raise its startTimeoutMs if it needs longer.`,
    { status: 504 },
  );
}
