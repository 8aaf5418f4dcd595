import type { HookedToolCall, HookedToolOutput, Intercepted, RunFollower, RunHooks } from '../agent/run-hooks.ts';
import { type ChatRequest, chatRequestSchema } from '../contract/chat.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { callHook, type HookResult } from './call-hook.ts';
import type { HookScope, Plugin } from './plugin.ts';
import type { PluginFault } from './plugin-fault.ts';
import { inputOf, outputOf } from './tool-hook-values.ts';

export interface PluginHooksOptions {
  /** Those that run now, in their order. */
  plugins(): readonly Plugin[];
  clock: Clock;
  loggerOf(plugin: string): Logger;
  report(fault: PluginFault): void;
}

/** Tells the plugins of runs, one after the other by priority, and lets them change what they may. */
export function createPluginHooks({ plugins, clock, loggerOf, report }: PluginHooksOptions): RunHooks {
  async function call<T>(
    plugin: Plugin,
    hook: keyof Plugin,
    begin: (scope: HookScope) => T | Promise<T>,
    signal?: AbortSignal,
  ): Promise<HookResult<T>> {
    const logger = loggerOf(plugin.name);
    const result = await callHook((own) => begin({ logger, signal: own }), { clock, ...(signal && { signal }) });
    // What an abort interrupts is no fault of the plugin's.
    if (!result.ok && !signal?.aborted) report({ plugin: plugin.name, hook, error: result.error });
    return result;
  }

  async function intercept(request: ChatRequest, about: Parameters<RunHooks['intercept']>[1]): Promise<Intercepted> {
    let current = request;
    for (const plugin of plugins()) {
      if (!plugin.interceptChatRequest) continue;
      const result = await call(plugin, 'interceptChatRequest', async (scope) => {
        const answer = await plugin.interceptChatRequest?.(current, { ...about, ...scope });
        if (answer === undefined) return undefined;
        if ('reply' in answer) return { reply: answer.reply };
        // Files are not worth a second look, and may be large.
        const { attachments, ...rest } = answer.request;
        return { request: { ...chatRequestSchema.parse(rest), ...(attachments && { attachments }) } };
      });
      if (!result.ok) {
        if (plugin.critical) throw refusal(plugin, result.error);
        continue;
      }
      const { value } = result;
      if (value?.reply !== undefined) return { request: current, answer: { by: plugin.name, reply: value.reply } };
      current = value?.request ?? current;
    }
    return { request: current };
  }

  function follow(about: Parameters<RunHooks['follow']>[0], request: ChatRequest): RunFollower {
    const followers = plugins();
    let telling: Promise<unknown> = Promise.resolve();

    async function tellAll(hook: keyof Plugin, begin: (plugin: Plugin, scope: HookScope) => unknown): Promise<void> {
      for (const plugin of followers) if (plugin[hook]) await call(plugin, hook, (scope) => begin(plugin, scope));
    }

    return {
      async started(signal) {
        for (const plugin of followers) {
          if (!plugin.onRequestStart) continue;
          const tell = (scope: HookScope) => plugin.onRequestStart?.({ ...about, request }, scope);
          const result = await call(plugin, 'onRequestStart', tell, signal);
          signal.throwIfAborted();
          if (!result.ok && plugin.critical) throw refusal(plugin, result.error);
        }
      },
      turnPersisted(turn) {
        telling = telling.then(() =>
          tellAll('onTurnPersisted', (plugin, scope) => plugin.onTurnPersisted?.(about, turn, scope)),
        );
      },
      async ended(outcome) {
        await telling;
        await tellAll('onRequestEnd', (plugin, scope) => plugin.onRequestEnd?.(about, outcome, scope));
      },
    };
  }

  async function beforeTool(toolCall: HookedToolCall, signal: AbortSignal): Promise<Record<string, unknown>> {
    let { input } = toolCall;
    for (const plugin of plugins()) {
      if (!plugin.onBeforeToolCall) continue;
      const seen = structuredClone({ ...toolCall, input });
      const decide = async (scope: HookScope) => inputOf(await plugin.onBeforeToolCall?.(seen, scope), input);
      const result = await call(plugin, 'onBeforeToolCall', decide, signal);
      signal.throwIfAborted();
      if (!result.ok) {
        throw denied(`The plugin "${plugin.name}" could not check it, so it was not run.`);
      }
      if ('reason' in result.value) throw denied(`${result.value.reason} (said by the plugin "${plugin.name}")`);
      input = result.value.input;
    }
    return input;
  }

  async function afterTool(toolCall: HookedToolCall, output: HookedToolOutput, signal: AbortSignal) {
    let current = output;
    for (const plugin of plugins()) {
      if (!plugin.onAfterToolCall) continue;
      const look = async (scope: HookScope) => outputOf(await plugin.onAfterToolCall?.(toolCall, current, scope));
      const result = await call(plugin, 'onAfterToolCall', look, signal);
      if (result.ok && result.value) current = result.value;
    }
    return current;
  }

  return { intercept, follow, beforeTool, afterTool };
}

/** What a critical plugin throws ends the request; the words of an unforeseen error stay in the log. */
function refusal({ name }: Plugin, error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('plugin_failed', `The plugin "${name}" failed, and nothing is answered without it.`, {
    status: 503,
    cause: error,
  });
}

function denied(why: string): AppError {
  return new AppError('plugin_denied', `This call is not permitted. ${why} Do not try to get around it.`);
}
