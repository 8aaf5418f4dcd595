import { AppError } from '../lib/app-error.ts';
import type { Profile, PromptScope } from './profiles.ts';
import type { Tool } from './tools/tool.ts';

export interface SystemPromptOptions {
  profile: Profile;
  tools: readonly Pick<Tool, 'name'>[];
  /** Wall clock. */
  now: number;
  readFile(path: string): Promise<string>;
  scope: PromptScope;
}

/** What the profile says, its prompt first and then its fragments, and below it what every agent has to know. */
export async function systemPrompt({ profile, tools, now, readFile, scope }: SystemPromptOptions): Promise<string> {
  const { id, promptFile, promptFragments = [] } = profile;
  const own = [
    await promptOf(profile, scope),
    promptFile && (await readPrompt(readFile, promptFile, id, 'promptFile')),
    // One after the other: they are few, and faults come in their order.
    ...(await readFragments(readFile, promptFragments, id)),
  ].filter(Boolean);
  const date = new Date(now).toISOString().slice(0, 10);
  const base = [
    own.length > 0 ? '' : 'You are a helpful assistant that gets work done with its tools.',
    `Today is ${date}.`,
    tools.length > 0
      ? `Your tools: ${tools.map((tool) => tool.name).join(', ')}. Commands and files live in a Linux container that belongs to this conversation alone. Its folder /workspace keeps your files between messages; the container has no network. Look before you change something, check what you made by running it, and say plainly when a tool failed.`
      : '',
    'Answer in the language of the person, briefly.',
  ];
  return [...own, base.filter(Boolean).join('\n')].join('\n\n');
}

async function promptOf({ id, prompt }: Profile, scope: PromptScope): Promise<string | undefined> {
  if (typeof prompt !== 'function') return prompt;
  try {
    return await prompt(scope);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('prompt_failed', `The prompt of agent "${id}" could not be made. The log says why.`, {
      cause: error,
    });
  }
}

async function readFragments(
  readFile: SystemPromptOptions['readFile'],
  paths: readonly string[],
  agentId: string,
): Promise<string[]> {
  const texts: string[] = [];
  for (const [index, path] of paths.entries()) {
    texts.push((await readPrompt(readFile, path, agentId, `promptFragments.${index}`)).trim());
  }
  return texts;
}

async function readPrompt(
  readFile: SystemPromptOptions['readFile'],
  path: string,
  agentId: string,
  setting: string,
): Promise<string> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new AppError(
      'prompt_file_unreadable',
      `A prompt file of agent "${agentId}" cannot be read. Check agents.${agentId}.${setting} in the settings.`,
      { cause: error },
    );
  }
}
