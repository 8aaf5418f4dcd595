import type { MenuItemConstructorOptions } from 'electron';
import type { ServerPhase } from '../server/contract/server-state.ts';
import type { DesktopWords } from './words.ts';

/** `shut`: no console could be opened. `adopted`: it is that of another program. */
export type ProgramState = ServerPhase | 'opening' | 'shut' | 'adopted';

export interface TrayActions {
  open(): void;
  restart(): void;
  troubleshoot(): void;
  quit(): void;
}

/** Colour and shape of the icon, beside the word that the menu and the tooltip say. */
export type TrayIcon = 'idle' | 'busy' | 'ready' | 'attention' | 'failed';

const icons: Record<ProgramState, TrayIcon> = {
  opening: 'busy',
  shut: 'failed',
  adopted: 'idle',
  stopped: 'idle',
  starting: 'busy',
  ready: 'ready',
  degraded: 'attention',
  draining: 'busy',
  failed: 'failed',
};

export function trayIconOf(state: ProgramState): TrayIcon {
  return icons[state];
}

/** The tray's menu as data. The first line only tells. */
export function trayTemplate(
  state: ProgramState,
  { tray, states }: DesktopWords,
  actions: TrayActions,
): MenuItemConstructorOptions[] {
  const isDown = state === 'stopped' || state === 'failed' || state === 'shut';
  const isBusy = state === 'opening' || state === 'starting' || state === 'draining';
  // Restarting is up to the program whose server it is.
  const isOwn = state !== 'adopted';
  return [
    { id: 'status', label: states[state], enabled: false },
    { type: 'separator' },
    { id: 'open', label: tray.open, click: actions.open },
    { id: 'restart', label: isDown ? tray.start : tray.restart, enabled: !isBusy && isOwn, click: actions.restart },
    { id: 'troubleshoot', label: tray.troubleshoot, click: actions.troubleshoot },
    { type: 'separator' },
    { id: 'quit', label: tray.quit, click: actions.quit },
  ];
}
