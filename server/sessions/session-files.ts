import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { uploadsFolder } from '../data/session-shelf.ts';
import { errnoOf } from '../data/storage-error.ts';
import { readLines } from './jsonl.ts';

/** Names of the files below a session's folder, in order: no uploads, no links, nothing that is on its way out. */
export async function filesOfSession(folder: string, below = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await entriesIn(path.join(folder, below))) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name.startsWith('.') || name === uploadsFolder || name.endsWith('.tmp')) continue;
    if (entry.isDirectory()) found.push(...(await filesOfSession(folder, name)));
    else if (entry.isFile()) found.push(name);
  }
  return found.toSorted();
}

async function entriesIn(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The lines of a file that hold something; none when there is no such file. */
export async function* linesOfFile(file: string): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return;
  await using opened = handle;
  for await (const { line } of readLines(opened, (await opened.stat()).size)) if (line.length > 0) yield line;
}

/**
 * What a session's folder holds, by the hash of each file: the same for two stores that keep the same. Files of lines
 * count by their lines, for an empty one and the end of a torn one are no part of a history.
 */
export async function fingerprintOf(folder: string): Promise<string> {
  const whole = createHash('sha256');
  for (const name of await filesOfSession(folder)) {
    const file = path.join(folder, name);
    const hash = createHash('sha256');
    let pieces = 0;
    if (name.endsWith('.jsonl')) {
      for await (const line of linesOfFile(file)) {
        hash.update(line).update('\n');
        pieces += 1;
      }
      if (pieces === 0) continue;
    } else {
      await using handle = await open(file, 'r');
      for await (const piece of handle.createReadStream({ autoClose: false })) hash.update(piece);
    }
    whole.update(`${name}\n${hash.digest('hex')}\n`);
  }
  return whole.digest('hex');
}
