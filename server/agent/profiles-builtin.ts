import path from 'node:path';
import { defineProfile, type Profile } from './profiles.ts';

const researchTools = [
  'WebSearch',
  'WebFetch',
  'Read',
  'Write',
  'Edit',
  'Glob',
  'Grep',
  'SearchKnowledge',
  'ReadKnowledge',
];
const leadTools = [
  ...['SpawnAgent', 'SendToAgent', 'WaitForAgents', 'CloseAgent', 'ListAgents'],
  ...['AskUserQuestion', 'TodoWrite', 'ListKnowledge'],
];
/** Whoever chooses them wants the web to be read. Rules of the settings still deny and ask. */
const permissions = { allow: ['WebSearch', 'WebFetch'] };

/** The agents that come with the program beside the general assistant. Their prompts are files of `resourcesDir`. */
export function builtinProfiles(resourcesDir: string): Profile[] {
  const prompt = (name: string) => path.join(resourcesDir, 'profiles', 'deep-research', `${name}.md`);
  return [
    defineProfile({
      id: 'deep-research',
      name: 'Deep research',
      promptFile: prompt('prompt'),
      promptFragments: [prompt('report')],
      tools: [...leadTools, ...researchTools],
      maxTurns: 80,
      permissions,
    }),
    defineProfile({
      id: 'researcher',
      name: 'Researcher',
      promptFile: prompt('researcher'),
      tools: researchTools,
      maxTurns: 40,
      permissions,
    }),
  ];
}
