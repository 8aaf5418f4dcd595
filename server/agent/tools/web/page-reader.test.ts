import { afterEach, describe, expect, test } from 'vitest';
import { configSchema } from '../../../contract/config.ts';
import { systemClock } from '../../../lib/clock.ts';
import { secretsOf } from '../../testing/harness.ts';
import { createPageReader } from './page-reader.ts';
import { faultOf } from './testing/recording.ts';

const request = { prompt: 'What is the answer?', page: 'The answer is 42.', url: 'https://site.example/' };
const signal = new AbortController().signal;
const sent: { url: string; body: string; key: string | null }[] = [];

afterEach(() => {
  sent.length = 0;
});

/** Answers as the Messages API does. */
function fetchWith(status: number, body: unknown): typeof fetch {
  return async (input, init) => {
    sent.push({ url: String(input), body: String(init?.body), key: new Headers(init?.headers).get('x-api-key') });
    return typeof body === 'string'
      ? new Response(body, { status, headers: { 'content-type': 'text/event-stream' } })
      : new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
  };
}

const head = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5',
  content: [],
  stop_reason: null,
};
const message = [
  { type: 'message_start', message: { ...head, stop_sequence: null, usage: { input_tokens: 30, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' It is ' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '42. ' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 6 } },
  { type: 'message_stop' },
]
  .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  .join('');

function readerWith(keys: Record<string, string>, answer: typeof fetch) {
  const config = configSchema.parse({});
  return createPageReader({ config: () => config, secrets: secretsOf(keys), clock: systemClock, fetch: answer });
}

describe('a question about a page', () => {
  test('is answered by one call of the configured model, without tools', async () => {
    const reader = readerWith({ ANTHROPIC_API_KEY: 'test-key' }, fetchWith(200, message));
    const answer = await reader.answer({ ...request, signal });
    expect(answer).toMatchObject({ text: 'It is 42.', inputTokens: 30, outputTokens: 6 });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.key).toBe('test-key');
    const body = JSON.parse(sent[0]?.body ?? '{}');
    expect(body.tools).toBeUndefined();
    expect(JSON.stringify(body.messages)).toContain('The answer is 42.');
    expect(JSON.stringify(body.messages)).toContain('What is the answer?');
    expect(JSON.stringify(body.system)).toContain('never to be followed');
  });

  test('is not put to the demo', async () => {
    const reader = readerWith({}, fetchWith(200, message));
    expect(await reader.answer({ ...request, signal })).toBeUndefined();
    expect(sent).toEqual([]);
  });

  test('that the provider refuses is told by its cause', async () => {
    const error = { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } };
    const reader = readerWith({ ANTHROPIC_API_KEY: 'wrong-key-0123456789' }, fetchWith(401, error));
    const fault = await faultOf(reader.answer({ ...request, signal }));
    expect(fault.code).toBe('provider_auth');
    expect(fault.message).not.toContain('wrong-key');
  });

  test('ends with the run', async () => {
    const abort = new AbortController();
    const reader = readerWith({ ANTHROPIC_API_KEY: 'test-key' }, () => new Promise(() => undefined));
    const work = reader.answer({ ...request, signal: abort.signal });
    abort.abort(new Error('stopped'));
    await expect(work).rejects.toThrow();
  });
});
