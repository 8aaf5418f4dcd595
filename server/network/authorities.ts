import { createHash, X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import { AppError, messageOf } from '../lib/app-error.ts';

const maxBytes = 4_194_304;

/** Whom to trust where the settings add to it. */
export interface Trust {
  /** The certificates of the settings, as PEM. */
  added: readonly string[];
  /** These, and everything that is trusted anyhow. */
  all: string[];
  /** Another one for other certificates. */
  mark: string;
}

/** The certificates of a PEM file. Throws AppError `network_ca_unreadable` (503). */
export async function readAuthorities(file: string): Promise<Trust> {
  const text = await readBounded(file);
  const found = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw unreadable('network.caFile holds no certificate.');
  for (const [index, pem] of found.entries()) checkCertificate(pem, index + 1);
  const mark = createHash('sha256').update(found.join('\n')).digest('hex');
  return { added: found, all: [...getCACertificates('default'), ...found], mark };
}

async function readBounded(file: string): Promise<string> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    if (size > maxBytes) throw unreadable('network.caFile is larger than 4 MB.');
    return await handle.readFile('utf8');
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw unreadable(`network.caFile cannot be read (${messageOf(error)}).`, error);
  }
}

function checkCertificate(pem: string, number: number): void {
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw unreadable(`Certificate ${number} of network.caFile is damaged.`, error);
  }
}

function unreadable(what: string, cause?: unknown): AppError {
  return new AppError('network_ca_unreadable', `${what} Name a PEM file with the certificates of your authority.`, {
    status: 503,
    cause,
  });
}
