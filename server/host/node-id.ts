import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { errnoOf } from '../data/storage-error.ts';

/**
 * What all processes have in common that own this data directory one after the other, on this machine. A copy of the
 * directory on another machine counts as another.
 */
export async function readNodeId(dataDir: string): Promise<string> {
  const machine = hostname().replaceAll(/[^A-Za-z0-9-]/g, '-');
  return `${await ownId(path.join(dataDir, 'node-id'))}-${machine}`;
}

async function ownId(file: string): Promise<string> {
  try {
    const id = (await readFile(file, 'utf8')).trim();
    if (/^[0-9a-f]{24}$/.test(id)) return id;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  const id = randomBytes(12).toString('hex');
  await atomicWriteFile(file, `${id}\n`);
  return id;
}
