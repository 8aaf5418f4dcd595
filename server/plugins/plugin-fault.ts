import { messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface PluginFault {
  plugin: string;
  /** Of the plugin's interface, for instance `onTurnPersisted`. */
  hook: string;
  error: unknown;
}

export interface FaultReportOptions {
  logger: Logger;
  count(plugin: string, hook: string): void;
  /** Also told of each; may throw. */
  onError?: ((fault: PluginFault) => void) | undefined;
}

/** Logs, counts and tells what went wrong in plugins. Never throws. */
export function createFaultReport({ logger, count, onError }: FaultReportOptions): (fault: PluginFault) => void {
  return (fault) => {
    const { plugin, hook, error } = fault;
    const stack = error instanceof Error ? { stack: error.stack } : {};
    logger.error(`The plugin ${plugin} failed in ${hook}: ${messageOf(error)}`, { plugin, hook, ...stack });
    count(plugin, hook);
    try {
      onError?.(fault);
    } catch (second) {
      logger.error(`The callback for plugin faults failed: ${messageOf(second)}`, { plugin, hook });
    }
  };
}
