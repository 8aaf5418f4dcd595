import { app, BrowserWindow, dialog, nativeTheme, shell } from 'electron';
import type { LoginItem } from '../login-item.ts';
import type { Preferences } from '../preferences.ts';
import type { Updates } from '../updates/updates.ts';
import type { MenuLanguage, NativeNotification, StartupState } from './contract.ts';
import type { registerNativeHandlers } from './handlers.ts';

export interface DesktopParts {
  setMenuLanguage(language: MenuLanguage): void;
  notify(notification: NativeNotification): void;
  preferences: { current(): Preferences; change(change: Partial<Preferences>): void };
  loginItem: LoginItem;
  canCloseToTray(): boolean;
  isSafeMode(): boolean;
  adoptedPid(): number | undefined;
  takeOver(): Promise<void>;
  updates: Pick<Updates, 'state' | 'act'>;
}

/** What the page's calls do on this desktop. */
export function desktopAnswers(parts: DesktopParts): Parameters<typeof registerNativeHandlers>[1] {
  const { preferences, loginItem } = parts;
  const startup = (): StartupState => ({
    ...preferences.current(),
    atLogin: loginItem.state(),
    canCloseToTray: parts.canCloseToTray(),
  });
  return {
    appInfo: () => ({
      name: app.getName(),
      version: app.getVersion(),
      electron: process.versions.electron ?? '',
      chrome: process.versions.chrome ?? '',
      node: process.versions.node,
      isPackaged: app.isPackaged,
      isSafeMode: parts.isSafeMode(),
      adoptedPid: parts.adoptedPid(),
    }),
    async chooseDirectory() {
      const [window] = BrowserWindow.getAllWindows();
      const options = { properties: ['openDirectory' as const, 'createDirectory' as const] };
      const chosen = await (window ? dialog.showOpenDialog(window, options) : dialog.showOpenDialog(options));
      return chosen.canceled ? null : (chosen.filePaths[0] ?? null);
    },
    showItemInFolder: (path) => shell.showItemInFolder(path),
    openExternal: (url) => shell.openExternal(url),
    notify: parts.notify,
    setThemeSource(source) {
      nativeTheme.themeSource = source;
    },
    setMenuLanguage: parts.setMenuLanguage,
    startup,
    changeStartup({ atLogin, onClose, notifications }) {
      if (atLogin !== undefined) loginItem.set(atLogin);
      preferences.change({
        ...(onClose !== undefined && { onClose }),
        ...(notifications !== undefined && { notifications }),
      });
      return startup();
    },
    updates: parts.updates.state,
    update: parts.updates.act,
    takeOver: parts.takeOver,
    quit: () => app.quit(),
  };
}
