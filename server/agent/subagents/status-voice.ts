import type { SubagentEvent, SubagentStatus } from '../../contract/activity.ts';
import type { Clock } from '../../lib/clock.ts';

/** What an agent does changes many times a second. */
const intervalMs = 250;

/** Tells of one agent's status: each change of the status at once, what it does in between at most so often. */
export interface StatusVoice {
  tell(status: SubagentStatus, activity?: string): void;
  close(): void;
}

export function createStatusVoice(agentId: string, clock: Clock, emit: (event: SubagentEvent) => void): StatusVoice {
  const closing = new AbortController();
  let told: { status: SubagentStatus; activity: string | undefined } | undefined;
  let newest: { status: SubagentStatus; activity: string | undefined } | undefined;
  let isResting = false;

  function say(next: NonNullable<typeof newest>): void {
    newest = undefined;
    if (closing.signal.aborted || (told?.status === next.status && told.activity === next.activity)) return;
    told = next;
    const { status, activity } = next;
    emit({ type: 'subagent_status', agentId, status, ...(activity !== undefined && { activity }) });
    rest();
  }

  function rest(): void {
    if (isResting) return;
    isResting = true;
    clock.sleep(intervalMs, closing.signal).then(
      () => {
        isResting = false;
        if (newest) say(newest);
      },
      // Closed: whoever closes tells how it ended.
      () => undefined,
    );
  }

  return {
    tell(status, activity) {
      const next = { status, activity };
      if (told?.status !== status || !isResting) say(next);
      else newest = next;
    },
    close: () => closing.abort(),
  };
}
