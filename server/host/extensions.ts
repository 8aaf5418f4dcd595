import type { ContextProvider } from '../agent/context-providers.ts';
import type { Profile, ProfileResolver } from '../agent/profiles.ts';
import type { Tool } from '../agent/tools/tool.ts';
import type { Plugin, ReadinessProbe } from '../plugins/plugin.ts';
import type { PluginFault } from '../plugins/plugin-fault.ts';
import type { TelemetrySink } from './telemetry-sinks.ts';

/** What people who embed the server bring along in code. */
export interface Extensions {
  /** Made by `defineProfile`. Agents of the settings with the same id win, setting by setting. */
  profiles?: readonly Profile[];
  /** Finds who answers a request; undefined: as its `agentId` says. */
  resolveProfile?: ProfileResolver;
  /** Made by `defineTool`. One with the name of a tool that comes with the program takes its place. */
  tools?: readonly Tool[];
  /** In front of those of the settings. */
  plugins?: readonly Plugin[];
  /** Tell every agent something at the beginning of each run. */
  contextProviders?: readonly ContextProvider[];
  /** Hear every event and log line. */
  sinks?: readonly TelemetrySink[];
  /** Asked with every `/ready`. */
  readinessChecks?: readonly ReadinessProbe[];
  /** Told of each hook that threw or took too long. */
  onPluginError?(fault: PluginFault): void;
}
