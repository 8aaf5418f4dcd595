import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { App } from 'electron';

/** Whether the program starts when the person signs in to the machine. */
export interface LoginItem {
  state(): 'on' | 'off' | 'unavailable';
  /** Throws with the system's sentence. */
  set(isOn: boolean): void;
}

export interface LoginItemOptions {
  app: Pick<App, 'isPackaged' | 'getLoginItemSettings' | 'setLoginItemSettings'>;
  platform: NodeJS.Platform;
  /** What starts this program, without arguments of one start only. */
  command: readonly string[];
  /** Where a Linux desktop looks for what it starts at login. */
  autostartFile: string;
}

/** Told to the program at such a start. */
export const loginArgument = '--hidden';

export function createLoginItem({ app, platform, command, autostartFile }: LoginItemOptions): LoginItem {
  // Electron's own API does nothing on Linux.
  if (platform === 'linux') return autostart(autostartFile, [...command, loginArgument]);
  const [path = '', ...rest] = command;
  const asked = platform === 'win32' ? { path, args: [...rest, loginArgument] } : {};
  // A Mac starts programs, not commands: one from source has none.
  const isUnavailable = platform === 'darwin' && !app.isPackaged;
  return {
    state() {
      if (isUnavailable) return 'unavailable';
      return app.getLoginItemSettings(asked).openAtLogin ? 'on' : 'off';
    },
    set(isOn) {
      if (isUnavailable) throw new Error('A program that runs from source cannot start at login on a Mac.');
      app.setLoginItemSettings({ openAtLogin: isOn, ...asked });
    },
  };
}

/** The Desktop Application Autostart Specification's way. */
function autostart(file: string, command: readonly string[]): LoginItem {
  return {
    state() {
      const text = readIfThere(file);
      if (text === undefined) return 'off';
      // Desktops turn entries off in place.
      return /^(?:Hidden=true|X-GNOME-Autostart-enabled=false)\s*$/m.test(text) ? 'off' : 'on';
    },
    set(isOn) {
      if (!isOn) {
        rmSync(file, { force: true });
        return;
      }
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, entryFor(command), { mode: 0o600 });
    },
  };
}

export function entryFor(command: readonly string[]): string {
  const lines = [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Agentrail Console',
    `Exec=${command.map(quote).join(' ')}`,
    'Terminal=false',
  ];
  return `${lines.join('\n')}\n`;
}

/** An argument as the Desktop Entry Specification wants it: quoted for Exec, then escaped as a value of the file. */
function quote(argument: string): string {
  if (/[\n\r\0]/.test(argument)) throw new Error('The program lies in a folder whose name holds a line break.');
  const quoted = argument.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%');
  return `"${quoted.replaceAll('\\', '\\\\')}"`;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
