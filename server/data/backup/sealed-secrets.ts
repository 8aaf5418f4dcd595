import { createCipheriv, createDecipheriv, createHmac, randomBytes, scrypt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';
import { isSecretFile, secretFiles } from './chosen-files.ts';

/** About 0.4 s and 128 MiB for each guess. */
const cost = 131_072;
const blockSize = 8;
const saltBytes = 16;
const ivBytes = 12;
const tagBytes = 16;
export const leastPassphrase = 8;
const maxSecretsBytes = 64 * 1024 * 1024;

const blobSchema = z.strictObject({
  format: z.literal('agentrail-sealed-secrets'),
  kdf: z.literal('scrypt'),
  cost: z.number().int().min(16_384).max(1_048_576),
  salt: z.base64(),
  iv: z.base64(),
  tag: z.base64(),
  data: z.base64(),
});
const contentSchema = z.array(z.strictObject({ name: z.string(), data: z.base64() }));

export interface SecretFile {
  name: string;
  data: Buffer;
}

/** What a passphrase and a salt make: one key that seals, one that vouches for the manifest. */
export interface BackupKeys {
  salt: Buffer;
  sealing: Buffer;
  vouching: Buffer;
}

export async function makeKeys(passphrase: string): Promise<BackupKeys> {
  if (passphrase.length < leastPassphrase) {
    const message = `Choose a passphrase of at least ${leastPassphrase} characters for the secrets in the backup.`;
    throw new AppError('passphrase_too_short', message, { status: 400 });
  }
  return deriveKeys(passphrase, randomBytes(saltBytes), cost);
}

async function deriveKeys(passphrase: string, salt: Buffer, forCost: number): Promise<BackupKeys> {
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const options = { cost: forCost, blockSize, parallelization: 1, maxmem: 256 * forCost * blockSize };
    scrypt(passphrase.normalize('NFKC'), salt, 64, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
  return { salt, sealing: bytes.subarray(0, 32), vouching: bytes.subarray(32) };
}

/** `id` is the archive's: sealed secrets open in no other one. */
export async function sealSecrets(dataDir: string, keys: BackupKeys, id: string): Promise<Buffer> {
  const content = [];
  for (const name of await secretFiles(dataDir)) {
    content.push({ name, data: (await readFile(path.join(dataDir, name))).toString('base64') });
  }
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', keys.sealing, iv, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(`agentrail-backup:${id}`));
  const data = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final()]);
  const blob: z.output<typeof blobSchema> = {
    ...{ format: 'agentrail-sealed-secrets', kdf: 'scrypt', cost },
    ...{ salt: keys.salt.toString('base64'), iv: iv.toString('base64') },
    ...{ tag: cipher.getAuthTag().toString('base64'), data: data.toString('base64') },
  };
  return Buffer.from(JSON.stringify(blob));
}

export interface OpenedSecrets {
  files: SecretFile[];
  keys: BackupKeys;
}

/** Undefined when the passphrase is another one, or a byte was changed. */
export async function openSecrets(sealed: Buffer, passphrase: string, id: string): Promise<OpenedSecrets | undefined> {
  try {
    if (sealed.length > maxSecretsBytes) return undefined;
    const blob = blobSchema.parse(JSON.parse(sealed.toString('utf8')));
    const keys = await deriveKeys(passphrase, Buffer.from(blob.salt, 'base64'), blob.cost);
    const iv = Buffer.from(blob.iv, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', keys.sealing, iv, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(`agentrail-backup:${id}`));
    decipher.setAuthTag(Buffer.from(blob.tag, 'base64'));
    const text = Buffer.concat([decipher.update(Buffer.from(blob.data, 'base64')), decipher.final()]);
    const content = contentSchema.parse(JSON.parse(text.toString('utf8')));
    const files = content
      .filter(({ name }) => isSecretFile(name) && path.basename(name) === name)
      .map(({ name, data }) => ({ name, data: Buffer.from(data, 'base64') }));
    return { files, keys };
  } catch {
    return undefined;
  }
}

export function vouch(keys: BackupKeys, manifestSha256: string): string {
  return createHmac('sha256', keys.vouching).update(manifestSha256).digest('hex');
}
