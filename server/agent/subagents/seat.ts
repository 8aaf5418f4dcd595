import type { SubagentStatus } from '../../contract/activity.ts';
import type { ModelHandle } from '../model.ts';
import type { Profile } from '../profiles.ts';
import type { Tool } from '../tools/tool.ts';
import { personalTools, subagentToolNames } from './tool-names.ts';

/** Who works on the tasks of an agent. */
export interface Worker {
  profile: Profile;
  model: ModelHandle;
}

/** Whoever calls agents in: the run's own agent, or one of those. */
export interface Seat extends Worker {
  /** Absent: the run's own agent. */
  agentId?: string;
  /** 0 for the run's own agent. */
  depth: number;
  /** Of those above it: what one of them may not do, it may not do either. */
  ceilings: readonly Profile[];
  /** Ends whatever is begun from here. Its reason is an AppError. */
  signal: AbortSignal;
  /** Names of the tools it has; known once it works. */
  toolNames: ReadonlySet<string>;
  tellStatus?(status: SubagentStatus, activity?: string): void;
}

export interface Narrowing {
  /** Whether agents may be called in from here. */
  mayCallIn: boolean;
  /** Absent: the run's own agent. */
  above?: Pick<Seat, 'toolNames'>;
  /** The only ones that are wanted. */
  wanted?: readonly string[] | undefined;
}

/** No agent has a tool that the one above it lacks, nor what belongs to the conversation with the person. */
export function narrowTools(tools: readonly Tool[], { mayCallIn, above, wanted }: Narrowing): Tool[] {
  return tools.filter(({ name, isCompanion }) => {
    if (!mayCallIn && subagentToolNames.has(name)) return false;
    if (above && (!above.toolNames.has(name) || personalTools.has(name))) return false;
    return wanted === undefined || wanted.includes(name) || isCompanion === true;
  });
}
