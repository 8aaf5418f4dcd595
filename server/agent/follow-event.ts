import type { RunInfo } from '../contract/chat.ts';
import type { RunEvent, StopReason } from '../contract/events.ts';
import { addTotals, addUsage } from './run-usage.ts';

const statuses: Record<StopReason, RunInfo['status']> = {
  stop: 'done',
  length: 'done',
  max_turns: 'done',
  aborted: 'aborted',
  error: 'error',
};

/** Brings the run's summary up to date with an event; false when nothing of it changed. */
export function followEvent(info: RunInfo, event: RunEvent, now: number): boolean {
  switch (event.type) {
    case 'session.start':
      return true;
    case 'turn.start':
      info.turn = event.turn;
      info.activity = 'model';
      return true;
    case 'context_compaction_start':
      info.activity = 'compaction';
      return true;
    case 'context_compaction_end':
      info.activity = 'model';
      return true;
    case 'tool.before':
      info.activity = event.toolName;
      return true;
    case 'turn.complete':
      addUsage(info.usage, event.usage);
      return true;
    case 'subagent_job_completed':
    case 'subagent_job_failed':
      addTotals(info.usage, event.usage);
      return true;
    case 'session.end':
      info.status = statuses[event.stopReason];
      info.endedAt = now;
      info.activity = '';
      info.usage = { ...event.usage };
      return true;
    default:
      return false;
  }
}
