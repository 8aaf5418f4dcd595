import { Notification } from 'electron';
import type { NativeNotification } from './native/contract.ts';

/**
 * Shows what a click, or its button where the system has one, leads on from. A notification is kept until it is gone:
 * one that is collected earlier loses its click.
 */
export function createNotifier(openPage: (path: string) => void, buttonLabel: () => string) {
  const shown = new Set<Notification>();
  return ({ title, body, path }: NativeNotification): void => {
    if (!Notification.isSupported()) return;
    const actions = path === undefined ? [] : [{ type: 'button' as const, text: buttonLabel() }];
    const notification = new Notification({ title, body, actions });
    const open = () => {
      if (path !== undefined) openPage(path);
    };
    const forget = () => void shown.delete(notification);
    notification.on('click', open);
    notification.on('action', open);
    notification.on('close', forget);
    notification.on('failed', forget);
    shown.add(notification);
    notification.show();
  };
}
