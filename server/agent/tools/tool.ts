import type { z } from 'zod';
import type { SkillEvent, SubagentEvent } from '../../contract/activity.ts';
import type { ToolOutput } from '../../contract/events.ts';
import type { SessionKey } from '../../contract/ids.ts';
import type { ToolReach, ToolTarget } from '../../permissions/tool-call.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Question } from '../open-questions.ts';
import type { AgentDesk } from '../subagents/agent-desk.ts';

/** What a tool is handed for one call; it reaches for nothing else. */
export interface ToolContext {
  tenantId: string;
  userId: string;
  sessionId: string;
  runId: string;
  toolCallId: string;
  /** Fires on abort, deadline and shutdown; the tool must end within a second of it. */
  signal: AbortSignal;
  /** The session's sandbox; started on first use. */
  sandbox(): Promise<Sandbox>;
  /** Tells the world what there is so far: the whole partial result, not a delta. Must not throw. */
  onUpdate(partial: ToolOutput): void;
  /** Tells of skills and sub-agents in the run's stream; texts are redacted on the way. */
  tell(event: SkillEvent | SubagentEvent): void;
  /** Waits for a person's answer; rejects when the run is aborted or put aside. */
  ask(question: Question): Promise<string | string[]>;
  /** Calls in agents of this agent's own. Absent: it may call in nobody. */
  agents?: AgentDesk;
  logger: Logger;
}

/** Something that a model can do. `execute` throws AppError for a failed call; its message goes to the model. */
export interface Tool<Input = unknown> {
  name: string;
  description: string;
  /** Checked before execute; its faults are answered to the model in words. */
  inputSchema: z.ZodType<Input>;
  /** What models are told in its place, when it was made from a schema that others wrote. */
  jsonSchema?: Readonly<Record<string, unknown>>;
  execute(input: Input, context: ToolContext): Promise<ToolOutput & { isError?: boolean }>;
  /** What it can do, for permissions. Absent: `outside`, the most. */
  reach?: ToolReach;
  /** In place of `reach` where it depends on the call. */
  reachOf?(input: Input): ToolReach;
  /** What a call is about, for rules with a pattern. */
  targetOf?(input: Input): ToolTarget | undefined;
  /** Comes with any other tool, also when a profile does not name it. */
  isCompanion?: boolean;
  /** Asked as each run begins; false: the model is not told of the tool in that run. Absent: always there. */
  isAvailable?(agentId: string): boolean;
  /** What the model should know of this session from earlier runs; undefined when there is nothing. */
  recall?(key: SessionKey): Promise<string | undefined>;
}

/** Types a tool from its schema. */
export function defineTool<Input>(tool: Tool<Input>): Tool<Input> {
  return tool;
}
