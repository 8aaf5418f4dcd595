import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ZipFile } from 'yazl';
import { z } from 'zod';
import { createDemoModel } from '../../agent/demo-model.ts';
import { resolveModel } from '../../agent/model.ts';
import { modelFetch } from '../../agent/model-fetch.ts';
import { modelIds, runTestLoop, secretsOf, testKeys, textResult, type Wire } from '../../agent/testing/harness.ts';
import { defineTool } from '../../agent/tools/tool.ts';
import { configSchema } from '../../contract/config.ts';
import { AppError } from '../../lib/app-error.ts';
import { unpackZip } from '../../skills/unpack-zip.ts';
import type { FuzzTarget } from './fuzz.ts';

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const call = (args: string): string =>
  chunk({ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'Keep', arguments: args } }] });
const part = (type: string, more: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;

const completions = [
  `${chunk({ role: 'assistant', content: 'Words.' })}${chunk({}, 'stop')}data: [DONE]\n\n`,
  `${call('{"text":"a"}')}${chunk({}, 'tool_calls')}data: [DONE]\n\n`,
  `${chunk({ reasoning_content: 'Hm' })}${chunk({}, 'length')}data: {"usage":{"prompt_tokens":1,"completion_tokens":2},"choices":[]}\n\n`,
  'data: {"error":{"message":"x","type":"overloaded","code":null}}\n\n',
];
const usage = { input_tokens: 1, output_tokens: 1 };
const start = part('message_start', {
  message: { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, usage },
});
const stop = (reason: string): string =>
  part('message_delta', { delta: { stop_reason: reason }, usage: { output_tokens: 5 } }) + part('message_stop', {});
const block = (content: object, delta: object): string =>
  part('content_block_start', { index: 0, content_block: content }) +
  part('content_block_delta', { index: 0, delta }) +
  part('content_block_stop', { index: 0 });
const messages = [
  start + block({ type: 'text', text: '' }, { type: 'text_delta', text: 'Words.' }) + stop('end_turn'),
  start +
    block(
      { type: 'tool_use', id: 'c', name: 'Keep', input: {} },
      { type: 'input_json_delta', partial_json: '{"text":"a"}' },
    ) +
    stop('tool_use'),
  start + block({ type: 'thinking', thinking: '' }, { type: 'thinking_delta', thinking: 'Hm' }) + part('ping', {}),
  part('error', { error: { type: 'overloaded_error', message: 'x' } }),
];

const ends = new Set(['stop', 'error', 'aborted', 'max_turns', 'maxTurns', 'length']);

/** The provider's package, the loop and everything between read what `input` says. */
function providerTarget(wire: Wire, seeds: readonly string[], dictionary: readonly string[]): FuzzTarget {
  const config = configSchema.parse({
    llm: { provider: wire, modelId: modelIds[wire], baseUrl: 'http://127.0.0.1:1/v1' },
  });
  const keep = defineTool({
    name: 'Keep',
    description: 'Keeps a text.',
    inputSchema: z.object({ text: z.string() }),
    execute: async ({ text }) => {
      assert.equal(typeof text, 'string', 'a tool got arguments that its schema refuses');
      return textResult('kept');
    },
  });
  return {
    name: `provider-${wire}`,
    covers: (url) => url.includes('/server/agent/') || url.includes('/@ai-sdk/') || url.includes('eventsource-parser'),
    seeds,
    dictionary: [
      'data: ',
      '\n\n',
      '\r\n',
      '"index":1',
      'null',
      '[]',
      '{}',
      '-1',
      '""',
      '1e99',
      '\\u0000',
      '\uFEFF',
      ...dictionary,
    ],
    mostBytes: 3000,
    async run(input) {
      const model = resolveModel(undefined, {
        config: () => config,
        secrets: secretsOf(testKeys),
        demo: () => createDemoModel(async () => undefined),
        fetch: modelFetch(
          async () => new Response(Buffer.from(input), { headers: { 'content-type': 'text/event-stream' } }),
        ),
      });
      const { end } = await runTestLoop(model, { tools: [keep], maxTurns: 2 });
      assert.ok(ends.has(end.stopReason), `a run ended with ${end.stopReason}`);
      const fault = end.stopReason === 'error' ? end.fault?.code : 'provider_';
      assert.match(fault ?? 'nothing', /^(provider_|prompt_too_long)/, `a run ended with the code ${fault}`);
    },
  };
}

async function zipOf(files: Record<string, string>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  return Buffer.concat(await Array.fromAsync(zip.outputStream, (piece) => Buffer.from(piece)));
}

/** Unpacks into a folder in a folder, beside which nothing may appear. */
async function zipTarget(): Promise<FuzzTarget> {
  const around = await mkdtemp(path.join(tmpdir(), 'fuzz-zip-'));
  const inside = path.join(around, 'inside');
  return {
    name: 'zip',
    covers: (url) => url.includes('/server/skills/') || url.includes('yauzl'),
    seeds: [
      await zipOf({ 'SKILL.md': 'x' }),
      await zipOf({ 'a/SKILL.md': 'x'.repeat(300), 'a/b.txt': '' }),
      await zipOf({ 'xx/up.txt': 'x' }),
    ],
    dictionary: [
      'PK\x01\x02',
      'PK\x03\x04',
      'PK\x05\x06',
      'PK\x06\x06',
      '../',
      '..\\',
      '/etc/',
      '\0\0\0\0',
      '\x7f\x7f\x7f\x7f',
      'CON',
      'a/',
    ],
    mostBytes: 1500,
    async run(input) {
      await mkdir(inside);
      try {
        await unpackZip(Buffer.from(input), inside, { maxBytes: 100_000, maxFiles: 10 });
      } catch (error) {
        if (!(error instanceof AppError) || !error.code.startsWith('zip_')) throw error;
      } finally {
        const beside = await readdir(around);
        await rm(inside, { recursive: true, force: true });
        assert.deepEqual(beside, ['inside'], 'a file left its folder');
      }
    },
    close: () => rm(around, { recursive: true }),
  };
}

/** What is read through packages of others, which costs more for each input. */
export async function openOutsideTargets(): Promise<FuzzTarget[]> {
  return [
    providerTarget('anthropic', messages, [
      '"text_delta"',
      '"input_json_delta"',
      '"partial_json":',
      '"tool_use"',
      '"stop_reason":',
      'event: error\n',
      '"redacted_thinking"',
      '"signature_delta"',
      '"pause_turn"',
    ]),
    providerTarget('openai-compatible', completions, [
      '"tool_calls":',
      '"delta":',
      '"content":',
      '"finish_reason":',
      '"usage":',
      '[DONE]',
      '"error":',
      '"arguments":',
      '"reasoning":',
    ]),
    providerTarget('openai', completions, [
      '"tool_calls":',
      '"delta":',
      '"content":',
      '"finish_reason":',
      '"usage":',
      '[DONE]',
      '"error":',
      '"annotations":',
      '"refusal":',
    ]),
    await zipTarget(),
  ];
}
