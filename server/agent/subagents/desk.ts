import type { SubagentEvent } from '../../contract/activity.ts';
import type { SessionKey } from '../../contract/ids.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { newId } from '../../lib/new-id.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AgentDesk, SpawnWish, WaitEnd, WaitWish } from './agent-desk.ts';
import type { AgentFiles } from './agent-files.ts';
import type { AgentFolder } from './agent-folder.ts';
import type { AgentRecord } from './agent-state.ts';
import type { Member } from './member.ts';
import type { Seat, Worker } from './seat.ts';
import type { TeamLimits } from './team-limits.ts';
import { waitFor } from './wait-for.ts';
import type { WaitLog } from './wait-log.ts';

/** One agent of the session, as the run knows it. */
export interface Known {
  folder: AgentFolder;
  member: Member;
  /** Told to the world in this run. */
  isTold: boolean;
  /** Whoever called it in was given its latest answer. */
  isHandedOver: boolean;
  worker?: Worker;
}

/** What the desks of one run share. */
export interface DeskTeam {
  key: SessionKey;
  runId: string;
  files: Pick<AgentFiles, 'create'>;
  waits: WaitLog;
  limits: Pick<TeamLimits, 'countSpawn'>;
  clock: Clock;
  logger: Logger;
  /** Of agents that are being called in. */
  startingNames: Set<string>;
  ownOf(agentId: string | undefined): Known[];
  resolve(wish: Pick<SpawnWish, 'profile' | 'model' | 'task'>, above: Seat): Promise<Worker>;
  /** Nobody else takes the place meanwhile. Throws AppError when there is none. */
  withPlace<T>(work: () => Promise<T>): Promise<T>;
  add(folder: AgentFolder, worker: Worker): Known;
  introduce(entry: Known, task?: string): void;
  begin(entry: Known, above: Seat): void;
  closeWhole(member: Member, reason: string): Promise<void>;
  emit(event: SubagentEvent): void;
  subscribe(listener: () => void): () => void;
}

/** The desk of one agent. */
export function createDesk(team: DeskTeam, seat: Seat): AgentDesk {
  const { clock, logger } = team;
  const own = () => team.ownOf(seat.agentId);

  function find(wanted: string): Known {
    const name = fold(wanted);
    const matching = own().filter(({ member }) => member.agentId === wanted || fold(member.name) === name);
    const found = matching.find(({ folder }) => folder.state().status !== 'closed') ?? matching.at(-1);
    if (found) return found;
    const names = own().map(({ member }) => member.name);
    const hint = names.length > 0 ? `There are: ${names.join(', ')}.` : 'You have called in none.';
    throw new AppError('subagent_not_found', `There is no agent "${wanted}". ${hint}`, { status: 404 });
  }

  function checkName(name: string): void {
    const isTaken = own().some(
      ({ member, folder }) => fold(member.name) === fold(name) && folder.state().status !== 'closed',
    );
    if (!isTaken && !team.startingNames.has(fold(name))) return;
    throw new AppError(
      'subagent_name_taken',
      `There is an agent "${name}" already. Write to it with SendToAgent, or choose another name.`,
      { status: 409 },
    );
  }

  async function spawn(wish: SpawnWish) {
    checkName(wish.name);
    return team.withPlace(async () => {
      team.startingNames.add(fold(wish.name));
      try {
        const worker = await team.resolve(wish, seat);
        seat.signal.throwIfAborted();
        team.limits.countSpawn(seat.depth);
        const entry = team.add(await team.files.create(team.key, recordOf(wish, worker)), worker);
        team.introduce(entry, wish.task);
        await entry.member.post(wish.task);
        logger.info(`The sub-agent ${wish.name} was called in`, {
          agentId: entry.member.agentId,
          profile: worker.profile.id,
          model: worker.model.name,
        });
        team.begin(entry, seat);
        return entry.member.view();
      } finally {
        team.startingNames.delete(fold(wish.name));
      }
    });
  }

  function recordOf({ name, model, tools, instructions }: SpawnWish, { profile }: Worker): AgentRecord {
    return {
      ...{ agentId: newId('agent'), name, profile: profile.id, runId: team.runId, createdAt: clock.now() },
      ...(model !== undefined && { model }),
      ...(seat.agentId !== undefined && { parentAgentId: seat.agentId }),
      ...(tools && { tools: [...tools] }),
      ...(instructions !== undefined && { instructions }),
    };
  }

  async function send(wanted: string, message: string) {
    const entry = find(wanted);
    const { member, folder } = entry;
    if (member.isWorking()) {
      await member.post(message);
      entry.isHandedOver = false;
      team.begin(entry, seat);
      return member.view();
    }
    return team.withPlace(async () => {
      const { profile, model } = folder.record;
      entry.worker = await team.resolve({ profile, model, task: message }, seat);
      seat.signal.throwIfAborted();
      team.introduce(entry);
      await member.post(message);
      entry.isHandedOver = false;
      team.begin(entry, seat);
      return member.view();
    });
  }

  async function wait({ agents, mode, timeoutMs }: WaitWish, signal: AbortSignal): Promise<WaitEnd> {
    const awaited = ({ member, isHandedOver }: Known) => !member.isSettled() || !isHandedOver;
    const entries = [...new Set(agents.length > 0 ? agents.map(find) : own().filter(awaited))];
    const members = entries.map(({ member }) => member);
    const waitId = newId('wait');
    const agentIds = members.map(({ agentId }) => agentId);
    const settled = () => members.filter((member) => member.isSettled()).map(({ agentId }) => agentId);
    if (members.length > 0) {
      const parent = seat.agentId === undefined ? {} : { parentAgentId: seat.agentId };
      await team.waits.register({ waitId, agentIds, mode, at: clock.now(), ...parent });
    }
    team.emit({ type: 'wait_registered', waitId, agentIds, mode, ...(timeoutMs !== undefined && { timeoutMs }) });
    seat.tellStatus?.('waiting', 'WaitForAgents');
    try {
      const reason = await waitFor({ members, mode, timeoutMs, signal, clock, subscribe: team.subscribe });
      team.emit({ type: 'wait_resolved', waitId, agentIds: settled(), reason });
      for (const entry of entries) entry.isHandedOver ||= entry.member.isSettled();
      return { reason, agents: members.map((member) => member.view()) };
    } catch (error) {
      team.emit({ type: 'wait_resolved', waitId, agentIds: settled(), reason: 'aborted' });
      throw error;
    } finally {
      seat.tellStatus?.('running');
      if (members.length > 0) await team.waits.resolve([waitId], 'over', clock.now());
    }
  }

  return {
    spawn,
    send,
    wait,
    async close(wanted, reason) {
      const entry = find(wanted);
      const { member } = entry;
      entry.isHandedOver = true;
      await team.closeWhole(member, reason);
      return member.view();
    },
    list: () => own().map(({ member }) => member.view()),
  };
}

function fold(name: string): string {
  return name.normalize('NFC').trim().toLowerCase();
}
