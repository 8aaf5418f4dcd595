import { createModelAsker } from '../agent/ask-model.ts';
import { createDocumentFetcher } from '../agent/tools/knowledge/fetch-document.ts';
import { createDataLayout } from '../data/layout.ts';
import { createDocumentReader } from '../documents/document-reader.ts';
import { createKnowledgeManager } from '../knowledge/knowledge-manager.ts';
import type { Foundation } from './open-foundation.ts';

/** The knowledge bases, with what reads, fetches and describes their documents. */
export function openKnowledge({ dataDir, config, secrets, clock, logger }: Foundation, version: string) {
  return createKnowledgeManager({
    layout: createDataLayout(dataDir),
    logger: logger.child({ component: 'knowledge' }),
    now: () => clock.now(),
    documents: createDocumentReader(),
    ask: createModelAsker({
      ...{ config: () => config.current(), secrets, clock },
      redact: (text) => secrets.redactor.redact(text),
    }),
    fetchUrl: createDocumentFetcher({ config: () => config.current(), clock, version }),
  });
}
