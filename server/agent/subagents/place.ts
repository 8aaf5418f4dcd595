import type { Config } from '../../contract/config.ts';
import type { RunUsage } from '../../contract/events.ts';
import type { MessageUsage } from '../../contract/messages.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ContextKeeper } from '../compaction/context-keeper.ts';
import type { ContextStore } from '../compaction/context-store.ts';
import type { Profile } from '../profiles.ts';
import type { LoopParts } from '../run.ts';
import type { RunScope } from '../run-setup.ts';
import { addUsage, noUsage } from '../run-usage.ts';
import type { Tool } from '../tools/tool.ts';
import type { AgentDesk } from './agent-desk.ts';
import type { AgentFiles } from './agent-files.ts';
import type { AgentFolder } from './agent-folder.ts';
import { placeWords } from './agent-words.ts';
import { narrowTools, type Seat } from './seat.ts';
import { callIdOf } from './surface.ts';
import { openTeam, type Team, type TeamOptions, type WorkerScope } from './team.ts';

/** Where the agent that is being prepared stands among the agents of its run. */
export interface Place {
  narrow(tools: readonly Tool[]): Tool[];
  /** For calling in agents. Absent: it may call in nobody. */
  desk?: AgentDesk;
  /** What it should know of agents that it called in before. */
  notice?: string | undefined;
  /** Whose permissions it never exceeds. */
  ceilings: readonly Profile[];
  /** Its own conversation; absent: the session's. */
  store?: ContextStore;
  /** Tells its calls from those of the run's other agents. */
  callId(toolCallId: string): string;
  /** With what its agents use, when it is the one that answers for them. */
  counting(context: ContextKeeper): ContextKeeper;
  /** Stops its agents and tells what was not counted yet. Absent: it answers for nobody. */
  finish?(): Promise<RunUsage>;
}

/** An agent that another one called in. */
export interface RunWorker extends WorkerScope {
  team: Team;
}

export interface PlacesOptions extends Pick<TeamOptions, 'redact' | 'clock' | 'logger'> {
  /** Absent: nobody calls in agents. */
  files: AgentFiles | undefined;
  config(): Config;
  clock: Clock;
  logger: Logger;
  /** Of sessions. */
  context: ContextStore | undefined;
  resolve(scope: RunScope, ...args: Parameters<TeamOptions['resolve']>): ReturnType<TeamOptions['resolve']>;
  prepare(scope: RunScope): Promise<LoopParts>;
}

const alone = { ceilings: [], callId: (id: string) => id, counting: (context: ContextKeeper) => context };

export function createPlaces(options: PlacesOptions): (scope: RunScope) => Promise<Place> {
  const { files, config, clock } = options;

  return async (scope) => {
    if (scope.worker) return placeBelow(scope.worker);
    if (!files || config().subagents.maxDepth === 0) {
      return { ...alone, narrow: (tools) => narrowTools(tools, { mayCallIn: false }) };
    }
    return placeOnTop(scope, files);
  };

  /** The run's own agent. */
  async function placeOnTop(scope: RunScope, agentFiles: AgentFiles): Promise<Place> {
    const { key, runId, profile, model, signal, emit, room, kept } = scope;
    const logger = options.logger.child({
      ...{ runId, sessionId: key.sessionId, tenantId: key.tenantId },
      component: 'subagent',
    });
    const team = await openTeam({
      ...{ key, runId, files: agentFiles, signal, room, emit, redact: options.redact, clock, logger },
      ...(kept && { kept }),
      settings: () => config().subagents,
      resolve: (wish, above) => options.resolve(scope, wish, above),
      prepare: (worker) => options.prepare(workerScope(scope, { ...worker, team })),
    });
    const seat: Seat = { depth: 0, profile, ceilings: [], model, signal: team.signal, toolNames: new Set() };
    return {
      ...alone,
      narrow: (tools) => seated(seat, narrowTools(tools, { mayCallIn: true })),
      desk: team.deskOf(seat),
      notice: team.notice(),
      counting: (context) => ({ ...context, takeUsage: () => [...context.takeUsage(), ...team.takeUsage()] }),
      async finish() {
        await team.finish();
        return sumOf(team.takeUsage());
      },
    };
  }

  function placeBelow({ team, seat, above, record, folder }: RunWorker): Place {
    const mayCallIn = seat.depth < config().subagents.maxDepth;
    const callId = (toolCallId: string) => callIdOf(record.agentId, toolCallId);
    return {
      ...alone,
      narrow: (tools) => seated(seat, narrowTools(tools, { mayCallIn, above, wanted: record.tools })),
      ...(mayCallIn && { desk: team.deskOf(seat) }),
      ceilings: seat.ceilings,
      ...(options.context && { store: storeOf(folder, options.context, clock) }),
      callId,
    };
  }
}

/** Who calls in agents from this seat can give them these tools and no others. */
function seated(seat: Seat, tools: Tool[]): Tool[] {
  seat.toolNames = new Set(tools.map(({ name }) => name));
  return tools;
}

function workerScope(scope: RunScope, worker: RunWorker): RunScope {
  const { key, runId, request } = scope;
  const { seat, surface, record, message } = worker;
  return {
    ...{ key, runId, worker, profile: seat.profile, model: seat.model, signal: seat.signal },
    room: surface.room,
    emit: surface.hear,
    extras: { system: placeWords(record.name, record.instructions) },
    request: { message, tenantId: request.tenantId, userId: request.userId, agentId: seat.profile.id },
  };
}

/** Its own messages; what is too large for them lies with the session's, where tools find it. */
function storeOf(folder: AgentFolder, session: ContextStore, clock: Clock): ContextStore {
  return {
    loadMessages: async () => ({ messages: await folder.loadMessages(), skippedLines: 0 }),
    compact: (_key, request) => folder.compact(request, clock.now()),
    writeArtifact: session.writeArtifact,
    readArtifact: session.readArtifact,
    readMemory: async () => '',
    writeMemory: async () => undefined,
  };
}

function sumOf(calls: readonly MessageUsage[]): RunUsage {
  const total = noUsage();
  for (const call of calls) addUsage(total, call);
  return total;
}
