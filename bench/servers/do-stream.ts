// The provider layer alone, as this project uses it: `doStream` is read to its end and its text is thrown away. What
// our server costs beyond this is our own. BENCH_PROVIDER: `openai-compatible` or `anthropic`.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { answerRequests, upstreamAddress } from './answer-requests.ts';

const baseURL = `${upstreamAddress()}/v1`;
const compatible = createOpenAICompatible({ name: 'bench', baseURL, includeUsage: true });
const anthropic = createAnthropic({ baseURL, apiKey: 'bench' });

answerRequests(async ({ message, model: id }, response) => {
  const model = process.env.BENCH_PROVIDER === 'anthropic' ? anthropic.messages(id) : compatible.chatModel(id);
  const leaving = new AbortController();
  response.on('close', () => leaving.abort());
  const { stream } = await model.doStream({
    prompt: [{ role: 'user', content: [{ type: 'text', text: message }] }],
    abortSignal: leaving.signal,
  });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let last = '';
  for await (const part of stream) {
    if (part.type !== 'text-delta') continue;
    if (last === '') response.write(part.delta);
    last = part.delta;
  }
  response.end(last);
});
