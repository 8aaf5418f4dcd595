import type { SessionKey } from '../../contract/ids.ts';
import { AppError } from '../../lib/app-error.ts';
import { sessionNotFound } from '../session-access.ts';

/**
 * The runs that this process holds sessions for. A write to such a session is only carried out while the database says
 * so too: a process that slept while another took its session over writes nothing any more.
 */
export interface HeldRuns {
  hold(key: SessionKey, runId: string): void;
  /** Does nothing when the session is held for another run. */
  letGo(key: SessionKey, runId: string): void;
  of(key: SessionKey): string | undefined;
}

export function createHeldRuns(): HeldRuns {
  const held = new Map<string, string>();
  return {
    hold: (key, runId) => void held.set(placeOf(key), runId),
    letGo(key, runId) {
      if (held.get(placeOf(key)) === runId) held.delete(placeOf(key));
    },
    of: (key) => held.get(placeOf(key)),
  };
}

function placeOf({ tenantId, sessionId }: SessionKey): string {
  return `${tenantId}/${sessionId}`;
}

/**
 * Begins a statement of which $1 to $4 are tenant, session, user and the run that the session is held for (null: none).
 * The row of the run stays locked to the end of the transaction, so nobody takes the session over in between.
 */
export const whenHeld = `
  WITH held AS (SELECT 1 FROM agentrail.runs WHERE run_id = $4::text AND released_at IS NULL FOR SHARE),
    unclaimed AS (SELECT 1 WHERE $4::text IS NULL AND NOT EXISTS (SELECT FROM agentrail.runs
      WHERE tenant_id = $1 AND session_id = $2 AND released_at IS NULL AND expires_at > now())),
    allowed AS (SELECT 1 FROM held UNION ALL SELECT 1 FROM unclaimed)`;

/** The row of the session when it may be written. */
export const ownAndAllowed = `tenant_id = $1 AND session_id = $2 AND user_id = $3 AND EXISTS (SELECT FROM allowed)`;

/** Why a write of `whenHeld` found no session. */
export function refusal(isAllowed: boolean, runId: string | undefined): AppError {
  if (isAllowed) return sessionNotFound();
  if (runId === undefined) {
    return new AppError('session_busy', 'Another instance of the server is answering in this session. Wait for it.', {
      status: 409,
    });
  }
  const message = 'Another instance took this session over, because this one did not answer. Send the message again.';
  return new AppError('session_taken_over', message, { status: 409 });
}
