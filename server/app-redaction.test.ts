import { afterEach, describe, expect, it } from 'vitest';
import { echoTool, redactorOf } from './agent/testing/harness.ts';
import { createTestManager, type TestManager } from './agent/testing/manager.ts';
import { type MockReply, type MockUpstream, startMockUpstream } from './agent/testing/mock-upstream.ts';
import { createAgentApp } from './app.ts';
import { silentLogger } from './telemetry/logger.ts';

/** A model that says a secret, character by character, through every door that answers leave by. */
const secret = 'sk-live-0123456789abcdef';
let upstream: MockUpstream;
let manager: TestManager;
let app: ReturnType<typeof createAgentApp>;

async function serve(values: Record<string, string>) {
  const call: MockReply = {
    blocks: [
      { type: 'thinking', text: `They told me ${secret}.` },
      { type: 'toolCall', name: 'Echo', args: { text: secret } },
    ],
    pieceLength: 1,
  };
  const words: MockReply = { blocks: [{ type: 'text', text: `It is ${secret}, is it?` }], pieceLength: 1 };
  upstream = await startMockUpstream({ script: (_, index) => (index % 2 === 0 ? call : words) });
  manager = await createTestManager(upstream, { tools: [echoTool], redactor: redactorOf(values) });
  // The wire that carries thinking.
  manager.config.llm.provider = 'openai-compatible';
  app = createAgentApp({
    runs: manager.runs,
    sessions: manager.sessions,
    readiness: async () => ({ status: 'ready', checks: [] }),
    agents: () => [{ id: 'default', name: 'Assistant', model: 'openai:mock-model' }],
    config: () => manager.config,
    token: () => undefined,
    bindAddress: () => ({ host: '127.0.0.1', port: 0 }),
    logger: silentLogger,
    edge: 'http',
  });
}

async function post(path: string, body: object): Promise<string> {
  const headers = { 'Content-Type': 'application/json', Host: '127.0.0.1' };
  const response = await app.request(`http://127.0.0.1${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return await response.text();
}

/** What a reader puts together from deltas, of our own stream or of the OpenAI-compatible one. */
function saidBy(stream: string): string {
  const lines = stream.split('\n').filter((line) => line.startsWith('data: {'));
  return lines.map((line) => deltaOf(JSON.parse(line.slice(6)))).join('');
}

function deltaOf(frame: { event?: { delta?: string }; choices?: { delta?: { content?: string } }[] }): string {
  return frame.event?.delta ?? frame.choices?.[0]?.delta?.content ?? '';
}

const completion = { model: 'default', messages: [{ role: 'user', content: 'Hi' }] };
const doors: [string, string, object][] = [
  ['the stream', '/api/stream', { message: 'Hi', sessionId: 'one' }],
  ['the JSON answer', '/api/chat', { message: 'Hi', sessionId: 'one' }],
  ['a completion', '/v1/chat/completions', completion],
  ['a streamed completion', '/v1/chat/completions', { ...completion, stream: true }],
];

afterEach(async () => {
  await manager.close();
  await upstream.close();
});

describe.each(doors)('through %s', (_, path, body) => {
  it('a secret that the model says does not leave', async () => {
    await serve({ MY_KEY: secret });
    const answer = await post(path, body);
    expect(answer).not.toContain(secret);
    expect(answer + saidBy(answer)).toContain('[redacted MY_KEY], is it?');
    expect(saidBy(answer)).not.toContain(secret);
    // The tool did not get it either, nor did the provider see it again.
    expect(JSON.stringify(upstream.requests.map((request) => request.body))).not.toContain(secret);
  });

  it('what is no secret leaves as it was said', async () => {
    await serve({ MY_KEY: 'sk-live-another-one' });
    const answer = await post(path, body);
    expect(answer + saidBy(answer)).toContain(`It is ${secret}, is it?`);
  });
});

it('what is kept of a secret that the model said is its name', async () => {
  await serve({ MY_KEY: secret });
  await post('/api/chat', { message: 'Hi', sessionId: 'kept' });
  const key = { tenantId: 'default', userId: 'default', sessionId: 'kept' };
  const kept = JSON.stringify(await manager.sessions.loadMessages(key));
  expect(kept).not.toContain(secret);
  expect(kept).toContain('They told me [redacted MY_KEY].');
  expect(kept).toContain('{"text":"[redacted MY_KEY]"}');
});
