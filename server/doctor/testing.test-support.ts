import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { programEnvironment } from '../config/env.ts';
import { configSchema } from '../contract/config.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { createDoctor } from './doctor.ts';
import type { RepairMeans } from './repairs.ts';
import type { DoctorSurroundings } from './surroundings.ts';

/** A data directory that goes when the test ends. */
export async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'doctor-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  return dataDir;
}

/** Surroundings without an engine, keys or a database; the data directory is real. */
export function surroundings(dataDir: string, change: Partial<DoctorSurroundings> = {}): DoctorSurroundings {
  return {
    ...{ dataDir, clock: systemClock, environment: programEnvironment() },
    ownership: async () => ({ state: 'own', isHeld: true }),
    config: () => ({ settings: configSchema.parse({}), faults: [], notes: [], values: [], file: '/x/agentrail.yaml' }),
    fetch: () => Promise.reject(new Error('no network')),
    engine: async () => ({ state: 'not_found', tries: [], checkedAt: 1, problem: 'Install Docker.' }),
    image: async () => undefined,
    leftovers: async () => undefined,
    ownAddress: () => 'http://127.0.0.1:3000',
    providers: () => [],
    lastBackupAt: async () => Date.now(),
    databaseUrl: () => undefined,
    vault: async () => ({ state: 'empty', backend: 'keychain' }),
    ...change,
  };
}

export function makeDoctor(at: DoctorSurroundings, means: Partial<RepairMeans> = {}) {
  return createDoctor({
    ...{
      at,
      logger: silentLogger,
      redactor: { redact: (text: string) => text.replaceAll('canary-value', '[redacted]') },
    },
    means: {
      findings: async () => [],
      quarantine: async (findings) => ({ id: 'q', quarantined: findings.length, left: [] }),
      releaseIndex: async () => undefined,
      freeLock: async () => undefined,
      ...means,
    },
  });
}
