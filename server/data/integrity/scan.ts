import { createHash } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { IntegrityFinding } from '../../contract/doctor.ts';
import { idPattern } from '../../contract/ids.ts';
import { errnoOf } from '../storage-error.ts';

const blockBytes = 256 * 1024;
const newline = 0x0a;
/** A line that is longer is hashed whole but judged as alien: nothing writes such a one. */
const maxLineBytes = 256 * 1024 * 1024;
/** Of one file; a file of garbage has a million of them. */
const mostOfFile = 1000;

export interface LineJudge {
  judge(line: Buffer): 'known' | 'alien';
  owner(): { tenantId: string; userId: string; sessionId: string } | undefined;
}

export interface ScanOptions {
  dataDir: string;
  /** Knows what may stand in a file of a session; undefined: it has no lines. */
  judgeFor(file: string): LineJudge | undefined;
  /** Ids of the sessions that the list shows; absent: it is not compared. */
  listed?(tenantId: string): Promise<ReadonlySet<string>>;
  onStep?(done: number, total: number, name: string): void;
  signal?: AbortSignal;
}

export interface ScanTotals {
  sessions: number;
  lines: number;
  findings: number;
}

/**
 * Everything that is wrong with what is kept, as it is found; reads every session's lines and changes nothing. Sessions
 * may be written meanwhile: of their last line only a whole one is judged. Throws the signal's reason.
 */
export async function* scanIntegrity(options: ScanOptions): AsyncGenerator<IntegrityFinding, ScanTotals> {
  const { dataDir, judgeFor, listed, onStep = () => undefined, signal } = options;
  const totals: ScanTotals = { sessions: 0, lines: 0, findings: 0 };
  const tenants = await foldersOf('tenants');
  const total = (
    await Promise.all(tenants.folders.map(async (name) => (await foldersOf(`tenants/${name}/sessions`)).folders.length))
  ).reduce((sum, count) => sum + count, 0);

  for await (const finding of all()) {
    totals.findings += 1;
    yield finding;
  }
  return totals;

  async function* all(): AsyncGenerator<IntegrityFinding> {
    yield* tenants.findings;
    for (const tenantId of tenants.folders) {
      const sessions = await foldersOf(`tenants/${tenantId}/sessions`);
      yield* sessions.findings;
      const owned = new Set<string>();
      for (const sessionId of sessions.folders) {
        signal?.throwIfAborted();
        totals.sessions += 1;
        const hasOwner = yield* session(tenantId, sessionId);
        if (hasOwner) owned.add(sessionId);
        onStep(totals.sessions, total, `${tenantId}/${sessionId}`);
      }
      yield* differences(tenantId, owned);
    }
    yield* workspaces();
  }

  async function* session(tenantId: string, sessionId: string): AsyncGenerator<IntegrityFinding, boolean> {
    const folder = `tenants/${tenantId}/sessions/${sessionId}`;
    let owner: ReturnType<LineJudge['owner']>;
    let canRead = true;
    for await (const file of filesBelow(folder)) {
      signal?.throwIfAborted();
      if (typeof file !== 'string') {
        canRead = false;
        yield { ...file, tenantId, sessionId };
        continue;
      }
      const judge = judgeFor(file.slice(folder.length + 1));
      if (judge === undefined) continue;
      let count = 0;
      for await (const finding of linesOf(file, judge)) {
        if (finding.kind === 'unreadable') canRead = false;
        count += 1;
        if (count <= mostOfFile) yield { ...finding, tenantId, sessionId };
      }
      owner ??= judge.owner();
    }
    if (owner === undefined && canRead) {
      const sha256 = await stateHash(path.join(dataDir, folder));
      yield { kind: 'orphan_session', path: folder, sha256, tenantId, sessionId, canQuarantine: true };
    }
    return owner !== undefined;
  }

  async function* linesOf(file: string, judge: LineJudge): AsyncGenerator<IntegrityFinding> {
    const { handle, errno } = await openFile(file);
    if (handle === undefined) {
      if (errno !== 'ENOENT') yield unreadable(file);
      return;
    }
    await using opened = handle;
    let line = 0;
    try {
      const { size } = await opened.stat();
      for await (const { bytes, isTorn } of splitLines(opened, size)) {
        signal?.throwIfAborted();
        line += 1;
        totals.lines += 1;
        if (bytes.length === 0) continue;
        if (bytes.length < maxLineBytes && judge.judge(bytes) === 'known') continue;
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const kind = isTorn ? 'torn_line' : 'alien_line';
        yield { kind, path: file, line, sha256, sizeBytes: bytes.length, canQuarantine: true };
      }
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      yield unreadable(file);
    }
  }

  async function* differences(tenantId: string, owned: ReadonlySet<string>): AsyncGenerator<IntegrityFinding> {
    if (listed === undefined) return;
    const shown = await listed(tenantId);
    for (const sessionId of new Set([...shown].concat([...owned]))) {
      if (shown.has(sessionId) === owned.has(sessionId)) continue;
      // Made or deleted while this went on.
      const isThere = (await namesIn(`tenants/${tenantId}/sessions/${sessionId}`)).names.length > 0;
      if (isThere === shown.has(sessionId)) continue;
      const at = `tenants/${tenantId}/sessions/${sessionId}`;
      yield { kind: 'index_difference', path: at, tenantId, sessionId, canQuarantine: false };
    }
  }

  /** A folder of workspaces is named by its tenant, and each workspace by its session. */
  async function* workspaces(): AsyncGenerator<IntegrityFinding> {
    for (const tenantId of (await foldersOf('sandboxes')).folders) {
      const sessions = new Set((await foldersOf(`tenants/${tenantId}/sessions`)).folders);
      // Older data directories have the workspace of a session right here.
      if (!tenants.folders.includes(tenantId)) continue;
      for (const sessionId of (await foldersOf(`sandboxes/${tenantId}`)).folders) {
        if (sessions.has(sessionId)) continue;
        yield {
          ...{ kind: 'orphan_workspace', path: `sandboxes/${tenantId}/${sessionId}`, tenantId, sessionId },
          canQuarantine: true,
        };
      }
    }
  }

  /** Folders that can be tenants or sessions, and what else lies between them. Names with a dot are passing. */
  async function foldersOf(folder: string): Promise<{ folders: string[]; findings: IntegrityFinding[] }> {
    const { names, errno } = await namesIn(folder);
    const findings: IntegrityFinding[] = errno === undefined || errno === 'ENOENT' ? [] : [unreadable(folder)];
    const folders: string[] = [];
    for (const entry of names) {
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory() && idPattern.test(entry.name)) folders.push(entry.name);
      else findings.push({ kind: 'alien_file', path: `${folder}/${entry.name}`, canQuarantine: true });
    }
    return { folders: folders.toSorted(), findings };
  }

  async function* filesBelow(folder: string): AsyncGenerator<string | IntegrityFinding> {
    const { names, errno } = await namesIn(folder);
    if (errno !== undefined && errno !== 'ENOENT') yield unreadable(folder);
    for (const entry of names.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const at = `${folder}/${entry.name}`;
      if (entry.isDirectory()) yield* filesBelow(at);
      else if (entry.isFile() && !entry.name.startsWith('.')) yield at;
    }
  }

  async function namesIn(folder: string): Promise<{ names: Dirent[]; errno?: string | undefined }> {
    try {
      return { names: await readdir(path.join(dataDir, folder), { withFileTypes: true }) };
    } catch (error) {
      return { names: [], errno: errnoOf(error) ?? 'EIO' };
    }
  }

  async function openFile(file: string): Promise<{ handle?: FileHandle; errno?: string }> {
    try {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      return { handle: await open(path.join(dataDir, file), flags) };
    } catch (error) {
      return { errno: errnoOf(error) ?? 'EIO' };
    }
  }
}

/** Tells whether a session's first file is what it was: one that was just being made is nobody's for a moment only. */
export async function stateHash(folder: string): Promise<string> {
  const content = await readFile(path.join(folder, 'session.jsonl')).catch((error: unknown) => {
    if (errnoOf(error) === undefined) throw error;
    return Buffer.alloc(0);
  });
  return createHash('sha256').update(content).digest('hex');
}

function unreadable(at: string): IntegrityFinding {
  return { kind: 'unreadable', path: at, canQuarantine: false };
}

/** Lines of the first `end` bytes without their newline; `isTorn`: the last one had none. */
export async function* splitLines(
  handle: FileHandle,
  end: number,
): AsyncGenerator<{ bytes: Buffer; start: number; isTorn: boolean }> {
  let pieces: Buffer[] = [];
  let start = 0;
  for (let position = 0; position < end; ) {
    const block = Buffer.allocUnsafe(Math.min(blockBytes, end - position));
    const { bytesRead } = await handle.read(block, 0, block.length, position);
    if (bytesRead === 0) break;
    const read = block.subarray(0, bytesRead);
    let from = 0;
    for (let at = read.indexOf(newline); at >= 0; at = read.indexOf(newline, from)) {
      yield { bytes: Buffer.concat([...pieces, read.subarray(from, at)]), start, isTorn: false };
      pieces = [];
      from = at + 1;
      start = position + from;
    }
    if (from < read.length) pieces.push(read.subarray(from));
    position += bytesRead;
  }
  if (pieces.length > 0) yield { bytes: Buffer.concat(pieces), start, isTorn: true };
}
