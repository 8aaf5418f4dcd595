import type { Session } from 'electron';
import type { AppUpdater, UpdateInfo } from 'electron-updater';
import type { FoundUpdate, Updater } from './updates.ts';

const longestNotes = 20_000;
/** A Mac hands the file to the system first, which may take its time or never answer. */
const installBoundMs = 60_000;

/** Leads what is about to be asked the way of the settings. */
type Prepare = (session: Session) => Promise<void>;

/** Loaded when somebody looks for updates, not at the start. */
export async function loadUpdater(prepare: Prepare): Promise<Updater> {
  const { autoUpdater } = await import('electron-updater');
  return wrapUpdater(autoUpdater, prepare);
}

/** `updater`: fresh; how it finds, fetches and installs is left to it, when it does so is not. */
export async function wrapUpdater(updater: AppUpdater, prepare?: Prepare): Promise<Updater> {
  const { CancellationToken } = await import('builder-util-runtime');
  updater.autoDownload = false;
  // Installed by us, after everything was closed in order.
  updater.autoInstallOnAppQuit = false;
  updater.logger = null;
  // It would send an id of its own making with each question.
  updater.requestHeaders = { 'x-user-staging-id': '' };
  // Faults come with the promises; without a listener the event would end the program.
  updater.on('error', () => undefined);
  return {
    async check() {
      await prepare?.(updater.netSession);
      const result = await updater.checkForUpdates();
      return result?.isUpdateAvailable ? foundOf(result.updateInfo) : undefined;
    },
    async download(onProgress, signal) {
      const token = new CancellationToken();
      const cancel = () => token.cancel();
      const follow = ({ transferred, total }: { transferred: number; total: number }) => onProgress(transferred, total);
      signal.addEventListener('abort', cancel, { once: true });
      updater.on('download-progress', follow);
      try {
        signal.throwIfAborted();
        await prepare?.(updater.netSession);
        await updater.downloadUpdate(token);
      } finally {
        signal.removeEventListener('abort', cancel);
        updater.off('download-progress', follow);
      }
    },
    install(isStartedAgain, onFailed) {
      setTimeout(onFailed, installBoundMs).unref();
      updater.on('error', onFailed);
      updater.autoRunAppAfterInstall = isStartedAgain;
      updater.quitAndInstall(true, isStartedAgain);
    },
  };
}

function foundOf({ version, releaseNotes, releaseDate }: UpdateInfo): FoundUpdate {
  const notes = Array.isArray(releaseNotes)
    ? releaseNotes.map((each) => `${each.version}\n${each.note ?? ''}`).join('\n\n')
    : (releaseNotes ?? '');
  const releasedAt = Date.parse(releaseDate);
  return { version, notes: notes.slice(0, longestNotes), ...(!Number.isNaN(releasedAt) && { releasedAt }) };
}
