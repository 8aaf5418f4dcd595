import type { SessionKey } from '../contract/ids.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Profile } from './profiles.ts';
import { namesTool } from './tools/mcp/names-tool.ts';
import type { Tool } from './tools/tool.ts';

/** The tools that a run of this profile is told of: those it may use and that can be used now. */
export function offeredTools(common: readonly Tool[], profile: Profile, logger: Logger): Tool[] {
  const all = withOwn(common, profile.ownTools ?? []);
  const unknown = profile.tools?.filter((name) => !all.some((tool) => namesTool(name, tool.name))) ?? [];
  if (unknown.length > 0) {
    logger.warn(`The agent ${profile.id} names tools that do not exist: ${unknown.join(', ')}`);
  }
  const isNamed = ({ name, isCompanion }: Tool) =>
    profile.tools === undefined ||
    profile.tools.some((entry) => namesTool(entry, name)) ||
    (isCompanion && profile.tools.length > 0);
  return all.filter((tool) => isNamed(tool) && (tool.isAvailable?.(profile.id) ?? true));
}

/** A tool of the agent's own takes the place of a common one of that name. */
function withOwn(common: readonly Tool[], own: readonly Tool[]): Tool[] {
  const ownNames = new Set(own.map(({ name }) => name));
  return [...common.filter(({ name }) => !ownNames.has(name)), ...own];
}

/** What the tools remember of the session. One that cannot be asked is passed over: the run does not depend on it. */
export async function recallFrom(tools: readonly Tool[], key: SessionKey, logger: Logger): Promise<string[]> {
  const recalled = await Promise.all(
    tools.map(async (tool) => {
      try {
        return (await tool.recall?.(key)) ?? '';
      } catch (error) {
        logger.warn(`What ${tool.name} knows of the session could not be read: ${messageOf(error)}`);
        return '';
      }
    }),
  );
  return recalled.filter((text) => text !== '');
}
