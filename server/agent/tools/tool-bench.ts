import type { ToolOutput } from '../../contract/events.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import type { Tool, ToolContext } from './tool.ts';

type ToldEvent = Parameters<ToolContext['tell']>[0];

/** For tests only: calls tools as the loop does and collects what they show on the way. */
export interface ToolBench {
  /** Texts of the partial results since the bench was made. */
  readonly updates: string[];
  /** What was told of skills and sub-agents. */
  readonly told: ToldEvent[];
  call(
    name: string,
    input: Record<string, unknown>,
    change?: Partial<ToolContext>,
  ): Promise<ToolOutput & { isError?: boolean; text: string }>;
}

export function createToolBench(
  tools: Tool[],
  sandbox: (signal: AbortSignal) => ReturnType<ToolContext['sandbox']>,
): ToolBench {
  const updates: string[] = [];
  const told: ToldEvent[] = [];
  return {
    updates,
    told,
    async call(name, input, change = {}) {
      const tool = tools.find((one) => one.name === name);
      if (tool === undefined) throw new Error(`no tool ${name}`);
      const signal = change.signal ?? new AbortController().signal;
      const result = await tool.execute(tool.inputSchema.parse(input), {
        tenantId: 'acme',
        userId: 'ann',
        sessionId: 'ses_1',
        runId: 'run_1',
        toolCallId: 'call_1',
        signal,
        sandbox: () => sandbox(signal),
        onUpdate: (partial) => updates.push(textOf(partial)),
        tell: (event) => told.push(event),
        ask: () => Promise.reject(new Error('nobody answers in this test')),
        logger: silentLogger,
        ...change,
      });
      return { ...result, text: textOf(result) };
    },
  };
}

function textOf({ content }: ToolOutput): string {
  return content.map((block) => (block.type === 'text' ? block.text : `<${block.mimeType}>`)).join('\n');
}
