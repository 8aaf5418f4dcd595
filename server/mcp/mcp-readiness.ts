import type { McpServerInfo } from '../contract/mcp.ts';
import type { ReadinessCheck } from '../contract/server-state.ts';

/** One check about all servers; none when there are none. A missing tool is no reason to send people away. */
export function mcpReadiness(servers: readonly McpServerInfo[]): ReadinessCheck[] {
  const enabled = servers.filter(({ isEnabled }) => isEnabled);
  if (enabled.length === 0) return [];
  const failed = enabled.flatMap(({ error, state }) => (state === 'failed' && error ? [error.message] : []));
  const about = { name: 'mcp', durationMs: 0 };
  return [failed.length === 0 ? { ...about, status: 'ok' } : { ...about, status: 'warn', error: failed.join(' ') }];
}
