import { z } from 'zod';
import type { CdpEvent } from './cdp-client.ts';
import { textOf } from './snapshot.ts';
import { downloadFolder } from './start-line.ts';

/** More than this is left out until somebody looks: a page may open dialogs without end. */
const maxNotes = 10;

const dialogSchema = z.object({ type: z.string(), message: z.string() });
const beginSchema = z.object({ guid: z.string().max(100), suggestedFilename: z.string() });
const progressSchema = z.object({ guid: z.string().max(100), state: z.string(), filePath: z.string().optional() });

/** What happened that the page itself does not show: dialogs that were dismissed, downloads, windows. */
export function createPageNotes() {
  let notes: string[] = [];
  const downloads = new Map<string, string>();

  function add(note: string): void {
    if (notes.length < maxNotes) notes.push(note);
  }

  return {
    add,
    /** Those since the last call. */
    take(): string[] {
      const taken = notes;
      notes = [];
      return taken;
    },
    onEvent({ method, params }: CdpEvent): void {
      if (method === 'Page.javascriptDialogOpening') {
        const dialog = dialogSchema.safeParse(params).data;
        if (dialog) add(`A dialog (${textOf(dialog.type)}) was dismissed: ${JSON.stringify(textOf(dialog.message))}`);
      } else if (method === 'Browser.downloadWillBegin') {
        const begun = beginSchema.safeParse(params).data;
        if (begun && downloads.size < maxNotes) downloads.set(begun.guid, textOf(begun.suggestedFilename));
      } else if (method === 'Browser.downloadProgress') {
        const progress = progressSchema.safeParse(params).data;
        const name = progress && downloads.get(progress.guid);
        if (!progress || name === undefined || progress.state === 'inProgress') return;
        downloads.delete(progress.guid);
        const path = textOf(progress.filePath) || `${downloadFolder}/${name}`;
        add(
          progress.state === 'completed'
            ? `Downloaded: ${path}`
            : `The download of ${JSON.stringify(name)} was cancelled.`,
        );
      }
    },
    isDownloading: () => downloads.size > 0,
  };
}
