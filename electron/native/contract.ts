/**
 * What only a desktop can do, offered to the page as `window.native`. Absent in a browser, so every use asks first.
 * This file is the one type of both sides: a call or an event that is not here does not compile.
 */

export type ThemeSource = 'system' | 'light' | 'dark';

export const languages = ['en', 'zh-CN'] as const;
/** Languages of the native menu. */
export type MenuLanguage = (typeof languages)[number];

/** Commands that the native menu sends to the page. */
export type NativeCommand = 'settings' | 'palette' | 'find' | 'shortcuts';

export const closeChoices = ['ask', 'tray', 'quit'] as const;
/** What closing the window does where the program has an icon in the tray. */
export type CloseChoice = (typeof closeChoices)[number];

/** How the desktop program starts and ends; kept beside the data directory, not in the settings of the server. */
export interface StartupState {
  /** `unavailable`: this build cannot be started at login. */
  atLogin: 'on' | 'off' | 'unavailable';
  onClose: CloseChoice;
  /** False where the window's closing never asks: on a Mac, and where there is no tray. */
  canCloseToTray: boolean;
  notifications: boolean;
}

export interface StartupChange {
  atLogin?: boolean | undefined;
  onClose?: CloseChoice | undefined;
  notifications?: boolean | undefined;
}

/** The program is quitting. */
export interface QuitStep {
  /** What goes on now, as a sentence. */
  step: string;
  /** Titles of the runs that are waited for. */
  runs: string[];
}

export interface AppInfo {
  name: string;
  version: string;
  electron: string;
  chrome: string;
  node: string;
  isPackaged: boolean;
  /** No plugins, no MCP servers, and the server waits to be started. */
  isSafeMode: boolean;
  /** The console is that of this process, which goes on when this program ends; absent: it is this program's own. */
  adoptedPid?: number | undefined;
}

export interface NativeNotification {
  title: string;
  body: string;
  /** Address of the page that a click opens. */
  path?: string | undefined;
}

export const updateActions = [
  ...(['check', 'download', 'cancel', 'install'] as const),
  ...(['skip', 'unskip', 'later', 'automatic_on', 'automatic_off'] as const),
] as const;
export type UpdateAction = (typeof updateActions)[number];

export interface UpdateProblem {
  step: 'check' | 'download' | 'backup';
  code: 'unreachable' | 'nothing_there' | 'not_understood' | 'not_genuine' | 'disk_full' | 'other';
  /** What was said by whatever failed, in English. */
  detail: string;
}

/** `waiting`: for runs. `ready`: fetched and backed up; installed as the program ends. */
export type UpdatePhase =
  | 'unavailable'
  | 'idle'
  | 'checking'
  | 'current'
  | 'available'
  | 'downloading'
  | 'waiting'
  | 'backing_up'
  | 'ready'
  | 'failed';

/** Where this program is on the way to a newer version. Sizes in bytes, times since 1970 in ms. */
export interface UpdateState {
  phase: UpdatePhase;
  /** Why this build does not update itself. */
  reason?: 'source' | 'no_address';
  /** Of this program. */
  version: string;
  latest?: string;
  notes?: string;
  releasedAt?: number;
  receivedBytes?: number;
  totalBytes?: number;
  /** Titles of those that are waited for. */
  runs?: string[];
  problem?: UpdateProblem;
  checkedAt?: number;
  isAutomatic: boolean;
  /** The version that the person does not want to be asked about. */
  skipped?: string;
}

/** Requests from the page. Each is answered by a promise, which rejects when an argument is refused. */
export interface NativeCalls {
  appInfo(): AppInfo;
  /** Absolute path of the folder that a person chose; null when the dialog was cancelled. */
  chooseDirectory(): string | null;
  /** An absolute path on this machine. Shows, never opens. */
  showItemInFolder(path: string): void;
  /** https only. */
  openExternal(url: string): void;
  notify(notification: NativeNotification): void;
  /** Colours of native parts, and `prefers-color-scheme` of the page. */
  setThemeSource(source: ThemeSource): void;
  setMenuLanguage(language: MenuLanguage): void;
  startup(): StartupState;
  /** What is absent stays as it is. */
  changeStartup(change: StartupChange): StartupState;
  updates(): UpdateState;
  /** What does not fit the state is left alone. The rest comes as events. */
  update(action: UpdateAction): UpdateState;
  /** Ends the program whose console is shown, and opens our own. Resolves when that is there. */
  takeOver(): void;
  /** As Quit in the menu; while the program is quitting, ends the runs that it waits for. */
  quit(): void;
}

/** What the main process tells the page without being asked. */
export interface NativeEvents {
  command: NativeCommand;
  /** Address of a page to go to. */
  navigate: string;
  quitProgress: QuitStep;
  update: UpdateState;
}

type Asynchronous<Calls> = {
  [Name in keyof Calls]: Calls[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => Promise<Answer>
    : never;
};

export interface Native extends Asynchronous<NativeCalls> {
  /** `linux`, `darwin` or `win32`. */
  readonly platform: string;
  /** Each returns the unsubscriber. */
  onCommand(listener: (command: NativeCommand) => void): () => void;
  onNavigate(listener: (path: string) => void): () => void;
  onQuitProgress(listener: (step: QuitStep) => void): () => void;
  onUpdate(listener: (state: UpdateState) => void): () => void;
}

/** Name of the channel that carries a call or an event. */
export function channelOf(name: keyof NativeCalls | keyof NativeEvents): string {
  return `native:${name}`;
}

declare global {
  interface Window {
    readonly native?: Native;
  }
}
