import { dirname, join } from 'node:path';

const statically = /^\s*(?:import|export)\s*(?:[^'"();]*?\sfrom\s*)?["'](\.{1,2}\/[^"']+)["']/gm;

/** Bytes of the entry and of everything that it imports before its first line runs. What is imported later is not in it. */
export function startSize(entry: string, read: (file: string) => string): { bytes: number; files: string[] } {
  const seen = new Set<string>();
  let bytes = 0;
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = read(file);
    bytes += Buffer.byteLength(text);
    for (const [, next = ''] of text.matchAll(statically)) visit(join(dirname(file), next));
  };
  visit(entry);
  return { bytes, files: [...seen] };
}
