import type { SubagentStatus } from '../../contract/activity.ts';
import type { RunEvent } from '../../contract/events.ts';
import type { AskingAgent } from '../../contract/permissions.ts';
import type { WaitingRoom } from '../waiting-room.ts';

/** What of a sub-agent's work comes to light in the run, and how. */
export interface Surface {
  /** People answer there as they answer the run's own agent. */
  room: WaitingRoom;
  /** Hears everything that the sub-agent's loop tells. */
  hear(event: RunEvent): void;
}

export interface SurfaceOptions {
  agent: AskingAgent;
  /** Of the run. */
  room: WaitingRoom;
  emit(event: RunEvent): void;
  tellStatus(status: SubagentStatus, activity?: string): void;
}

/** Tool calls of different agents may have the same id; in the run's stream they do not. */
export function callIdOf(agentId: string, toolCallId: string): string {
  return `${agentId}.${toolCallId}`;
}

export function createSurface({ agent, room, emit, tellStatus }: SurfaceOptions): Surface {
  const callId = (toolCallId: string) => callIdOf(agent.id, toolCallId);
  let asked = 0;
  let activity: string | undefined;

  function tell(now?: string): void {
    activity = now;
    tellStatus(asked > 0 ? 'waiting' : 'running', activity);
  }

  return {
    room: {
      pending: room.pending,
      take: room.take,
      async ask(request, signal) {
        asked += 1;
        try {
          return await room.ask({ ...request, toolCallId: callId(request.toolCallId), agent }, signal);
        } finally {
          asked -= 1;
          tell(activity);
        }
      },
    },
    hear(event) {
      switch (event.type) {
        case 'turn.start':
          tell();
          return;
        case 'tool.before':
          tell(event.toolName);
          return;
        case 'permission_request':
        case 'waiting_for_user_input':
          emit({ ...event, toolCallId: callId(event.toolCallId), agent });
          tell(activity);
          return;
        case 'permission_resolved':
        case 'skill_start':
        case 'skill_end':
          emit({ ...event, toolCallId: callId(event.toolCallId) });
          return;
        default:
          // The rest is the sub-agent's own: its history holds it.
          return;
      }
    },
  };
}
