// Mastra's agent with its memory on LibSQL behind Hono. Its packages are not ours: bench/streams.ts installs them into
// .cache/peers/mastra on demand, and BENCH_PEER says where.
import { mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { BenchRequest } from '../streams/scenario.ts';
import { tellPort, upstreamAddress } from './answer-requests.ts';

interface MastraAgent {
  stream(message: string, options: object): Promise<{ textStream: ReadableStream<string> }>;
}

const folder = process.env.BENCH_PEER ?? '';
const peers = createRequire(join(folder, 'package.json'));
const load = async (name: string) => await import(pathToFileURL(peers.resolve(name)).href);
const [{ Agent }, { Memory }, { LibSQLStore }] = await Promise.all([
  load('@mastra/core/agent'),
  load('@mastra/memory'),
  load('@mastra/libsql'),
]);
const data = await mkdtemp(join(process.env.BENCH_DIR ?? tmpdir(), 'mastra-'));
const storage = new LibSQLStore({ id: 'bench', url: `file:${join(data, 'mastra.db')}` });
const memory = new Memory({ storage, options: { lastMessages: 10, semanticRecall: false } });
const provider = createOpenAICompatible({ name: 'bench', baseURL: `${upstreamAddress()}/v1`, includeUsage: true });
const agents = new Map<string, MastraAgent>();

function agentFor(model: string): MastraAgent {
  const known = agents.get(model);
  if (known !== undefined) return known;
  const name = `bench-${model}`;
  const made: MastraAgent = new Agent({
    id: name,
    name,
    instructions: 'You are a test.',
    model: provider.chatModel(model),
    memory,
  });
  agents.set(model, made);
  return made;
}

let threads = 0;
const app = new Hono()
  .get('/health', (c) => c.text('ok'))
  .post('/', async (c) => {
    const { message, model } = await c.req.json<BenchRequest>();
    const { textStream } = await agentFor(model).stream(message, {
      memory: { thread: `thread-${++threads}`, resource: 'bench' },
      abortSignal: c.req.raw.signal,
    });
    const frames = new TransformStream<string, string>({
      transform: (text, out) => out.enqueue(`data: ${JSON.stringify(text)}\n\n`),
    });
    return c.body(textStream.pipeThrough(frames).pipeThrough(new TextEncoderStream()), 200, {
      'content-type': 'text/event-stream',
    });
  });
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, tellPort);
