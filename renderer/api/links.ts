import type { SessionKey } from '../../server/contract/ids.ts';

/** Sessions of the person at this console need no owner in their address. */
export function sessionHref({ sessionId, tenantId, userId }: SessionKey): string {
  const owner = new URLSearchParams();
  if (tenantId !== 'default') owner.set('tenant', tenantId);
  if (userId !== 'default') owner.set('user', userId);
  return `/playground/${sessionId}${owner.size > 0 ? `?${owner}` : ''}`;
}

/** State of an address of the playground: a first message, sent as soon as the server is up. Nobody outside can set it. */
export interface HandedPrompt {
  prompt: string;
}

/** The trace of a session, with one run opened. Ids hold nothing that an address would have to escape. */
export function traceHref({ tenantId, userId, sessionId }: SessionKey, runId?: string): string {
  return `/sessions/${tenantId}/${userId}/${sessionId}?tab=trace${runId === undefined ? '' : `&run=${runId}`}`;
}

export function logsHref(filter: { runId?: string; sessionId?: string }): string {
  return `/logs?${new URLSearchParams(filter)}`;
}
