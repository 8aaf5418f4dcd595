import { z } from 'zod';
import { cleanLine } from '../../../mcp/clean-text.ts';
import type { McpServer } from '../../../mcp/mcp-server.ts';
import type { McpTool } from '../../../mcp/offer-tools.ts';
import type { Tool, ToolContext } from '../tool.ts';
import { showResult } from './show-result.ts';

type Arguments = Record<string, unknown>;

const maxDescription = 4200;

/**
 * A server's tool as the agent's own. It leaves the sandbox whatever the server says of it: hints of a stranger lower
 * no permission.
 */
export function toolOf(server: McpServer, tool: McpTool): Tool<Arguments> {
  const { name, ownName, description, inputSchema, check } = tool;
  return {
    name,
    description: `From the MCP server ${server.name}. ${description}`.slice(0, maxDescription).trim(),
    jsonSchema: inputSchema,
    inputSchema: z.record(z.string(), z.unknown()).superRefine((args, context) => {
      const fault = check(args);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    }),
    reach: 'outside',
    async execute(args, context) {
      const result = await server.callTool(tool, args, {
        signal: context.signal,
        onProgress: (progress) => context.onUpdate(showProgress(progress)),
      });
      return showResult(result, { server: server.name, tool: ownName });
    },
  };
}

type Progress = Parameters<NonNullable<Parameters<McpServer['callTool']>[2]['onProgress']>>[0];

function showProgress({ progress, total, message }: Progress): Parameters<ToolContext['onUpdate']>[0] {
  const count = total === undefined ? String(progress) : `${progress} of ${total}`;
  const text = message === undefined || message === '' ? count : `${count}: ${cleanLine(message, 1000)}`;
  return { content: [{ type: 'text', text }], details: { progress, ...(total !== undefined && { total }) } };
}
