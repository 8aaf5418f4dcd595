import fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeConsole, temporaryFolder } from './fakes.test-support.ts';

/** Whatever the page sends, by mistake or because it is another page: an answer of the contract, never a broken program. */

const anyBody = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .jsonValue()
    .map((value) => JSON.stringify({ change: value, value, ids: value, mode: value, name: value, text: value })),
  fc.constantFrom('', '{', '{"__proto__":{"mode":"now"}}', '[[[[', '\u0000', `{"a":${'['.repeat(5000)}`),
);
const anySegment = fc.oneof(
  fc.constantFrom('..', '%2e%2e%2f', '%00', 'a', 'default', '%ff', '-', '%F0%9F%98%80', '__proto__', 'constructor'),
  fc
    .string({ maxLength: 40 })
    .map(encodeURIComponent)
    .filter((text) => text !== ''),
);
const anyQuery = fc.dictionary(
  fc.constantFrom(
    'limit',
    'text',
    'cursor',
    'after',
    'before',
    'level',
    'from',
    'to',
    'regex',
    'tenantId',
    'path',
    'x',
  ),
  fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom('-1', '1e99', 'NaN', '(', '[', '\\', '%', 'null')),
  { maxKeys: 4 },
);

it('answers any request to any route without breaking', async () => {
  const { console, ask } = makeConsole({ dataDir: await temporaryFolder() });
  const routes = console.app.routes.filter(
    ({ method, path }) => path.startsWith('/console/api/') && !path.includes('*') && method !== 'ALL',
  );
  // Streams without an end are asked elsewhere, health waits by the clock, which stands still here; the fake of tokens has none to change.
  const targets = routes.filter(({ path }) => !/\/(events|watch|drop-streams|health)$|\/tokens/.test(path));
  expect(targets.length).toBeGreaterThan(60);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...targets),
      fc.array(anySegment, { minLength: 5, maxLength: 5 }),
      anyQuery,
      anyBody,
      async ({ method, path }, segments, query, body) => {
        let at = 0;
        const place = path.replace(/:\w+(\{.*?\})?/g, () => segments[at++] ?? 'a');
        const hasBody = method !== 'GET' && method !== 'HEAD';
        const leaving = new AbortController();
        const answer = await ask(`${place}?${new URLSearchParams(query)}`, {
          method,
          signal: leaving.signal,
          ...(hasBody && { body, headers: { 'Content-Type': 'application/json' } }),
        });
        if (answer.status === 500) expect.fail(`${method} ${place}: ${await answer.text()}`);
        if (answer.status >= 400 && answer.status !== 404) {
          const { error, code } = (await answer.json()) as { error?: string; code?: string };
          expect(error).toBeTruthy();
          expect(code).toMatch(/^[a-z_]+$/);
        } else await answer.body?.cancel();
        leaving.abort();
      },
    ),
    { numRuns: 600 },
  );
});
