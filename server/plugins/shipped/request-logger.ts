import type { Plugin } from '../plugin.ts';

/** One structured line per request, turn and tool call. No words of people, models or tools: only who, what and how much. */
export function requestLogger(): Plugin {
  return {
    name: 'request-logger',
    version: '1.0.0',
    // Sees requests as they came, and calls as they are asked for.
    priority: 100,
    onRequestStart({ request, ...run }, { logger }) {
      const attachments = request.attachments?.length ?? 0;
      logger.info('request.start', { ...run, messageChars: request.message.length, attachments });
    },
    onTurnPersisted(run, { turn, message, toolResults }, { logger }) {
      const { input, output, cacheRead, cacheWrite, cost } = message.usage;
      const usage = { inputTokens: input + cacheRead + cacheWrite, outputTokens: output, cost: cost.total };
      const { stopReason } = message;
      logger.info('request.turn', { ...run, turn, stopReason, toolCalls: toolResults.length, ...usage });
    },
    onAfterToolCall({ input: _, ...call }, output, { logger }) {
      logger.info('request.tool', { ...call, isError: output.isError === true });
      return undefined;
    },
    onRequestEnd(run, { usage, ...outcome }, { logger }) {
      const { inputTokens, outputTokens, cost } = usage;
      logger.info('request.end', { ...run, ...outcome, inputTokens, outputTokens, cost });
    },
  };
}
