import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A person's machine with nothing on it: own home, own data directory, no keys in the environment. */
export interface TempHome {
  dir: string;
  dataDir: string;
  env: Record<string, string>;
  remove(): Promise<void>;
}

const passedOn = [
  'PATH',
  'LANG',
  'TMPDIR',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XDG_RUNTIME_DIR',
  'DOCKER_HOST',
  'CHROMIUM_PATH',
  'CI',
];

interface TempHomeOptions {
  /** Nobody has been through the first run yet. Default: it was dismissed, and pages open where they are asked for. */
  isFirstRun?: boolean;
}

export async function makeTempHome({ isFirstRun = false }: TempHomeOptions = {}): Promise<TempHome> {
  const dir = await mkdtemp(join(tmpdir(), 'agentrail-e2e-'));
  const kept = passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const dataDir = join(dir, 'data');
  if (!isFirstRun) await dismissFirstRun(dataDir);
  return {
    dir,
    dataDir,
    env: { ...Object.fromEntries(kept), HOME: dir, XDG_CONFIG_HOME: join(dir, 'config') },
    // Chromium's last children may still write for a moment.
    remove: () => rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  };
}

async function dismissFirstRun(dataDir: string): Promise<void> {
  const steps = { data: 'open', model: 'open', sandbox: 'open' };
  const state = { version: 1, status: 'dismissed', step: 'data', steps };
  await mkdir(dataDir, { mode: 0o700 });
  await writeFile(join(dataDir, 'first-run.json'), JSON.stringify(state));
}
