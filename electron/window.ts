import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, screen } from 'electron';
import { type ConsoleProtocol, consoleOrigin } from './console-protocol.ts';
import { channelOf, type NativeEvents } from './native/contract.ts';
import { minimumSize, openBounds, placeWindow } from './window-bounds.ts';

export interface WindowOptions {
  protocol: ConsoleProtocol;
  preload: string;
  icon: string;
  title: string;
  hasDevTools: boolean;
  /** Address of the first page in the console. */
  path: string;
  /** The person closes the window. True: it stays, for the program quits, hides it or asks. */
  keepsOpen(): boolean;
  /** The page's process ended by itself. False: it is not loaded again. */
  onCrash(reason: string): boolean;
  /** The page does not answer; the signal says that it does again. */
  onHang(window: BrowserWindow, answers: AbortSignal): void;
  /** Windows is about to end the person's session. */
  onSessionEnd(): void;
}

/** A page that paints nothing in this time is shown empty: a window that never comes is worse. */
const longestHiddenMs = 5000;

/** The one window. It is made at once and shown with its first paint. */
export function openWindow(options: WindowOptions): BrowserWindow {
  const bounds = openBounds(join(app.getPath('userData'), 'window.json'));
  const saved = bounds.read();
  const workAreas = screen.getAllDisplays().map((display) => display.workArea);
  const window = new BrowserWindow({
    ...placeWindow(saved, workAreas),
    minWidth: minimumSize.width,
    minHeight: minimumSize.height,
    title: options.title,
    icon: options.icon,
    show: false,
    // The page's own background, so that nothing flashes before its style sheet is there.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#0f1116' : '#f9fafb',
    webPreferences: {
      preload: options.preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      // Dictionaries would be fetched from the network.
      spellcheck: false,
      devTools: options.hasDevTools,
    },
  });
  if (saved?.isMaximized) window.maximize();

  const showOnce = createOnce(() => window.show());
  const overdue = setTimeout(showOnce, longestHiddenMs);
  window.once('ready-to-show', showOnce);
  const remember = () => bounds.write({ ...window.getNormalBounds(), isMaximized: window.isMaximized() });
  window.on('close', (event) => {
    remember();
    if (options.keepsOpen()) event.preventDefault();
  });
  window.on('query-session-end', (event) => {
    event.preventDefault();
    options.onSessionEnd();
  });
  window.on('session-end', () => options.onSessionEnd());
  window.on('unresponsive', () => {
    const answers = new AbortController();
    const stop = () => answers.abort();
    window.once('responsive', stop);
    window.once('closed', stop);
    options.onHang(window, answers.signal);
  });
  app.on('before-quit', remember);
  window.on('closed', () => {
    clearTimeout(overdue);
    app.off('before-quit', remember);
  });
  followPage(window, options);
  void window
    .loadURL(`${consoleOrigin}${options.path}`)
    .catch((error: Error) => console.error(`The window stayed empty: ${error.message}`));
  return window;
}

/** Tells the page something, as long as there is one. */
export function sendToPage<Name extends keyof NativeEvents>(
  window: BrowserWindow | undefined,
  name: Name,
  value: NativeEvents[Name],
): void {
  if (window && !window.isDestroyed()) window.webContents.send(channelOf(name), value);
}

/** Streams end with the document that opened them. */
function followPage(window: BrowserWindow, { protocol, onCrash }: WindowOptions): void {
  const contents = window.webContents;
  contents.on('did-start-navigation', (event) => {
    if (event.isMainFrame && !event.isSameDocument) protocol.pageStarted();
  });
  contents.on('did-navigate', () => protocol.pageReplaced());
  contents.on('destroyed', () => protocol.pageGone());
  contents.on('render-process-gone', (_event, details) => {
    protocol.pageGone();
    if (details.reason !== 'clean-exit' && onCrash(details.reason)) contents.reload();
  });
}

function createOnce(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
