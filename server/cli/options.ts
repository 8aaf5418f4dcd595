import { findInstallRoot } from '../data/install-root.ts';
import { installFiles as filesBelow } from '../host/install-files.ts';
import type { HostOptions } from '../index.ts';

/** What every command that runs a server understands. */
export interface ServerFlags {
  dataDir?: string;
  config?: string;
  host?: string;
  port?: number;
  consolePort?: number;
  /** Descriptor of a pipe whose other end `npm start` holds. */
  launcherPipe?: number;
}

export function installFiles() {
  return filesBelow(findInstallRoot(import.meta.dirname));
}

export function commandLineOf(flags: ServerFlags): HostOptions['commandLine'] {
  const { dataDir, config, host, port } = flags;
  return {
    ...(dataDir !== undefined && { dataDir }),
    ...(config !== undefined && { configPath: config }),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
  };
}
