import type { Operation } from './operation.ts';
import { agentOperations } from './routes/agents.ts';
import { apiDocumentOperations } from './routes/api-document.ts';
import { chatOperations } from './routes/chat.ts';
import { compactOperations } from './routes/compact.ts';
import { healthOperations } from './routes/health.ts';
import { keepingOperations } from './routes/keeping-operations.ts';
import { knowledgeOperations } from './routes/knowledge-operations.ts';
import { mcpOperations } from './routes/mcp.ts';
import { memoryOperations } from './routes/memory.ts';
import { metricsOperations } from './routes/metrics.ts';
import { openAiOperations } from './routes/openai.ts';
import { respondOperations } from './routes/respond.ts';
import { runOperations } from './routes/runs.ts';
import { sessionOperations } from './routes/sessions.ts';
import { skillOperations } from './routes/skills.ts';
import { streamOperations } from './routes/stream.ts';

/** Every route of the agent API. A route that is not here is closed to named tokens and fails a test. */
export const operations: readonly Operation[] = [
  ...chatOperations,
  ...streamOperations,
  ...runOperations,
  ...sessionOperations,
  ...compactOperations,
  ...respondOperations,
  ...agentOperations,
  ...knowledgeOperations,
  ...skillOperations,
  ...memoryOperations,
  ...mcpOperations,
  ...openAiOperations,
  ...healthOperations,
  ...keepingOperations,
  ...metricsOperations,
  ...apiDocumentOperations,
];
