import type { SubagentEvent } from '../../contract/activity.ts';
import type { Config } from '../../contract/config.ts';
import type { RunEvent } from '../../contract/events.ts';
import type { SessionKey } from '../../contract/ids.ts';
import type { MessageUsage } from '../../contract/messages.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { redactDeep } from '../redact-deep.ts';
import type { LoopParts } from '../run.ts';
import { noUsage } from '../run-usage.ts';
import type { WaitingRoom } from '../waiting-room.ts';
import type { AgentDesk, SpawnWish } from './agent-desk.ts';
import type { AgentFiles } from './agent-files.ts';
import type { AgentFolder } from './agent-folder.ts';
import type { AgentRecord } from './agent-state.ts';
import { noticeWords } from './agent-words.ts';
import { createDesk, type Known } from './desk.ts';
import { createMember, type JobScope, type Member } from './member.ts';
import type { Seat, Worker } from './seat.ts';
import { callIdOf, createSurface, type Surface } from './surface.ts';
import { createTeamLimits } from './team-limits.ts';
import type { RegisteredWait } from './wait-log.ts';
import { workOnJob } from './work-on-job.ts';

/** One task as whoever prepares its loop sees it. */
export interface WorkerScope {
  record: AgentRecord;
  folder: AgentFolder;
  seat: Seat;
  above: Seat;
  surface: Surface;
  message: string;
}

export interface TeamOptions {
  key: SessionKey;
  runId: string;
  files: AgentFiles;
  settings(): Config['subagents'];
  /** Of the run. */
  signal: AbortSignal;
  room: WaitingRoom;
  /** What a call of an agent gave back is on the disk. */
  kept?(toolCallId: string): void;
  emit(event: RunEvent): void;
  redact(text: string): string;
  clock: Clock;
  logger: Logger;
  /** Throws AppError when there is no such profile or model. */
  resolve(wish: Pick<SpawnWish, 'profile' | 'model' | 'task'>, above: Seat): Promise<Worker>;
  prepare(scope: WorkerScope): Promise<LoopParts>;
}

/** The agents of one run, on all levels. */
export interface Team {
  /** Fires when the run ends, for whatever reason; its own reason is an AppError. */
  readonly signal: AbortSignal;
  /** For a seat that may call in agents. */
  deskOf(seat: Seat): AgentDesk;
  /** What the run's own agent should know of agents that it called in before. */
  notice(): string | undefined;
  takeUsage(): MessageUsage[];
  /** Stops everything that goes on. Nothing of the team is told or written afterwards. Never rejects. */
  finish(): Promise<void>;
}

/** Opens what earlier runs of the session left. Throws AppError `storage_unavailable`. */
export async function openTeam(options: TeamOptions): Promise<Team> {
  const { key, runId, files, clock, logger, settings } = options;
  const limits = createTeamLimits(settings);
  const known = new Map<string, Known>();
  const listeners = new Set<() => void>();
  const ending = new AbortController();
  const waits = files.waits(key);
  let openWaits: RegisteredWait[] = [];
  /** Agents that are about to be at work. */
  let starting = 0;
  const startingNames = new Set<string>();
  let isOver = false;

  const onAbort = () => ending.abort(interrupted('The run was aborted.'));
  if (options.signal.aborted) onAbort();
  else options.signal.addEventListener('abort', onAbort, { once: true });

  function emit(event: SubagentEvent): void {
    if (!isOver) options.emit(redactDeep(event, options.redact));
  }

  function add(folder: AgentFolder, worker?: Worker): Known {
    const entry: Known = {
      folder,
      isTold: false,
      isHandedOver: worker === undefined,
      ...(worker && { worker }),
      member: createMember({
        ...{ folder, clock, logger, emit },
        modelName: () => entry.worker?.model.name ?? '',
        jobTimeoutMs: () => settings().jobTimeoutMs,
        onChange() {
          for (const listener of listeners) listener();
        },
      }),
    };
    known.set(folder.record.agentId, entry);
    return entry;
  }

  /** A process that ended in the middle of a task left no word of it. */
  async function recover(): Promise<void> {
    for (const folder of await files.list(key)) {
      const { current } = folder.state();
      if (current) {
        const error = { code: 'subagent_interrupted', message: 'The server stopped while this agent worked.' };
        const end = { jobId: current.jobId, outcome: 'interrupted', error, usage: noUsage() } as const;
        await folder.post({ type: 'ended', ...end, at: clock.now() });
      }
      const entry = add(folder);
      if (folder.state().status !== 'interrupted') continue;
      introduce(entry);
      emit({ type: 'subagent_status', agentId: folder.record.agentId, status: 'interrupted' });
    }
    if (known.size > 0) openWaits = await waits.open();
  }

  function introduce(entry: Known, task = entry.folder.state().task): void {
    if (entry.isTold) return;
    entry.isTold = true;
    const { agentId, name, profile, model = '', parentAgentId } = entry.folder.record;
    const parent = parentAgentId === undefined ? {} : { parentAgentId };
    emit({
      type: 'subagent_spawned',
      agentId,
      name,
      profile,
      model: entry.worker?.model.name ?? model,
      ...parent,
      task,
    });
  }

  const ownOf = (agentId: string | undefined) =>
    [...known.values()].filter(({ member }) => member.parentAgentId === agentId);

  const working = () => [...known.values()].filter(({ member }) => member.isWorking()).length + starting;

  async function endBelow(agentId: string, reason: AppError): Promise<void> {
    await Promise.all(ownOf(agentId).map(({ member }) => member.interrupt(reason)));
  }

  function begin(entry: Known, above: Seat): void {
    const { folder, member, worker } = entry;
    const { agentId, name } = folder.record;
    if (!worker || isOver) return;
    const work = (scope: JobScope) => {
      const surface = createSurface({
        agent: { id: agentId, name },
        room: options.room,
        emit: (event) => !isOver && options.emit(event),
        tellStatus: scope.tellStatus,
      });
      const seatFor = (signal: AbortSignal): Seat => ({
        ...{ agentId, depth: above.depth + 1, ...worker, signal, toolNames: new Set<string>() },
        ceilings: [above.profile, ...above.ceilings],
        tellStatus: scope.tellStatus,
      });
      return workOnJob({
        ...{ scope, folder, surface, limits, clock, model: worker.model },
        kept: (toolCallId) => options.kept?.(callIdOf(agentId, toolCallId)),
        prepare: (signal, message) =>
          options.prepare({ record: folder.record, folder, seat: seatFor(signal), above, surface, message }),
        endAgents: () => endBelow(agentId, interrupted('The agent that called this one in has ended its task.')),
      });
    };
    member.begin(work, above.signal);
  }

  /** Nobody else takes the place meanwhile. */
  async function withPlace<T>(work: () => Promise<T>): Promise<T> {
    limits.checkRoom(working());
    starting += 1;
    try {
      return await work();
    } finally {
      starting -= 1;
    }
  }

  /** Those that it called in go with it. */
  async function closeWhole(member: Member, reason: string): Promise<void> {
    await Promise.all(ownOf(member.agentId).map((below) => closeWhole(below.member, reason)));
    const entry = known.get(member.agentId);
    if (entry) introduce(entry);
    await member.close(reason);
  }

  function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  async function finish(): Promise<void> {
    options.signal.removeEventListener('abort', onAbort);
    ending.abort(interrupted('The run ended before this agent had answered.'));
    const all = [...known.values()].map(({ member }) => member);
    await Promise.all(
      all.map((member) => member.interrupt(interrupted('The run ended before this agent had answered.'))),
    );
    isOver = true;
    const told = openWaits.map(({ waitId }) => waitId);
    try {
      await waits.resolve(told, 'told', clock.now()).finally(() => waits.close());
      const grown = await Promise.all(all.map((member) => member.leave()));
      await files.count(
        key,
        grown.reduce((sum, bytes) => sum + bytes, 0),
      );
    } catch (error) {
      logger.warn(`The files of sub-agents could not be closed in order: ${messageOf(error)}`);
    }
  }

  await recover();
  const shared = { key, runId, files, waits, limits, clock, logger, startingNames, resolve: options.resolve };
  const verbs = { ownOf, withPlace, add, introduce, begin, closeWhole, emit, subscribe };
  return {
    signal: ending.signal,
    deskOf: (seat) => createDesk({ ...shared, ...verbs }, seat),
    notice() {
      const own = ownOf(undefined).map(({ member }) => member);
      const nameOf = (agentId: string) => known.get(agentId)?.member.name ?? agentId;
      const waited = openWaits.filter(({ parentAgentId }) => parentAgentId === undefined);
      return noticeWords(
        own.map((member) => member.view()),
        waited.map(({ agentIds }) => agentIds.map(nameOf)),
      );
    },
    takeUsage: limits.takeUsage,
    finish,
  };
}

function interrupted(message: string): AppError {
  return new AppError('subagent_interrupted', message, { status: 409 });
}
