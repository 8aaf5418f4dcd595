// The usual shape: Hono and `streamText` of the AI SDK with one tool, its own stream protocol. Keeps nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { serve } from '@hono/node-server';
import { isStepCount, streamText, tool } from 'ai';
import { Hono } from 'hono';
import { z } from 'zod';
import type { BenchRequest } from '../streams/scenario.ts';
import { tellPort, upstreamAddress } from './answer-requests.ts';

const provider = createOpenAICompatible({ name: 'bench', baseURL: `${upstreamAddress()}/v1`, includeUsage: true });
const tools = {
  Sleep: tool({
    description: 'Waits.',
    inputSchema: z.object({ duration_ms: z.number() }),
    execute: async ({ duration_ms }) => {
      await sleep(duration_ms);
      return 'ok';
    },
  }),
};

const app = new Hono()
  .get('/health', (c) => c.text('ok'))
  .post('/', async (c) => {
    const { message, model } = await c.req.json<BenchRequest>();
    return streamText({
      model: provider.chatModel(model),
      tools,
      stopWhen: isStepCount(50),
      prompt: message,
      abortSignal: c.req.raw.signal,
    }).toUIMessageStreamResponse();
  });
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, tellPort);
