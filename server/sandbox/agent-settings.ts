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

/** Whether a sandbox that was made for the settings `made` may serve an agent with `wanted`. */
export function isSameSettings(
  made: AgentSandboxSettings | undefined,
  wanted: AgentSandboxSettings | undefined,
): boolean {
  const sorted = (own: AgentSandboxSettings | undefined) => JSON.stringify(Object.entries(own ?? {}).sort());
  return sorted(made) === sorted(wanted);
}

/**
 * Ends a sandbox that was made for another agent's settings, so that no agent works with what another one was given.
 * Throws `sandbox_of_other_agent` while something runs in it.
 */
export async function endForOtherAgent(entry: SandboxEntry): Promise<void> {
  const { state, running } = entry.info();
  if (state === 'busy' || running.length > 0) {
    const sentence =
      'Commands of another agent, with other sandbox settings, still run in this session. Wait for them or end them.';
    throw new AppError('sandbox_of_other_agent', sentence, { status: 409 });
  }
  await entry.destroy();
}
