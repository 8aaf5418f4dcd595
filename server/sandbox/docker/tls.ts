import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sandboxFault } from '../faults.ts';
import { type Endpoint, isLoopback, type TlsMaterial } from './endpoint.ts';

/** Where the certificates for an engine lie, and how they are to be used. */
export interface TlsSource {
  /** Folder with `ca.pem`, `cert.pem` and `key.pem`, as Docker has it. */
  folder?: string;
  isVerified: boolean;
}

/** Reads the files that are there. Throws `docker_tls_files` when none is, or a certificate is without its key. */
export async function readTls({ folder, isVerified }: TlsSource): Promise<TlsMaterial> {
  if (folder === undefined) {
    return { isVerified };
  }
  const [ca, cert, key] = await Promise.all(['ca.pem', 'cert.pem', 'key.pem'].map((name) => readPem(folder, name)));
  if ((cert === undefined) !== (key === undefined) || (ca === undefined && cert === undefined)) {
    throw sandboxFault('docker_tls_files', { said: `Looked for ca.pem, cert.pem and key.pem in ${folder}.` });
  }
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), isVerified };
}

async function readPem(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw sandboxFault('docker_tls_files', { cause, said: `${name}: ${(cause as Error).message}` });
  }
}

/**
 * A TCP endpoint with what protects it. Plain TCP gives everyone on the way the rights of root on the engine's
 * machine, so it is refused beyond this machine unless a person allowed it.
 */
export async function protectTcp(
  endpoint: Extract<Endpoint, { kind: 'tcp' }>,
  { tls, allowsPlain }: { tls: TlsSource | undefined; allowsPlain: boolean },
): Promise<Endpoint> {
  if (tls) {
    return { ...endpoint, tls: await readTls(tls) };
  }
  if (!endpoint.tls && !isLoopback(endpoint.host) && !allowsPlain) {
    throw sandboxFault('docker_plain_tcp');
  }
  return endpoint;
}
