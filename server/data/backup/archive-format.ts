import { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';

/**
 * A backup is a tar archive, packed with zstd or gzip, that any tar program can open. First `backup.json`, which says
 * what it is; then `data/…`, the files; then `secrets.sealed`, when asked for; last `manifest.jsonl`, a line for each
 * entry before it, in their order, and one that ends it.
 */
export const headEntry = 'backup.json';
export const dataPrefix = 'data/';
export const secretsEntry = 'secrets.sealed';
export const manifestEntry = 'manifest.jsonl';

export const formatVersion = 1;
const maxPathBytes = 4096;
const maxParts = 64;
/** Of a line of the manifest. */
export const maxLineBytes = 64 * 1024;

export const headSchema = z.looseObject({
  format: z.literal('agentrail-backup'),
  version: z.number().int().min(1),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  createdAt: z.number(),
  program: z.string(),
  includes: z.object({ workspaces: z.boolean(), secrets: z.boolean() }),
});
export type ArchiveHead = z.output<typeof headSchema>;

export const fileLineSchema = z.strictObject({
  path: z.string().min(1).max(maxPathBytes),
  sizeBytes: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  mode: z.number().int().min(0).max(0o777),
});
export type FileLine = z.output<typeof fileLineSchema>;

export const endLineSchema = z.strictObject({
  end: z.strictObject({
    files: z.number().int().min(0),
    totalBytes: z.number().int().min(0),
    /** SHA-256 of the lines before. */
    sha256: z.string(),
    /** HMAC of the same under the passphrase. */
    hmac: z.string().optional(),
  }),
});

export const archiveName = /^agentrail-backup-(\d{8}T\d{6}Z)-[0-9a-f]{6}\.tar\.(zst|gz)$/;

export function nameOf(now: number, id: string, packing: 'zst' | 'gz'): string {
  const at = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `agentrail-backup-${at}-${id.slice(0, 6)}.tar.${packing}`;
}

/** Milliseconds since 1970 that an archive's name tells. */
export function timeOf(name: string): number {
  const [, year, month, day, hour, minute, second] = /(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z/.exec(name) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}

/** The parts of a path below `data/`, or undefined when it could lead anywhere else. */
export function safeParts(path: string, platform: string = process.platform): string[] | undefined {
  if (Buffer.byteLength(path) > maxPathBytes || path.includes('\0')) return undefined;
  const parts = path.split('/');
  if (parts.length > maxParts) return undefined;
  const isSafe = (part: string): boolean =>
    part !== '' &&
    part !== '.' &&
    part !== '..' &&
    Buffer.byteLength(part) <= 255 &&
    (platform !== 'win32' || !/[\\:*?"<>|]|[. ]$/.test(part));
  return parts.every(isSafe) ? parts : undefined;
}

export function damaged(what: string, cause?: unknown): AppError {
  const message = `The backup is damaged: ${what}. Nothing was changed. Use another one.`;
  return new AppError('backup_damaged', message, { status: 400, cause });
}

export function unsafe(what: string): AppError {
  const message = `The backup holds what no backup of Agentrail holds: ${what}. Nothing was changed. Do not use it.`;
  return new AppError('backup_unsafe', message, { status: 400 });
}

/** A path as it may stand in a sentence. */
export function shown(path: string): string {
  const text = JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
  return text;
}
