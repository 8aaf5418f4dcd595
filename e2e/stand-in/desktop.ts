import { BrowserWindow } from './browser-window.ts';
import { record } from './calls.ts';
import { preventable, StrictEmitter, strict } from './strict.ts';

interface MessageBox {
  message?: unknown;
  buttons?: string[];
  defaultId?: number;
  cancelId?: number;
}

export const dialog = strict('dialog', {
  async showOpenDialog(...given: unknown[]): Promise<{ canceled: boolean; filePaths: string[] }> {
    record('dialog.showOpenDialog', given);
    return { canceled: true, filePaths: [] };
  },
  /** Nobody is there to answer: the button of `cancelId`. Specs put their own answer in its place. */
  async showMessageBox(...given: unknown[]): Promise<{ response: number; checkboxChecked: boolean }> {
    record('dialog.showMessageBox', given);
    const options = given.find((part) => !(part instanceof BrowserWindow)) as MessageBox | undefined;
    if (typeof options?.message !== 'string') throw new TypeError('Message must be a string');
    for (const id of [options.defaultId, options.cancelId])
      if (id !== undefined && options.buttons?.[id] === undefined)
        throw new Error(`stand-in: there is no button ${id}`);
    return { response: options.cancelId ?? 0, checkboxChecked: false };
  },
  showErrorBox(title: string, content: string) {
    record('dialog.showErrorBox', [title, content]);
    console.error(`${title}: ${content}`);
  },
});

export const shell = strict('shell', {
  async openExternal(url: string) {
    record('shell.openExternal', [url]);
  },
  showItemInFolder(path: string) {
    record('shell.showItemInFolder', [path]);
  },
});

class PowerMonitor extends StrictEmitter {
  constructor() {
    super('powerMonitor', ['shutdown', 'suspend', 'resume']);
  }
  /** For specs: as the system does it. True when it was asked to wait. */
  tellShutdown(): boolean {
    const event = preventable({});
    this.emit('shutdown', event);
    return event.defaultPrevented;
  }
}
export const powerMonitor = new PowerMonitor();

const workArea = { x: 0, y: 0, width: 1920, height: 1080 };
export const screen = strict('screen', {
  getAllDisplays: () => [{ id: 1, scaleFactor: 1, bounds: workArea, workArea }],
});

interface NotificationOptions {
  title?: string;
  body?: string;
  actions?: { type: string; text?: string }[];
}
const notificationOptions = new Set(['title', 'body', 'actions']);

export class Notification extends StrictEmitter {
  readonly #options: NotificationOptions;

  constructor(options: NotificationOptions) {
    super('Notification', ['show', 'close', 'click', 'action', 'failed']);
    for (const name of Object.keys(options))
      if (!notificationOptions.has(name)) throw new Error(`stand-in: the notification option ${name} is not covered`);
    for (const { type } of options.actions ?? []) if (type !== 'button') throw new TypeError(`Invalid action ${type}`);
    this.#options = options;
    shownNotifications.push(this);
  }
  static isSupported(): boolean {
    return true;
  }
  show(): void {
    record('Notification.show', [this.#options]);
    this.emit('show', {});
  }
}

/** For specs, as `globalThis.standInNotifications`. */
const shownNotifications: Notification[] = [];
Object.defineProperty(globalThis, 'standInNotifications', { value: shownNotifications });
