import { open } from 'node:fs/promises';
import path from 'node:path';
import type { Cluster } from '../agent/cluster/cluster.ts';
import type { ServerControl } from '../console/server-control.ts';
import type { Backups } from '../data/backup/backups.ts';
import { createDataLayout } from '../data/layout.ts';
import { newId } from '../lib/new-id.ts';
import { measurePausesInFiles, measurePausesInStore } from '../production-checklist/measure-pauses.ts';
import { createProductionChecklist } from '../production-checklist/production-checklist.ts';
import { createSharedTrial } from '../production-checklist/shared-trial.ts';
import type { LeakSweepSummary, UpdateKnowledge } from '../production-checklist/surroundings.ts';
import { readAgentSource } from '../sandbox/agent-source.ts';
import { engineEnv } from '../sandbox/engine-env.ts';
import type { SandboxManager } from '../sandbox/sandbox.ts';
import { trySandbox } from '../sandbox/sandbox-trial.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import { listLogFiles } from '../telemetry/log-files.ts';
import { silentLogger } from '../telemetry/logger.ts';
import type { Foundation } from './open-foundation.ts';

export interface ChecklistParts {
  version: string;
  resourcesDir: string;
  server: Pick<ServerControl, 'state'>;
  sessions: AgentrailSessionStore;
  sandboxes: Pick<SandboxManager, 'probe' | 'image'>;
  backups: Backups;
  cluster: Pick<Cluster, 'instances'>;
  lastLeakSweep?(): Promise<LeakSweepSummary | undefined>;
  updates?(): Promise<UpdateKnowledge | undefined>;
}

const tailBytes = 262_144;

/** The production checklist, with the real things around it. */
export function openChecklist(foundation: Foundation, parts: ChecklistParts) {
  const { dataDir, clock, config, secrets, environment, logger } = foundation;
  const { sessions, sandboxes, backups } = parts;
  const layout = createDataLayout(dataDir);
  const trial = createSharedTrial(async (signal) => {
    const options = {
      ...{ dataDir, clock, env: engineEnv(environment), logger: silentLogger },
      config: () => config.current().sandbox,
      agentSource: await readAgentSource(path.join(parts.resourcesDir, 'sandbox/agent')),
    };
    return trySandbox(options, signal);
  });
  const checklist = createProductionChecklist({
    ...{ clock, logger, redact: (text: string) => secrets.redactor.redact(text) },
    at: {
      ...{ dataDir, version: parts.version, now: () => clock.now(), monotonic: () => clock.monotonic() },
      settings: () => config.current(),
      sourceOf: (name) => config.values().find(({ path: each }) => each === name)?.source,
      configFile: () => config.filePath(),
      configRemarks: () => [...config.notes(), ...config.faults()],
      vault: async () => ({ ...secrets.status(), file: layout.vaultFile }),
      secretNames: async () => secrets.list().flatMap(({ name, isSet }) => (isSet ? [name] : [])),
      async token() {
        const value = secrets.get('UI_SECRET_TOKEN')?.value;
        return value === undefined ? undefined : { length: value.length };
      },
      serverAddress: () => reachable(parts.server.state().address),
      engine: () => sandboxes.probe(),
      image: () => sandboxes.image(),
      trySandbox: (signal) => trial.try(signal),
      pauses: (signal) =>
        sessions.kind === 'postgres' ? measurePausesInStore(sessions, signal) : measurePausesInFiles(dataDir, signal),
      async store() {
        await sessions.ping();
        if (sessions.kind !== 'postgres') return { kind: 'files' };
        return { kind: 'postgres', instances: (await parts.cluster.instances?.())?.length ?? 1 };
      },
      async newestBackup() {
        const { backups: all, schedule, drills } = await backups.list();
        const [[backup], [drill]] = [all, drills];
        return { dir: schedule.dir, ...(backup && { backup }), ...(drill && { drill }) };
      },
      verifyBackup: (name, signal) => backups.verify(name, { signal }),
      tryLog: () => tryLog(foundation),
      ...(parts.lastLeakSweep && { lastLeakSweep: parts.lastLeakSweep }),
      ...(parts.updates && { updates: parts.updates }),
    },
  });
  return {
    checklist,
    async close() {
      await checklist.close();
      await trial.close();
    },
  };
}

/** An address that listens everywhere is asked here. */
export function reachable(address: string | undefined): string | undefined {
  return address?.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

/** Writes a line, and looks for it where it must be when the machine fails: in the file. */
async function tryLog({ dataDir, clock, config, logger, logs }: Foundation) {
  const marker = newId('request');
  const began = clock.monotonic();
  const { level } = config.current().logging;
  logger
    .child({ component: 'checklist' })
    .log(level === 'debug' ? 'info' : level, 'The production checklist looks for this line in the log.', { marker });
  await logs.flush();
  const newest = listLogFiles(path.join(dataDir, 'logs')).at(-1);
  const isFound = newest !== undefined && (await readTail(newest.path)).includes(marker);
  return { isFound, tookMs: Math.round((clock.monotonic() - began) * 10) / 10 };
}

async function readTail(file: string): Promise<string> {
  await using handle = await open(file, 'r');
  const { size } = await handle.stat();
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(tailBytes), 0, tailBytes, Math.max(0, size - tailBytes));
  return buffer.subarray(0, bytesRead).toString('utf8');
}
