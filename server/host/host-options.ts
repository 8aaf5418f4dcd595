import type { LogLine } from '../contract/logs.ts';
import type { CommandLine } from './command-line.ts';

export interface HostOptions {
  /** Folder with `sandbox/agent/` and the other files that come with the program. */
  resourcesDir: string;
  version: string;
  commandLine: CommandLine;
  /** Also shows each log line somewhere; must not throw. */
  echo?: (line: LogLine) => void;
}
