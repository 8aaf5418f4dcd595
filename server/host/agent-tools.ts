import { browserTools } from '../agent/tools/browser/browser-tools.ts';
import { hostTools } from '../agent/tools/host-tools.ts';
import { createNoteTool } from '../agent/tools/note.ts';
import { createReadArtifactTool } from '../agent/tools/read-artifact.ts';
import { sandboxTools } from '../agent/tools/sandbox-tools.ts';
import type { Tool } from '../agent/tools/tool.ts';
import { settingsFor } from '../sandbox/agent-settings.ts';
import type { Browsers } from '../sandbox/browser/browsers.ts';
import type { KeyedQueue } from '../sessions/keyed-queue.ts';
import type { Foundation } from './open-foundation.ts';
import type { Storage } from './open-storage.ts';

/** Every tool that comes with the program, in the order in which a model is told of them. */
export function agentTools(
  { config, network, secrets, clock }: Foundation,
  { sessions }: Storage,
  version: string,
  memoQueue: KeyedQueue,
  browsers: Browsers,
): Tool[] {
  const redact = (text: string) => secrets.redactor.redact(text);
  const imageFor = (agentId: string) => {
    const { sandbox, agents } = config.current();
    return settingsFor(sandbox, Object.hasOwn(agents, agentId) ? agents[agentId]?.sandbox : undefined).image;
  };
  return [
    ...sandboxTools(),
    ...browserTools({ browsers, imageFor, clock }),
    ...hostTools({ config: () => config.current(), secrets, sessions, clock, network, version, memoQueue, redact }),
    createNoteTool(sessions, memoQueue),
    createReadArtifactTool(sessions),
  ];
}
