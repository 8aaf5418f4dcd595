/**
 * Whether an entry of an agent's `tools` names the tool: by its name, or, for a tool of an MCP server, by `mcp__server`
 * or `mcp__server__*` for all of that server, or by `mcp__*` for all of all.
 */
export function namesTool(entry: string, toolName: string): boolean {
  if (entry === toolName) return true;
  if (!entry.startsWith('mcp__') || !toolName.startsWith('mcp__')) return false;
  if (entry === 'mcp__*') return true;
  const server = entry.replace(/__\*$/, '');
  return isServer(server) && toolName.startsWith(`${server}__`);
}

/** Whether it may name a tool of this MCP server. */
export function mayNameToolOf(entry: string, server: string): boolean {
  return entry === 'mcp__*' || entry === `mcp__${server}` || entry.startsWith(`mcp__${server}__`);
}

function isServer(name: string): boolean {
  return name.length > 'mcp__'.length && !name.slice('mcp__'.length).includes('__');
}
