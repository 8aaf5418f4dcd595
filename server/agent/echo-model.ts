import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';

export const echoModelId = 'echo';
/** Offered in no list: whoever wants it names it. */
export const echoModelName = `demo:${echoModelId}`;

/** A model without a network that answers with the last words it was told. */
export function createEchoModel(): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'demo',
    modelId: echoModelId,
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('The echo model only streams.')),
    doStream: async (options) => ({ stream: ReadableStream.from(speak(lastWords(options))) }),
  };
}

function* speak(text: string): Generator<LanguageModelV4StreamPart> {
  const tokens = Math.ceil(text.length / 4);
  yield { type: 'stream-start', warnings: [] };
  yield { type: 'text-start', id: 'text' };
  yield { type: 'text-delta', id: 'text', delta: text };
  yield { type: 'text-end', id: 'text' };
  yield {
    type: 'finish',
    finishReason: { unified: 'stop', raw: undefined },
    usage: {
      inputTokens: { total: tokens, noCache: tokens, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: tokens, text: tokens, reasoning: 0 },
    },
  };
}

/** What the server says in front of a message is a part of its own. */
function lastWords({ prompt }: LanguageModelV4CallOptions): string {
  const last = prompt.findLast(({ role }) => role === 'user');
  if (last?.role !== 'user') return '';
  return last.content.findLast((part) => part.type === 'text')?.text ?? '';
}
