import { join } from 'node:path';
import { readAgentSource } from '../sandbox/agent-source.ts';
import { engineEnv } from '../sandbox/engine-env.ts';
import { createSandboxManager, type SandboxManagerOptions } from '../sandbox/sandbox-manager.ts';
import type { SkillManager } from '../skills/skill-manager.ts';
import type { Foundation } from './open-foundation.ts';

export async function openSandboxes(
  foundation: Foundation,
  resourcesDir: string,
  onExec: NonNullable<SandboxManagerOptions['onExec']>,
  skills: Pick<SkillManager, 'enabled'>,
) {
  const { config, secrets, dataDir, instanceId, clock, logger, environment } = foundation;
  return createSandboxManager({
    config: () => config.current().sandbox,
    agentSettings(agentId) {
      const { agents } = config.current();
      return Object.hasOwn(agents, agentId) ? agents[agentId]?.sandbox : undefined;
    },
    world: { secrets },
    dataDir,
    instanceId,
    clock,
    logger,
    env: engineEnv(environment),
    agentSource: await readAgentSource(join(resourcesDir, 'sandbox/agent')),
    imageFolder: join(resourcesDir, 'sandbox'),
    onExec,
    skills: async () => (await skills.enabled()).map(({ info, dir }) => ({ name: info.name, dir })),
  });
}
