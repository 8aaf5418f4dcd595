import { echoModelName } from '../echo-model.ts';
import { defineProfile } from '../profiles.ts';

/** Says what it is told, without tools and without a provider: for trying out how agents are called in. */
export const echoProfile = defineProfile({ id: 'echo', name: 'Echo', model: echoModelName, maxTurns: 1, tools: [] });
