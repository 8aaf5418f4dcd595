import { join } from 'node:path';
import { readAgentSource } from '../sandbox/agent-source.ts';
import { createSandboxManager } from '../sandbox/sandbox-manager.ts';
import type { Foundation } from './open-foundation.ts';

export async function openSandboxes(foundation: Foundation, resourcesDir: string) {
  const { config, dataDir, instanceId, clock, logger, environment } = foundation;
  return createSandboxManager({
    config: () => config.current().sandbox,
    dataDir,
    instanceId,
    clock,
    logger,
    env: { DOCKER_HOST: environment.docker.host, HOME: environment.home, XDG_RUNTIME_DIR: environment.runtimeDir },
    agentSource: await readAgentSource(join(resourcesDir, 'sandbox/agent')),
    imageFolder: join(resourcesDir, 'sandbox'),
  });
}
