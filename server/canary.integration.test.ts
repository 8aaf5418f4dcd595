import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MockUpstream, startMockUpstream } from './agent/testing/mock-upstream.ts';
import { makeConsole } from './console/fakes.test-support.ts';
import type { LeakSweepProgress, LeakSweepReport, ScrubProgress } from './contract/leak-sweep.ts';
import { readArchive } from './data/backup/read-archive.ts';
import { type ConsoleHost, openConsoleHost } from './index.ts';
import { createByteMatcher } from './secrets/leak-sweep/byte-matcher.ts';

/**
 * A key that is set through the console, used by a run, said by the model, backed up and tested; then every byte that the
 * console answers and writes is searched for it. After that it is put where it should not be, and the sweep has to find it.
 */
const canary = 'sk-ant-canary/9f8e7d6c5b4a+3210';
const run = promisify(execFile);
const surfaces = new Map<string, Buffer>();
const echoed: string[] = [];
let dataDir = '';
let upstream: MockUpstream;
let host: ConsoleHost;
let containerId: string | undefined;

const forms = [
  canary,
  encodeURIComponent(canary),
  canary.replaceAll('/', '\\/'),
  Buffer.from(canary).toString('hex'),
  ...[0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), Buffer.from(canary)]).toString('base64');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + canary.length) * 8) / 6));
  }),
];

function isIn(bytes: Buffer): boolean {
  const scanner = createByteMatcher([{ name: 'CANARY', value: canary, isInForce: true }]).scanner();
  return forms.some((form) => bytes.includes(form)) || scanner.push(bytes).length > 0 || scanner.end().length > 0;
}

async function ask(method: string, path: string, body?: unknown): Promise<string> {
  const response = await host.fetch(
    new Request(`app://console/console/api${path}`, {
      method,
      headers: { 'X-Agentrail-Console': '1', ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    }),
  );
  const bytes = Buffer.from(await response.arrayBuffer());
  surfaces.set(`${method} ${path}`, Buffer.concat([Buffer.from(JSON.stringify([...response.headers])), bytes]));
  return bytes.toString('utf8');
}

/** The last event of a stream. */
function endOf<Progress>(stream: string): Progress {
  return JSON.parse(
    stream
      .trim()
      .split('\n\n')
      .at(-1)
      ?.replace(/^data: /, '') ?? '',
  ) as Progress;
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

/** Every route that only reads, with what it asks for filled in. Streams that never end are left out: what they tell is in the rest. */
function readingPaths(sessionId: string, backup: string): string[] {
  const values: Record<string, string> = {
    ...{ tenantId: 'default', userId: 'default', sessionId, name: 'ANTHROPIC_API_KEY', agentId: 'default' },
  };
  const routes = makeConsole().console.app.routes.filter(
    ({ method, path }) => method === 'GET' && path.startsWith('/console/api/'),
  );
  const paths = routes.map(({ path }) =>
    path.slice('/console/api'.length).replace(/:(\w+)(\{.*?\})?/g, (_, key: string) => values[key] ?? 'none'),
  );
  const known = paths.filter((path) => !path.includes('*') && !/\/(?:events|watch)$/.test(path));
  return [...new Set([...known, '/logs?limit=500', `/sessions?text=canary`, `/data/backups/${backup}`])];
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'canary-'));
  const say = `The key is ${canary}, or ${Buffer.from(`x${canary}`).toString('base64')}.`;
  upstream = await startMockUpstream({
    script: () => ({ blocks: [{ type: 'text', text: say }], pieceLength: 3 }),
    keys: [canary],
  });
  host = await openConsoleHost({
    ...{ resourcesDir: join(import.meta.dirname, '../resources'), version: '1.0.0', rendererDir: dataDir },
    commandLine: { dataDir, configPath: join(dataDir, 'agentrail.yaml'), port: 0 },
    auth: 'desktop',
    echo: (line) => void echoed.push(JSON.stringify(line)),
    settings: {
      ...{ 'llm.provider': 'anthropic', 'llm.modelId': 'mock-model', 'llm.baseUrl': upstream.baseUrl },
      ...{ 'sandbox.warmPool': 0, 'logging.level': 'debug' },
    },
  });
  await host.server.start();
  await ask('PUT', '/secrets/ANTHROPIC_API_KEY', { value: `${canary}\n` });
  await ask('POST', '/secrets/ANTHROPIC_API_KEY/test');
}, 60_000);

afterAll(async () => {
  if (containerId) await run('docker', ['rm', '-f', containerId]);
  await host.close('now');
  await upstream.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe('a secret that was set through the console', () => {
  it('is used by a run, and is in no byte that the console answers, logs or writes', async () => {
    const stream = await ask('POST', '/chat/stream', { message: 'Which key do you use?', sessionId: 'one' });
    expect(stream).toContain('[redacted ANTHROPIC_API_KEY]');
    expect(upstream.requests.length).toBeGreaterThan(0);
    await ask('POST', '/data/backups', { workspaces: true, secrets: true, passphrase: 'a long passphrase' });
    const { backups } = JSON.parse(await ask('GET', '/data/backups')) as { backups: { name: string }[] };
    const paths = readingPaths('one', backups[0]?.name ?? '');
    expect(paths.length).toBeGreaterThan(40);
    for (const path of paths) await ask('GET', path);
    surfaces.set('log lines', Buffer.from(echoed.join('\n')));
    expect([...surfaces].filter(([, bytes]) => isIn(bytes)).map(([name]) => name)).toEqual([]);

    const written: string[] = [];
    for await (const file of filesBelow(dataDir)) {
      written.push(file);
      expect([file, isIn(await readFile(file))]).toEqual([file, false]);
      if (!file.includes('agentrail-backup')) continue;
      await readArchive(file, {
        sink: {
          async begin(parts) {
            const pieces: Uint8Array[] = [];
            return {
              write: async (chunk) => void pieces.push(chunk),
              end: async () => expect([parts, isIn(Buffer.concat(pieces))]).toEqual([parts, false]),
            };
          },
        },
      });
    }
    expect(written.length).toBeGreaterThan(5);
  }, 60_000);

  it('is shown by a reveal alone', async () => {
    expect(await ask('POST', '/secrets/ANTHROPIC_API_KEY/reveal')).toBe(JSON.stringify({ value: canary }));
    surfaces.clear();
  });

  it('is found where it should not be, in a real container too, and taken out of log and session', async () => {
    const log = join(dataDir, 'logs', 'agentrail-2026-01-01.1.ndjson');
    await writeFile(log, `${JSON.stringify({ seq: 1, time: 1, level: 'info', component: 'run', msg: canary })}\n`);
    const result = join(dataDir, 'tenants/default/sessions/one/messages.jsonl');
    const before = (await readFile(result, 'utf8')).split('\n').length;
    await writeFile(result, (await readFile(result, 'utf8')).replaceAll('[redacted ANTHROPIC_API_KEY]', canary));
    const args = ['create', '--label', 'run.agentrail.managed=1', '--env', `LEAKED=${canary}`];
    const { stdout } = await run('docker', [...args, 'agentrail-sandbox:bookworm', 'true']);
    containerId = stdout.trim();

    const told = await ask('POST', '/secrets/sweep');
    const { report } = endOf<Extract<LeakSweepProgress, { type: 'done' }>>(told);
    const own = (found: LeakSweepReport) =>
      found.findings.filter((each) => each.kind !== 'container' || each.containerId === containerId);
    const places = own(report).map(({ kind, place, inside }) => [kind, inside ?? place]);
    expect(places).toContainEqual(['log', 'logs/agentrail-2026-01-01.1.ndjson']);
    expect(places).toContainEqual(['session', 'tenants/default/sessions/one/messages.jsonl']);
    expect(places).toContainEqual(['container', 'LEAKED']);

    const ids = own(report).flatMap(({ id, remedy }) => (remedy === 'scrub' ? [id] : []));
    const scrubbed = endOf<Extract<ScrubProgress, { type: 'done' }>>(
      await ask('POST', '/secrets/sweep/scrub', { ids }),
    );
    expect(scrubbed.outcomes.every(({ isDone }) => isDone)).toBe(true);
    const text = await readFile(result, 'utf8');
    expect(text.split('\n')).toHaveLength(before);
    expect([isIn(Buffer.from(text)), isIn(await readFile(log))]).toEqual([false, false]);
    expect(await ask('GET', '/sessions/default/default/one/messages')).toContain('[redacted ANTHROPIC_API_KEY]');
    await run('docker', ['rm', '-f', containerId]);
    containerId = undefined;
    const again = endOf<Extract<LeakSweepProgress, { type: 'done' }>>(await ask('POST', '/secrets/sweep'));
    expect(own(again.report)).toEqual([]);
    expect([...surfaces].filter(([, bytes]) => isIn(bytes)).map(([name]) => name)).toEqual([]);
  }, 60_000);
});
