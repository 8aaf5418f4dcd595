import type { RunEvent } from '../contract/events.ts';
import type { PermissionRequest } from '../contract/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import { judgeAll } from '../permissions/judge-all.ts';
import type { Policy } from '../permissions/policy.ts';
import type { ToolCallFacts } from '../permissions/tool-call.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { WaitingRoom } from './waiting-room.ts';

export interface CheckedCall extends ToolCallFacts {
  toolCallId: string;
  args: Record<string, unknown>;
}

/** Resolves when the call may run. Throws AppError `permission_denied`, or the signal's reason. */
export type PermissionCheck = (call: CheckedCall, signal: AbortSignal) => Promise<void>;

export interface PermissionCheckOptions {
  /** Every one has to permit the call. Read at each call: rules that a person adds hold for the next one. */
  policies(): readonly Policy[];
  room: WaitingRoom;
  emit(event: RunEvent): void;
  redact(text: string): string;
  logger: Logger;
}

/** Lets a call through, refuses it, or asks a person and waits. */
export function createPermissionCheck(options: PermissionCheckOptions): PermissionCheck {
  const { room, emit, redact, logger } = options;

  return async ({ toolCallId, args, ...facts }, signal) => {
    const { toolName } = facts;
    const decision = judgeAll(facts, options.policies());
    if (decision.outcome === 'allow') return;
    const reason = redact(decision.reason);
    const rule = decision.rule === undefined ? {} : { rule: decision.rule };
    if (decision.outcome === 'deny') {
      logger.info(`${toolName} was refused: ${reason}`, { toolCallId, ...rule });
      throw new AppError('permission_denied', `This call is not permitted. ${reason} Do not try to get around it.`);
    }
    const request: PermissionRequest = { toolCallId, toolName, args, reason, ...rule, remember: decision.remember };
    const answering = room.ask({ kind: 'permission', ...request }, signal);
    emit({ type: 'permission_request', ...request });
    const answer = await answering;
    const verdict = answer.kind === 'permission' ? answer.decision : 'rejected';
    emit({ type: 'permission_resolved', toolCallId, toolName, decision: verdict });
    logger.info(`${toolName} was ${verdict} by a person`, { toolCallId, ...rule });
    if (verdict === 'approved') return;
    throw new AppError(
      'permission_rejected',
      `The person rejected this call; it was not run. ${reason} Ask what to do instead, or go on without it.`,
    );
  };
}
