import { type BrowserWindow, dialog, type MessageBoxOptions } from 'electron';
import type { DesktopWords } from './words.ts';

const shownRuns = 5;

async function choose<T>(
  window: BrowserWindow | undefined,
  options: Pick<MessageBoxOptions, 'message' | 'detail' | 'signal'>,
  choices: readonly { label: string; means: T }[],
): Promise<T | undefined> {
  const asked: MessageBoxOptions = {
    ...options,
    type: 'question',
    buttons: choices.map(({ label }) => label),
    defaultId: 0,
    cancelId: choices.length - 1,
    noLink: true,
  };
  const { response } = await (window ? dialog.showMessageBox(window, asked) : dialog.showMessageBox(asked));
  return choices[response]?.means;
}

/** Undefined: the window stays as it is, and the next closing asks again. */
export function askOnClose(window: BrowserWindow, { close }: DesktopWords): Promise<'tray' | 'quit' | undefined> {
  return choose(window, { message: close.message, detail: close.detail }, [
    { label: close.keep, means: 'tray' as const },
    { label: close.quit, means: 'quit' as const },
    { label: close.cancel, means: undefined },
  ]);
}

/** Of a page that does not answer; `signal`: it does again. */
export async function askOnHang(
  window: BrowserWindow,
  { hang }: DesktopWords,
  signal: AbortSignal,
): Promise<'wait' | 'reload'> {
  const choice = await choose(window, { message: hang.message, detail: hang.detail, signal }, [
    { label: hang.reload, means: 'reload' as const },
    { label: hang.wait, means: 'wait' as const },
  ]);
  return choice ?? 'wait';
}

export async function askOnQuit(
  window: BrowserWindow | undefined,
  runs: readonly string[],
  { quit }: DesktopWords,
): Promise<'drain' | 'now' | 'cancel'> {
  const more = runs.length > shownRuns ? [quit.more(runs.length - shownRuns)] : [];
  const list = [...runs.slice(0, shownRuns).map((title) => `• ${title}`), ...more].join('\n');
  const choice = await choose(window, { message: quit.message(runs.length), detail: `${list}\n\n${quit.detail}` }, [
    { label: quit.wait, means: 'drain' as const },
    { label: quit.stop, means: 'now' as const },
    { label: quit.cancel, means: 'cancel' as const },
  ]);
  return choice ?? 'cancel';
}
