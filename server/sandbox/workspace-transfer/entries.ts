import { z } from 'zod';
import { sandboxFault } from '../faults.ts';

/** A file, folder or link below a workspace. Names are bytes: they need not be text. */
export interface WorkspaceEntry {
  path: Buffer;
  type: 'f' | 'd' | 'l';
  mode: number;
  modifiedAt: number;
  /** Of files. */
  sizeBytes: number;
  /** Of links. */
  target?: Buffer;
}

const maxPathBytes = 4096;
const maxNameBytes = 255;

const base64 = z
  .string()
  .max(maxPathBytes * 2)
  .regex(/^[A-Za-z0-9+/]*={0,2}$/);
const rowSchema = z.object({
  p: base64,
  t: z.enum(['f', 'd', 'l']),
  m: z.number().int().min(0).max(0o777),
  u: z.number().int().min(-8.64e15).max(8.64e15),
  s: z.number().int().min(0).optional(),
  l: base64.optional(),
});

/**
 * Reads what a sandbox says is in its workspace. It may lie: what comes back names only places below the workspace, each
 * once, each below a folder that was named before. Throws `workspace_not_saved` on anything else.
 */
export function parseListing(text: string): WorkspaceEntry[] {
  const folders = new Set(['']);
  const seen = new Set<string>();
  const entries: WorkspaceEntry[] = [];
  for (const line of text.split('\n')) {
    if (line === '') {
      continue;
    }
    const entry = parseRow(line);
    const key = entry.path.toString('latin1');
    if (seen.has(key) || !folders.has(parentOf(key))) {
      throw refused('a path that comes twice, or before its folder');
    }
    seen.add(key);
    if (entry.type === 'd') {
      folders.add(key);
    }
    entries.push(entry);
  }
  return entries;
}

function parseRow(line: string): WorkspaceEntry {
  const parsed = rowSchema.safeParse(parseJson(line));
  if (!parsed.success) {
    throw refused('a line that is no entry');
  }
  const { p, t, m, u, s = 0, l } = parsed.data;
  const path = Buffer.from(p, 'base64');
  const target = l === undefined ? undefined : Buffer.from(l, 'base64');
  if (!isInside(path) || (t === 'l' && (!target || target.length === 0 || target.includes(0)))) {
    throw refused('a path that is not below the workspace');
  }
  return { path, type: t, mode: m, modifiedAt: u, sizeBytes: s, ...(target && { target }) };
}

function isInside(path: Buffer): boolean {
  // Bytes, not characters: a slash is a slash in every encoding that names use.
  const names = path.toString('latin1').split('/');
  return (
    path.length <= maxPathBytes &&
    !path.includes(0) &&
    names.every((name) => name !== '' && name !== '.' && name !== '..' && name.length <= maxNameBytes) &&
    // Where Windows keeps workspaces, these part paths, too.
    (process.platform !== 'win32' || !names.some((name) => /[\\:]/.test(name)))
  );
}

function parentOf(key: string): string {
  const at = key.lastIndexOf('/');
  return at === -1 ? '' : key.slice(0, at);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function refused(what: string) {
  return sandboxFault('workspace_not_saved', { said: `The sandbox sent ${what}.` });
}
