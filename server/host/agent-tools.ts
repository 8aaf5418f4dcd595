import { hostTools } from '../agent/tools/host-tools.ts';
import { createNoteTool } from '../agent/tools/note.ts';
import { createReadArtifactTool } from '../agent/tools/read-artifact.ts';
import { sandboxTools } from '../agent/tools/sandbox-tools.ts';
import type { Tool } from '../agent/tools/tool.ts';
import type { KeyedQueue } from '../sessions/keyed-queue.ts';
import type { Foundation } from './open-foundation.ts';
import type { Storage } from './open-storage.ts';

/** Every tool that comes with the program, in the order in which a model is told of them. */
export function agentTools(
  { config, secrets, clock }: Foundation,
  { sessions }: Storage,
  version: string,
  memoQueue: KeyedQueue,
): Tool[] {
  const redact = (text: string) => secrets.redactor.redact(text);
  return [
    ...sandboxTools(),
    ...hostTools({ config: () => config.current(), secrets, sessions, clock, fetch, version, memoQueue, redact }),
    createNoteTool(sessions, memoQueue),
    createReadArtifactTool(sessions),
  ];
}
