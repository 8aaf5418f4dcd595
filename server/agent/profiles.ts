import type { ChatRequest } from '../contract/chat.ts';
import type { Config } from '../contract/config.ts';
import { idPattern, type SessionKey } from '../contract/ids.ts';
import { type PermissionSettings, permissionsSchema } from '../contract/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import type { ContextProvider } from './context-providers.ts';
import type { Tool } from './tools/tool.ts';

/** For whom a prompt is written. */
export interface PromptScope extends SessionKey {
  agentId: string;
  /** What the person said. */
  message: string;
}

/** Who answers: prompt, model and tools of an agent. */
export interface Profile {
  id: string;
  name: string;
  /** Words, or what finds them as each run begins. */
  prompt?: string | ((scope: PromptScope) => string | Promise<string>);
  /** Path of a file with the prompt; read as each run begins. */
  promptFile?: string;
  /** Paths of files whose texts follow the prompt, in this order; read as each run begins. */
  promptFragments?: readonly string[];
  /** `provider:model`; absent: the configured default. */
  model?: string;
  maxTurns: number;
  /** Names of the tools it may use; absent: all. */
  tools?: readonly string[];
  /** Tools that only this agent has. */
  ownTools?: readonly Tool[];
  /** From code; those of the settings are read at each call. */
  permissions?: PermissionSettings;
  contextProviders?: readonly ContextProvider[];
  /** Makes the agent anew for one request: what it gives back takes the place of what stands above. */
  forRequest?(request: ChatRequest, key: SessionKey): ProfileChange | Promise<ProfileChange>;
}

/** A profile as people write it in code. Tools are named, or handed over. */
export interface ProfileDefinition extends Omit<Profile, 'name' | 'maxTurns' | 'tools' | 'ownTools' | 'permissions'> {
  name?: string;
  maxTurns?: number;
  tools?: readonly (string | Tool)[];
  permissions?: Partial<PermissionSettings>;
}

export type ProfileChange = Partial<Omit<ProfileDefinition, 'id' | 'forRequest'>>;

/** Finds who answers a request: an agent's id, a profile of its own, or undefined for the usual one. */
export type ProfileResolver = (
  request: ChatRequest,
  key: SessionKey,
) => string | Profile | undefined | Promise<string | Profile | undefined>;

export const defaultAgentId = 'default';
const defaultMaxTurns = 50;

/** A profile with everything filled in. Throws AppError `invalid_profile` that says what is wrong with it. */
export function defineProfile(definition: ProfileDefinition): Profile {
  const { id } = definition;
  if (!idPattern.test(id)) throw invalid(id, 'its id needs letters, digits, dots, dashes or underscores');
  const { name = id, maxTurns = defaultMaxTurns, forRequest } = definition;
  if (!Number.isInteger(maxTurns) || maxTurns < 1) throw invalid(id, 'maxTurns must be a whole number from 1');
  return { id, name, maxTurns, ...(forRequest && { forRequest }), ...fieldsOf(id, definition) };
}

/** The profile as it answers this request. Throws AppError `profile_unresolved` when its factory breaks. */
export async function profileFor(profile: Profile, request: ChatRequest, key: SessionKey): Promise<Profile> {
  if (!profile.forRequest) return profile;
  try {
    const change = await profile.forRequest(request, key);
    const { name = profile.name, maxTurns = profile.maxTurns } = change;
    return { ...profile, name, maxTurns, ...fieldsOf(profile.id, change) };
  } catch (error) {
    throw unresolved(error);
  }
}

/** The profile, or the id of the one, that a resolver wants. Throws AppError `profile_unresolved` when it breaks. */
export async function resolveProfile(
  resolver: ProfileResolver | undefined,
  request: ChatRequest,
  key: SessionKey,
): Promise<string | Profile | undefined> {
  try {
    return await resolver?.(request, key);
  } catch (error) {
    throw unresolved(error);
  }
}

/** Every profile there is: the built-in one first, then those made in code, then those of the configuration. */
export function listProfiles(config: Config, defined: readonly Profile[] = []): Profile[] {
  const profiles = new Map<string, Profile>();
  profiles.set(defaultAgentId, { id: defaultAgentId, name: 'General assistant', maxTurns: defaultMaxTurns });
  for (const profile of defined) profiles.set(profile.id, profile);
  for (const [id, agent] of Object.entries(config.agents)) {
    const { permissions: _, ...settings } = agent;
    const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
    const base = profiles.get(id) ?? { id, name: id, maxTurns: defaultMaxTurns };
    profiles.set(id, { ...base, ...given });
  }
  return [...profiles.values()];
}

/** Throws AppError `agent_not_found` (404). */
export function findProfile(profiles: readonly Profile[], agentId: string): Profile {
  const found = profiles.find((profile) => profile.id === agentId);
  if (found) return found;
  const ids = profiles.map((profile) => profile.id);
  throw new AppError('agent_not_found', `There is no agent "${agentId}". There are: ${ids.join(', ')}.`, {
    status: 404,
    details: { agents: ids },
  });
}

type Fields = Omit<Partial<Profile>, 'id' | 'name' | 'maxTurns' | 'forRequest'>;

function fieldsOf(id: string, change: ProfileChange): Fields {
  const { prompt, promptFile, promptFragments, model, tools, permissions, contextProviders } = change;
  const names = tools?.map((tool) => (typeof tool === 'string' ? tool : tool.name));
  const ownTools = tools?.filter((tool) => typeof tool !== 'string');
  return {
    ...(prompt !== undefined && { prompt }),
    ...(promptFile !== undefined && { promptFile }),
    ...(promptFragments && { promptFragments }),
    ...(model !== undefined && { model }),
    ...(contextProviders && { contextProviders }),
    ...(names && { tools: names }),
    ...(ownTools && ownTools.length > 0 && { ownTools }),
    ...(permissions && { permissions: parsePermissions(id, permissions) }),
  };
}

function parsePermissions(id: string, permissions: Partial<PermissionSettings>): PermissionSettings {
  const parsed = permissionsSchema.safeParse(permissions);
  if (parsed.success) return parsed.data;
  throw invalid(id, `its permissions are wrong: ${parsed.error.issues[0]?.message ?? 'see docs/permissions.md'}`);
}

/** Rules add up: a setting cannot take away what the code denies. */
export function joinPermissions(
  code: PermissionSettings | undefined,
  settings: PermissionSettings | undefined,
): PermissionSettings | undefined {
  if (!code || !settings) return settings ?? code;
  const mode = settings.mode ?? code.mode;
  const join = (list: 'allow' | 'deny' | 'ask') => [...code[list], ...settings[list]];
  return { ...(mode && { mode }), allow: join('allow'), deny: join('deny'), ask: join('ask') };
}

function unresolved(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('profile_unresolved', 'The agent for this request could not be made. The log says why.', {
    cause: error,
  });
}

function invalid(id: string, what: string): AppError {
  return new AppError('invalid_profile', `The profile "${id}" cannot be used: ${what}.`);
}
