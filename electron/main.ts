import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { app, ipcMain, Menu, powerMonitor, protocol, session, shell } from 'electron';
import {
  appImagePath,
  type ConsoleHost,
  createPages,
  createStartAid,
  onLauncherGone,
  openConsoleHost,
  parseCommandLine,
} from '../server/index.ts';
import { openConsoleProtocol, scheme, schemePrivileges } from './console-protocol.ts';
import { crashTimesSchema, createCrashCounter, openStartRecord } from './crash-guard.ts';
import { followFaults } from './faults.ts';
import { followLinks, type LinkFollower } from './follow-links.ts';
import { createHostKeeper, type HostKeeper } from './host-keeper.ts';
import { keychainProcess } from './keychain.ts';
import { lockContents, lockSession } from './lockdown.ts';
import { createLoginItem } from './login-item.ts';
import { menuTemplate } from './menu.ts';
import type { MenuLanguage } from './native/contract.ts';
import { desktopAnswers } from './native/desktop.ts';
import { registerNativeHandlers } from './native/handlers.ts';
import { createNotifier } from './notifications.ts';
import { openOwnFile } from './own-file.ts';
import { followPower } from './power.ts';
import { openPreferences } from './preferences.ts';
import { askOnClose, askOnHang, askOnQuit } from './questions.ts';
import { createQuit } from './quit.ts';
import { createRecovery } from './recovery/recovery.ts';
import { followRuns, personsRuns } from './runs.ts';
import { argumentsOfLater, parseStart } from './start-options.ts';
import { openTray } from './tray.ts';
import { openUpdates } from './updates/open-updates.ts';
import type { Updates } from './updates/updates.ts';
import { createWindowKeeper, type WindowKeeper } from './window-keeper.ts';
import { desktopWords } from './words.ts';

const shutdownBoundMs = 20_000;
/** From dist/main to what lies beside it, also inside app.asar. */
const appDir = join(import.meta.dirname, '../..');
const iconsDir = join(appDir, 'resources/icons');
const rendererDir = join(appDir, 'dist/renderer');
const hasDevTools = !app.isPackaged || app.commandLine.hasSwitch('devtools');
const { platform } = process;

const start = parseStart(process.argv.slice(app.isPackaged ? 1 : 2));
const commandLine = parseCommandLine(start.own);
// The same place packaged and not, whatever the product is called.
const userData = join(app.getPath('appData'), 'agentrail-console');
mkdirSync(userData, { recursive: true });
app.setPath('userData', userData);
protocol.registerSchemesAsPrivileged([{ scheme, privileges: schemePrivileges }]);
// A link that starts the program on a Mac comes before it is ready.
const links = followLinks(app, start.link);
if (app.requestSingleInstanceLock()) run(links).catch(fail);
else app.quit();

async function run(links: LinkFollower): Promise<void> {
  await app.whenReady();
  let language: MenuLanguage = app.getLocale().startsWith('zh') ? 'zh-CN' : 'en';
  const words = () => desktopWords[language];
  const preferences = openPreferences(join(userData, 'desktop.json'));
  const record = openStartRecord(openOwnFile(join(userData, 'starts.json'), crashTimesSchema, 'The start'), Date.now);
  const pageCrashes = createCrashCounter(Date.now);
  let hasFailed = false;
  /** Arguments of a start that is to follow this program's end. */
  let later: string[] | undefined;

  const updates = openUpdates({
    app,
    file: join(userData, 'updates.json'),
    network: () => keeper.current()?.network,
    runs: () => personsRuns(keeper.current()),
    async backUp(signal) {
      const other = keeper.adoptedPid();
      if (other !== undefined) throw new Error(`Process ${other} holds the data. Stop it, then try again.`);
      await keeper.current()?.backUp(signal);
    },
    announce(found) {
      const { title, body } = words().update;
      if (preferences.current().notifications) notify({ title, body: body(found.version), path: '/settings' });
    },
    onChange: (state) => window.tell('update', state),
  });
  const aid = createStartAid(commandLine);
  const keeper: HostKeeper = createHostKeeper({
    open: (isSafeMode) => openHost(isSafeMode, updates.knowledge, () => quit.urgently('system')),
    adopt: () => aid.adopt(app.getVersion()),
    stopOwner: aid.stopOwner,
    pages: createPages(rendererDir),
    recovery: (opened) =>
      createRecovery({
        aid,
        adopt: opened.adopt,
        hostName: hostname(),
        language: () => language,
        start(mode) {
          pageCrashes.forget();
          return opened.start(mode);
        },
        showFolder: (path) => shell.showItemInFolder(path),
        quit: () => app.quit(),
      }),
    onTurn: () => window.loadAnew(),
    report: console.error,
  });
  const answers = openConsoleProtocol(keeper.fetch);
  protocol.handle(scheme, answers.handle);
  lockSession(session.defaultSession);
  app.on('web-contents-created', (_event, contents) => lockContents(contents, openInBrowser));

  const quit = createQuit({
    requestQuit: () => app.quit(),
    async ask() {
      const runs = personsRuns(keeper.current());
      const choice = runs.length === 0 ? 'now' : await askOnQuit(window.current(), runs, words());
      if (choice === 'cancel') {
        updates.stay();
        later = undefined;
      }
      return choice;
    },
    close: async (mode, tell) => {
      tell(words().quit.closing);
      updates.close();
      await keeper.close(mode, tell);
      if (!hasFailed) record.endedInOrder();
      tray?.close();
    },
    hurry: () => keeper.current()?.hurry(),
    runs: () => personsRuns(keeper.current()),
    onProgress: (step) => window.tell('quitProgress', step),
    boundMs: (mode) => shutdownBoundMs + (mode === 'drain' ? (keeper.current()?.drainMs() ?? 0) : 0),
    exit(code) {
      const exit = () => {
        if (later) startLater(later);
        app.exit(hasFailed ? 1 : code);
      };
      // A system that shuts down waits for nothing.
      if (code !== 0 || quit.isUrgent() || !updates.installInstead(exit)) exit();
    },
    report: console.error,
  });
  const window: WindowKeeper = createWindowKeeper({
    protocol: answers,
    preload: join(appDir, 'dist/preload/preload.cjs'),
    icon: join(iconsDir, 'icon-512.png'),
    hasDevTools,
    title: () => (keeper.isSafeMode() ? `${words().appName} (${words().safeMode})` : words().appName),
    onClose: () => (updates.isInstalling() ? undefined : quit.isQuitting() ? 'quit' : closeChoice()),
    async askOnClose(open) {
      const choice = await askOnClose(open, words());
      if (choice !== undefined) preferences.change({ onClose: choice });
      return choice;
    },
    // While the program ends, the page hears of it and may well be slow.
    askOnHang: async (open, answers) => (quit.isQuitting() ? 'wait' : askOnHang(open, words(), answers)),
    quit: () => app.quit(),
    mayReload(reason) {
      console.error(`The page ended: ${reason}`);
      if (!pageCrashes.isOneTooMany()) return true;
      keeper.setPageAside();
      return false;
    },
    onSessionEnd: () => quit.urgently('system'),
  });
  /** On a Mac a closed window is just closed; where there is no tray, closing it has always meant to quit. */
  const closeChoice = () => (platform === 'darwin' ? undefined : tray ? preferences.current().onClose : 'quit');
  const tray = openTray(join(iconsDir, 'tray'), platform, {
    open: () => window.show(),
    restart: () => void restart(keeper),
    troubleshoot: () => window.show('/health'),
    quit: () => app.quit(),
  });
  const showState = () => tray?.show(keeper.state(), words());
  const setMenu = (next: MenuLanguage) => {
    language = next;
    const template = menuTemplate({ platform, language, appName: app.getName(), hasDevTools, send: window.command });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
    showState();
  };
  const notify = createNotifier(window.show, () => words().notices.open);
  registerNativeHandlers(
    ipcMain,
    desktopAnswers({
      setMenuLanguage: setMenu,
      notify,
      preferences,
      loginItem: loginItem(),
      canCloseToTray: () => platform !== 'darwin' && tray !== undefined,
      isSafeMode: keeper.isSafeMode,
      adoptedPid: keeper.adoptedPid,
      takeOver: keeper.takeOver,
      updates,
    }),
  );
  setMenu(language);
  keeper.subscribe(showState);
  followRuns(keeper, {
    words: () => words().notices,
    isWanted: () => preferences.current().notifications && !window.isInFront(),
    show: notify,
  });
  followPower(powerMonitor, { power: () => keeper.current()?.power, onShutdown: () => quit.urgently('system') });
  app.on('before-quit', (event) => {
    // Everything is closed, and what installs ends the program by itself.
    if (!updates.isInstalling()) quit.onBeforeQuit(event);
  });
  app.on('window-all-closed', () => {
    // The tray holds the program, and so does a Mac's dock.
    if (platform !== 'darwin' && !tray && !quit.isQuitting()) app.quit();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => quit.urgently('signal'));
  if (start.launcherPipe !== undefined) onLauncherGone(start.launcherPipe, () => quit.urgently('system'));
  app.on('activate', () => window.show());
  links.onOpen((path, argv) => {
    if (quit.isAsked() && !quit.isUrgent()) later = argv ?? later;
    window.show(path);
  });
  followFaults({
    ...{ process, app, exit: (code) => app.exit(code) },
    report(sentence) {
      console.error(sentence);
      keeper.current()?.logFault(sentence);
    },
    end() {
      hasFailed = true;
      quit.urgently('system');
    },
  });
  updates.begin();

  if (record.isLoop && !start.isSafeMode) keeper.stay({ kind: 'crash_loop', count: record.crashes });
  if (!start.isHidden || record.isLoop) window.show(links.first());
  if (!record.isLoop || start.isSafeMode) await keeper.start(start.isSafeMode ? 'safe' : 'normal');
}

/** Opens the console while the window is already being made. */
function openHost(isSafeMode: boolean, updates: Updates['knowledge'], onEndAsked: () => void): Promise<ConsoleHost> {
  return openConsoleHost({
    auth: 'desktop',
    rendererDir,
    resourcesDir: join(appDir, 'resources'),
    commandLine,
    version: app.getVersion(),
    updates: async () => updates(),
    onEndAsked,
    resolveProxy: (url) => session.defaultSession.resolveProxy(url),
    startKeychain: keychainProcess(join(import.meta.dirname, 'keychain-process.js')),
    ...(isSafeMode && { settings: { plugins: [], mcpServers: {} } }),
  });
}

async function restart(keeper: HostKeeper): Promise<void> {
  const host = keeper.current();
  if (!host) return keeper.start('normal');
  await host.server.restart('drain').catch((error: unknown) => console.error(`No restart: ${messageOf(error)}`));
}

/** The new one starts once this one is gone. */
function startLater(argv: readonly string[]): void {
  const execPath = appImagePath();
  app.relaunch({ args: argumentsOfLater(argv), ...(execPath !== undefined && { execPath }) });
}

function loginItem() {
  const command = app.isPackaged ? [appImagePath() ?? process.execPath] : [process.execPath, appDir];
  const autostartFile = join(app.getPath('appData'), 'autostart/agentrail-console.desktop');
  return createLoginItem({ app, platform, command, autostartFile });
}

function openInBrowser(url: string): void {
  shell.openExternal(url).catch((error) => console.error(`${url} was not opened: ${messageOf(error)}`));
}

/** Not even a window: says why and ends. */
function fail(error: unknown): void {
  console.error(`Agentrail Console cannot start: ${messageOf(error)}`);
  app.exit(1);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
