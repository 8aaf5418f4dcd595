import { createModelAsker } from '../agent/ask-model.ts';
import { modelFetch } from '../agent/model-fetch.ts';
import { createDocumentFetcher } from '../agent/tools/knowledge/fetch-document.ts';
import { createDataLayout } from '../data/layout.ts';
import { createDocumentReader } from '../documents/document-reader.ts';
import { createKnowledgeManager } from '../knowledge/knowledge-manager.ts';
import type { Foundation } from './open-foundation.ts';

/** The knowledge bases, with what reads, fetches and describes their documents. */
export function openKnowledge(foundation: Foundation, version: string) {
  const { dataDir, config, network, secrets, clock, logger } = foundation;
  return createKnowledgeManager({
    layout: createDataLayout(dataDir),
    logger: logger.child({ component: 'knowledge' }),
    now: () => clock.now(),
    documents: createDocumentReader(),
    ask: createModelAsker({
      ...{ config: () => config.current(), secrets, clock },
      fetch: modelFetch(network.fetch),
      redact: (text) => secrets.redactor.redact(text),
    }),
    fetchUrl: createDocumentFetcher({ config: () => config.current(), routeTo: network.routeTo, clock, version }),
  });
}
