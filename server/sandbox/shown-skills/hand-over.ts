import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

/**
 * Runs inside in front of the agent, as root, where a folder of this machine cannot be mounted: takes the files from
 * stdin into `/skills`, which is root's alone. `take` is the bootstrap's.
 */
export const takeSkills = [
  'import json',
  'os.umask(0o022)',
  'for path,size,mode in json.loads(take(int.from_bytes(take(4),"big"))):',
  ' path="/skills/"+path',
  ' os.makedirs(os.path.dirname(path),0o755,True)',
  ' file=os.open(path,os.O_WRONLY|os.O_CREAT|os.O_EXCL,mode)',
  ' while size:',
  '  part=take(min(size,65536))',
  '  size-=len(part)',
  '  while part: part=part[os.write(file,part):]',
  ' os.close(file)',
].join('\n');

/** The files of a snapshot as they are taken above: a list with its length before it, then their bytes. */
export async function handOverSkills(input: Duplex, dir: string): Promise<void> {
  const rows: [path: string, sizeBytes: number, mode: number][] = [];
  const parts: Buffer[] = [];
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const data = await readFile(file);
    const path = file.slice(dir.length + 1).replaceAll('\\', '/');
    rows.push([path, data.length, (await lstat(file)).mode & 0o100 ? 0o755 : 0o644]);
    parts.push(data);
  }
  const list = Buffer.from(JSON.stringify(rows));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(list.length);
  input.write(Buffer.concat([length, list, ...parts]));
}
