import type { ChatRequest } from '../contract/chat.ts';
import type { SessionKey } from '../contract/ids.ts';
import type { PendingRequest, RespondAnswer, RespondRequest } from '../contract/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import type { SessionStore } from '../sessions/store.ts';
import type { Grants } from './grants.ts';
import { type HistoryStore, loadHistory } from './load-history.ts';
import { openQuestions } from './open-questions.ts';
import type { Run } from './run.ts';

export interface ResponderOptions {
  /** The run of this session and owner that goes on. */
  runOf(key: SessionKey): Run | undefined;
  sessions: Pick<SessionStore, 'get'> & HistoryStore;
  start(request: ChatRequest): Promise<Run>;
  grants: Grants;
  /** Writes rules into the settings. Absent: rules last for the session only. */
  keepRules?: ((rules: readonly string[]) => Promise<void>) | undefined;
}

/**
 * Hands answers of people to what waits for them. The first answer wins; later ones find nothing. Resolves when the
 * answer to a question is stored.
 */
export function createResponder(
  options: ResponderOptions,
): (key: SessionKey, answer: RespondRequest) => Promise<RespondAnswer> {
  const { runOf, sessions, start, grants } = options;

  return async (key, answer) => {
    const { sessionId } = key;
    const run = runOf(key);
    const taken = run?.take(answer);
    if (run && taken) {
      const { toolCallId } = taken.request;
      const remembered = await remember(key, taken.request, answer).catch((error: unknown) => {
        taken.putBack();
        throw error;
      });
      taken.settle(answer);
      if (answer.kind === 'question') await run.kept(toolCallId);
      return { sessionId, runId: run.runId, toolCallId, remembered };
    }
    await sessions.get(key);
    if (run || answer.kind !== 'question') throw nothingPending();
    return resume(key, answer);
  };

  async function remember(key: SessionKey, request: PendingRequest, answer: RespondRequest): Promise<string[]> {
    if (request.kind !== 'permission' || answer.kind !== 'permission' || answer.decision !== 'approved') return [];
    if (!answer.remember || request.remember.length === 0) return [];
    if (answer.remember === 'always') {
      if (!options.keepRules) throw cannotKeep();
      await options.keepRules(request.remember);
    } else grants.add(key, request.remember);
    return request.remember;
  }

  /** The session is idle on a question: a new run goes on where the last one stopped. */
  async function resume(
    key: SessionKey,
    { answer, toolCallId }: RespondRequest & { kind: 'question' },
  ): Promise<RespondAnswer> {
    // Only the last reply can ask.
    const messages = await loadHistory(sessions, key, { contextWindow: 0, historyTokens: undefined });
    const [question] = openQuestions(messages);
    if (!question || (toolCallId !== undefined && toolCallId !== question.id)) throw nothingPending();
    try {
      const run = await start({ ...key, message: typeof answer === 'string' ? answer : answer.join('\n') });
      await run.kept(question.id);
      return { sessionId: key.sessionId, runId: run.runId, toolCallId: question.id, remembered: [] };
    } catch (error) {
      if (error instanceof AppError && error.code === 'session_busy') throw nothingPending();
      throw error;
    }
  }
}

function nothingPending(): AppError {
  return new AppError('nothing_pending', 'Nothing waits for this answer: it was answered already, or its run ended.', {
    status: 404,
  });
}

function cannotKeep(): AppError {
  return new AppError('rules_not_kept', 'This server has no settings to keep a rule in. Remember it for the session.', {
    status: 400,
  });
}
