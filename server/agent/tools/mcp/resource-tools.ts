import { z } from 'zod';
import { AppError } from '../../../lib/app-error.ts';
import { cleanLine } from '../../../mcp/clean-text.ts';
import type { McpServer } from '../../../mcp/mcp-server.ts';
import { defineTool, type Tool } from '../tool.ts';
import { showResource } from './show-result.ts';

const mostListed = 500;

const listSchema = z.object({ server: z.string().max(100).optional().describe('Only those of this MCP server.') });
const readSchema = z.object({
  server: z.string().max(100).describe('Name of the MCP server.'),
  uri: z.string().min(1).max(8192).describe('As ListMcpResources tells it, or made from a template.'),
});

/** The pair by which an agent finds and reads what servers have beside their tools. Only these servers are asked. */
export function resourceTools(servers: readonly McpServer[]): Tool[] {
  const names = servers.map(({ name }) => name);

  function serverOf(name: string): McpServer {
    const server = servers.find((one) => one.name === name);
    if (server) return server;
    const there = names.length > 0 ? `There are: ${names.join(', ')}.` : 'There are none.';
    throw new AppError('mcp_not_found', `There is no MCP server "${name}" with resources. ${there}`, { status: 404 });
  }

  const list = defineTool({
    name: 'ListMcpResources',
    description: `Lists the resources of MCP servers, which ReadMcpResource reads. Servers with resources: ${names.join(', ')}.`,
    inputSchema: listSchema,
    reach: 'outside',
    async execute({ server: name }, { signal }) {
      const asked = name === undefined ? servers : [serverOf(name)];
      const listed = await Promise.all(asked.map((server) => describeResources(server, signal)));
      return { content: [{ type: 'text', text: listed.join('\n\n') }] };
    },
  });
  const read = defineTool({
    name: 'ReadMcpResource',
    description: 'Reads a resource of an MCP server by its address.',
    inputSchema: readSchema,
    reach: 'outside',
    async execute({ server: name, uri }, { signal }) {
      const { contents } = await serverOf(name).readResource(uri, signal);
      return showResource(contents, { server: name, uri });
    },
  });
  return [list, read] as Tool[];
}

async function describeResources(server: McpServer, signal: AbortSignal): Promise<string> {
  try {
    const { resources, templates } = await server.listResources(signal);
    const lines = [
      ...resources.map(({ uri, name, description, mimeType }) => lineOf(uri, [name, mimeType, description])),
      ...templates.map(({ uriTemplate, name, description }) => lineOf(uriTemplate, ['template', name, description])),
    ];
    const shown = lines.slice(0, mostListed);
    const more = lines.length > shown.length ? [`(${lines.length - shown.length} more are not listed)`] : [];
    return [`${server.name}:`, ...(shown.length > 0 ? shown : ['(nothing)']), ...more].join('\n');
  } catch (error) {
    signal.throwIfAborted();
    // The others can be listed all the same.
    const words = error instanceof AppError ? error.message : 'It could not be asked.';
    return `${server.name}:\n(${words})`;
  }
}

function lineOf(address: string, about: readonly (string | undefined)[]): string {
  const words = about.filter((part) => part !== undefined && part !== '').map((part) => cleanLine(part ?? '', 200));
  return `- ${cleanLine(address, 500)}${words.length > 0 ? ` (${words.join('; ')})` : ''}`;
}
