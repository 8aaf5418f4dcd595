import { builtinProfiles } from '../agent/profiles-builtin.ts';
import { createAgentFiles } from '../agent/subagents/agent-files.ts';
import { delegateSkill } from '../agent/subagents/delegate-skill.ts';
import { subagentTools } from '../agent/tools/subagents/subagent-tools.ts';
import type { Foundation } from './open-foundation.ts';
import type { Storage } from './open-storage.ts';

/** What lets agents call in agents, and the profiles that come along for it. */
export function openSubagents({ dataDir, logger }: Foundation, { sessions }: Storage, resourcesDir: string) {
  const makesSessionFolder = sessions.kind === 'postgres';
  return {
    files: createAgentFiles({
      ...{ dataDir, logger: logger.child({ component: 'subagent' }), makesSessionFolder },
      ...(sessions.addFiles && { addFiles: sessions.addFiles }),
    }),
    tools: subagentTools,
    delegate: delegateSkill,
    profiles: builtinProfiles(resourcesDir),
  };
}
