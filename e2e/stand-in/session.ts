import {
  connection,
  originOf,
  outward,
  type PermissionCheckHandler,
  type PermissionRequestHandler,
  state,
} from './state.ts';
import { strict } from './strict.ts';
import type { WebContents } from './web-contents.ts';

/** Electron's names beside those of the Permissions API. */
const permissions: Record<string, string[]> = {
  geolocation: ['geolocation'],
  notifications: ['notifications'],
  midi: ['midi'],
  media: ['camera', 'microphone'],
  'clipboard-read': ['clipboard-read'],
  'clipboard-sanitized-write': ['clipboard-write'],
  'persistent-storage': ['persistent-storage'],
  'idle-detection': ['idle-detection'],
};

/**
 * Tells Chromium what the handlers of the main process decide for this page. As in Electron, a permission is granted
 * where nobody refuses.
 */
export async function applyPermissions(contents: WebContents, url: string): Promise<void> {
  const { origin } = new URL(outward(url));
  if (origin === 'null') return;
  const browser = connection().session();
  for (const [permission, names] of Object.entries(permissions)) {
    const setting = (await isGranted(contents, permission, url)) ? 'granted' : 'denied';
    for (const name of names) await browser.send('Browser.setPermission', { permission: { name }, setting, origin });
  }
}

async function isGranted(contents: WebContents, permission: string, url: string): Promise<boolean> {
  if (state.permissionCheck && !state.permissionCheck(contents, permission, `${originOf(url)}/`)) return false;
  const { permissionRequest } = state;
  if (!permissionRequest) return true;
  return new Promise((decide) =>
    permissionRequest(contents, permission, decide, { requestingUrl: url, isMainFrame: true }),
  );
}

export const session = strict('session', {
  defaultSession: strict('session.defaultSession', {
    setPermissionRequestHandler(handler: PermissionRequestHandler | null) {
      state.permissionRequest = handler ?? undefined;
    },
    setPermissionCheckHandler(handler: PermissionCheckHandler | null) {
      state.permissionCheck = handler ?? undefined;
    },
    async resolveProxy(_url: string) {
      return 'DIRECT';
    },
    setDevicePermissionHandler(_handler: unknown) {
      // Headless Chromium offers no devices.
    },
  }),
});
