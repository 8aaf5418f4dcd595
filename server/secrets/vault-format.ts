import { z } from 'zod';
import { type SecretAct, secretActs, secretNameSchema } from '../contract/secrets.ts';
import { seal, sealedSchema, unseal } from './cipher.ts';

/** Previous values kept per name. */
export const maxPrevious = 10;

const storedValueSchema = z.strictObject({
  /** The vault's revision that wrote it; never used twice. */
  version: z.number().int().min(1),
  changedAt: z.number(),
  /** Absent: it was set, before this was written down. */
  act: z.enum(secretActs).exactOptional(),
  by: z.string().max(200).exactOptional(),
  /** Absent: the mark of a clearing. */
  sealed: sealedSchema.exactOptional(),
});
export type StoredValue = z.infer<typeof storedValueSchema>;

const keySchema = z.discriminatedUnion('backend', [
  z.strictObject({ backend: z.literal('keychain') }),
  z.strictObject({
    backend: z.literal('passphrase'),
    kdf: z.literal('scrypt'),
    cost: z.number().int().min(16_384).max(1_048_576),
    salt: z.base64(),
  }),
  z.strictObject({ backend: z.literal('key_file') }),
]);
export type VaultKeyInfo = z.infer<typeof keySchema>;

const documentSchema = z.strictObject({
  format: z.literal('agentrail-vault'),
  version: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** How the master key is to be had. */
  key: keySchema,
  /** A known text under the master key: tells a wrong key from a damaged entry. */
  check: sealedSchema,
  revision: z.number().int().min(0),
  /** The key that the vault had before this one; it has to be removed still. */
  retired: z
    .strictObject({ backend: z.enum(['keychain', 'key_file']), id: z.string().regex(/^[0-9a-f]{32}$/) })
    .exactOptional(),
  entries: z.record(
    secretNameSchema,
    z.strictObject({ current: storedValueSchema, previous: z.array(storedValueSchema).max(maxPrevious) }),
  ),
});

/** `vault.json`. */
export type VaultDocument = z.infer<typeof documentSchema>;

/** Undefined when the text is not a vault of this format. */
export function parseVault(text: string): VaultDocument | undefined {
  try {
    return documentSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export function newVault(id: string, key: VaultKeyInfo, masterKey: Uint8Array): VaultDocument {
  const check = seal(masterKey, checkText, `${id}:check`);
  return { format: 'agentrail-vault', version: 1, id, key, check, revision: 0, entries: {} };
}

const checkText = 'agentrail';

export function isKeyOf(document: VaultDocument, masterKey: Uint8Array): boolean {
  return unseal(masterKey, document.check, `${document.id}:check`) === checkText;
}

/** Values are bound to their vault, name and version, so that none can be put in another's place. */
function place(vaultId: string, name: string, version: number): string {
  return `agentrail-vault:1:${vaultId}:${name}:${version}`;
}

/** Undefined when it does not open; a mark has nothing to open. */
export function openValue(
  { id }: VaultDocument,
  masterKey: Uint8Array,
  name: string,
  { sealed, version }: StoredValue,
): string | undefined {
  return sealed && unseal(masterKey, sealed, place(id, name, version));
}

/** What is written down of a change, beside the value. */
export interface ChangeMark {
  changedAt: number;
  act: SecretAct;
  by?: string;
}

/** The vault with a new value; the one so far moves to the previous ones. */
export function withValue(
  document: VaultDocument,
  masterKey: Uint8Array,
  name: string,
  { text, ...mark }: ChangeMark & { text: string },
): VaultDocument {
  const version = document.revision + 1;
  const sealed = seal(masterKey, text, place(document.id, name, version));
  return withCurrent(document, name, { version, ...mark, sealed });
}

/** The vault in which the name has no value any more, and its previous ones stay. */
export function withCleared(document: VaultDocument, name: string, mark: ChangeMark): VaultDocument {
  if (!document.entries[name]?.current.sealed) return document;
  return withCurrent(document, name, { version: document.revision + 1, ...mark });
}

function withCurrent(document: VaultDocument, name: string, current: StoredValue): VaultDocument {
  const old = document.entries[name];
  const previous = old ? [old.current, ...old.previous].slice(0, maxPrevious) : [];
  return { ...document, revision: current.version, entries: { ...document.entries, [name]: { current, previous } } };
}

/** The vault without the name and its previous values. */
export function withoutName(document: VaultDocument, name: string): VaultDocument {
  const { [name]: _removed, ...entries } = document.entries;
  return { ...document, revision: document.revision + 1, entries };
}

/** Everything of one vault in another, under its key. Throws the name of what does not open. */
export function resealed(
  from: { document: VaultDocument; masterKey: Uint8Array },
  to: { document: VaultDocument; masterKey: Uint8Array },
): VaultDocument {
  const reseal = (name: string, stored: StoredValue): StoredValue => {
    if (!stored.sealed) return stored;
    const text = openValue(from.document, from.masterKey, name, stored);
    if (text === undefined) throw new Error(`${name} does not open`);
    return { ...stored, sealed: seal(to.masterKey, text, place(to.document.id, name, stored.version)) };
  };
  const entries = Object.fromEntries(
    Object.entries(from.document.entries).map(([name, { current, previous }]) => [
      name,
      { current: reseal(name, current), previous: previous.map((stored) => reseal(name, stored)) },
    ]),
  );
  return { ...to.document, revision: from.document.revision, entries };
}
