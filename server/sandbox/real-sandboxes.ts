import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, configSchema } from '../contract/config.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { newId } from '../lib/new-id.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { readAgentSource } from './agent-source.ts';
import type { ContainerEngine, ListedContainer } from './container-engine.ts';
import { discoverEngine, type EngineEnv } from './docker/discovery.ts';
import { createDockerEngine } from './docker/docker-engine.ts';
import { retryUntil } from './retry-until.ts';
import type { SandboxManager } from './sandbox.ts';
import { createSandboxManager } from './sandbox-manager.ts';
import type { SandboxManagerOptions } from './sandbox-manager-options.ts';

export type SandboxConfig = Config['sandbox'];

export const agentFolder = join(import.meta.dirname, '../../resources/sandbox/agent');

/** For tests: a manager on the real engine, with its own instance id and data directory. */
export interface RealSandboxes {
  manager: SandboxManager;
  engine: ContainerEngine;
  instanceId: string;
  dataDir: string;
  config: SandboxConfig;
  /** Containers of this instance and of no other. */
  containers(): Promise<ListedContainer[]>;
  close(): Promise<void>;
}

export async function openRealSandboxes(
  change: Partial<SandboxConfig> = {},
  overrides: {
    clock?: Clock;
    availableMemory?: () => number;
    env?: EngineEnv;
    sshCommand?: string[];
    /** Where the tests look from when the manager comes by another way. */
    lookAt?: string;
    dataDir?: string;
    skills?: SandboxManagerOptions['skills'];
  } = {},
): Promise<RealSandboxes> {
  const config = configSchema.parse({ sandbox: change }).sandbox;
  const dataDir = overrides.dataDir ?? (await mkdtemp(join(tmpdir(), 'sandboxes-')));
  const instanceId = newId('instance');
  const manager = createSandboxManager({
    config: () => config,
    dataDir,
    instanceId,
    clock: overrides.clock ?? systemClock,
    ...(overrides.availableMemory && { availableMemory: overrides.availableMemory }),
    logger: silentLogger,
    env: overrides.env ?? {},
    ...(overrides.skills && { skills: overrides.skills }),
    ...(overrides.sshCommand && { sshCommand: overrides.sshCommand }),
    agentSource: await readAgentSource(agentFolder),
  });
  const engine = await connectRealEngine(manager, overrides.lookAt);
  return {
    manager,
    engine,
    instanceId,
    dataDir,
    config,
    containers: () => engine.list(`run.agentrail.instance=${instanceId}`),
    async close() {
      await manager.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function connectRealEngine(manager: SandboxManager, lookAt?: string): Promise<ContainerEngine> {
  const { state, endpoint, problem, tries } = await manager.probe();
  if (state !== 'connected' || !endpoint) {
    throw new Error(`These tests need a Docker engine. ${problem} ${JSON.stringify(tries)}`);
  }
  return connectTo(lookAt ?? endpoint);
}

/** The engine at an address that needs neither tunnel nor certificates. */
export async function connectTo(dockerHost: string): Promise<ContainerEngine> {
  const found = await discoverEngine({ dockerHost, env: {}, platform: process.platform, uid: undefined, now: 0 });
  if (!found.engine) {
    throw new Error(`No engine at ${dockerHost}. ${JSON.stringify(found.status.tries)}`);
  }
  return createDockerEngine(found.engine, systemClock);
}

/** Polls every 20 ms; false when it did not come true in time. */
export function comesTrue(ask: () => Promise<boolean>, boundMs = 10_000): Promise<boolean> {
  return retryUntil(systemClock, { everyMs: 20, boundMs }, ask);
}
