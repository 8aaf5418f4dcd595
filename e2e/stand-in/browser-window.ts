import type { BrowserWindowConstructorOptions } from 'electron';
import { app } from './app.ts';
import { state } from './state.ts';
import { preventable, StrictEmitter, strict } from './strict.ts';
import { nativeTheme } from './theme.ts';
import { WebContents } from './web-contents.ts';

const events = [
  ...['close', 'closed', 'focus', 'hide', 'query-session-end', 'ready-to-show', 'responsive', 'session-end', 'show'],
  'unresponsive',
];
const coveredOptions = new Set(
  'x y width height minWidth minHeight title icon show backgroundColor webPreferences'.split(' '),
);

/** What must hold for a window that shows pages of a program with keys and containers. */
const securePreferences: Record<string, boolean> = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  webviewTag: false,
};

function checkOptions(options: BrowserWindowConstructorOptions): void {
  for (const name of Object.keys(options))
    if (!coveredOptions.has(name)) throw new Error(`stand-in: the window option ${name} is not covered`);
  const preferences: Record<string, unknown> = { ...options.webPreferences };
  for (const [name, wanted] of Object.entries(securePreferences))
    if (preferences[name] !== undefined && preferences[name] !== wanted)
      throw new Error(`stand-in: insecure window: ${name} is ${String(preferences[name])}`);
}

let lastId = 0;

export class BrowserWindow extends StrictEmitter {
  readonly id: number;
  readonly webContents: WebContents;
  readonly #bounds: { x: number; y: number; width: number; height: number };
  readonly #title: string;
  #isVisible: boolean;
  #isMinimized = false;
  #isFocused = false;
  #isMaximized = false;

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super('BrowserWindow', events);
    if (!state.isReady) throw new Error('Cannot create BrowserWindow before app is ready');
    checkOptions(options);
    lastId += 1;
    this.id = lastId;
    this.#bounds = { x: options.x ?? 0, y: options.y ?? 0, width: options.width ?? 800, height: options.height ?? 600 };
    this.#title = options.title ?? app.getName();
    this.#isVisible = options.show ?? true;
    this.webContents = new WebContents(
      { width: this.#bounds.width, height: this.#bounds.height },
      options.webPreferences?.preload,
    );
    this.webContents.once('first-paint', () => this.emit('ready-to-show'));
    this.webContents.once('destroyed', () => this.destroy());
    nativeTheme.on('updated', this.#onTheme);
    app.windows.add(this);
    app.emit('web-contents-created', {}, this.webContents);
    app.emit('browser-window-created', {}, this);
  }

  readonly #onTheme = () => void this.webContents.attached.then(() => this.webContents.applyTheme());

  static getAllWindows(): BrowserWindow[] {
    return [...app.windows] as BrowserWindow[];
  }
  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.webContents === contents) ?? null;
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }
  close(): void {
    const event = preventable({});
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
  }
  destroy(): void {
    if (!app.windows.delete(this)) return;
    nativeTheme.off('updated', this.#onTheme);
    if (!this.webContents.isDestroyed()) this.webContents.close();
    this.emit('closed');
    if (app.windows.size === 0) app.allClosed();
  }
  isDestroyed(): boolean {
    return !app.windows.has(this);
  }
  show(): void {
    this.#isVisible = true;
    this.emit('show');
  }
  hide(): void {
    this.#isVisible = false;
    this.#isFocused = false;
    this.emit('hide');
  }
  isFocused(): boolean {
    return this.#isFocused;
  }
  isVisible(): boolean {
    return this.#isVisible;
  }
  minimize(): void {
    this.#isMinimized = true;
  }
  restore(): void {
    this.#isMinimized = false;
  }
  isMinimized(): boolean {
    return this.#isMinimized;
  }
  maximize(): void {
    this.#isMaximized = true;
  }
  isMaximized(): boolean {
    return this.#isMaximized;
  }
  focus(): void {
    this.#isFocused = true;
    this.emit('focus');
  }
  getTitle(): string {
    return this.#title;
  }
  getBounds() {
    return { ...this.#bounds };
  }
  getNormalBounds() {
    return { ...this.#bounds };
  }
}

function allContents(): WebContents[] {
  return BrowserWindow.getAllWindows().map((window) => window.webContents);
}

export const webContents = strict('webContents', {
  getAllWebContents: allContents,
  fromDevToolsTargetId: (id: string) => allContents().find((contents) => contents.targetId === id),
});
