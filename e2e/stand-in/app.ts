import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { record } from './calls.ts';
import { SingleInstance } from './single-instance.ts';
import { state } from './state.ts';
import { preventable, StrictEmitter } from './strict.ts';

/** What `app` needs of windows, without knowing them. */
interface ClosableWindow {
  close(): void;
}

const events = [
  'ready',
  'activate',
  'before-quit',
  'browser-window-created',
  'child-process-gone',
  'open-url',
  'quit',
  'second-instance',
  'web-contents-created',
  'will-quit',
  'window-all-closed',
];

class App extends StrictEmitter {
  readonly isPackaged = false;
  readonly windows = new Set<ClosableWindow>();
  readonly commandLine = {
    appendSwitch: (name: string, value = '') => void this.#switches.set(name, value),
    hasSwitch: (name: string) =>
      this.#switches.has(name) || process.argv.some((given) => given.split('=', 1)[0] === `--${name}`),
  };
  #switches = new Map<string, string>();
  #paths = new Map<string, string>();
  #instance = new SingleInstance();
  #readiness = Promise.withResolvers<void>();
  #isQuitting = false;
  #opensAtLogin = false;

  constructor() {
    super('app', events);
  }

  /** Called by boot.ts. Not by way of `emit`: Playwright's loader holds that one back until it is attached. */
  becomeReady(): void {
    state.isReady = true;
    this.#readiness.resolve();
    this.emit('ready', {}, {});
  }
  isReady(): boolean {
    return state.isReady;
  }
  whenReady(): Promise<void> {
    return this.#readiness.promise;
  }
  getName(): string {
    return state.manifest.productName ?? state.manifest.name;
  }
  getVersion(): string {
    return state.manifest.version;
  }
  getAppPath(): string {
    return state.appPath;
  }
  getLocale(): string {
    return process.env.STAND_IN_LOCALE ?? 'en-US';
  }

  getPath(name: string): string {
    const appData = process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config');
    const usual = new Map([
      ['home', homedir()],
      ['appData', appData],
      ['temp', tmpdir()],
      ['userData', join(appData, this.getName())],
    ]);
    const path = this.#paths.get(name) ?? usual.get(name);
    if (!path) throw new Error(`stand-in: app.getPath('${name}') is not covered`);
    return path;
  }
  setPath(name: string, path: string): void {
    if (!existsSync(path)) throw new Error(`Failed to set path: ${path} does not exist`);
    this.#paths.set(name, path);
  }

  setAsDefaultProtocolClient(scheme: string): boolean {
    if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) throw new Error(`stand-in: ${scheme} is no name of a scheme`);
    record('app.setAsDefaultProtocolClient', [scheme]);
    return true;
  }
  /** As in Electron, there is nothing of the kind on Linux: what is set there is lost. */
  setLoginItemSettings(settings: { openAtLogin?: boolean }): void {
    record('app.setLoginItemSettings', [settings]);
    if (process.platform !== 'linux') this.#opensAtLogin = settings.openAtLogin === true;
  }
  getLoginItemSettings(): { openAtLogin: boolean } {
    return { openAtLogin: this.#opensAtLogin };
  }

  requestSingleInstanceLock(): boolean {
    return this.#instance.request(this.getPath('userData'), ({ argv, cwd }) =>
      this.emit('second-instance', {}, argv, cwd, undefined),
    );
  }
  hasSingleInstanceLock(): boolean {
    return this.#instance.isHeld;
  }

  quit(): void {
    if (this.#isQuitting) return;
    this.#isQuitting = true;
    this.#isQuitting = this.#quitSteps();
  }
  /** False when someone refused. */
  #quitSteps(): boolean {
    const before = preventable({});
    this.emit('before-quit', before);
    if (before.defaultPrevented) return false;
    for (const window of this.windows) window.close();
    if (this.windows.size > 0) return false;
    const will = preventable({});
    this.emit('will-quit', will);
    if (will.defaultPrevented) return false;
    // A turn of the event loop later, so that a second instance's message leaves first.
    setTimeout(() => this.exit(0), 20);
    return true;
  }
  relaunch(options: { args?: string[]; execPath?: string } = {}): void {
    record('app.relaunch', [options]);
    const program = options.execPath ?? process.argv[0];
    if (!program) throw new Error('stand-in: what is to be started again is not known');
    const args = options.args ?? process.argv.slice(1);
    // Once this process is gone, as Electron does it.
    state.endings.push(() => {
      const wait = 'while kill -0 "$0" 2>/dev/null; do sleep 0.1; done; exec "$@"';
      spawn('sh', ['-c', wait, String(process.pid), program, ...args], { detached: true, stdio: 'ignore' }).unref();
    });
  }
  /** At once: no `close` of windows, no `before-quit`. */
  exit(code = 0): never {
    this.emit('quit', {}, code);
    this.#instance.release();
    for (const ending of state.endings) ending();
    process.exit(code);
  }
  /** The last window is gone. */
  allClosed(): void {
    if (this.#isQuitting) return;
    if (this.listenerCount('window-all-closed') > 0) this.emit('window-all-closed');
    else this.quit();
  }
}

export const app = new App();
