import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeDeltas } from './merge-deltas.ts';

const merge = (text: string) => Buffer.from(mergeDeltas(Buffer.from(text))).toString();
const chat = (delta: object, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: null }], ...more })}\n\n`;
const say = (content: string) => chat({ content });
const named = (type: string, body: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...body })}\n\n`;
const block = (delta: object, index = 0) => named('content_block_delta', { index, delta });
const write = (text: string, index = 0) => block({ type: 'text_delta', text }, index);
const think = (thinking: string) => block({ type: 'thinking_delta', thinking });

describe('deltas that came in one piece', () => {
  test('travel as one event, but for the first, which may have begun before', () => {
    expect(merge(say('a') + say('b') + say('c "d" \\ e\n') + say('𝄞')).split('\n\n')).toEqual([
      say('a').trimEnd(),
      say('bc "d" \\ e\n𝄞').trimEnd(),
      '',
    ]);
    expect(merge(write('x') + write('1') + write('二'))).toBe(write('x') + write('1二'));
    expect(merge(think('x') + think('1') + think('2'))).toBe(think('x') + think('12'));
  });

  test('of another block, with other facts beside them or of another kind stay apart', () => {
    for (const events of [
      say('0') + say('a') + chat({ content: 'b' }, { usage: null }),
      say('0') + chat({ content: 'a' }, { id: 'd' }) + say('b'),
      write('0') + write('a') + write('b', 1),
      write('0') + write('a') + think('b'),
      say('0') + chat({ reasoning_content: 'a' }) + say('b'),
      say('0') + chat({ content: 'a', logprobs: 1 }) + chat({ content: 'b', logprobs: 2 }),
    ])
      expect(merge(events)).toBe(events);
  });

  test('of arguments of tools stay as they are: some providers send them whole, again and again', () => {
    const call = (part: string) =>
      chat({ tool_calls: [{ index: 0, id: 'x', function: { name: 'f', arguments: part } }] });
    const events =
      say('0') + call('{}') + call('{}') + block({ type: 'input_json_delta', partial_json: '{' }).repeat(3);
    expect(merge(events)).toBe(events);
  });

  test('with text that is no JSON stay as they are, for the package to find the fault', () => {
    for (const body of ['\\u12', 'a\\', 'a\nb', '\\x', 'a\u0001b'])
      for (const events of [
        `${say('0')}${say('a')}${say('@').replace('@', body)}`,
        say('@').replace('@', body).repeat(3),
      ])
        expect(merge(events)).toBe(events);
  });

  test('grow to a bound, so that a slow reader holds no more at once', () => {
    const merged = merge(say('x'.repeat(1000)).repeat(100)).split('\n\n');
    expect(merged.length).toBeLessThan(10);
    expect(Math.max(...merged.map((event) => event.length))).toBeLessThan(18_000);
  });

  test('stay as they are when lines end otherwise', () => {
    const events = (say('a') + say('b') + say('c')).replaceAll('\n', '\r\n');
    expect(merge(events)).toBe(events);
  });
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\n\n', '\u2028', '\ud83d', '"delta":{"content":"'),
);
const chatEvent = fc.oneof(
  { weight: 6, arbitrary: anyText.map(say) },
  anyText.map((text) => chat({ role: 'assistant', content: text })),
  anyText.map((text) => chat({ content: null, reasoning_content: text })),
  anyText.map((text) => say(text).replaceAll(':{', ': {')),
  fc.constantFrom(': ping\n\n', '\n', '\n\n', say('x').replaceAll('\n', '\r\n')),
);
const messageEvent = fc.oneof({ weight: 6, arbitrary: anyText.map((text) => write(text)) }, fc.constant(': ping\n\n'));
const messageStart = named('message_start', {
  message: {
    ...{ id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, stop_sequence: null },
    usage: { input_tokens: 1, output_tokens: 1 },
  },
});
const wires = {
  'OpenAI-compatible': {
    event: chatEvent,
    wrap: (events: string) => `${events}${chat({ content: 'end' }).replace('null', '"stop"')}data: [DONE]\n\n`,
    model: (ask: typeof fetch) =>
      createOpenAICompatible({ name: 'p', baseURL: 'http://p/v1', fetch: ask }).chatModel('m'),
  },
  Anthropic: {
    event: messageEvent,
    wrap: (events: string) =>
      messageStart +
      named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
      events +
      named('content_block_stop', { index: 0 }) +
      named('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } }) +
      named('message_stop', {}),
    model: (ask: typeof fetch) => createAnthropic({ baseURL: 'http://p/v1', apiKey: 'k', fetch: ask }).messages('m'),
  },
};

/** The parts of an answer that comes in these pieces, with neighbouring deltas of one block told together. */
async function partsOf(...call: Parameters<typeof readParts>): Promise<unknown[]> {
  // A first event that is wrong fails the call itself.
  return readParts(...call).catch((error: unknown) => [String(error)]);
}

async function readParts({ model }: (typeof wires)[keyof typeof wires], pieces: Uint8Array[]): Promise<unknown[]> {
  const ask = async () =>
    new Response(ReadableStream.from(pieces), { headers: { 'content-type': 'text/event-stream' } });
  const { stream } = await model(ask).doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] });
  const parts: LanguageModelV4StreamPart[] = [];
  for await (const part of stream) {
    const before = parts.at(-1);
    if ('delta' in part && before && 'delta' in before && before.type === part.type && before.id === part.id) {
      before.delta += part.delta;
    } else parts.push({ ...part });
  }
  const isWrong = parts.some((part) => part.type === 'error');
  // Of neighbours that are wrong in the same way, the fault is told once.
  return isWrong ? parts.filter((part) => 'delta' in part || part.type === 'finish') : parts;
}

function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...ends].map((from, index) => bytes.subarray(from, ends[index] ?? bytes.length));
}

describe.each(Object.entries(wires))('what a model says on the wire of %s', (_, wire) => {
  test('is the same with its deltas joined, wherever the network cuts it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(wire.event, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 4 }),
        async (events, places) => {
          const pieces = cut(Buffer.from(wire.wrap(events.join(''))), places);
          expect(await partsOf(wire, pieces.map(mergeDeltas))).toEqual(await partsOf(wire, pieces));
        },
      ),
      { numRuns: 80 },
    );
  });

  test('is the same when some bytes of it are wrong', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(wire.event, { minLength: 3, maxLength: 8 }),
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...Buffer.from('"\\\n\r{}:,\u0000\u0001 u'))), {
          minLength: 1,
          maxLength: 3,
        }),
        async (events, faults) => {
          const bytes = Buffer.from(wire.wrap(events.join('')));
          for (const [place, byte] of faults) bytes[place % bytes.length] = byte;
          const [merged, plain] = await Promise.all([partsOf(wire, [mergeDeltas(bytes)]), partsOf(wire, [bytes])]);
          expect(merged).toEqual(plain);
        },
      ),
      { numRuns: 80 },
    );
  });
});
