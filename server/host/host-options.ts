import type { LogLine } from '../contract/logs.ts';
import type { Listener } from '../lifecycle.ts';
import type { UpdateKnowledge } from '../production-checklist/surroundings.ts';
import type { StartKeychain } from '../secrets/keychain.ts';
import type { CommandLine } from './command-line.ts';
import type { Extensions } from './extensions.ts';

interface Address {
  host: string;
  port: number;
}

export interface HostOptions {
  /** Folder with `sandbox/agent/` and the other files that come with the program. */
  resourcesDir: string;
  version: string;
  commandLine: CommandLine;
  /** Also shows each log line somewhere; must not throw. */
  echo?: (line: LogLine) => void;
  /** It lives for one command: takes no commands of others, and does nothing that is due by the clock. */
  isCommand?: boolean;
  /** Another program of this user, which wants the data directory, asks this one to end in order. Absent: it cannot. */
  onEndAsked?(): void;
  /** How the system's keychain is asked. Default: by a process of this program. */
  startKeychain?: StartKeychain | undefined;
  /** Which proxy the desktop takes for an address, as `PROXY a:8080; DIRECT`. Default: what the system's settings say. */
  resolveProxy?(url: string): Promise<string>;
  /** What is known of newer versions, where the program can find out; undefined: nothing yet. */
  updates?(): Promise<UpdateKnowledge | undefined>;
  /** What an embedding program brings along. */
  extensions?: Extensions;
  /** Settings that win over environment and file: dotted paths and values. */
  settings?: Record<string, unknown>;
  /** In the place of a listener of our own. */
  listen?(fetch: (request: Request) => Response | Promise<Response>, at: Address): Promise<Listener>;
}
