import { randomBytes, scrypt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { VaultBackend } from '../contract/secrets.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { syncFolder } from '../data/folders.ts';
import { errnoOf } from '../data/storage-error.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { assertNever } from '../lib/assert-never.ts';
import type { Logger } from '../telemetry/logger.ts';
import { masterKeyBytes } from './cipher.ts';
import type { Keychain } from './keychain.ts';
import { isKeyOf, newVault, type VaultDocument } from './vault-format.ts';

/** About 0.4 s and 128 MiB for each guess. */
const scryptCost = 131_072;
const scryptBlock = 8;

export interface MasterKeyOptions {
  dataDir: string;
  keychain: Keychain;
  logger: Logger;
  /** Given by the environment or by a person; read at each use. */
  passphrase: () => string | undefined;
  environment: (name: string) => string | undefined;
}

export interface NewMasterKey {
  document: VaultDocument;
  masterKey: Uint8Array;
}

/** Where the master key of a vault comes from. A vault keeps the backend that it was made with. */
export interface MasterKeys {
  /** What a new vault would use, as far as can be told without asking the keychain. */
  expected(): VaultBackend;
  /** Whether this system may have a keychain. */
  mayHaveKeychain(): boolean;
  /** Keychain, else passphrase, else key file. The key is stored before this resolves. */
  create(): Promise<NewMasterKey>;
  /**
   * A key in the place that was asked for, and no other. Throws AppError `keychain_unavailable`, `passphrase_required`,
   * `vault_locked` (409), and the disk's error.
   */
  createIn(backend: VaultBackend, passphrase?: string): Promise<NewMasterKey>;
  /** Removes a key that no vault needs any more; already gone is success. Throws the keychain's or the disk's error. */
  remove(retired: { backend: 'keychain' | 'key_file'; id: string }): Promise<void>;
  /** Throws AppError `vault_locked` (409) with the sentence that says how to get at the key. */
  find(document: VaultDocument): Promise<Uint8Array>;
}

const keyFileSchema = z.strictObject({
  format: z.literal('agentrail-vault-key'),
  vault: z.string().regex(/^[0-9a-f]{32}$/),
  key: z.base64(),
});

export function createMasterKeys(options: MasterKeyOptions): MasterKeys {
  const { keychain, logger, passphrase } = options;
  const keyPath = join(options.dataDir, 'vault.key');

  async function create(): Promise<NewMasterKey> {
    return (await createInKeychain()) ?? (await createFromPassphrase()) ?? (await createInFile());
  }

  async function createIn(backend: VaultBackend, phrase?: string): Promise<NewMasterKey> {
    switch (backend) {
      case 'keychain':
        try {
          return await storeInKeychain();
        } catch (cause) {
          const message = 'The keychain of this system cannot be used now. Unlock it, or choose another place.';
          throw new AppError('keychain_unavailable', message, { status: 409, cause });
        }
      case 'passphrase': {
        const made = await createFromPassphrase(phrase);
        if (made) return made;
        throw new AppError('passphrase_required', 'Choose a passphrase.', { status: 400 });
      }
      case 'key_file':
        return createInFile();
      default:
        return assertNever(backend);
    }
  }

  async function remove({ backend, id }: { backend: 'keychain' | 'key_file'; id: string }): Promise<void> {
    if (backend === 'keychain') return keychain.remove(id);
    if ((await readKeyFile())?.vault !== id) return;
    await rm(keyPath, { force: true });
    await syncFolder(options.dataDir);
  }

  async function createInKeychain(): Promise<NewMasterKey | undefined> {
    try {
      return await storeInKeychain();
    } catch (error) {
      logger.warn('The keychain cannot be used; the key of the new vault is kept elsewhere.', {
        reason: messageOf(error),
        backend: passphrase() === undefined ? 'key_file' : 'passphrase',
      });
      return undefined;
    }
  }

  async function storeInKeychain(): Promise<NewMasterKey> {
    const id = newVaultId();
    const masterKey = randomBytes(masterKeyBytes);
    await keychain.write(id, masterKey.toString('base64'));
    return { document: newVault(id, { backend: 'keychain' }, masterKey), masterKey };
  }

  async function createFromPassphrase(phrase = passphrase()): Promise<NewMasterKey | undefined> {
    if (phrase === undefined) return undefined;
    const salt = randomBytes(16);
    const masterKey = await deriveKey(phrase, salt, scryptCost);
    const key = { backend: 'passphrase', kdf: 'scrypt', cost: scryptCost, salt: salt.toString('base64') } as const;
    return { document: newVault(newVaultId(), key, masterKey), masterKey };
  }

  /** A key file without a vault may belong to a vault that comes back from a backup: it is used, never replaced. */
  async function createInFile(): Promise<NewMasterKey> {
    let file = await readKeyFile();
    if (!file) {
      file = { vault: newVaultId(), masterKey: randomBytes(masterKeyBytes) };
      const content = { format: 'agentrail-vault-key', vault: file.vault, key: file.masterKey.toString('base64') };
      await atomicWriteFile(keyPath, `${JSON.stringify(content)}\n`, { mode: 0o600 });
    }
    return { document: newVault(file.vault, { backend: 'key_file' }, file.masterKey), masterKey: file.masterKey };
  }

  async function readKeyFile(): Promise<{ vault: string; masterKey: Buffer } | undefined> {
    let text: string;
    try {
      text = await readFile(keyPath, 'utf8');
      if (((await stat(keyPath)).mode & 0o077) !== 0) await chmod(keyPath, 0o600);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw locked(
        'The key file vault.key cannot be read. Give this user the right to read it, then try again.',
        error,
      );
    }
    const masterKey = parseKeyFile(text);
    if (masterKey) return masterKey;
    throw locked('The key file vault.key is damaged. Put it back from a backup, or move it away to begin a new vault.');
  }

  async function find(document: VaultDocument): Promise<Uint8Array> {
    switch (document.key.backend) {
      case 'keychain':
        return checked(document, await findInKeychain(document.id), 'The keychain holds the key of another vault.');
      case 'passphrase': {
        const phrase = passphrase();
        if (phrase === undefined) {
          throw locked('The vault is protected by a passphrase. Set AGENTRAIL_VAULT_PASSPHRASE and start again.');
        }
        const key = await deriveKey(phrase, Buffer.from(document.key.salt, 'base64'), document.key.cost);
        return checked(document, key, 'The passphrase is not the one that the vault was made with.');
      }
      case 'key_file': {
        const file = await readKeyFile();
        if (!file) throw locked('The key file vault.key is missing. Put it back into the data directory.');
        return checked(document, file.masterKey, 'The key file vault.key belongs to another vault.');
      }
    }
  }

  async function findInKeychain(vaultId: string): Promise<Uint8Array> {
    let stored: string | undefined;
    try {
      stored = await keychain.read(vaultId);
    } catch (error) {
      throw locked(
        'The vault was made with the keychain of this system, which cannot be used now. Unlock the keychain, then try again.',
        error,
      );
    }
    if (stored !== undefined) return Buffer.from(stored, 'base64');
    throw locked(
      'The keychain holds no key for this vault. Sign in as the user and on the machine that made it, or move vault.json away and set the keys again.',
    );
  }

  return {
    mayHaveKeychain: () => mayHaveKeychain(options.environment),
    createIn,
    remove,
    expected() {
      if (mayHaveKeychain(options.environment)) return 'keychain';
      return passphrase() === undefined ? 'key_file' : 'passphrase';
    },
    create,
    find,
  };
}

function checked(document: VaultDocument, masterKey: Uint8Array, problem: string): Uint8Array {
  if (masterKey.length === masterKeyBytes && isKeyOf(document, masterKey)) return masterKey;
  throw locked(`${problem} Use the right one, then try again.`);
}

function locked(message: string, cause?: unknown): AppError {
  return new AppError('vault_locked', message, { status: 409, cause });
}

function newVaultId(): string {
  return randomBytes(16).toString('hex');
}

function parseKeyFile(text: string): { vault: string; masterKey: Buffer } | undefined {
  try {
    const { data } = keyFileSchema.safeParse(JSON.parse(text));
    const masterKey = Buffer.from(data?.key ?? '', 'base64');
    return data && masterKey.length === masterKeyBytes ? { vault: data.vault, masterKey } : undefined;
  } catch {
    return undefined;
  }
}

function deriveKey(passphrase: string, salt: Uint8Array, cost: number): Promise<Buffer> {
  const memory = 256 * cost * scryptBlock;
  return new Promise((resolve, reject) => {
    scrypt(
      passphrase.normalize('NFKC'),
      salt,
      masterKeyBytes,
      { cost, blockSize: scryptBlock, parallelization: 1, maxmem: memory },
      (error, key) => (error ? reject(error) : resolve(key)),
    );
  });
}

/** A Linux without a session bus has no Secret Service. */
function mayHaveKeychain(environment: (name: string) => string | undefined): boolean {
  if (process.platform !== 'linux') return true;
  return environment('DBUS_SESSION_BUS_ADDRESS') !== undefined || existsSync(`/run/user/${process.getuid?.()}/bus`);
}
