import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { z } from 'zod';
import { estimateText } from './compaction/token-estimate.ts';
import type { Tool } from './tools/tool.ts';

/** Tools as models are told of them. */
export interface ToldTools {
  toolSpecs: LanguageModelV4FunctionTool[];
  /** What they take of the model's window. */
  toolTokens: number;
}

/** Makes the tools known to models. A schema is written out and measured once per tool, not once per run. */
export function createToolSpecs(): (tools: Iterable<Tool>) => ToldTools {
  const known = new WeakMap<Tool, { spec: LanguageModelV4FunctionTool; tokens: number }>();
  return (tools) => {
    const told = Array.from(tools, (tool) => {
      const before = known.get(tool);
      if (before !== undefined) return before;
      const spec = specOf(tool);
      const entry = { spec, tokens: estimateText(JSON.stringify(spec)) };
      known.set(tool, entry);
      return entry;
    });
    return {
      toolSpecs: told.map(({ spec }) => spec),
      toolTokens: told.reduce((sum, { tokens }) => sum + tokens, 0),
    };
  };
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
