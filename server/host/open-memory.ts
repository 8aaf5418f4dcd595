import { createModelAsker } from '../agent/ask-model.ts';
import { modelFetch } from '../agent/model-fetch.ts';
import { createSaidWords } from '../agent/user-memory/said-words.ts';
import { createDataLayout } from '../data/layout.ts';
import { createUserMemory } from '../memory/user-memory.ts';
import type { Foundation } from './open-foundation.ts';
import type { Storage } from './open-storage.ts';

/** The memory of users, with what reads their words and who makes facts of them. */
export function openMemory({ dataDir, config, network, secrets, clock, logger }: Foundation, { sessions }: Storage) {
  const redact = (text: string) => secrets.redactor.redact(text);
  const ask = createModelAsker({
    config: () => config.current(),
    secrets,
    clock,
    redact,
    fetch: modelFetch(network.fetch),
  });
  return createUserMemory({
    layout: createDataLayout(dataDir),
    settings: () => config.current().userMemory,
    ask: (question) => ask({ ...question, model: config.current().userMemory.model }),
    said: createSaidWords(sessions),
    redact,
    clock,
    logger: logger.child({ component: 'memory' }),
  });
}
