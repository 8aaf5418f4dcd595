import type { Config } from '../contract/config.ts';
import type { SandboxInfo } from '../contract/sandbox.ts';
import { sizeBytes } from './limits.ts';

/** How a sandbox is shown from the wish for it on. */
export function describeSandbox(
  owner: { tenantId: string; sessionId: string },
  id: string,
  { image, memory, cpus }: Config['sandbox'],
  now: number,
): SandboxInfo {
  return {
    id,
    ...owner,
    state: 'creating',
    image,
    createdAt: now,
    lastUsedAt: now,
    memoryLimitBytes: sizeBytes(memory),
    cpus,
    running: [],
  };
}
