import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { z } from 'zod';
import type { Tool } from './tools/tool.ts';

/** Makes the tools known to models. A schema is written out once per tool, not once per run. */
export function createToolSpecs(): (tools: Iterable<Tool>) => LanguageModelV4FunctionTool[] {
  const known = new WeakMap<Tool, LanguageModelV4FunctionTool>();
  return (tools) =>
    Array.from(tools, (tool) => {
      const spec = known.get(tool) ?? specOf(tool);
      known.set(tool, spec);
      return spec;
    });
}

function specOf(tool: Tool): LanguageModelV4FunctionTool {
  const { $schema: _, ...schema } =
    tool.jsonSchema ?? z.toJSONSchema(tool.inputSchema, { io: 'input', target: 'draft-7' });
  return {
    type: 'function',
    name: tool.name,
    description: tool.description,
    inputSchema: schema as LanguageModelV4FunctionTool['inputSchema'],
  };
}
