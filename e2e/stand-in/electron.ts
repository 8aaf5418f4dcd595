/**
 * The part of Electron's main-process API that our main process uses, over a headless Chromium. Test-only and strict:
 * an export that is not here is a link error, a property that is not there throws.
 */
export { app } from './app.ts';
export { BrowserWindow, webContents } from './browser-window.ts';
export { dialog, Notification, powerMonitor, screen, shell } from './desktop.ts';
export { ipcMain } from './ipc.ts';
export { Menu } from './menu.ts';
export { protocol } from './protocol.ts';
export { session } from './session.ts';
export { nativeTheme } from './theme.ts';
export { Tray } from './tray.ts';
export { utilityProcess } from './utility-process.ts';
