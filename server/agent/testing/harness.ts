import { z } from 'zod';
import { configSchema } from '../../contract/config.ts';
import type { RunEvent, ToolOutput } from '../../contract/events.ts';
import type { Message } from '../../contract/messages.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { createLiveRedactor, createSecretMatcher, type LiveRedactor } from '../../secrets/redactor.ts';
import type { SecretSource } from '../../secrets/secret-source.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { createDemoModel } from '../demo-model.ts';
import { type FinishedTurn, type LoopEnd, type LoopInput, runLoop } from '../loop.ts';
import { type ModelHandle, resolveModel } from '../model.ts';
import { runTool, type ToolScope } from '../run-tool.ts';
import { createToolSpecs } from '../tool-specs.ts';
import { defineTool, type Tool } from '../tools/tool.ts';
import type { MockUpstream } from './mock-upstream.ts';

export const wires = ['anthropic', 'openai', 'openai-compatible'] as const;
export type Wire = (typeof wires)[number];

/** Secrets that a test may change while a run goes on. */
export function secretsOf(values: Record<string, string>): SecretSource {
  return {
    get: (name) => {
      const value = values[name];
      return value === undefined ? undefined : { value, origin: 'vault' };
    },
  };
}

/** Takes these values out of what it is given. */
export function redactorOf(values: Record<string, string>): LiveRedactor {
  const matcher = createSecretMatcher(Object.entries(values).map(([name, value]) => ({ name, value })));
  return createLiveRedactor(() => matcher);
}

export const testKeys = {
  ANTHROPIC_API_KEY: 'test-key-anthropic',
  OPENAI_API_KEY: 'test-key-openai',
  OPENAI_COMPATIBLE_API_KEY: 'test-key-compatible',
};

export const modelIds: Record<Wire, string> = {
  anthropic: 'claude-haiku-4-5',
  openai: 'mock-model',
  'openai-compatible': 'mock-model',
};

/** A real provider package that talks to the mock. */
export function modelAt(
  wire: Wire,
  upstream: MockUpstream,
  secrets: SecretSource = secretsOf(testKeys),
  modelId = modelIds[wire],
): ModelHandle {
  const config = configSchema.parse({ llm: { provider: wire, modelId, baseUrl: upstream.baseUrl } });
  return resolveModel(undefined, { config: () => config, secrets, demo: () => createDemoModel(async () => undefined) });
}

/** A clock whose sleeps end at once and are written down. */
export function hastyClock(sleeps: number[] = []): Clock {
  return {
    ...systemClock,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
    },
  };
}

export const echoTool = defineTool({
  name: 'Echo',
  description: 'Gives back its text.',
  inputSchema: z.object({ text: z.string() }),
  execute: async ({ text }) => textResult(text),
});

export function textResult(text: string): ToolOutput {
  return { content: [{ type: 'text', text }] };
}

export function userMessage(text: string): Message {
  return { role: 'user', content: text, timestamp: 1 };
}

export interface LoopRun {
  end: LoopEnd;
  events: RunEvent[];
  turns: FinishedTurn[];
}

type LoopOptions = Partial<Omit<LoopInput, 'model' | 'emit'>> & {
  tools?: Tool[];
  onEvent?: (event: RunEvent) => void;
};

/** Runs the loop with one message and gives back all that it told. */
export async function runTestLoop(model: ModelHandle, options: LoopOptions = {}): Promise<LoopRun> {
  const { tools = [], onEvent, ...rest } = options;
  const events: RunEvent[] = [];
  const turns: FinishedTurn[] = [];
  const emit = (event: RunEvent) => {
    events.push(structuredClone(event));
    onEvent?.(event);
  };
  const clock = options.clock ?? hastyClock();
  const signal = options.signal ?? new AbortController().signal;
  const redact = options.redact ?? ((text: string) => text);
  const scope: ToolScope = {
    tools: new Map(tools.map((tool) => [tool.name, tool])),
    tenantId: 'default',
    userId: 'default',
    sessionId: 'ses_test',
    runId: 'run_test',
    sandbox: () => Promise.reject(new Error('no sandbox in this test')),
    redact,
    logger: silentLogger,
    clock,
  };
  const end = await runLoop({
    model,
    system: 'You are a test.',
    messages: [userMessage('Hello')],
    toolSpecs: createToolSpecs()(tools).toolSpecs,
    runTool: (call) => runTool(call, scope, signal, emit),
    maxTurns: 10,
    settings: { maxTokens: 1000, thinking: 0 },
    signal,
    clock,
    redact,
    saveTurn: async (turn) => {
      turns.push(structuredClone(turn));
    },
    ...rest,
    emit,
  });
  return { end, events, turns };
}

/** Puts the message together from its deltas alone, as a client does. */
export function textFromDeltas(events: readonly RunEvent[]): string {
  return events
    .map((event) => (event.type === 'message.update' && event.event.type === 'text_delta' ? event.event.delta : ''))
    .join('');
}

export function eventTypes(events: readonly RunEvent[]): string[] {
  return events.map((event) => event.type).filter((type) => type !== 'message.update');
}
