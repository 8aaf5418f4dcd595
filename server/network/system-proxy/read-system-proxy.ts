import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { SystemProxy } from '../proxy-rules.ts';
import { parseGnome } from './gnome.ts';
import { parseMacos } from './macos.ts';
import { internetSettings, parseWindows } from './windows.ts';

const boundMs = 3000;
const maxOutputBytes = 262_144;

export interface SystemProxyOptions {
  platform: NodeJS.Platform;
  /** What the system's programs are found and run with. */
  environment: Readonly<Record<string, string>>;
}

/** What the operating system is set to; undefined when it says nothing, or has no program that could be asked. */
export async function readSystemProxy({ platform, environment }: SystemProxyOptions): Promise<SystemProxy | undefined> {
  const { command, args, parse } = askers(platform, environment);
  let stdout: string;
  try {
    const run = promisify(execFile);
    const options = { timeout: boundMs, maxBuffer: maxOutputBytes, windowsHide: true, env: environment };
    ({ stdout } = await run(command, args, { ...options, killSignal: 'SIGKILL', encoding: 'utf8' }));
  } catch {
    // No such program, or no such setting: a system without a desktop has no proxy of its own.
    return undefined;
  }
  return parse(stdout);
}

function askers(platform: NodeJS.Platform, environment: Readonly<Record<string, string>>) {
  switch (platform) {
    case 'darwin':
      return { command: '/usr/sbin/scutil', args: ['--proxy'], parse: parseMacos };
    case 'win32': {
      const root = environment.SYSTEMROOT ?? 'C:\\Windows';
      return {
        command: path.win32.join(root, 'System32\\reg.exe'),
        args: ['query', internetSettings],
        parse: parseWindows,
      };
    }
    default:
      return { command: 'gsettings', args: ['list-recursively', 'org.gnome.system.proxy'], parse: parseGnome };
  }
}
