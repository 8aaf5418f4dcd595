import type { Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../data/storage-error.ts';

/** Files one by one down to here; below they are counted: their names are what people wrote. */
const namedDepth = 2;
const mostLines = 5000;
/** Of a tenant's folder the kinds of things are told, and how many there are. */
const countedBelow = new Set(['tenants', 'sandboxes', 'incoming', 'quarantine', 'repairs', 'skills']);

interface Sum {
  files: number;
  folders: number;
  bytes: number;
}

/** Sizes, rights and times of what lies there; no content, and no names that people gave. */
export async function listDataDir(dataDir: string, signal: AbortSignal): Promise<string> {
  const lines = ['rights        bytes  changed              name'];
  await list('', 0);
  if (lines.length > mostLines) lines.splice(mostLines, lines.length, '… and more');
  return `${lines.join('\n')}\n`;

  async function list(folder: string, depth: number): Promise<void> {
    for (const name of await namesIn(folder)) {
      if (lines.length > mostLines) return;
      const at = path.join(folder, name);
      const facts = await lstat(path.join(dataDir, at)).catch(() => undefined);
      if (facts === undefined) continue;
      if (!facts.isDirectory()) lines.push(lineOf(at, facts, facts.size));
      else if (countedBelow.has(name) && depth === 0) await countTenants(at, facts);
      else if (depth + 1 < namedDepth) {
        lines.push(lineOf(`${at}/`, facts, 0));
        await list(at, depth + 1);
      } else await count(at, facts);
    }
  }

  async function countTenants(folder: string, facts: Stats): Promise<void> {
    lines.push(lineOf(`${folder}/`, facts, 0));
    for (const name of await namesIn(folder)) {
      const at = path.join(folder, name);
      const inner = await lstat(path.join(dataDir, at)).catch(() => undefined);
      if (inner?.isDirectory()) await count(at, inner);
    }
  }

  async function count(at: string, facts: Stats): Promise<void> {
    const sum: Sum = { files: 0, folders: 0, bytes: 0 };
    await add(at, sum);
    lines.push(`${lineOf(`${at}/`, facts, sum.bytes)}  ${sum.files} files in ${sum.folders} folders`);
  }

  async function add(folder: string, sum: Sum): Promise<void> {
    for (const name of await namesIn(folder)) {
      signal.throwIfAborted();
      const at = path.join(folder, name);
      const facts = await lstat(path.join(dataDir, at)).catch(() => undefined);
      if (facts?.isDirectory()) {
        sum.folders += 1;
        await add(at, sum);
      } else if (facts !== undefined) {
        sum.files += 1;
        sum.bytes += facts.size;
      }
    }
  }

  async function namesIn(folder: string): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const { name } of await opendir(path.join(dataDir, folder))) names.push(name);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
    return names.toSorted();
  }
}

function lineOf(name: string, { mode, mtime }: Stats, bytes: number): string {
  const rights = (mode & 0o7777).toString(8).padStart(4, '0');
  return `${rights} ${String(bytes).padStart(14)}  ${mtime.toISOString().slice(0, 19)}  ${name}`;
}
