import type { BrowserWindow } from 'electron';
import { consoleOrigin } from './console-protocol.ts';
import type { CloseChoice, NativeCommand, NativeEvents } from './native/contract.ts';
import { openWindow, sendToPage, type WindowOptions } from './window.ts';

export interface WindowKeeperOptions
  extends Omit<WindowOptions, 'path' | 'title' | 'keepsOpen' | 'onCrash' | 'onHang'> {
  title(): string;
  /** What closing the window means now; undefined where it never means more than that. */
  onClose(): CloseChoice | undefined;
  /** Resolves with what the person chose; undefined when that was nothing. */
  askOnClose(window: BrowserWindow): Promise<'tray' | 'quit' | undefined>;
  /** Asks what to do about a page that does not answer, until the signal. */
  askOnHang(window: BrowserWindow, answers: AbortSignal): Promise<'wait' | 'reload'>;
  quit(): void;
  /** The page's process ended. False: it is not to be loaded again by itself. */
  mayReload(reason: string): boolean;
}

/** There is one window, or none: the program lives on without where it has a tray, and on a Mac. */
export interface WindowKeeper {
  /** Brings the window to the front, or makes one; then on to the page. */
  show(path?: string): void;
  current(): BrowserWindow | undefined;
  /** A command from the menu, for the page. */
  command(command: NativeCommand): void;
  tell<Name extends keyof NativeEvents>(name: Name, value: NativeEvents[Name]): void;
  /** What is behind the console's address is another thing now. */
  loadAnew(): void;
  isInFront(): boolean;
}

export function createWindowKeeper(options: WindowKeeperOptions): WindowKeeper {
  let window: BrowserWindow | undefined;
  let hasLoaded = false;
  let isAsking = false;
  let isAskingOfHang = false;

  const current = () => (window?.isDestroyed() === false ? window : undefined);
  const load = (open: BrowserWindow, path: string) => {
    open
      .loadURL(`${consoleOrigin}${path}`)
      .catch((error: Error) => console.error(`${path} was not opened: ${error.message}`));
  };

  function make(path: string): void {
    hasLoaded = false;
    const made = openWindow({
      ...options,
      path,
      title: options.title(),
      keepsOpen: () => keepsOpen(made),
      onHang: (_window, answers) => void askOfHang(made, answers),
      onCrash(reason) {
        hasLoaded = false;
        if (options.mayReload(reason)) return true;
        load(made, '/');
        return false;
      },
    });
    made.webContents.on('did-finish-load', () => {
      hasLoaded = true;
    });
    window = made;
  }

  function keepsOpen(open: BrowserWindow): boolean {
    const choice = options.onClose();
    if (choice === undefined) return false;
    if (choice === 'ask') void ask(open);
    else act(choice, open);
    return true;
  }

  function act(choice: 'tray' | 'quit', open: BrowserWindow): void {
    if (choice === 'quit') options.quit();
    else open.hide();
  }

  async function ask(open: BrowserWindow): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    try {
      const choice = await options.askOnClose(open);
      if (choice !== undefined && !open.isDestroyed()) act(choice, open);
    } catch (error) {
      console.error(`The question was not shown: ${error instanceof Error ? error.message : String(error)}`);
      options.quit();
    } finally {
      isAsking = false;
    }
  }

  async function askOfHang(open: BrowserWindow, answers: AbortSignal): Promise<void> {
    if (isAskingOfHang) return;
    isAskingOfHang = true;
    try {
      const choice = await options.askOnHang(open, answers);
      // Its end is a crash like any other: the page is loaded again, unless it crashes too often.
      if (choice === 'reload' && !answers.aborted && !open.isDestroyed()) open.webContents.forcefullyCrashRenderer();
    } catch (error) {
      console.error(`The question was not shown: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      isAskingOfHang = false;
    }
  }

  function show(path?: string): void {
    const open = current();
    if (!open) {
      make(path ?? '/');
      return;
    }
    if (open.isMinimized()) open.restore();
    open.show();
    open.focus();
    if (path === undefined) return;
    if (hasLoaded) sendToPage(open, 'navigate', path);
    else load(open, path);
  }

  return {
    show,
    current,
    command(command) {
      show();
      sendToPage(current(), 'command', command);
    },
    tell: (name, value) => sendToPage(current(), name, value),
    loadAnew() {
      const open = current();
      hasLoaded = false;
      if (open) load(open, '/');
    },
    isInFront: () => current()?.isFocused() === true,
  };
}
