import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Config, configSchema } from '../contract/config.ts';
import type { SandboxTrial } from '../sandbox/sandbox-trial.ts';
import type { ChecklistSurroundings } from './surroundings.ts';

export const goodTrial: SandboxTrial = {
  engine: { state: 'connected', tries: [], checkedAt: 1 },
  ...{ startMs: 400, containerId: 'agentrail-trial-1', engineAheadMs: 3, stopMs: 42, left: [] },
  inside: {
    ...{ uid: '1000', capEff: '0000000000000000', noNewPrivs: '1', seccomp: '2' },
    ...{ root: 'read-only', dockerSocket: 'absent', interfaces: 'lo' },
  },
};

const newest = {
  ...{ name: 'agentrail-2026.tar.zst', sizeBytes: 9, version: '1.2.3' },
  includes: { workspaces: false, secrets: false },
};

/** A data directory of the test's own. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'checklist-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function settingsOf(change: object = {}): Config {
  return configSchema.parse(change);
}

/** Everything as it should be, but for what is changed. */
export async function fakeSurroundings(change: Partial<ChecklistSurroundings> = {}): Promise<ChecklistSurroundings> {
  const dataDir = change.dataDir ?? (await scratchFolder());
  const now = () => Date.now();
  return {
    ...{ dataDir, version: '1.2.3', now, monotonic: () => performance.now() },
    settings: () => settingsOf(),
    sourceOf: () => 'file',
    configFile: () => join(dataDir, 'agentrail.yaml'),
    configRemarks: () => [],
    vault: async () => ({ backend: 'keychain', state: 'empty', file: join(dataDir, 'vault.json') }),
    secretNames: async () => ['ANTHROPIC_API_KEY'],
    token: async () => undefined,
    serverAddress: () => undefined,
    engine: async () => ({ state: 'connected', version: '28.1', endpoint: 'unix:///d', tries: [], checkedAt: 1 }),
    image: async () => ({
      reference: 'agentrail-sandbox:bookworm',
      state: 'present',
      pinned: true,
      imageId: 'sha256:1',
    }),
    trySandbox: async () => goodTrial,
    pauses: async () => ({ sessions: 3, pausesMs: Array.from({ length: 40 }, (_, at) => at * 15_000) }),
    store: async () => ({ kind: 'files' }),
    newestBackup: async () => ({ dir: dataDir, backup: { ...newest, createdAt: now() - 1000 } }),
    verifyBackup: async (name) => ({ ...newest, name, files: 3, totalBytes: 99, createdAt: 1 }),
    tryLog: async () => ({ isFound: true, tookMs: 1 }),
    lastLeakSweep: async () => ({ sweptAt: now() - 1000, findings: 0 }),
    updates: async () => ({ checkedAt: now() }),
    ...change,
  };
}
