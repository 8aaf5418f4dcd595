import { join } from 'node:path';
import { Menu, Tray } from 'electron';
import { type ProgramState, type TrayActions, trayIconOf, trayTemplate } from './tray-menu.ts';
import type { DesktopWords } from './words.ts';

export interface ProgramTray {
  show(state: ProgramState, words: DesktopWords): void;
  close(): void;
}

/** Undefined on a desktop that has no place for it. */
export function openTray(iconsDir: string, platform: NodeJS.Platform, actions: TrayActions): ProgramTray | undefined {
  // A Mac colours its own menu bar: there the shape tells.
  const fileOf = (icon: string) => join(iconsDir, platform === 'darwin' ? `${icon}Template.png` : `${icon}.png`);
  let shown = '';
  try {
    const tray = new Tray(fileOf('busy'));
    tray.on('click', () => {
      // Where a click shows the menu, it does nothing else.
      if (platform !== 'darwin') actions.open();
    });
    return {
      show(state, words) {
        const label = `${words.appName}: ${words.states[state]}`;
        if (shown === label) return;
        shown = label;
        tray.setImage(fileOf(trayIconOf(state)));
        tray.setToolTip(label);
        tray.setContextMenu(Menu.buildFromTemplate(trayTemplate(state, words, actions)));
      },
      close: () => tray.destroy(),
    };
  } catch (error) {
    console.error(`There is no tray icon: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
