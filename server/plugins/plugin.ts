import type { Hono } from 'hono';
import type { KeptFile } from '../agent/attached-files.ts';
import type { ContextProvider } from '../agent/context-providers.ts';
import type { FinishedTurn } from '../agent/loop.ts';
import type { HookedToolCall, HookedToolOutput, Reply, RunAbout, RunOutcome } from '../agent/run-hooks.ts';
import type { Tool } from '../agent/tools/tool.ts';
import type { ChatRequest } from '../contract/chat.ts';
import type { SessionKey } from '../contract/ids.ts';
import type { HttpEnv } from '../http/http-env.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What a plugin is handed when it starts. */
export interface PluginContext {
  /** Its lines carry the plugin's name. */
  logger: Logger;
}

/** What every hook of a run is handed. The signal fires when its time is up or the run is aborted. */
export interface HookScope {
  logger: Logger;
  signal: AbortSignal;
}

/** `reply`: said in the place of the model. `request`: goes on in the place of the one that came. */
export type Interception = { reply: Reply } | { request: ChatRequest };

/** Undefined or `allow`: goes on as it is. `rewrite`: goes on with these arguments, checked and judged again. */
export type ToolDecision =
  | { decision: 'allow' }
  | { decision: 'rewrite'; input: Record<string, unknown> }
  | { decision: 'deny'; reason: string };

/** Undefined: all is well. */
export type CheckFinding = { status: 'ok' | 'warn' | 'fail'; message?: string } | undefined;

export interface ReadinessProbe {
  name: string;
  /** Throws for `fail`. Bounded to 5 s. */
  check(signal: AbortSignal): CheckFinding | Promise<CheckFinding>;
}

type Awaitable<T> = T | Promise<T>;

/**
 * Something that joins in where runs begin, work and end. Each hook has 5 s. One that throws or takes longer is left
 * out, logged with the plugin's name and counted; only `onBeforeToolCall` then refuses the call, and `critical` plugins
 * end the request in `interceptChatRequest` and `onRequestStart`.
 */
export interface Plugin {
  /** Lower case, digits and dashes; unique. */
  name: string;
  version: string;
  /** Higher ones come first, and are stopped last. Default 0. */
  priority?: number;
  /** The server does not start without it. */
  critical?: boolean;
  start?(context: PluginContext): Awaitable<void>;
  stop?(): Awaitable<void>;
  /** Before a session is opened, on every door. The first that replies wins. */
  interceptChatRequest?(
    request: ChatRequest,
    scope: HookScope & SessionKey & { runId: string },
  ): Awaitable<Interception | undefined>;
  /** Tell the model something at the beginning of each run. */
  contextProviders?: readonly ContextProvider[];
  /** Says something about files that came with a message; it becomes part of that message. */
  attachmentHandler?(files: readonly KeptFile[], scope: HookScope & SessionKey): Awaitable<string | undefined>;
  onRequestStart?(run: RunAbout & { request: ChatRequest }, scope: HookScope): Awaitable<void>;
  /** Always, after the last event. */
  onRequestEnd?(run: RunAbout, outcome: RunOutcome, scope: HookScope): Awaitable<void>;
  /** The turn is on disk. */
  onTurnPersisted?(run: RunAbout, turn: FinishedTurn, scope: HookScope): Awaitable<void>;
  onBeforeToolCall?(call: HookedToolCall, scope: HookScope): Awaitable<ToolDecision | undefined>;
  /** An output that it gives back takes the place of the tool's. */
  onAfterToolCall?(
    call: HookedToolCall,
    output: HookedToolOutput,
    scope: HookScope,
  ): Awaitable<HookedToolOutput | undefined>;
  /** Adds routes that are then found below `/plugins/<name>/`, behind the same checks as all others. */
  routes?(app: Hono<HttpEnv>): void;
  readinessChecks?: readonly ReadinessProbe[];
  tools?: readonly Tool[];
}
