import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, readFile, realpath, rm, rmdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../lib/app-error.ts';
import { atomicWriteFile } from './atomic-write.ts';
import { createDataLayout } from './layout.ts';
import { errnoOf } from './storage-error.ts';

const endpointSchema = z.object({
  /** As in the lock of the data directory: an endpoint of anybody else is left from before. */
  instanceId: z.string(),
  pid: z.number().int().positive(),
  /** Absolute path of a Unix socket, or the name of a Windows pipe. */
  address: z.string().min(1),
  /** Sent with every request. */
  token: z.string().min(32),
});

/** Where the program that owns a data directory answers commands, and what it wants to be shown. */
export type ConsoleEndpoint = z.infer<typeof endpointSchema>;

/** Systems take 104 to 108 bytes with the zero at the end. */
export const maxSocketPathBytes = 103;
const socketName = 'console.sock';
const shortPrefix = 'agentrail-';

/** The file that tells; only its owner reads it. */
export function endpointFile(dataDir: string): string {
  return path.join(createDataLayout(dataDir).runDir, 'console.json');
}

/**
 * Makes the folder `run` of a data directory whose lock the caller holds, and removes what an earlier owner left there:
 * with the lock held, nobody else can be using it. Throws AppError `run_folder_foreign` when it is another user's.
 */
export async function clearRunFolder(dataDir: string): Promise<void> {
  const { runDir } = createDataLayout(dataDir);
  await mkdir(runDir, { mode: 0o700 }).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
  const found = await lstat(runDir);
  if (!found.isDirectory() || !isOwnOf(found.uid)) {
    throw new AppError('run_folder_foreign', `${runDir} is no folder of this user. Remove it, and start again.`);
  }
  if (process.platform !== 'win32') await chmod(runDir, 0o700);
  const left = await readFile(endpointFile(dataDir), 'utf8').then(parseEndpoint, () => undefined);
  if (left) await removeAddress(left.address);
  await rm(path.join(runDir, socketName), { force: true });
  await rm(endpointFile(dataDir), { force: true });
}

/** Where a socket can be, best first. Each has to be asked for only when those before it cannot be used. */
export async function* socketAddresses(dataDir: string, runtimeDir: string | undefined): AsyncGenerator<string> {
  if (process.platform === 'win32') {
    yield `\\\\.\\pipe\\agentrail-${randomBytes(16).toString('hex')}`;
    return;
  }
  const own = path.join(await realpath(createDataLayout(dataDir).runDir), socketName);
  if (fits(own)) yield own;
  for (const parent of [runtimeDir, os.tmpdir(), '/tmp']) {
    if (parent === undefined || !fits(path.join(parent, `${shortPrefix}xxxxxx`, socketName))) continue;
    // Private to this user and of a name that nobody can know before.
    const folder = await mkdtemp(path.join(parent, shortPrefix)).catch(() => undefined);
    if (folder !== undefined) yield path.join(folder, socketName);
  }
}

function fits(file: string): boolean {
  return Buffer.byteLength(file) <= maxSocketPathBytes;
}

export async function writeEndpoint(dataDir: string, endpoint: ConsoleEndpoint): Promise<void> {
  await atomicWriteFile(endpointFile(dataDir), JSON.stringify(endpoint), { mode: 0o600 });
}

/**
 * Undefined: there is none, or it cannot be understood. Throws AppError `console_refused` (403) when this user may not
 * read it, or when it is not this user's: then what it names is not to be talked to.
 */
export async function readEndpoint(dataDir: string): Promise<ConsoleEndpoint | undefined> {
  const file = endpointFile(dataDir);
  try {
    await refuseForeign(path.dirname(file), 'folder');
    await refuseForeign(file, 'file');
    return parseEndpoint(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof AppError) throw error;
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    if (errno !== 'EACCES' && errno !== 'EPERM') throw error;
    const message = `The server on ${dataDir} takes commands from the user who started it alone. Use that account.`;
    throw new AppError('console_refused', message, { status: 403, cause: error });
  }
}

/** Removes the endpoint if it still is this one, and its socket. */
export async function removeEndpoint(dataDir: string, endpoint: ConsoleEndpoint): Promise<void> {
  const now = await readFile(endpointFile(dataDir), 'utf8').then(parseEndpoint, () => undefined);
  if (now?.token === endpoint.token) await rm(endpointFile(dataDir), { force: true });
  await removeAddress(endpoint.address);
}

/** The socket, and the folder that was made for it alone. Anything that is not such a socket of this user stays. */
export async function removeAddress(address: string): Promise<void> {
  if (process.platform === 'win32' || path.basename(address) !== socketName) return;
  const folder = path.dirname(address);
  try {
    const found = await lstat(address).catch(ignoreMissing);
    if (found && (!found.isSocket() || found.uid !== process.getuid?.())) return;
    await rm(address, { force: true });
    if (/^agentrail-[A-Za-z0-9]{6}$/.test(path.basename(folder))) await rmdir(folder);
  } catch (error) {
    // A folder of the system may be gone after a restart of the machine, and what is left does no harm.
    if (!['ENOENT', 'ENOTEMPTY', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** What another user made or may change could lead anywhere. The superuser may use everybody's. */
async function refuseForeign(place: string, kind: 'folder' | 'file'): Promise<void> {
  if (process.platform === 'win32') return;
  const found = await lstat(place);
  const isPrivate = (found.mode & 0o022) === 0 && (kind === 'folder' ? found.isDirectory() : found.isFile());
  if (!isPrivate) {
    const message = `${place} is not private to one user, so it is not trusted. Remove it, and start the server again.`;
    throw new AppError('console_untrusted', message, { status: 403 });
  }
  if (isOwnOf(found.uid)) return;
  const message = `${place} belongs to another user: the server there takes commands from that account alone.`;
  throw new AppError('console_refused', message, { status: 403 });
}

function isOwnOf(uid: number): boolean {
  const self = process.getuid?.();
  return self === undefined || self === 0 || self === uid;
}

function parseEndpoint(text: string): ConsoleEndpoint | undefined {
  try {
    return endpointSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // Whoever finds no endpoint says so; which byte of the file is wrong helps nobody.
    return undefined;
  }
}
