import type { SubagentEvent, SubagentStatus } from '../../contract/activity.ts';
import type { RunUsage } from '../../contract/events.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { newId } from '../../lib/new-id.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { abortable } from '../abortable.ts';
import { noUsage } from '../run-usage.ts';
import type { AgentView } from './agent-desk.ts';
import type { AgentFolder } from './agent-folder.ts';
import { type AgentFault, isSettled, type Job } from './agent-state.ts';
import { createStatusVoice } from './status-voice.ts';

/** How one task ended. */
export type JobEnd =
  | { outcome: 'completed'; result: string; usage: RunUsage }
  | { outcome: 'failed' | 'interrupted'; error: AgentFault; usage: RunUsage };

/** What a task is worked on with. */
export interface JobScope {
  job: Job;
  /** What the agent was at when it was stopped before. */
  unfinished?: Job;
  /** Its reason is an AppError that says why. */
  signal: AbortSignal;
  /** The task counts as ended, whatever is still done about it. */
  isOver(): boolean;
  /** Does nothing once the task is over. */
  tellStatus(status: SubagentStatus, activity?: string): void;
}

export interface MemberOptions {
  folder: AgentFolder;
  clock: Clock;
  logger: Logger;
  /** Must not throw. */
  emit(event: SubagentEvent): void;
  /** What it works with while nobody says otherwise; `provider:model` for the world. */
  modelName(): string;
  jobTimeoutMs(): number;
  /** Tells of anything that ended. Must not throw. */
  onChange(): void;
}

/** How a task is worked on. Must not reject. */
export type Work = (scope: JobScope) => Promise<JobEnd>;

/** One agent in one run: it takes the messages of its mailbox one after the other. */
export interface Member {
  readonly agentId: string;
  readonly name: string;
  readonly parentAgentId: string | undefined;
  isWorking(): boolean;
  /** Has nothing to do, for now or for good. */
  isSettled(): boolean;
  view(): AgentView;
  /** Puts a message into the mailbox. Resolves when it is on the disk. */
  post(text: string): Promise<void>;
  /** Begins with what is in the mailbox, unless it is at it. `signal` ends it together with whoever called it in. */
  begin(work: Work, signal: AbortSignal): void;
  /** Stops what it does; messages that it has not begun stay. Resolves when nothing of it goes on. */
  interrupt(reason: AppError): Promise<void>;
  close(reason: string): Promise<void>;
  /** After `interrupt`: nothing more is told or written. Resolves with the bytes that its files grew by. */
  leave(): Promise<number>;
}

/** What listens to no signal is left behind after this long: longer than a tool may take to end. */
const abortGraceMs = 700;

export function createMember(options: MemberOptions): Member {
  const { folder, clock, logger, emit } = options;
  const { agentId, name, profile, parentAgentId } = folder.record;
  const voice = createStatusVoice(agentId, clock, emit);
  let live: { status: SubagentStatus; activity: string | undefined } | undefined;
  let working: { done: Promise<void>; stop: AbortController } | undefined;
  /** The disk refused in the middle: the files say less than what happened. */
  let broken: AgentFault | undefined;

  function tellStatus(status: SubagentStatus, activity?: string): void {
    if (live) live = { status, activity };
    voice.tell(status, activity);
  }

  function begin(work: Work, signal: AbortSignal): void {
    if (working || broken || folder.state().queue.length === 0) return;
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    live = { status: 'running', activity: undefined };
    const done = takeAll(work, both)
      .catch((error: unknown) => {
        broken = faultOf(error);
        logger.error(`The sub-agent ${name} broke: ${messageOf(error)}`, { agentId });
      })
      .then(() => {
        working = undefined;
        live = undefined;
        const { status, queue } = folder.state();
        // What came in at the last moment.
        if (!broken && queue.length > 0 && status !== 'interrupted' && !both.aborted) return begin(work, signal);
        voice.tell(broken ? 'failed' : status);
        options.onChange();
      });
    working = { done, stop };
  }

  async function takeAll(work: Work, signal: AbortSignal): Promise<void> {
    for (let [job] = folder.state().queue; job && !signal.aborted; [job] = folder.state().queue) {
      if ((await take(job, work, signal)) === 'interrupted') return;
    }
  }

  async function take(job: Job, work: Work, signal: AbortSignal): Promise<JobEnd['outcome']> {
    const { jobId } = job;
    const { unfinished } = folder.state();
    await folder.post({ type: 'started', jobId, at: clock.now() });
    emit({ type: 'subagent_job_started', agentId, jobId, task: job.text });
    tellStatus('running');
    const startedAt = clock.monotonic();
    const end = await inTime({ job, ...(unfinished && { unfinished }), tellStatus }, work, signal);
    const model = options.modelName();
    try {
      const outcome = end.outcome === 'completed' ? { result: end.result } : { error: end.error };
      await folder.post({ type: 'ended', jobId, outcome: end.outcome, ...outcome, usage: end.usage, at: clock.now() });
    } catch (error) {
      emit({ type: 'subagent_job_failed', agentId, jobId, error: faultOf(error), model, usage: end.usage });
      throw error;
    }
    const durationMs = Math.round(clock.monotonic() - startedAt);
    const facts = { agentId, jobId, durationMs, tokens: end.usage.totalTokens, cost: end.usage.cost };
    if (end.outcome === 'completed') {
      emit({ type: 'subagent_job_completed', agentId, jobId, result: end.result, model, usage: end.usage });
      emit({ type: 'subagent_message', agentId, from: 'subagent', text: end.result });
      logger.info(`The sub-agent ${name} answered in ${durationMs} ms`, facts);
    } else {
      emit({ type: 'subagent_job_failed', agentId, jobId, error: end.error, model, usage: end.usage });
      logger.info(`The sub-agent ${name} gave no answer: ${end.error.message}`, { ...facts, code: end.error.code });
    }
    return end.outcome;
  }

  /** Whatever the work does with the signal: it ends in time. */
  async function inTime(scope: Omit<JobScope, 'signal' | 'isOver'>, work: Work, outer: AbortSignal): Promise<JobEnd> {
    const over = new AbortController();
    const timeout = new AbortController();
    const late = new AbortController();
    const signal = AbortSignal.any([outer, timeout.signal]);
    const timeoutMs = options.jobTimeoutMs();
    const unlessOver = () => undefined;
    clock.sleep(timeoutMs, over.signal).then(() => timeout.abort(tookTooLong(timeoutMs)), unlessOver);
    const onAbort = () => clock.sleep(abortGraceMs, over.signal).then(() => late.abort(signal.reason), unlessOver);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const isOver = () => over.signal.aborted;
    // What was left behind has nothing to say any more.
    const tell: JobScope['tellStatus'] = (...said) => isOver() || scope.tellStatus(...said);
    try {
      return await abortable(work({ ...scope, signal, isOver, tellStatus: tell }), late.signal);
    } catch (error) {
      return { outcome: timeout.signal.aborted ? 'failed' : 'interrupted', error: faultOf(error), usage: noUsage() };
    } finally {
      over.abort();
      signal.removeEventListener('abort', onAbort);
    }
  }

  return {
    agentId,
    name,
    parentAgentId,
    isWorking: () => working !== undefined,
    isSettled: () => working === undefined && (broken !== undefined || isSettled(folder.state())),
    view() {
      const { status, task, queue, answer, error, usage } = folder.state();
      const shown = live ?? { status: broken ? ('failed' as const) : status, activity: undefined };
      const fault = broken ?? error;
      return {
        ...{ agentId, name, profile, task, usage, status: shown.status, waiting: queue.length },
        ...(shown.activity !== undefined && { activity: shown.activity }),
        ...(answer !== undefined && { answer }),
        ...(fault && { error: fault }),
      };
    },
    async post(text) {
      if (folder.state().status === 'closed') throw closedError(name);
      const after = await folder.post({ type: 'message', jobId: newId('job'), text, at: clock.now() });
      // Closed while the message was on its way: the line counts for nothing.
      if (after.status === 'closed') throw closedError(name);
      broken = undefined;
      emit({ type: 'subagent_message', agentId, from: 'parent', text });
    },
    begin,
    async interrupt(reason) {
      working?.stop.abort(reason);
      await working?.done;
    },
    async close(reason) {
      working?.stop.abort(new AppError('subagent_closed', reason));
      await working?.done;
      if (folder.state().status === 'closed') return;
      await folder.post({ type: 'closed', reason, at: clock.now() });
      emit({ type: 'subagent_closed', agentId, reason });
      options.onChange();
    },
    async leave() {
      voice.close();
      return folder.close();
    },
  };
}

export function faultOf(error: unknown): AgentFault {
  if (error instanceof AppError) return { code: error.code, message: error.message };
  return { code: 'internal', message: 'A fault in the server ended it. The log has the details.' };
}

function tookTooLong(timeoutMs: number): AppError {
  const seconds = Math.round(timeoutMs / 1000);
  return new AppError('subagent_timeout', `It did not end within ${seconds} s. Give it a smaller task.`);
}

export function closedError(name: string): AppError {
  return new AppError('subagent_closed', `The agent "${name}" is closed. Call in another one with SpawnAgent.`);
}
