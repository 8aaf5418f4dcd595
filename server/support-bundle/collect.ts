import { open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { SessionKey } from '../contract/ids.ts';
import type { BundlePart } from '../contract/support-bundle.ts';
import { crashNotes } from '../doctor/checks/data-dir.ts';
import { assertNever } from '../lib/assert-never.ts';
import { listDataDir } from './list-data-dir.ts';
import type { BundleSources } from './sources.ts';

/** As it is found: nothing was taken out of it yet. */
export interface RawFile {
  name: string;
  part: BundlePart;
  text: string;
  isCut: boolean;
}

const logLines = 5000;
const mostBytes = 4 * 1024 * 1024;
const mostCrashNotes = 20;
const redactedValue = '[redacted value]';
/** Values below these are other people's names for secrets. */
const secretPaths = /^(?:mcpServers\.[^.]+\.(?:env|headers|args)|sandbox\.env|agents\.[^.]+\.sandbox\.env)(?:\.|$)/;

/** All files of one part. Throws what its source throws. */
export async function collectPart(
  part: BundlePart,
  from: BundleSources,
  sessions: readonly SessionKey[],
  signal: AbortSignal,
): Promise<RawFile[]> {
  const json = (name: string, value: unknown): RawFile[] => [
    { name, part, text: `${JSON.stringify(value, null, 2)}\n`, isCut: false },
  ];
  switch (part) {
    case 'program':
      return json('program.json', describeProgram(from));
    case 'settings':
      return [{ name: 'settings.txt', part, text: settingsText(from), isCut: false }];
    case 'health':
      return json('health.json', await describeHealth(from));
    case 'doctor':
      return json('doctor.json', await from.doctor(signal));
    case 'problems':
      return json('problems.json', from.problems?.() ?? []);
    case 'engine':
      return json('engine.json', await describeEngine(from));
    case 'logs': {
      const lines = await from.logs(logLines, signal);
      return [{ name: 'logs.ndjson', part, ...lastOf(lines.map((line) => `${JSON.stringify(line)}\n`).join('')) }];
    }
    case 'files':
      return [{ name: 'data-directory.txt', part, text: await listDataDir(from.dataDir, signal), isCut: false }];
    case 'crashes':
      return readCrashNotes(from.dataDir);
    case 'sessions':
      return readSessions(from, sessions, signal);
    default:
      return assertNever(part);
  }
}

function describeProgram({ version, dataDir, config, secrets }: BundleSources) {
  const { vault, list = [] } = secrets?.() ?? {};
  return {
    ...{ version, node: process.versions.node, electron: process.versions.electron ?? null },
    ...{ platform: process.platform, arch: process.arch, system: `${os.type()} ${os.release()}` },
    ...{ cpus: os.cpus().length, memoryBytes: os.totalmem(), freeMemoryBytes: os.freemem() },
    ...{ programUptimeSeconds: Math.round(process.uptime()), systemUptimeSeconds: Math.round(os.uptime()) },
    ...{ memory: process.memoryUsage(), timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    ...{ dataDir, settingsFile: config().file, vault: vault ?? null },
    secrets: list.map(({ name, isSet, origin, shadowsVault, lastResult }) => ({
      ...{ name, isSet, origin: origin ?? null, shadowsVault, lastOutcome: lastResult?.outcome ?? null },
    })),
  };
}

function settingsText({ config }: BundleSources): string {
  return config()
    .values.map(({ path: name, value, source, from, shadows = [] }) => {
      const shown = secretPaths.test(name) ? redactedValue : JSON.stringify(hideInside(name, value));
      const written = shadows.filter((each) => each.source !== 'default');
      const hidden = written.map((each) => each.from ?? each.source).join(', ');
      return `${name} = ${shown}  (${from ?? source}${hidden === '' ? '' : `; hides ${hidden}`})\n`;
    })
    .join('');
}

/** A leaf may be a whole table. */
function hideInside(name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const at = `${name}.${key}`;
      return [key, secretPaths.test(at) ? redactedValue : hideInside(at, inner)];
    }),
  );
}

async function describeHealth({ server }: BundleSources) {
  if (!server) return { note: 'No server runs in this program.' };
  const { state, readiness } = server();
  return { server: state, readiness: (await readiness) ?? null };
}

/** Without the commands of sandboxes: they are what sessions are about. */
async function describeEngine(from: BundleSources) {
  const { engine, image, sandboxes = [] } = await from.engine();
  return {
    ...{ engine, image: image ?? null },
    sandboxes: sandboxes.map(({ firstCommand: _, running, ...rest }) => ({ ...rest, running: running.length })),
  };
}

async function readCrashNotes(dataDir: string): Promise<RawFile[]> {
  const files: RawFile[] = [];
  for (const name of (await crashNotes(dataDir)).slice(-mostCrashNotes)) {
    await using handle = await open(path.join(dataDir, name), 'r');
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.min(size, mostBytes));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, Math.max(0, size - buffer.length));
    const text = buffer.toString('utf8', 0, bytesRead);
    files.push({ name: `crashes/${path.basename(name)}.txt`, part: 'crashes', text, isCut: size > buffer.length });
  }
  return files;
}

async function readSessions(
  { session }: BundleSources,
  keys: readonly SessionKey[],
  signal: AbortSignal,
): Promise<RawFile[]> {
  const files: RawFile[] = [];
  for (const key of session ? keys : []) {
    const pieces: Buffer[] = [];
    for await (const piece of (await session?.(key, signal)) ?? []) pieces.push(Buffer.from(piece));
    const name = `sessions/${key.tenantId}-${key.sessionId}.jsonl`;
    files.push({ name, part: 'sessions', ...lastOf(Buffer.concat(pieces).toString('utf8')) });
  }
  return files;
}

/** The end of a long text, from the beginning of a line. */
function lastOf(text: string): { text: string; isCut: boolean } {
  if (text.length <= mostBytes) return { text, isCut: false };
  const from = text.indexOf('\n', text.length - mostBytes);
  return { text: text.slice(from + 1), isCut: true };
}
