import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The code block of a page that begins with "```sh name", as it stands there. Throws when there is not exactly one. */
export async function commandsOf(page: string, name: string): Promise<string> {
  const text = await readFile(join(root, page), 'utf8');
  const blocks = Array.from(text.matchAll(/^```sh (\w+)\n(.*?)^```$/gms), ([, title, block = '']) => ({
    title,
    block,
  }));
  const [found, ...more] = blocks.filter(({ title }) => title === name);
  if (!found || more.length > 0) throw new Error(`${page} has to have one block of commands called ${name}.`);
  return found.block;
}
