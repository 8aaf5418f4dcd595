import { isAbsolute } from 'node:path';
import type { IpcMain, WebFrameMain } from 'electron';
import { z } from 'zod';
import { consoleOrigin, isConsoleUrl } from '../console-protocol.ts';
import { isExternalUrl } from '../lockdown.ts';
import { channelOf, closeChoices, languages, type NativeCalls, updateActions } from './contract.ts';

type Answers = {
  [Name in keyof NativeCalls]: (
    ...given: Parameters<NativeCalls[Name]>
  ) => ReturnType<NativeCalls[Name]> | Promise<ReturnType<NativeCalls[Name]>>;
};

/** A network path would make Windows sign in to the host that it names. */
const localPathSchema = z
  .string()
  .max(4096)
  .refine((path) => isAbsolute(path) && !path.includes('\0') && !/^[\\/]{2}/.test(path), 'Not a path on this machine.');

/** An absolute path of the console, and nothing that resolves to another host. */
function isConsolePath(path: string): boolean {
  return /^\/(?![\\/])/.test(path) && isConsoleUrl(`${consoleOrigin}${path}`);
}

/** Arguments of every call, checked before anything is done with them. */
export const argumentSchemas: { [Name in keyof NativeCalls]: z.ZodType<Parameters<NativeCalls[Name]>> } = {
  appInfo: z.tuple([]),
  chooseDirectory: z.tuple([]),
  showItemInFolder: z.tuple([localPathSchema]),
  openExternal: z.tuple([z.string().max(4096).refine(isExternalUrl, 'Only https addresses are opened.')]),
  notify: z.tuple([
    z.strictObject({
      title: z.string().min(1).max(200),
      body: z.string().max(2000),
      path: z.string().max(500).refine(isConsolePath, 'Not a page of the console.').optional(),
    }),
  ]),
  setThemeSource: z.tuple([z.enum(['system', 'light', 'dark'])]),
  setMenuLanguage: z.tuple([z.enum(languages)]),
  startup: z.tuple([]),
  changeStartup: z.tuple([
    z.strictObject({
      atLogin: z.boolean().optional(),
      onClose: z.enum(closeChoices).optional(),
      notifications: z.boolean().optional(),
    }),
  ]),
  updates: z.tuple([]),
  update: z.tuple([z.enum(updateActions)]),
  takeOver: z.tuple([]),
  quit: z.tuple([]),
};

/** The console's own page, not a frame inside it. A frame that went away while it asked is null. */
export function isOwnPage(frame: Pick<WebFrameMain, 'url' | 'parent'> | null): boolean {
  return frame !== null && frame.parent === null && isConsoleUrl(frame.url);
}

export function registerNativeHandlers(ipcMain: Pick<IpcMain, 'handle'>, answers: Answers): void {
  function register<Name extends keyof NativeCalls>(name: Name): void {
    const schema: z.ZodType<Parameters<NativeCalls[Name]>> = argumentSchemas[name];
    ipcMain.handle(channelOf(name), (event, ...given: unknown[]) => {
      if (!isOwnPage(event.senderFrame)) throw new Error('Only the console may ask for this.');
      return answers[name](...schema.parse(given));
    });
  }
  for (const name of Object.keys(argumentSchemas) as (keyof NativeCalls)[]) register(name);
}
