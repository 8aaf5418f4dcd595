import { createHash, randomUUID } from 'node:crypto';
import { cp, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { IntegrityFinding, QuarantineInfo, QuarantineReport } from '../../contract/doctor.ts';
import { idPattern } from '../../contract/ids.ts';
import { AppError } from '../../lib/app-error.ts';
import { atomicWriteFile } from '../atomic-write.ts';
import { syncFolder } from '../folders.ts';
import { errnoOf, toStorageError } from '../storage-error.ts';
import { splitLines, stateHash } from './scan.ts';

const lineItem = z.strictObject({
  type: z.literal('line'),
  path: z.string(),
  line: z.number().int().min(1),
  /** Byte at which it began in the file as it was. */
  start: z.number().int().min(0),
  isTorn: z.boolean(),
  sha256: z.string(),
  data: z.base64(),
});
const folderItem = z.strictObject({ type: z.literal('whole'), path: z.string(), stored: z.string() });
const reportSchema = z.strictObject({
  format: z.literal('agentrail-quarantine'),
  version: z.literal(1),
  at: z.number(),
  putBackAt: z.number().exactOptional(),
  items: z.array(z.discriminatedUnion('type', [lineItem, folderItem])),
});
type Report = z.output<typeof reportSchema>;
type LineItem = z.output<typeof lineItem>;

export interface QuarantineOptions {
  dataDir: string;
  now: number;
  /**
   * Calls `work` while nobody writes into the session, whose files are closed; false when a run is at it. Absent: nobody
   * writes into anything.
   */
  whileIdle?(tenantId: string, sessionId: string, work: () => Promise<void>): Promise<boolean>;
}

const always: NonNullable<QuarantineOptions['whileIdle']> = async (_tenantId, _sessionId, work) => {
  await work();
  return true;
};

type Left = QuarantineReport['left'][number];

/**
 * Takes what was found out of the way: lines are written down in `quarantine/<date>/report.json` and then cut from their
 * file, which is replaced whole; folders and files are moved there. What changed since it was seen is left. Killed in
 * between, the report holds what may still be in place too, and nothing is lost. Throws AppError `storage_unavailable`.
 */
export async function quarantine(
  findings: readonly IntegrityFinding[],
  { dataDir, now, whileIdle = always }: QuarantineOptions,
): Promise<QuarantineReport> {
  const id = `${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomUUID().slice(0, 6)}`;
  const folder = path.join(dataDir, 'quarantine', id);
  const report: Report = { format: 'agentrail-quarantine', version: 1, at: now, items: [] };
  const left: Left[] = [];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const group of groupsOf(findings)) {
      const [first] = group;
      if (first === undefined) continue;
      const place = placeOf(first);
      const work = async () => {
        for (const outcome of await takeOut(group)) left.push(outcome);
      };
      if (place === undefined) await work();
      else if (!(await whileIdle(place.tenantId, place.sessionId, work)))
        left.push(...group.map((finding) => leftOf(finding, 'A run is going on in the session.')));
    }
    if (report.items.length === 0) await rm(folder, { recursive: true, force: true });
    await syncFolder(path.dirname(folder));
    return { id, quarantined: report.items.length, left };
  } catch (error) {
    throw toStorageError(error);
  }

  /** All of one file or folder. */
  async function takeOut(group: readonly IntegrityFinding[]): Promise<Left[]> {
    const lines = group.filter(({ line }) => line !== undefined);
    const whole = group.filter(({ line }) => line === undefined);
    const outcomes: Left[] = [];
    for (const finding of whole)
      if (!(await moveAway(finding))) outcomes.push(leftOf(finding, 'It is gone, or no longer what it was.'));
    const [first] = lines;
    if (first !== undefined) outcomes.push(...(await cutLines(first.path, lines)));
    return outcomes;
  }

  async function moveAway(finding: IntegrityFinding): Promise<boolean> {
    if (!finding.canQuarantine) return false;
    const from = inside(dataDir, finding.path);
    if (!(await isThere(from)) || !(await isAsSeen(finding, from))) return false;
    const stored = `items/${report.items.length}`;
    await mkdir(path.join(folder, 'items'), { recursive: true, mode: 0o700 });
    report.items.push({ type: 'whole', path: finding.path, stored });
    await writeReport(folder, report);
    await moveTo(from, path.join(folder, stored));
    return true;
  }

  /** A session may have been made since, and a name that a person gave may say anything. */
  async function isAsSeen({ kind, sha256 }: IntegrityFinding, from: string): Promise<boolean> {
    switch (kind) {
      case 'orphan_session':
        return (await stateHash(from)) === sha256;
      case 'orphan_workspace': {
        const [, tenantId = '', sessionId = ''] = path.relative(dataDir, from).split(path.sep);
        return !(await isThere(path.join(dataDir, 'tenants', tenantId, 'sessions', sessionId)));
      }
      case 'alien_file':
        return !(idPattern.test(path.basename(from)) && (await stat(from)).isDirectory());
      default:
        return false;
    }
  }

  async function cutLines(file: string, wanted: readonly IntegrityFinding[]): Promise<Left[]> {
    const at = inside(dataDir, file);
    const cut: LineItem[] = [];
    const kept: Buffer[] = [];
    await using handle = await open(at, 'r').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (handle === undefined) return wanted.map((finding) => leftOf(finding, 'The file is gone.'));
    const { size, mode } = await handle.stat();
    let line = 0;
    for await (const { bytes, start, isTorn } of splitLines(handle, size)) {
      line += 1;
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const isWanted = wanted.some((finding) => finding.line === line && finding.sha256 === sha256);
      if (isWanted) cut.push({ type: 'line', path: file, line, start, isTorn, sha256, data: bytes.toString('base64') });
      else kept.push(bytes, ...(isTorn ? [] : [Buffer.from('\n')]));
    }
    const gone = wanted.filter((finding) => !cut.some((item) => item.line === finding.line));
    if (cut.length > 0) {
      report.items.push(...cut);
      await writeReport(folder, report);
      await atomicWriteFile(at, Buffer.concat(kept), { mode: mode & 0o777 });
    }
    return gone.map((finding) => leftOf(finding, 'The line changed since it was seen.'));
  }
}

/** Puts back what a quarantine took, where its place is still free. Throws AppError `quarantine_not_found`. */
export async function putBack(id: string, options: QuarantineOptions): Promise<QuarantineReport> {
  const { dataDir, now, whileIdle = always } = options;
  const folder = folderOf(dataDir, id);
  const report = await readReport(folder);
  const left: Left[] = [];
  let done = 0;
  const files = Map.groupBy(report.items, (item) => item.path);
  for (const [file, items] of files) {
    const [, tenantId, , sessionId] = /^tenants\/([^/]+)\/(sessions)\/([^/]+)/.exec(file) ?? [];
    const work = async () => {
      for (const item of items) if (item.type === 'whole') done += await putWhole(item);
      const lines = items.filter((item) => item.type === 'line');
      if (lines.length > 0) done += await putLines(file, lines);
    };
    try {
      const isIdle = tenantId && sessionId ? await whileIdle(tenantId, sessionId, work) : await always('', '', work);
      if (!isIdle) left.push({ path: file, reason: 'A run is going on in the session.' });
    } catch (error) {
      throw toStorageError(error);
    }
  }
  if (left.length === 0) await writeReport(folder, { ...report, putBackAt: now });
  return { id, quarantined: done, left };

  async function putWhole(item: z.output<typeof folderItem>): Promise<number> {
    const to = inside(dataDir, item.path);
    const from = inside(folder, item.stored);
    if ((await isThere(to)) || !(await isThere(from))) {
      left.push({ path: item.path, reason: 'Its place is taken.' });
      return 0;
    }
    await mkdir(path.dirname(to), { recursive: true, mode: 0o700 });
    await moveTo(from, to);
    return 1;
  }

  /** At the line it had: the lines between went nowhere, and what was appended since stays behind. */
  async function putLines(file: string, items: readonly LineItem[]): Promise<number> {
    const at = inside(dataDir, file);
    const content = await readFile(at).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (content === undefined) {
      left.push({ path: file, reason: 'The file is gone.' });
      return 0;
    }
    const parts: Buffer[] = [];
    let taken = 0;
    let written = 0;
    for (const { start, data, isTorn } of items.toSorted((a, b) => a.start - b.start)) {
      const upTo = Math.min(content.length, taken + Math.max(0, start - written));
      parts.push(content.subarray(taken, upTo));
      written += upTo - taken;
      taken = upTo;
      // A torn line is no longer the last one when something was appended: it gets an end of its own.
      const line = Buffer.concat([
        Buffer.from(data, 'base64'),
        Buffer.from(isTorn && taken === content.length ? '' : '\n'),
      ]);
      parts.push(line);
      written += line.length;
    }
    parts.push(content.subarray(taken));
    await atomicWriteFile(at, Buffer.concat(parts), { mode: (await stat(at)).mode & 0o777 });
    return items.length;
  }
}

export async function listQuarantine(dataDir: string): Promise<QuarantineInfo[]> {
  const names = await readdir(path.join(dataDir, 'quarantine')).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw toStorageError(error);
  });
  const found: QuarantineInfo[] = [];
  for (const id of names.toSorted().toReversed()) {
    const report = await readReport(path.join(dataDir, 'quarantine', id)).catch(() => undefined);
    if (report)
      found.push({ id, at: report.at, items: report.items.length, isPutBack: report.putBackAt !== undefined });
  }
  return found;
}

function folderOf(dataDir: string, id: string): string {
  if (/^\d{8}T\d{6}Z-[0-9a-f]{6}$/.test(id)) return path.join(dataDir, 'quarantine', id);
  throw notFound();
}

async function readReport(folder: string): Promise<Report> {
  try {
    return reportSchema.parse(JSON.parse(await readFile(path.join(folder, 'report.json'), 'utf8')));
  } catch (cause) {
    throw notFound(cause);
  }
}

async function writeReport(folder: string, report: Report): Promise<void> {
  await atomicWriteFile(path.join(folder, 'report.json'), `${JSON.stringify(report, undefined, 1)}\n`);
}

function groupsOf(findings: readonly IntegrityFinding[]): IntegrityFinding[][] {
  return [...Map.groupBy(findings, ({ path: at }) => at).values()];
}

const anywhere = /^(?:tenants\/[^/]+|tenants\/[^/]+\/sessions\/[^/]+(?:\/.+)?|sandboxes\/[^/]+\/[^/]+)$/;

/** The session that a finding is of, by its path. Throws AppError `invalid_request` (400) for what no finding can name. */
function placeOf({ path: at, kind }: IntegrityFinding): { tenantId: string; sessionId: string } | undefined {
  const isPlain = at.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isPlain || !anywhere.test(at)) throw outside();
  const [, tenantId, sessionId] = /^(?:tenants\/([^/]+)\/sessions|sandboxes\/[^/]+)\/([^/]+)/.exec(at) ?? [];
  const tenant = tenantId ?? at.split('/')[1];
  if (sessionId === undefined || tenant === undefined || kind === 'alien_file') return undefined;
  return { tenantId: tenant, sessionId };
}

/** Findings come back from a page: none may name anything outside. */
function inside(base: string, relative: string): string {
  const at = path.resolve(base, relative);
  const way = path.relative(base, at);
  if (way === '' || way.startsWith('..') || path.isAbsolute(way)) {
    throw outside();
  }
  return at;
}

function outside(): AppError {
  return new AppError('invalid_request', 'This is no place in the data directory where damage is found.', {
    status: 400,
  });
}

async function moveTo(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    // Workspaces may lie on a disk of their own.
    if (errnoOf(error) !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true, errorOnExist: true, force: false, verbatimSymlinks: true });
    await rm(from, { recursive: true, force: true });
  }
  await syncFolder(path.dirname(to));
  await syncFolder(path.dirname(from));
}

async function isThere(at: string): Promise<boolean> {
  return stat(at).then(
    () => true,
    () => false,
  );
}

function leftOf({ path: at, line }: IntegrityFinding, reason: string): Left {
  return { path: at, ...(line !== undefined && { line }), reason };
}

function notFound(cause?: unknown): AppError {
  return new AppError('quarantine_not_found', 'There is no such quarantine.', { status: 404, cause });
}
