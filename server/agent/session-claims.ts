import type { SessionKey } from '../contract/ids.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/new-id.ts';
import type { SessionStore } from '../sessions/store.ts';
import type { Cluster } from './cluster/cluster.ts';

/** What goes on in a session: a run, a compaction, or its deletion. */
interface Claim {
  userId: string;
  /** Absent for a deletion. */
  runId?: string;
  /** Why it has to end; told to it once it can hear. */
  endReason?: string;
  freed: Promise<void>;
}

export interface SessionClaimsOptions {
  sessions: Pick<SessionStore, 'get'>;
  /** The other instances on the same store. */
  cluster: Cluster;
  clock: Clock;
  /** Most runs at once. */
  mostRuns(): number;
  /** Ends the run or compaction of this id, if it has begun. */
  end(runId: string, reason: string): void;
  /** Resolves when the run of this id has told its last event. */
  isOver(runId: string): Promise<void> | undefined;
}

/** Who has which session: one run, compaction or deletion at a time. */
export interface SessionClaims {
  /** Gives back what lets go. Throws AppError `session_busy` (409) and `too_many_runs` (429). */
  claim(key: SessionKey, runId: string): Promise<() => Promise<void>>;
  /** Call when a run of this claim has begun: it may have to end already. */
  begun(key: SessionKey, runId: string): void;
  /** As RunManager.hold. */
  hold(key: SessionKey, ends?: string): Promise<() => Promise<void>>;
}

/** How often a session is asked for whose run at another instance was told to end. */
const mostTries = 20;
const betweenTriesMs = 250;

export function createSessionClaims(options: SessionClaimsOptions): SessionClaims {
  const { cluster } = options;
  const claims = new Map<string, Claim>();

  function set(place: string, claim: Omit<Claim, 'freed'>): () => void {
    const { promise: freed, resolve } = Promise.withResolvers<void>();
    const entry: Claim = { ...claim, freed };
    claims.set(place, entry);
    return () => {
      if (claims.get(place) === entry) claims.delete(place);
      resolve();
    };
  }

  /** A session that another user holds looks like one that is not there. */
  async function refuseHeld(key: SessionKey, held: Claim): Promise<never> {
    if (held.userId !== key.userId) await options.sessions.get(key);
    const what =
      held.runId === undefined
        ? 'is being deleted. Begin a new one.'
        : 'is answering another message. Wait for it or abort it.';
    throw new AppError('session_busy', `This session ${what}`, {
      status: 409,
      ...(held.runId !== undefined && { details: { runId: held.runId } }),
    });
  }

  /** Here and at all other instances, or nowhere. It is free here only once it is free there. */
  async function everywhere(free: () => void, claim: () => Promise<() => Promise<void>>): Promise<() => Promise<void>> {
    try {
      const letGo = await claim();
      return () => letGo().finally(free);
    } catch (error) {
      free();
      throw error;
    }
  }

  /** `ends`: why a run at another instance has to end for this; absent: it may not. */
  async function claimFromOthers(key: SessionKey, ends: string | undefined): Promise<() => Promise<void>> {
    for (let triesLeft = mostTries; ; triesLeft -= 1) {
      try {
        return await cluster.claim(key, newId('run'));
      } catch (error) {
        const other = busyRunOf(error);
        if (ends === undefined || other === undefined || triesLeft === 0) throw error;
        await cluster.abort(other, ends);
        const run = await cluster.find(other);
        // A compaction or a deletion tells nothing of its end.
        await (run ? run.done : options.clock.sleep(betweenTriesMs));
      }
    }
  }

  return {
    async claim(key, runId) {
      const place = placeOf(key);
      const held = claims.get(place);
      if (held) return refuseHeld(key, held);
      if (claims.size >= options.mostRuns()) {
        throw new AppError('too_many_runs', 'The server runs as many conversations as it may. Try again in a moment.', {
          status: 429,
          details: { retryAfterSeconds: 2 },
        });
      }
      return everywhere(set(place, { userId: key.userId, runId }), () => cluster.claim(key, runId));
    },
    begun(key, runId) {
      const held = claims.get(placeOf(key));
      if (held?.runId === runId && held.endReason !== undefined) options.end(runId, held.endReason);
    },
    async hold(key, ends) {
      const place = placeOf(key);
      const ended: string[] = [];
      for (let held = claims.get(place); held; held = claims.get(place)) {
        if (ends === undefined) return refuseHeld(key, held);
        held.endReason ??= ends;
        if (held.runId !== undefined) {
          options.end(held.runId, ends);
          ended.push(held.runId);
        }
        await held.freed;
      }
      const release = set(place, { userId: key.userId });
      await Promise.all(ended.map(options.isOver));
      return everywhere(release, () => claimFromOthers(key, ends));
    },
  };
}

/** The run that holds a session, when that is why. */
function busyRunOf(error: unknown): string | undefined {
  if (!(error instanceof AppError) || error.code !== 'session_busy') return undefined;
  return (error.details as { runId?: string } | undefined)?.runId;
}

/** Lower case: some file systems keep both spellings in one folder. */
function placeOf({ tenantId, sessionId }: SessionKey): string {
  return `${tenantId}/${sessionId}`.toLowerCase();
}
