import { AppError } from '../lib/app-error.ts';
import type { Sandbox, SandboxManager } from './sandbox.ts';

/** The sandbox that is meant, never another one of its session. A paused one is resumed. Throws `sandbox_not_found`. */
export async function sandboxById(sandboxes: Pick<SandboxManager, 'list' | 'acquire'>, id: string): Promise<Sandbox> {
  const known = sandboxes.list().find((each) => each.id === id && !each.isPooled);
  if (known && !['gone', 'stopping', 'failed', 'lost'].includes(known.state)) {
    const { tenantId, sessionId } = known;
    const sandbox = await sandboxes.acquire({ tenantId, sessionId });
    if (sandbox.info.id === id) {
      return sandbox;
    }
  }
  throw new AppError('sandbox_not_found', 'This sandbox is gone; the next tool call makes a new one.', { status: 404 });
}
