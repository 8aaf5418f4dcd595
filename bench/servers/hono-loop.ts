// What a careful person writes by hand: Hono, fetch, an SSE parser, one delta event per token, a log that is appended
// and synced once per answer. No authentication, no limits, no resuming, no redaction, no faults.
import { mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { BenchRequest } from '../streams/scenario.ts';
import { tellPort, upstreamAddress } from './answer-requests.ts';

interface Chunk {
  choices: { delta: { content?: string } }[];
}

const folder = await mkdtemp(join(process.env.BENCH_DIR ?? tmpdir(), 'hono-loop-'));
let sessions = 0;

async function append(lines: object[]): Promise<void> {
  await using file = await open(join(folder, `${++sessions}.jsonl`), 'a');
  await file.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await file.datasync();
}

const app = new Hono()
  .get('/health', (c) => c.text('ok'))
  .post('/', async (c) => {
    const { message, model } = await c.req.json<BenchRequest>();
    const messages = [{ role: 'user', content: message }];
    const reply = await fetch(`${upstreamAddress()}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, stream: true, messages }),
      signal: c.req.raw.signal,
    });
    return streamSSE(c, async (stream) => {
      let content = '';
      const events = reply.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for await (const { data } of events ?? []) {
        if (data === '[DONE]') break;
        const delta = (JSON.parse(data) as Chunk).choices[0]?.delta.content;
        if (!delta) continue;
        content += delta;
        await stream.writeSSE({ data: JSON.stringify({ type: 'text_delta', delta }) });
      }
      await append([...messages, { role: 'assistant', content }]);
      await stream.writeSSE({ data: JSON.stringify({ type: 'end', content }) });
    });
  });
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, tellPort);
