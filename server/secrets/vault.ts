import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretVersion, VaultBackend, VaultReport, VaultStatus } from '../contract/secrets.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { syncFolder } from '../data/folders.ts';
import { toStorageError } from '../data/storage-error.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';
import type { MasterKeys } from './master-key.ts';
import { asideFile, asideWithKey, listAside, moveAside, readVaultFile, removeHalfWritten } from './vault-files.ts';
import {
  type ChangeMark,
  isKeyOf,
  openValue,
  parseVault,
  resealed,
  type VaultDocument,
  withCleared,
  withoutName,
  withValue,
} from './vault-format.ts';

export interface VaultEntry {
  /** Undefined: it was cleared, and earlier values are kept. */
  value: string | undefined;
  changedAt: number;
  /** Values that it had before, newest first. */
  previous: string[];
  /** How many values and marks its history has. */
  versions: number;
}

/** A version with its value, which stays in here. */
export interface VaultVersion extends Omit<SecretVersion, 'lastFour'> {
  value?: string;
}

/** Who changes something, and how. */
export type VaultMark = Omit<ChangeMark, 'changedAt'>;

/**
 * Secrets encrypted in `{dataDir}/vault.json`. Reading is from memory. Writes are carried out one after the other, each
 * on what the file holds then; they throw AppError `vault_locked`, `vault_damaged` (409), `storage_unavailable` (503).
 */
export interface Vault {
  /** Reads the file and finds its key. Never throws; status tells. Also tries a locked vault again. */
  open(): Promise<VaultStatus>;
  status(): VaultStatus;
  entries(): ReadonlyMap<string, VaultEntry>;
  /** What the vault has and had under a name, newest first. */
  history(name: string): VaultVersion[];
  /** All in one write: either every value is stored or none. */
  set(values: ReadonlyMap<string, string>, mark: VaultMark): Promise<void>;
  /** Puts an earlier value in force again, as a new version. Throws `version_not_found` (404) too. */
  rollBack(name: string, version: number, by?: string): Promise<void>;
  /** Takes the value out of force. Its earlier values go too when they are to be forgotten. */
  clear(name: string, options: { forget: boolean; by?: string | undefined }): Promise<void>;
  /**
   * Encrypts everything anew under a key in another place, then removes the old key. Killed at any instant, the vault
   * opens with the old key or the new one. Throws as `createIn` of MasterKeys, and `vault_aside_needs_key` (409).
   */
  changeBackend(backend: VaultBackend, passphrase?: string): Promise<VaultStatus>;
  report(): Promise<Pick<VaultReport, 'hasKeychain' | 'isOldKeyLeft' | 'aside'>>;
  /** The explicit act when a vault cannot be used: renames the file, and the next value begins a new one. Gives the new path. */
  moveAside(): Promise<string>;
  /** Puts a vault that was moved away back in force; the one of now is moved away. Throws `vault_not_found` (404). */
  bringBack(name: string): Promise<VaultStatus>;
  /** Deletes a vault that was moved away. Throws `vault_not_found` (404). */
  removeAside(name: string): Promise<void>;
  /** After the writes under way: wipes the key and forgets the values. Later writes are refused. */
  close(): Promise<void>;
}

interface Unlocked {
  document: VaultDocument;
  masterKey: Uint8Array;
}

export function createVault(options: { dataDir: string; masterKeys: MasterKeys; clock: Clock }): Vault {
  const { masterKeys, clock } = options;
  const path = join(options.dataDir, 'vault.json');
  const inOrder = createSerialQueue();
  let status: VaultStatus = { backend: masterKeys.expected(), state: 'empty' };
  let entries: Map<string, VaultEntry> = new Map();
  let unlocked: Unlocked | undefined;
  /** What the file held when it was last read or written. */
  let knownText: string | undefined;
  let isClosed = false;

  async function load(): Promise<VaultStatus> {
    let text: string | undefined;
    try {
      text = await readVaultFile(path);
    } catch (error) {
      return become({
        ...status,
        state: 'locked',
        problem: `vault.json cannot be read. ${messageOf(toStorageError(error))}`,
      });
    }
    if (text === undefined) {
      forget();
      return become({ backend: masterKeys.expected(), state: 'empty' });
    }
    if (text === knownText && status.state === 'unlocked') return status;
    const document = parseVault(text);
    if (!document) return become({ ...status, state: 'damaged', problem: damagedSentence });
    const { backend } = document.key;
    try {
      await unlock(document);
    } catch (error) {
      forget();
      return become({ backend, state: 'locked', problem: messageOf(error) });
    }
    knownText = text;
    const broken = readEntries();
    if (broken.length === 0) return become({ backend, state: 'unlocked' });
    return become({ backend, state: 'damaged', problem: `${damagedSentence} It concerns ${broken.join(', ')}.` });
  }

  async function unlock(document: VaultDocument): Promise<void> {
    const isSameKey = unlocked?.document.id === document.id && isKeyOf(document, unlocked.masterKey);
    unlocked = { document, masterKey: isSameKey && unlocked ? unlocked.masterKey : await masterKeys.find(document) };
  }

  /** Decrypts everything; gives the names that do not open. What opens stays in force. */
  function readEntries(): string[] {
    entries = new Map();
    if (!unlocked) return [];
    const { document, masterKey } = unlocked;
    const broken: string[] = [];
    for (const [name, { current, previous }] of Object.entries(document.entries)) {
      const value = openValue(document, masterKey, name, current);
      const old = previous.map((stored) => openValue(document, masterKey, name, stored));
      const readable = old.filter((text) => text !== undefined);
      const isWhole =
        [current, ...previous].filter(({ sealed }) => sealed).length ===
        readable.length + (value === undefined ? 0 : 1);
      if (value !== undefined || readable.length > 0 || isWhole)
        entries.set(name, {
          ...{ value, changedAt: current.changedAt, previous: readable, versions: previous.length + 1 },
        });
      if (!isWhole) broken.push(name);
    }
    return broken;
  }

  function become(next: VaultStatus): VaultStatus {
    status = next;
    return next;
  }

  function forget(): void {
    unlocked?.masterKey.fill(0);
    unlocked = undefined;
    knownText = undefined;
    entries = new Map();
  }

  /** The vault, to be changed; a new one where there is no file: a new key would make an existing one worthless. */
  async function opened(): Promise<Unlocked> {
    if (isClosed) throw new AppError('vault_locked', 'The vault is closed. Start the console again.', { status: 409 });
    const { state, problem } = await load();
    if (state === 'locked') throw new AppError('vault_locked', problem ?? 'The vault is locked.', { status: 409 });
    if (state === 'damaged') throw new AppError('vault_damaged', problem ?? damagedSentence, { status: 409 });
    const vault = state === 'unlocked' ? unlocked : await masterKeys.create();
    if (!vault) throw new AppError('vault_locked', 'The vault has no key. Try again.', { status: 409 });
    return vault;
  }

  async function write(document: VaultDocument, masterKey: Uint8Array): Promise<void> {
    const text = `${JSON.stringify(document, undefined, 2)}\n`;
    await atomicWriteFile(path, text, { mode: 0o600 });
    if (unlocked && unlocked.masterKey !== masterKey) unlocked.masterKey.fill(0);
    unlocked = { document, masterKey };
    knownText = text;
    readEntries();
    become({ backend: document.key.backend, state: 'unlocked' });
  }

  async function change(edit: (vault: Unlocked) => VaultDocument): Promise<void> {
    try {
      const vault = await opened();
      const document = edit(vault);
      if (document !== vault.document) await write(document, vault.masterKey);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  /** Removes the key that the vault had before, when that is still to be done. Throws the keychain's or the disk's error. */
  async function removeRetiredKey(): Promise<void> {
    const { document, masterKey } = unlocked ?? {};
    if (!document?.retired || !masterKey || isClosed) return;
    const { retired, ...rest } = document;
    if (retired.id !== document.id) await masterKeys.remove(retired);
    await write(rest, masterKey);
  }

  async function changeBackend(backend: VaultBackend, passphrase?: string): Promise<VaultStatus> {
    try {
      if ((await load()).state === 'empty' && !isClosed) {
        const made = await masterKeys.createIn(backend, passphrase);
        await write(made.document, made.masterKey);
        return status;
      }
      const vault = await opened();
      const { backend: old } = vault.document.key;
      if (old === backend && backend !== 'passphrase') return status;
      // Not to be forgotten by what follows.
      await removeRetiredKey();
      if (old === 'key_file' && backend !== 'key_file') await refuseWhileNeeded(vault.document.id);
      const made = await masterKeys.createIn(backend, passphrase);
      const retired = old === 'passphrase' ? undefined : { backend: old, id: vault.document.id };
      const document = resealed(unlocked ?? vault, made);
      await write({ ...document, ...(retired && { retired }) }, made.masterKey);
    } catch (error) {
      throw toStorageError(error);
    }
    // From here on the new key counts; what is left of the old one is removed now, or told and removed at the next start.
    await removeRetiredKey().catch(() => undefined);
    return status;
  }

  async function refuseWhileNeeded(id: string): Promise<void> {
    const [first] = await asideWithKey(options.dataDir, id);
    if (!first) return;
    const message = `${first.name} was moved away and needs the key file, which would be removed. Bring that vault back or delete it first.`;
    throw new AppError('vault_aside_needs_key', message, { status: 409 });
  }

  function history(name: string): VaultVersion[] {
    if (!unlocked) return [];
    const { document, masterKey } = unlocked;
    const entry = document.entries[name];
    if (!entry) return [];
    return [entry.current, ...entry.previous].map((stored, at) => {
      const value = openValue(document, masterKey, name, stored);
      const { version, changedAt, act = 'set', by, sealed } = stored;
      return {
        ...{ version, at: changedAt, act, isCurrent: at === 0, hasValue: sealed !== undefined },
        ...(by !== undefined && { by }),
        ...(value !== undefined && { value }),
      };
    });
  }

  function markNow(mark: VaultMark): ChangeMark {
    return { ...mark, changedAt: clock.now() };
  }

  return {
    open: () =>
      inOrder(async () => {
        await removeHalfWritten(options.dataDir);
        await load();
        // A keychain that is away now is asked again at the next start.
        await removeRetiredKey().catch(() => undefined);
        return status;
      }),
    status: () => status,
    entries: () => entries,
    history,
    set: (values, mark) =>
      inOrder(() =>
        change(({ document, masterKey }) => {
          const now = markNow(mark);
          let next = document;
          for (const [name, text] of values) next = withValue(next, masterKey, name, { text, ...now });
          return next;
        }),
      ),
    rollBack: (name, version, by) =>
      inOrder(() =>
        change(({ document, masterKey }) => {
          const { current, previous } = document.entries[name] ?? {};
          const stored = [current, ...(previous ?? [])].find((each) => each?.version === version);
          const text = stored && openValue(document, masterKey, name, stored);
          if (text === undefined) {
            const message = 'This earlier value is not kept any more. Look at the history again.';
            throw new AppError('version_not_found', message, { status: 404 });
          }
          return withValue(document, masterKey, name, { text, ...markNow({ act: 'roll_back', ...(by && { by }) }) });
        }),
      ),
    clear: (name, { forget, by }) =>
      inOrder(async () => {
        if ((await load()).state === 'empty') return;
        await change(({ document }) => {
          if (!document.entries[name]) return document;
          return forget
            ? withoutName(document, name)
            : withCleared(document, name, markNow({ act: 'clear', ...(by && { by }) }));
        });
      }),
    changeBackend: (backend, passphrase) => inOrder(() => changeBackend(backend, passphrase)),
    report: async () => ({
      hasKeychain: masterKeys.mayHaveKeychain(),
      isOldKeyLeft: unlocked?.document.retired !== undefined,
      aside: await listAside(options.dataDir),
    }),
    moveAside: () =>
      inOrder(async () => {
        if (status.state !== 'damaged' && status.state !== 'locked') {
          throw new AppError('vault_in_use', 'The vault is in order; there is nothing to move away.', { status: 409 });
        }
        const aside = await moveAside(options.dataDir, clock.now());
        await load();
        return aside ?? path;
      }),
    bringBack: (name) =>
      inOrder(async () => {
        const aside = await asideFile(options.dataDir, name);
        await moveAside(options.dataDir, clock.now());
        try {
          await rename(aside, path);
          await syncFolder(options.dataDir);
        } catch (error) {
          throw toStorageError(error);
        }
        return load();
      }),
    removeAside: (name) =>
      inOrder(async () => {
        await rm(await asideFile(options.dataDir, name), { force: true }).catch((error: unknown) => {
          throw toStorageError(error);
        });
      }),
    close: () =>
      inOrder(async () => {
        isClosed = true;
        forget();
      }),
  };
}

const damagedSentence =
  'The file vault.json is damaged and is left as it is. Put it back from a backup, or move it away and set the keys again.';
