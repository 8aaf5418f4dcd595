import type { ChatRequest } from '../contract/chat.ts';
import type { RunUsage, StopReason, ToolOutput } from '../contract/events.ts';
import type { SessionKey } from '../contract/ids.ts';
import type { FinishedTurn } from './loop.ts';
import type { SessionDesk } from './session-desk.ts';

/** A run as extensions see it. */
export interface RunAbout extends SessionKey {
  runId: string;
  agentId: string;
  /** `provider:model`. */
  model: string;
}

export interface RunOutcome {
  stopReason: StopReason;
  durationMs: number;
  turns: number;
  usage: RunUsage;
  error?: { code: string; message: string };
}

export interface HookedToolCall extends SessionKey {
  runId: string;
  toolCallId: string;
  toolName: string;
  input: Record<string, unknown>;
}

export type HookedToolOutput = ToolOutput & { isError?: boolean };

/** What is said in the place of the model: words, or what finds them while the run goes on. */
export type Reply = string | ((desk: SessionDesk, signal: AbortSignal) => Promise<string>);

export interface Intercepted {
  /** As it is to be answered. */
  request: ChatRequest;
  /** Absent: the model answers. */
  answer?: { by: string; reply: Reply };
}

/** Follows one run. */
export interface RunFollower {
  /** Before the run works. Throws AppError to end it there. */
  started(signal: AbortSignal): Promise<void>;
  /** The turn is stored. Not waited for; must not throw. */
  turnPersisted(turn: FinishedTurn): void;
  /** After the last event, whatever happened. Must not reject. */
  ended(outcome: RunOutcome): Promise<void>;
}

/** What a run asks of whatever extends it. */
export interface RunHooks {
  /** Before a session is opened, on every door. Throws AppError to refuse the request. */
  intercept(request: ChatRequest, about: SessionKey & { runId: string }): Promise<Intercepted>;
  follow(about: RunAbout, request: ChatRequest): RunFollower;
  /** The arguments to go on with; they are checked and judged again. Throws AppError to refuse the call. */
  beforeTool(call: HookedToolCall, signal: AbortSignal): Promise<Record<string, unknown>>;
  /** What the model is told. Must not reject. */
  afterTool(call: HookedToolCall, output: HookedToolOutput, signal: AbortSignal): Promise<HookedToolOutput>;
}

export const noFollower: RunFollower = {
  started: async () => undefined,
  turnPersisted: () => undefined,
  ended: async () => undefined,
};

/** Nothing extends the runs. */
export const noHooks: RunHooks = {
  intercept: async (request) => ({ request }),
  follow: () => noFollower,
  beforeTool: async ({ input }) => input,
  afterTool: async (_call, output) => output,
};
