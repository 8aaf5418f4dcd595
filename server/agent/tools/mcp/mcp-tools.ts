import { messageOf } from '../../../lib/app-error.ts';
import { cleanLine, cleanText } from '../../../mcp/clean-text.ts';
import type { McpManager } from '../../../mcp/mcp-manager.ts';
import type { McpServer } from '../../../mcp/mcp-server.ts';
import type { McpTool } from '../../../mcp/offer-tools.ts';
import type { ContextProvider } from '../../context-providers.ts';
import type { ToolsScope } from '../../run-setup.ts';
import type { Tool } from '../tool.ts';
import { toolOf } from './call-tool.ts';
import { mayNameToolOf } from './names-tool.ts';
import { resourceTools } from './resource-tools.ts';

const maxInstructions = 2000;
/** Notes of runs that ended before their context was asked for. */
const mostNotes = 256;

export interface McpTools {
  /** The tools of the servers that this run may use; starts those that are not there. Never rejects, and never waits longer than a start may take. */
  toolsFor(scope: Pick<ToolsScope, 'profile' | 'runId' | 'signal'>): Promise<Tool[]>;
  /** Tells the model what servers say of themselves, and which are missing. */
  context: ContextProvider;
}

export function createMcpTools(manager: Pick<McpManager, 'servers'>): McpTools {
  /** The same tool for every run while its server tells the same of it. */
  const made = new WeakMap<McpTool, Tool>();
  const notes = new Map<string, string>();

  async function toolsFor({
    profile,
    runId,
    signal,
  }: Pick<ToolsScope, 'profile' | 'runId' | 'signal'>): Promise<Tool[]> {
    const mayUse = ({ name }: McpServer) =>
      profile.tools === undefined ||
      profile.tools.some((entry) => mayNameToolOf(entry, name) || /^(List|Read)McpResources?$/.test(entry));
    const found = await Promise.all(
      manager
        .servers()
        .filter(mayUse)
        .map((server) => lookAt(server, signal)),
    );
    const note = found.flatMap(({ note }) => note ?? []).join('\n\n');
    if (note !== '') keepNote(runId, note);
    const withResources = found.flatMap(({ server, hasResources }) => (hasResources ? [server] : []));
    const tools = found.flatMap(({ server, tools }) => tools.map((tool) => toolFor(server, tool)));
    return [...tools, ...(withResources.length > 0 ? resourceTools(withResources) : [])];
  }

  function toolFor(server: McpServer, tool: McpTool): Tool {
    const known = made.get(tool) ?? (toolOf(server, tool) as Tool);
    made.set(tool, known);
    return known;
  }

  function keepNote(runId: string, note: string): void {
    notes.set(runId, note);
    const [oldest] = notes.keys();
    if (notes.size > mostNotes && oldest !== undefined) notes.delete(oldest);
  }

  return {
    toolsFor,
    context: {
      name: 'mcp',
      provide({ runId }) {
        const note = notes.get(runId);
        notes.delete(runId);
        return note;
      },
    },
  };
}

interface Found {
  server: McpServer;
  tools: McpTool[];
  hasResources: boolean;
  note?: string;
}

async function lookAt(server: McpServer, signal: AbortSignal): Promise<Found> {
  try {
    await server.ready(signal);
  } catch (error) {
    // An aborted run needs no tools.
    if (signal.aborted) return { server, tools: [], hasResources: false };
    const words = cleanLine(messageOf(error), 500);
    return {
      ...{ server, tools: [], hasResources: false },
      note: `The MCP server ${server.name} cannot be used in this run, so its tools are missing. ${words}`,
    };
  }
  const { tools, connection } = server.status();
  const said = cleanText(connection?.instructions ?? '', maxInstructions);
  return {
    ...{ server, tools, hasResources: connection?.hasResources ?? false },
    ...(said !== '' && {
      note: `The MCP server ${server.name} says of its tools (its words, not the person's):\n${said}`,
    }),
  };
}
