import type { McpServerSettings } from '../contract/mcp.ts';
import { cleanLine, cleanText } from './clean-text.ts';
import type { ListedTool } from './list-tools.ts';
import { matchesAny } from './name-pattern.ts';
import { toolNames } from './tool-names.ts';
import { createSchemaReader, type JsonSchema, type SchemaCheck } from './tool-schema.ts';

/** A tool of a server, fit to be offered to a model. */
export interface McpTool {
  server: string;
  /** As models and rules know it. */
  name: string;
  /** As its server knows it. */
  ownName: string;
  /** A stranger's words, cleaned and bounded. */
  description: string;
  inputSchema: JsonSchema;
  check: SchemaCheck;
  /** As its server lists it. */
  listed: ListedTool;
}

export interface OfferedTools {
  tools: McpTool[];
  refused: { ownName: string; reason: string }[];
}

const mostTools = 200;
const maxDescription = 4000;

/** Takes what a server lists, tool by tool: one that cannot be offered harms no other. */
export function offerTools(
  server: string,
  listed: readonly ListedTool[],
  { allow, deny }: McpServerSettings['tools'],
): OfferedTools {
  const refused: OfferedTools['refused'] = [];
  const refuse = (ownName: string, reason: string) => refused.push({ ownName: cleanLine(ownName, 100), reason });
  const wanted: ListedTool[] = [];
  const seen = new Set<string>();
  for (const tool of listed) {
    if (seen.has(tool.name)) refuse(tool.name, 'The server lists it more than once; the first one counts.');
    else if (tool.name === '' || tool.name.length > 256) refuse(tool.name, 'Its name is empty or too long.');
    else if (allow && !matchesAny(allow, tool.name)) refuse(tool.name, 'The settings do not allow it.');
    else if (matchesAny(deny, tool.name)) refuse(tool.name, 'The settings deny it.');
    else if (wanted.length >= mostTools) refuse(tool.name, `Of one server, ${mostTools} tools are offered at most.`);
    else wanted.push(tool);
    seen.add(tool.name);
  }
  const read = createSchemaReader();
  const names = toolNames(
    server,
    wanted.map(({ name }) => name),
  );
  const tools = wanted.flatMap((tool): McpTool[] => {
    const schema = read(tool.inputSchema);
    if (!schema.ok) {
      refuse(tool.name, schema.reason);
      return [];
    }
    const { title, description = title ?? '' } = tool;
    return [
      {
        server,
        name: names.get(tool.name) ?? tool.name,
        ownName: tool.name,
        description: cleanText(description, maxDescription),
        inputSchema: schema.forModel,
        check: schema.check,
        listed: tool,
      },
    ];
  });
  return { tools, refused };
}
