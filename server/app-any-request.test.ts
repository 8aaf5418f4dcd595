import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAgentApp } from './app.ts';
import { configSchema } from './contract/config.ts';
import { operations } from './http/operations.ts';
import { createFakeRuns } from './http/testing/fake-runs.ts';
import { createFakeSessions } from './http/testing/fake-sessions.ts';
import { silentLogger } from './telemetry/logger.ts';

/** Whatever a client sends to the agent API: an answer of the contract, never a broken program. */

const config = configSchema.parse({});

const anyBody = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.jsonValue().map((value) => JSON.stringify({ message: value, sessionId: value, title: value, answer: value })),
  fc.jsonValue().map((value) => JSON.stringify({ message: 'x', attachments: [value], agentId: value })),
  fc
    .jsonValue()
    .map((value) => JSON.stringify({ model: 'default', messages: [{ role: 'user', content: value }], stream: value })),
  fc.constantFrom('', '{', '{"__proto__":{"message":"x"}}', '\u0000', `{"message":${'['.repeat(5000)}`),
  fc.uint8Array({ maxLength: 200 }),
);
const anyType = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-16',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'text/plain',
  '',
);
const anySegment = fc.oneof(
  fc.constantFrom('..', '%2e%2e%2f', '%00', 'a', '%ff', '__proto__', 'x'.repeat(300)),
  fc
    .string({ maxLength: 40 })
    .map(encodeURIComponent)
    .filter((text) => text !== ''),
);
const anyQuery = fc.dictionary(
  fc.constantFrom('limit', 'text', 'cursor', 'tenantId', 'userId', 'archiveId', 'after', 'format'),
  fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom('-1', '1e99', 'NaN', '..', '%')),
  { maxKeys: 4 },
);

it('answers any request to any operation without breaking', async () => {
  const app = createAgentApp({
    runs: createFakeRuns(),
    sessions: createFakeSessions(),
    readiness: async () => ({ status: 'ready', checks: [] }),
    agents: () => [],
    config: () => config,
    token: () => undefined,
    bindAddress: () => ({ host: '127.0.0.1', port: 3000 }),
    logger: silentLogger,
    edge: 'trusted',
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...operations),
      fc.array(anySegment, { minLength: 4, maxLength: 4 }),
      anyQuery,
      anyBody,
      anyType,
      async ({ method, path }, segments, query, body, type) => {
        let at = 0;
        const place = path.replace(/:\w+(\{.*?\})?|\{\w+\}/g, () => segments[at++] ?? 'a');
        const verb = method.toUpperCase();
        const answer = await app.request(`${place}?${new URLSearchParams(query)}`, {
          method: verb,
          ...(verb !== 'GET' && verb !== 'HEAD' && { body, headers: { 'Content-Type': type } }),
        });
        if (answer.status === 500) expect.fail(`${verb} ${place}: ${await answer.text()}`);
        await answer.body?.cancel();
      },
    ),
    { numRuns: 500 },
  );
});
