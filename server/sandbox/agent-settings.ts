import type { Config } from '../contract/config.ts';
import { AppError } from '../lib/app-error.ts';
import type { SandboxEntry } from './sandbox-entry.ts';

export type SandboxSettings = Config['sandbox'];
/** What an agent's sandboxes have otherwise (`agents.<id>.sandbox`). */
export type AgentSandboxSettings = NonNullable<Config['agents'][string]['sandbox']>;

/** The settings in force for the sandboxes of one agent. */
export function settingsFor(common: SandboxSettings, own: AgentSandboxSettings | undefined): SandboxSettings {
  const set = Object.entries(own ?? {}).filter(([, value]) => value !== undefined);
  return { ...common, ...Object.fromEntries(set) };
}

/** What a sandbox was made for. */
export interface MadeFor {
  agentId?: string;
  network: SandboxSettings['network'];
}

/**
 * Whether a sandbox may serve this use: one that was made for another agent's settings, or for a network that is not
 * configured any more, may not. A use for no agent in particular takes the sandbox that there is.
 */
export function isFitting(
  made: MadeFor,
  wantedAgentId: string | undefined,
  own: (agentId: string | undefined) => AgentSandboxSettings | undefined,
  common: SandboxSettings,
): boolean {
  const isSameAgent = wantedAgentId === undefined || isSameSettings(own(made.agentId), own(wantedAgentId));
  return isSameAgent && settingsFor(common, own(made.agentId)).network === made.network;
}

export function isSameSettings(
  one: AgentSandboxSettings | undefined,
  other: AgentSandboxSettings | undefined,
): boolean {
  const sorted = (own: AgentSandboxSettings | undefined) => JSON.stringify(Object.entries(own ?? {}).sort());
  return sorted(one) === sorted(other);
}

/**
 * Ends a sandbox that does not fit, so that no agent works with what another one was given. Throws
 * `sandbox_settings_differ` while something runs in it.
 */
export async function endUnfitting(entry: SandboxEntry): Promise<void> {
  const { state, running } = entry.info();
  if (state === 'busy' || running.length > 0) {
    const sentence =
      'The sandbox of this session was made with other settings, and commands still run in it. Wait for them or end them.';
    throw new AppError('sandbox_settings_differ', sentence, { status: 409 });
  }
  await entry.destroy();
}
