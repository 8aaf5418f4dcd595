import type { RunUsage } from '../../contract/events.ts';
import type { AssistantMessage, UserMessage } from '../../contract/messages.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { type FinishedTurn, type LoopEnd, runLoop } from '../loop.ts';
import type { ModelHandle } from '../model.ts';
import type { LoopParts } from '../run.ts';
import { addUsage, noUsage } from '../run-usage.ts';
import type { AgentFolder } from './agent-folder.ts';
import { taskWords } from './agent-words.ts';
import { faultOf, type JobEnd, type JobScope } from './member.ts';
import type { Surface } from './surface.ts';
import type { TeamLimits } from './team-limits.ts';

export interface JobOptions {
  scope: JobScope;
  folder: AgentFolder;
  model: ModelHandle;
  surface: Surface;
  limits: Pick<TeamLimits, 'addUsage' | 'costFault'>;
  clock: Clock;
  kept(toolCallId: string): void;
  prepare(signal: AbortSignal, message: string): Promise<LoopParts>;
  /** Nothing that the agent called in itself goes on without it. Must not reject. */
  endAgents(): Promise<void>;
}

/** Runs one task on the loop that runs use, on the agent's own history. */
export async function workOnJob(options: JobOptions): Promise<JobEnd> {
  const { scope, folder, model, limits, clock, surface } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([scope.signal, stop.signal]);
  const usage = noUsage();
  let last: AssistantMessage | undefined;

  async function saveTurn({ message, toolResults, overhead }: FinishedTurn): Promise<void> {
    for (const part of [...overhead, message.usage]) {
      addUsage(usage, part);
      limits.addUsage(part);
    }
    last = message;
    // Left behind: the agent may be at its next task.
    if (scope.isOver()) return;
    await folder.appendMessages([message, ...toolResults]);
    for (const { toolCallId } of toolResults) options.kept(toolCallId);
    const fault = limits.costFault();
    // One that has answered is not stopped any more.
    if (fault && toolResults.length > 0) stop.abort(fault);
  }

  async function loop(): Promise<LoopEnd> {
    const content = taskWords(scope.job, scope.unfinished);
    const known = await folder.loadMessages();
    const user: UserMessage = { role: 'user', content, timestamp: clock.now() };
    await folder.appendMessages([user]);
    const parts = await options.prepare(signal, content);
    const messages = [...known, user];
    return runLoop({ ...parts, model, messages, signal, clock, emit: surface.hear, saveTurn });
  }

  try {
    const fault = limits.costFault();
    if (fault) return { outcome: 'failed', error: faultOf(fault), usage };
    return endOf(await loop(), last, usage, signal);
  } catch (error) {
    return failed(signal.aborted ? signal.reason : error, usage);
  } finally {
    await options.endAgents();
  }
}

function endOf(
  { stopReason, fault }: LoopEnd,
  last: AssistantMessage | undefined,
  usage: RunUsage,
  signal: AbortSignal,
): JobEnd {
  if (stopReason === 'aborted' || (stopReason === 'error' && signal.aborted)) return failed(signal.reason, usage);
  if (stopReason === 'error') return { outcome: 'failed', error: faultOf(fault), usage };
  const text = last?.content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
    .trim();
  const cut = stopReason === 'length' ? '\n\n[The answer was longer than an answer may be and is cut here.]' : '';
  return { outcome: 'completed', result: `${text || '(It ended without words.)'}${cut}`, usage };
}

/** What came from outside can be gone on from; what the agent used up, or broke, cannot. */
function failed(reason: unknown, usage: RunUsage): JobEnd {
  const isStop = reason instanceof AppError && ['subagent_interrupted', 'subagent_closed'].includes(reason.code);
  return { outcome: isStop ? 'interrupted' : 'failed', error: faultOf(reason), usage };
}
