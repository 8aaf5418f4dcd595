import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from 'electron';
import { z } from 'zod';
import { openOwnFile } from '../own-file.ts';
import { loadUpdater } from './load-updater.ts';
import { type KnownNetwork, takeNetwork } from './update-network.ts';
import { createUpdates, type Updates, type UpdatesOptions } from './updates.ts';

const choicesSchema = z.object({
  isAutomatic: z.boolean().catch(true),
  skipped: z.string().max(100).optional().catch(undefined),
  laterUntil: z.number().optional().catch(undefined),
});

interface Given extends Pick<UpdatesOptions, 'runs' | 'backUp' | 'announce' | 'onChange'> {
  app: Pick<App, 'isPackaged' | 'getVersion' | 'quit'>;
  /** Where the person's choices are kept. */
  file: string;
  /** The way out that the settings name; undefined while nothing is open. */
  network(): KnownNetwork | undefined;
}

export function openUpdates({ app, file, network, ...given }: Given): Updates {
  return createUpdates({
    ...given,
    version: app.getVersion(),
    load: howToLoad(app.isPackaged, network),
    choices: openOwnFile(file, choicesSchema, 'The choice about updates'),
    requestQuit: () => app.quit(),
    now: Date.now,
  });
}

/** electron-builder writes the address of updates beside the program, when the release named one. */
function howToLoad(isPackaged: boolean, network: Given['network']): UpdatesOptions['load'] {
  if (!isPackaged) return 'source';
  return existsSync(join(process.resourcesPath, 'app-update.yml'))
    ? () => loadUpdater((session) => takeNetwork(session, network()))
    : 'no_address';
}
