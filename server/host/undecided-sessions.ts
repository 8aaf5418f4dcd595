import { readFile } from 'node:fs/promises';
import type { ServerControl } from '../console/server-control.ts';
import { createDataLayout } from '../data/layout.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { OwnedSecretsManager } from '../secrets/create-secrets-manager.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import type { Logger } from '../telemetry/logger.ts';

/** The server part does not start with it; it does so by itself once the vault is open. */
export const databaseLocked = 'database_url_locked';

/**
 * Whether the vault cannot be read and DATABASE_URL lies in it. Names are no secret: they stand in the file as they are,
 * also in one that is damaged otherwise.
 */
export async function isDatabaseLocked(dataDir: string, secrets: OwnedSecretsManager): Promise<boolean> {
  const { state } = secrets.status();
  if (state !== 'locked' && state !== 'damaged') return false;
  const text = await readFile(createDataLayout(dataDir).vaultFile, 'utf8').catch(() => '');
  return text.includes('"DATABASE_URL"');
}

/**
 * A store that is one only once it is known which: until `find` gives one, every call rejects with what it throws.
 * Sessions never go to files because the database cannot be asked for yet.
 */
export function createUndecidedStore(find: () => AgentrailSessionStore): AgentrailSessionStore {
  const told = { kind: 'postgres', trace: () => undefined, close: async () => undefined };
  return new Proxy({} as AgentrailSessionStore, {
    get(_, name) {
      try {
        return Reflect.get(find(), name);
      } catch (error) {
        if (name in told) return Reflect.get(told, name);
        return name === 'shelf' || name === 'refresh' ? undefined : () => Promise.reject(error);
      }
    },
  });
}

interface StartOnceUnlockedOptions {
  lifecycle: Pick<ServerControl, 'state' | 'start'>;
  secrets: Pick<OwnedSecretsManager, 'subscribe' | 'reveal'>;
  logger: Logger;
}

/** Starts the server part that did not start for want of the address, as soon as that can be read. */
export function startOnceUnlocked({ lifecycle, secrets, logger }: StartOnceUnlockedOptions): () => void {
  // All are told of when the vault opens; only this one decides.
  return secrets.subscribe(({ name }) => {
    if (name !== 'DATABASE_URL') return;
    if (lifecycle.state().fault?.code !== databaseLocked || secrets.reveal('DATABASE_URL') === undefined) return;
    lifecycle.start().catch((error: unknown) => logger.warn('not started', { reason: messageOf(error) }));
  });
}

export function databaseLockedError(state: string): AppError {
  const what = state === 'damaged' ? 'is damaged' : 'is locked';
  const act = state === 'damaged' ? 'Restore vault.json, or set DATABASE_URL again' : 'Unlock it on the Secrets page';
  const message = `The vault ${what}, and DATABASE_URL lies in it: the sessions are in that database. ${act}; the server then starts by itself.`;
  return new AppError(databaseLocked, message, { status: 503 });
}
