import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type MockScript, type MockUpstream, startMockUpstream } from '../agent/testing/mock-upstream.ts';
import type { RunEvent } from '../contract/events.ts';
import { openStream } from './http.ts';
import { type Program, type ProgramOptions, startProgram } from './program.ts';

const run = promisify(execFile);

/** A data directory with a scripted model, for tests that start the real program on it. */
export interface Rig {
  readonly dataDir: string;
  readonly upstream: MockUpstream;
  /** Starts it and waits until it listens. */
  start(options?: Partial<ProgramOptions>): Promise<Program & { readonly address: string }>;
  /** Ends every program that was started and removes everything. */
  close(): Promise<void>;
}

export interface RigOptions {
  script: MockScript;
  config?: Record<string, unknown>;
  /** Size of a disk of its own, for instance `4m`. Mounting needs root on Linux. */
  disk?: string;
}

export async function createRig({ script, config = {}, disk }: RigOptions): Promise<Rig> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'rig-'));
  if (disk !== undefined) await mountDisk(dataDir, disk);
  const upstream = await startMockUpstream({ script });
  const settings = {
    version: 1,
    llm: { provider: 'openai', modelId: 'mock-model', baseUrl: upstream.baseUrl },
    permissions: { mode: 'bypassPermissions' },
    ...config,
  };
  await writeFile(path.join(dataDir, 'agentrail.yaml'), JSON.stringify(settings));
  const programs: Program[] = [];
  return {
    dataDir,
    upstream,
    async start(options = {}) {
      const env = { OPENAI_API_KEY: 'a-key-of-the-rig', ...options.env };
      const program = startProgram({ dataDir, ...options, env });
      programs.push(program);
      return { ...program, address: await program.base };
    },
    async close() {
      for (const program of programs) if (!program.hasEnded()) await program.kill();
      await upstream.close();
      if (disk !== undefined) await unmount(dataDir);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A disk in memory that can be full, read-only and gone. */
export async function mountDisk(folder: string, size: string): Promise<void> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  } catch (cause) {
    throw new Error('This suite mounts a small tmpfs: run it as root on Linux, for instance with sudo.', { cause });
  }
}

export async function unmount(folder: string): Promise<void> {
  await run('umount', [folder]);
}

export async function remount(folder: string, mode: 'ro' | 'rw'): Promise<void> {
  await run('mount', ['-o', `remount,${mode}`, folder]);
}

/** One run, read to its end. */
export async function streamed(base: string, body: object): Promise<RunEvent[]> {
  const { events } = await openStream(base, 'POST', '/api/stream', body);
  return Array.fromAsync(events);
}

/** Resolves with the first answer that is wanted; the test's own timeout ends a wait that never does. */
export async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
