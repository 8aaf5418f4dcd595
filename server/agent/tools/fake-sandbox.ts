import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { createBackgroundCommands } from '../../sandbox/background-commands.ts';
import type { ExecRequest, ExecResult, GrepMatch, Sandbox, SandboxEntry } from '../../sandbox/sandbox.ts';

/**
 * For tests only: a sandbox over a folder of this machine, without any isolation. Commands run here, as this user, so
 * tests give it nothing but their own. In commands, /workspace is the current directory and not an absolute path.
 */
export function createFakeSandbox(folder: string): Sandbox {
  const real = (given: string): string => path.join(folder, path.posix.resolve('/workspace', given));
  const shown = (file: string): string => path.relative(path.join(folder, 'workspace'), file);

  const background = createBackgroundCommands(systemClock);

  async function stat(given: string): Promise<SandboxEntry | undefined> {
    const found = await lstat(real(given)).catch(() => undefined);
    if (found === undefined) return undefined;
    const type = found.isDirectory() ? 'directory' : found.isFile() ? 'file' : 'other';
    return { path: shown(real(given)), type, sizeBytes: found.size, modifiedAt: found.mtimeMs };
  }

  async function filesBelow(pattern: string, given = '/workspace'): Promise<{ path: string; modifiedAt: number }[]> {
    const found: { path: string; modifiedAt: number }[] = [];
    for await (const name of glob(pattern, { cwd: real(given) })) {
      const entry = await lstat(path.join(real(given), name));
      if (entry.isFile()) found.push({ path: shown(path.join(real(given), name)), modifiedAt: entry.mtimeMs });
    }
    return found.sort((a, b) => b.modifiedAt - a.modifiedAt);
  }

  async function read(given: string): Promise<Uint8Array> {
    const entry = await stat(given);
    if (entry === undefined)
      throw new AppError('file_not_found', `${given}: No such file or directory.`, { status: 404 });
    if (entry.type === 'directory') throw new AppError('is_directory', `${given} is a directory.`, { status: 400 });
    return readFile(real(given));
  }

  return {
    shells: async () => ['/bin/sh'],
    processes: async () => [],
    openTerminal: () => {
      throw new Error('Terminals are not part of this fake.');
    },
    files: noFiles,
    info: {
      id: 'fake',
      tenantId: 'acme',
      sessionId: 'ses_1',
      state: 'ready',
      image: 'fake',
      createdAt: 0,
      lastUsedAt: 0,
      memoryLimitBytes: 1_073_741_824,
      cpus: 1,
      running: [],
    },
    startBackground: (request) =>
      background.start(
        { run: (run) => runHere(real(run.cwd ?? '/workspace'), run), append: async () => undefined },
        'background',
        request,
      ),
    background,
    exec: (request) => runHere(real(request.cwd ?? '/workspace'), request),
    stat,
    readFile: read,
    async writeFile(given, data) {
      await mkdir(path.dirname(real(given)), { recursive: true });
      await writeFile(real(given), data);
    },
    async glob(pattern, { path: given, limit }) {
      const found = await filesBelow(pattern, given);
      return { paths: found.slice(0, limit).map((file) => file.path), hasMore: found.length > limit };
    },
    async grep({ pattern, path: given = '/workspace', glob: wanted = '*', ignoreCase, limit }) {
      const regex = new RegExp(pattern, ignoreCase ? 'i' : '');
      const entry = await stat(given);
      const files = entry?.type === 'file' ? [entry] : await filesBelow(`**/${wanted}`, given);
      const matches: GrepMatch[] = [];
      for (const file of files) {
        const lines = new TextDecoder().decode(await read(file.path)).split('\n');
        lines.forEach((text, index) => {
          if (regex.test(text)) matches.push({ path: file.path, line: index + 1, text });
        });
      }
      return { matches: matches.slice(0, limit), hasMore: matches.length > limit };
    },
  };
}

async function runHere(cwd: string, request: ExecRequest): Promise<ExecResult> {
  const { command, timeoutMs = 120_000, signal } = request;
  const [program = '', ...args] = Array.isArray(command) ? command : ['bash', '--norc', '-c', command.shell];
  const child = spawn(program, args, { cwd, detached: true, env: { PATH: '/usr/bin:/bin', ...request.env } });
  let endedBy: ExecResult['endedBy'] = 'exit';
  const kill = (reason: ExecResult['endedBy']): void => {
    endedBy = reason;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  const onAbort = (): void => kill('abort');
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => kill('timeout'), timeoutMs);
  const chunks: Record<'stdout' | 'stderr', Uint8Array[]> = { stdout: [], stderr: [] };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk: Uint8Array) => {
      chunks[stream].push(chunk);
      request.onOutput?.(stream, chunk);
    });
  }
  // A program may end before it has read everything.
  child.stdin.on('error', () => undefined);
  child.stdin.end(request.stdin);
  const startedAt = performance.now();
  const [exitCode, killedBy] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(timer);
  signal?.removeEventListener('abort', onAbort);
  return {
    exitCode,
    signal: killedBy,
    endedBy,
    stdout: Buffer.concat(chunks.stdout),
    stderr: Buffer.concat(chunks.stderr),
    truncatedBytes: 0,
    durationMs: performance.now() - startedAt,
  };
}

/** May be handed on; whoever looks into it is told. */
const noFiles = new Proxy({} as Sandbox['files'], {
  get() {
    throw new Error('Looking at files is not part of this fake.');
  },
});
