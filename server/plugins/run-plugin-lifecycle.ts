import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { callHook } from './call-hook.ts';
import type { Plugin } from './plugin.ts';
import type { PluginFault } from './plugin-fault.ts';
import { inOrder } from './plugin-shape.ts';

export interface PluginLifecycleOptions {
  plugins: readonly Plugin[];
  clock: Clock;
  /** The logger of one plugin. */
  loggerOf(plugin: string): Logger;
  report(fault: PluginFault): void;
}

export interface StartedPlugins {
  /** Those that run, the highest priority first. */
  readonly plugins: readonly Plugin[];
  /** Names of those that did not start, with the reason. */
  readonly failed: readonly { name: string; reason: string }[];
  /** In reverse order; idempotent, never rejects. */
  stop(): Promise<void>;
}

/**
 * Starts the plugins one after the other. One that cannot is left out and stopped; a critical one ends the start: then
 * those before it are stopped, and AppError `plugin_start_failed` is thrown. Throws `duplicate_plugin`, too.
 */
export async function runPluginLifecycle(options: PluginLifecycleOptions): Promise<StartedPlugins> {
  const { clock, loggerOf, report } = options;
  const started: Plugin[] = [];
  const failed: { name: string; reason: string }[] = [];
  let stopping: Promise<void> | undefined;

  async function stopAll(): Promise<void> {
    for (const plugin of started.toReversed()) await stopOne(plugin);
  }

  async function stopOne(plugin: Plugin): Promise<void> {
    const result = await callHook(() => plugin.stop?.(), { clock });
    if (!result.ok) report({ plugin: plugin.name, hook: 'stop', error: result.error });
  }

  for (const plugin of inOrder(options.plugins)) {
    const { name } = plugin;
    const result = await callHook(() => plugin.start?.({ logger: loggerOf(name) }), { clock });
    if (result.ok) {
      started.push(plugin);
      continue;
    }
    report({ plugin: name, hook: 'start', error: result.error });
    // It may have opened something before it failed.
    await stopOne(plugin);
    const reason = messageOf(result.error);
    if (!plugin.critical) failed.push({ name, reason });
    else {
      await stopAll();
      throw new AppError(
        'plugin_start_failed',
        `The plugin "${name}" must run, and could not start: ${reason} Put it right, or leave it out of the settings.`,
        { cause: result.error },
      );
    }
  }
  return {
    plugins: started,
    failed,
    stop() {
      stopping ??= stopAll();
      return stopping;
    },
  };
}
