import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAgentApp } from './app.ts';
import { configSchema } from './contract/config.ts';
import { createFakeRuns, noUsage } from './http/testing/fake-runs.ts';
import { createFakeSessions } from './http/testing/fake-sessions.ts';
import { createUploadSpool } from './http/uploads/spool.ts';
import { silentLogger } from './telemetry/logger.ts';

/** Bodies that are almost right: they come as far as the code that reads them. */

let dataDir: string;
let app: ReturnType<typeof createAgentApp>;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'any-body-'));
  const runs = createFakeRuns();
  runs.onStart = (run) => {
    run.emit({ type: 'session.end', stopReason: 'stop', usage: noUsage });
    run.end();
  };
  const config = configSchema.parse({ server: { bodyLimit: 20_000, attachments: { maxBytes: 4000, maxCount: 3 } } });
  app = createAgentApp({
    runs,
    sessions: createFakeSessions(),
    uploads: await createUploadSpool(dataDir),
    readiness: async () => ({ status: 'ready', checks: [] }),
    agents: () => [{ id: 'default', name: 'Assistant', model: 'openai:mock-model' }],
    config: () => config,
    token: () => undefined,
    bindAddress: () => ({ host: '127.0.0.1', port: 3000 }),
    logger: silentLogger,
    edge: 'trusted',
  });
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

async function ask(path: string, body: string | Buffer, type: string): Promise<{ status: number; text: string }> {
  const answer = await app.request(path, {
    method: 'POST',
    body: Buffer.from(body),
    headers: { 'Content-Type': type },
  });
  return { status: answer.status, text: await answer.text() };
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '',
    'Hello',
    '\u0000',
    '\ud800',
    '__proto__',
    '..',
    'data:image/png;base64,AAAA',
    'data:,',
    'http://127.0.0.1/x.png',
  ),
);
const anyPart = fc.oneof(
  anyText.map((text) => ({ type: 'text', text })),
  fc.tuple(anyText, anyText).map(([url, detail]) => ({ type: 'image_url', image_url: { url, detail } })),
  anyText.map((refusal) => ({ type: 'refusal', refusal })),
  fc.record({ type: anyText, text: fc.jsonValue() }),
);
const anyMessage = fc.record(
  {
    role: fc.oneof(fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool', 'function'), anyText),
    content: fc.oneof(anyText, fc.array(anyPart, { maxLength: 4 }), fc.constant(null), fc.jsonValue()),
    name: anyText,
    tool_calls: fc.jsonValue(),
  },
  { requiredKeys: ['role', 'content'] },
);
const anyCompletion = fc.record(
  {
    model: fc.oneof(fc.constantFrom('default', 'nobody'), anyText),
    messages: fc.oneof(fc.array(anyMessage, { maxLength: 5 }), fc.jsonValue()),
    stream: fc.oneof(fc.boolean(), fc.constant(null)),
    stream_options: fc.oneof(fc.constant({ include_usage: true }), fc.jsonValue()),
    temperature: fc.oneof(fc.double(), fc.integer({ min: -1, max: 3 })),
    max_tokens: fc.oneof(fc.integer({ min: -1, max: 10 }), fc.double()),
    n: fc.jsonValue(),
    tools: fc.jsonValue(),
    response_format: fc.jsonValue(),
    user: anyText,
  },
  { requiredKeys: ['model', 'messages'] },
);

it('messages of OpenAI’s clients are answered or refused in their words', async () => {
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(anyCompletion, async (body) => {
      const { status, text } = await ask('/v1/chat/completions', JSON.stringify(body), 'application/json');
      seen.add(status);
      if (status === 200) return;
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      const { error } = JSON.parse(text) as { error: { message?: string; code?: string; type?: string } };
      expect(error.message).toBeTruthy();
      expect(error.code).toMatch(/^[a-z_]+$/);
    }),
    { numRuns: 400, examples: [[{ model: 'default', messages: [{ role: 'user', content: 'Hello' }] }]] },
  );
  // Both ends were reached.
  expect([...seen]).toEqual(expect.arrayContaining([200, 400]));
});

const anyName = fc.oneof(
  fc.constantFrom('message', 'sessionId', 'tenantId', 'agentId', 'files', 'attachments', 'file', '__proto__', ''),
  fc.string({ maxLength: 10 }),
);
/** One part of a form, written by hand: a writer would keep it right. */
const anyFormPart = fc
  .record({
    name: anyName,
    filename: fc.oneof(
      fc.constant(undefined),
      fc.constantFrom('a.txt', '../../etc/passwd', 'x'.repeat(300), '\u0000', 'a/b', ''),
      anyText,
    ),
    type: fc.constantFrom(
      '',
      'Content-Type: text/plain\r\n',
      'Content-Type: image/png; charset="\r\n',
      'Content-Transfer-Encoding: base64\r\n',
      'X: ',
    ),
    content: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc.constantFrom('x'.repeat(5000), '\r\n--x', '--x--', ''),
    ),
    end: fc.constantFrom('\r\n', '\n', ''),
  })
  .map(({ name, filename, type, content, end }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"`;
    return `--x\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${type}\r\n${content}${end}`;
  });

it('forms are taken in or refused with a code, and no file of them stays behind', async () => {
  const seen = new Set<number>();
  const whole = '--x\r\nContent-Disposition: form-data; name="message"\r\n\r\nHello\r\n';
  const ends = fc.constantFrom('--x--\r\n', '--x--', '--x', '', '--y--');
  await fc.assert(
    fc.asyncProperty(fc.array(anyFormPart, { maxLength: 5 }), ends, fc.boolean(), async (parts, end, isWhole) => {
      const body = `${isWhole ? whole : ''}${parts.join('')}${end}`;
      const { status, text } = await ask('/api/chat', Buffer.from(body), 'multipart/form-data; boundary=x');
      seen.add(status);
      if (status !== 200) {
        expect([status, status >= 400 && status < 500]).toEqual([status, true]);
        const { error, code } = JSON.parse(text) as { error?: string; code?: string };
        expect(error).toBeTruthy();
        expect(code).toMatch(/^[a-z_]+$/);
      }
      await expect.poll(() => readdir(join(dataDir, 'incoming')).catch(() => [])).toEqual([]);
    }),
    { numRuns: 250, examples: [[[], '--x--\r\n', true]] },
  );
  expect([...seen]).toEqual(expect.arrayContaining([200, 400]));
});
