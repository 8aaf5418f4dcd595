import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventTypes, modelAt, runTestLoop, textResult, wires } from './testing/harness.ts';
import { defineTool } from './tools/tool.ts';

/** What a provider sends is the work of strangers: any bytes at all end a run once, and carry out nothing that was cut. */

let server: Server;
let bytes: Uint8Array = new Uint8Array();
let asked = 0;

beforeEach(async () => {
  server = createServer((incoming, outgoing) => {
    incoming.resume();
    asked += 1;
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
    // The second call ends what the first began.
    outgoing.end(asked === 1 ? bytes : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const args = '{"text":"whole and well"}';
const chatChunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const completions =
  chatChunk({ role: 'assistant', content: 'Some words. ' }) +
  chatChunk({
    tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'Keep', arguments: args.slice(0, 9) } }],
  }) +
  chatChunk({ tool_calls: [{ index: 0, function: { arguments: args.slice(9) } }] }) +
  chatChunk({}, 'tool_calls') +
  'data: [DONE]\n\n';
const part = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
const messages =
  part('message_start', {
    message: {
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  }) +
  part('content_block_start', {
    index: 0,
    content_block: { type: 'tool_use', id: 'call_1', name: 'Keep', input: {} },
  }) +
  part('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: args.slice(0, 9) } }) +
  part('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: args.slice(9) } }) +
  part('content_block_stop', { index: 0 }) +
  part('message_delta', { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 5 } }) +
  part('message_stop', {});

describe.each(wires)('a stream of the %s wire', (wire) => {
  const whole = Buffer.from(wire === 'anthropic' ? messages : completions);

  async function runOn(stream: Uint8Array) {
    [bytes, asked] = [stream, 0];
    const kept: string[] = [];
    const keep = defineTool({
      name: 'Keep',
      description: 'Keeps a text.',
      inputSchema: z.object({ text: z.string() }),
      execute: async ({ text }) => {
        kept.push(text);
        return textResult('kept');
      },
    });
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const run = await runTestLoop(modelAt(wire, { baseUrl, requests: [], close: async () => undefined }), {
      tools: [keep],
      maxTurns: 2,
    });
    return { ...run, kept };
  }

  test('is carried out when it is whole, and never when it is cut', async () => {
    expect((await runOn(whole)).kept).toEqual(['whole and well']);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), async (length) => {
        const { kept, events, end } = await runOn(whole.subarray(0, length));
        expect(kept.every((text) => text === 'whole and well')).toBe(true);
        // Before the provider has said why it stopped, nothing is known to be whole.
        const hasReason = whole
          .subarray(0, length)
          .includes(wire === 'anthropic' ? '"stop_reason":"tool_use"' : '"tool_calls"}]}');
        if (!hasReason) expect(kept).toEqual([]);
        expect(['stop', 'error', 'aborted', 'maxTurns', 'max_turns']).toContain(end.stopReason);
        expect(eventTypes(events).filter((type) => type === 'turn.start').length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 25 },
    );
  });

  test('that was changed anywhere ends the run once, with a code when it failed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        async (changes) => {
          const copy = Buffer.from(whole);
          for (const [place, byte] of changes) copy[place] = byte;
          const { end } = await runOn(copy);
          if (end.stopReason === 'error') expect(end.fault?.code).toMatch(/^(provider_|prompt_too_long)/);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('that does not come to an end is stopped', async () => {
    const words = 'flood '.repeat(200_000);
    const piece =
      wire === 'anthropic'
        ? part('content_block_delta', { index: 0, delta: { type: 'text_delta', text: words } })
        : chatChunk({ content: words });
    const [first = ''] = wire === 'anthropic' ? messages.split('event: content_block_start') : [''];
    const begun =
      wire === 'anthropic'
        ? first + part('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
        : '';
    const { end } = await runOn(Buffer.from(begun + piece.repeat(16)));
    expect(end).toMatchObject({ stopReason: 'error', fault: { code: 'provider_answer_too_long' } });
  });
});
