import type { SkillEvent, SubagentEvent } from './activity.ts';
import type { AssistantMessage, ImageBlock, Message, MessageUsage, TextBlock, ToolResultMessage } from './messages.ts';
import type { PendingRequest, PermissionDecision, PermissionRequest, UserQuestion } from './permissions.ts';

/** What one run used, summed over its model calls. Cost in US dollars. */
export interface RunUsage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  totalTokens: number;
  cost: number;
}

/**
 * Why a history is shortened. `trigger`: it was long before a run. `micro` and `window`: the next call would fill the
 * model's context window to the configured share. `prompt_too_long`: the provider refused it. `manual`: a person asked.
 */
export type CompactionReason = 'trigger' | 'micro' | 'window' | 'prompt_too_long' | 'manual';

export type StopReason = 'stop' | 'length' | 'max_turns' | 'aborted' | 'error';

/** A step of the assistant message that is being written. Only the delta travels, never the partial message. */
export type MessageStep =
  | { type: 'text_start' | 'thinking_start'; contentIndex: number }
  | { type: 'text_delta' | 'thinking_delta' | 'toolcall_delta'; contentIndex: number; delta: string }
  | { type: 'text_end' | 'thinking_end'; contentIndex: number }
  | { type: 'toolcall_start'; contentIndex: number; toolCallId: string; toolName: string }
  | { type: 'toolcall_end'; contentIndex: number };

/** What a tool gives back. `content` goes to the model, `details` to people and programs. */
export interface ToolOutput {
  content: (TextBlock | ImageBlock)[];
  details?: unknown;
}

/**
 * Everything that a run tells the world, in order. On the wire each is one server-sent event whose id is its sequence
 * number, counted from 1 per run. `context_usage` is always the last one.
 */
export type RunEvent =
  | { type: 'session.start'; sessionId: string; runId: string; agentId: string; model: string }
  | { type: 'turn.start'; turn: number }
  | {
      type: 'turn.complete';
      turn: number;
      message: AssistantMessage;
      toolResults: ToolResultMessage[];
      usage: MessageUsage;
    }
  | { type: 'message.start'; messageId: string }
  | { type: 'message.update'; messageId: string; event: MessageStep }
  | { type: 'message.end'; messageId: string; message: AssistantMessage }
  | { type: 'tool.before'; toolCallId: string; toolName: string; args: Record<string, unknown> }
  | { type: 'tool.update'; toolCallId: string; toolName: string; partialResult: ToolOutput }
  | {
      type: 'tool.after';
      toolCallId: string;
      toolName: string;
      result: ToolOutput;
      isError: boolean;
      durationMs: number;
    }
  /** The call waits until a person answers. */
  | ({ type: 'permission_request' } & PermissionRequest)
  | { type: 'permission_resolved'; toolCallId: string; toolName: string; decision: PermissionDecision }
  | ({ type: 'waiting_for_user_input' } & UserQuestion)
  | { type: 'provider_retry'; attempt: number; reason: string; waitMs: number }
  /** `from` could not answer this call; `to` is asked now. Both `provider:model`. */
  | { type: 'model_fallback'; from: string; to: string; reason: string }
  | { type: 'context_compaction_start'; reason: CompactionReason }
  /** Follows each start unless the run is aborted meanwhile. */
  | ({ type: 'context_compaction_end'; reason: CompactionReason } & CompactionResult)
  | SkillEvent
  | SubagentEvent
  | { type: 'max_turns_reached'; turnCount: number }
  /** `pending`: what waits for people now. */
  | { type: 'snapshot'; messages: Message[]; pending?: PendingRequest[] }
  | { type: 'error'; error: { message: string; code: string } }
  | { type: 'session.end'; stopReason: StopReason; usage: RunUsage }
  | { type: 'context_usage'; inputTokens: number; outputTokens: number; budgetUsedPct: number };

/** What a compaction did. Tokens are estimates of the whole prompt. */
export interface CompactionResult {
  /** Where the replaced messages are; absent when none were replaced. */
  archiveId?: string;
  /** Who wrote the summary: a model, or the server from the messages themselves because no model answered. */
  summarizedBy?: 'model' | 'digest';
  messagesBefore: number;
  messagesAfter: number;
  tokensBefore: number;
  tokensAfter: number;
}

export type RunEventType = RunEvent['type'];

/** A run event with its place in the run. */
export interface NumberedEvent {
  sequence: number;
  event: RunEvent;
}
