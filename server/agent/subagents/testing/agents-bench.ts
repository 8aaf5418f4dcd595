import type { ChatRequest } from '../../../contract/chat.ts';
import type { RunEvent } from '../../../contract/events.ts';
import { ask, createTestManager, readEvents, type TestManager } from '../../testing/manager.ts';
import { type MockReply, type MockUpstream, startMockUpstream } from '../../testing/mock-upstream.ts';
import { subagentTools } from '../../tools/subagents/subagent-tools.ts';
import type { Tool } from '../../tools/tool.ts';

/** What one agent of a test says, call by call; the last reply again when there are no more. */
export type Part = readonly MockReply[] | ((heard: string, call: number) => MockReply);

export interface AgentsBench extends TestManager {
  upstream: MockUpstream;
  /** What the model was sent, by the agent that asked it. */
  heard(name: string): string[];
  /** Runs to the end; `onEvent` may act on the way. */
  say(message: string, change?: Partial<ChatRequest>, onEvent?: (event: RunEvent) => void): Promise<RunEvent[]>;
}

type Options = NonNullable<Parameters<typeof createTestManager>[1]> & { tools?: readonly Tool[] };

export const lead = 'lead';
export const call = (name: string, args: Record<string, unknown> = {}): MockReply => calls([name, args]);
export const say = (text: string): MockReply => ({ blocks: [{ type: 'text', text }] });
export const hang: MockReply = { blocks: [{ type: 'text', text: 'Let me see' }], hang: { afterFrames: 1 } };

export function calls(...list: [name: string, args: Record<string, unknown>][]): MockReply {
  return { blocks: list.map(([name, args]) => ({ type: 'toolCall', name, args })) };
}

/** For tests only: a run manager whose model plays the part of each agent by its name. */
export async function createAgentsBench(parts: Record<string, Part>, options: Options = {}): Promise<AgentsBench> {
  const heard = new Map<string, string[]>();
  const upstream = await startMockUpstream({
    script: ({ body }) => {
      const text = JSON.stringify(body);
      const name = /You are the sub-agent \\"([^"\\]+)\\"/.exec(text)?.[1] ?? lead;
      const before = heard.get(name) ?? [];
      heard.set(name, [...before, text]);
      const part = parts[name] ?? [say(`${name} has no part in this test`)];
      if (typeof part === 'function') return part(text, before.length);
      return part[Math.min(before.length, part.length - 1)] ?? say('nothing');
    },
  });
  const manager = await createTestManager(upstream, {
    ...options,
    tools: [...subagentTools, ...(options.tools ?? [])],
  });
  return {
    ...manager,
    upstream,
    heard: (name) => heard.get(name) ?? [],
    async say(message, change, onEvent) {
      const run = await manager.runs.start(ask(message, { sessionId: 'ses_test', ...change }));
      if (!onEvent) return readEvents(run);
      const events: RunEvent[] = [];
      for await (const { event } of run.events()) {
        events.push(event);
        onEvent(event);
      }
      return events;
    },
    async close() {
      await manager.close();
      await upstream.close();
    },
  };
}

export function resultsOf(events: readonly RunEvent[], toolName: string): string[] {
  return events.flatMap((event) =>
    event.type === 'tool.after' && event.toolName === toolName
      ? [event.result.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n')]
      : [],
  );
}

export function ofType<T extends RunEvent['type']>(
  events: readonly RunEvent[],
  type: T,
): Extract<RunEvent, { type: T }>[] {
  return events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
}
