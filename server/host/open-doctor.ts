import { programEnvironment } from '../config/env.ts';
import type { IntegrityFinding } from '../contract/doctor.ts';
import type { DataCare } from '../data/data-care.ts';
import { reachableProviders } from '../doctor/checks.ts';
import { createDoctor, type Doctor } from '../doctor/doctor.ts';
import type { DoctorSurroundings } from '../doctor/surroundings.ts';
import type { SandboxManager } from '../sandbox/sandbox.ts';
import { listIds } from '../sessions/list-ids.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import type { Foundation } from './open-foundation.ts';

export interface DoctorParts {
  dataCare: DataCare;
  sessions: AgentrailSessionStore;
  sandboxes: SandboxManager;
  ownAddress(): string | undefined;
}

/** Of findings in memory; a repair takes these away and finds the next ones when it is asked again. */
const mostFindings = 1000;

/** Doctor of the running program: it asks the managers instead of opening everything a second time. */
export function openDoctor(foundation: Foundation, parts: DoctorParts): Doctor {
  const { dataDir, clock, config, network, secrets, lock, logger } = foundation;
  const { dataCare, sessions, sandboxes } = parts;

  const listed = (tenantId: string) => listIds(sessions, tenantId);

  const isConnected = () => sandboxes.engine().state === 'connected';
  const at: DoctorSurroundings = {
    ...{ dataDir, clock, fetch: network.fetch, listed, ownAddress: parts.ownAddress },
    environment: programEnvironment(),
    beganAt: { now: clock.now(), monotonic: clock.monotonic() },
    ownership: async () => ({ state: 'own', isHeld: await lock.isHeld() }),
    config: () => ({
      ...{ settings: config.current(), faults: config.faults(), notes: config.notes() },
      ...{ values: config.values(), file: config.filePath() },
    }),
    engine: () => sandboxes.probe(),
    image: async () => (isConnected() ? sandboxes.image() : undefined),
    leftovers: async () => (isConnected() ? sandboxes.cleanUp.plan() : undefined),
    providers: () => reachableProviders(config.current(), (name) => secrets.reveal(name) !== undefined),
    lastBackupAt: () => dataCare.backups.lastAt(),
    databaseUrl: () => secrets.reveal('DATABASE_URL'),
    vault: async () => secrets.status(),
  };
  return createDoctor({
    ...{ at, logger, redactor: secrets.redactor },
    means: {
      async findings(signal = new AbortController().signal) {
        const found: IntegrityFinding[] = [];
        for await (const finding of dataCare.scan({ onStep: () => undefined, signal })) {
          found.push(finding);
          if (found.length >= mostFindings) break;
        }
        return found;
      },
      quarantine: (findings) => dataCare.quarantine(findings),
      releaseIndex: async (tenantId) => sessions.refresh?.(tenantId),
      lookForEngine: async () => void (await sandboxes.probe()),
      sweep: () => sandboxes.sweep(),
      // The lock is this program's own.
      freeLock: async () => undefined,
    },
  });
}
