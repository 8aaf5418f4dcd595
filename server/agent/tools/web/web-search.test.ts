import { afterEach, describe, expect, test } from 'vitest';
import { configSchema, type SearchProviderName } from '../../../contract/config.ts';
import type { ProbeResult } from '../../../contract/secrets.ts';
import { type Clock, systemClock } from '../../../lib/clock.ts';
import { offeredTools } from '../../offered-tools.ts';
import { createToolBench } from '../tool-bench.ts';
import { searchProviders } from './search/choose-provider.ts';
import { type MockSearch, type MockSearchReply, startMockSearch } from './testing/mock-search.ts';
import { createRecordingLogger, faultOf } from './testing/recording.ts';
import { createWebSearchTool } from './web-search.ts';

const key = 'key-0123456789-abcdefghij';
const names = Object.keys(searchProviders) as SearchProviderName[];
const hits = [
  { title: 'First', url: 'https://docs.example.com/a', snippet: 'One & two', publishedAt: '2026-01-02T03:04:05' },
  { title: '第二', url: 'https://example.org/乙', snippet: '你好，世界' },
];

let mock: MockSearch | undefined;

afterEach(async () => {
  await mock?.close();
  mock = undefined;
});

/** Sleeps end at once unless they are the time limit of a call. */
function quickClock(sleeps: number[], timeLimit: 'never' | 'at once' = 'never'): Clock {
  return {
    ...systemClock,
    sleep: async (ms, signal) => {
      if (ms === 15_000) {
        if (timeLimit === 'never') await systemClock.sleep(ms, signal);
        return;
      }
      sleeps.push(ms);
    },
  };
}

interface Setup {
  replies?: MockSearchReply[];
  keys?: Record<string, string>;
  provider?: SearchProviderName;
  clock?: Clock;
  fetch?: typeof fetch;
}

async function setUp({ replies = [{ hits }], keys = {}, provider, clock, ...rest }: Setup) {
  mock = await startMockSearch({ key, replies });
  const reports: { name: string; result: ProbeResult }[] = [];
  const used: string[] = [];
  const logger = createRecordingLogger();
  const tool = createWebSearchTool({
    config: () => configSchema.parse({ search: provider === undefined ? {} : { provider } }).search,
    secrets: {
      get: (name) => {
        used.push(name);
        return keys[name] === undefined ? undefined : { value: keys[name], origin: 'vault' };
      },
      reveal: (name) => keys[name],
      report: (name, result) => reports.push({ name, result }),
    },
    fetch: rest.fetch ?? fetch,
    clock: clock ?? quickClock([]),
    baseUrls: mock.baseUrls,
  });
  const bench = createToolBench([tool], () => Promise.reject(new Error('no sandbox in this test')));
  const search = (input: Record<string, unknown>, signal?: AbortSignal) =>
    bench.call('WebSearch', input, { logger, ...(signal && { signal }) });
  return { tool, search, reports, used, logger, mock };
}

describe.each(names)('search with %s', (name) => {
  const { keyName, title } = searchProviders[name];
  const keys = { [keyName]: key };

  test('gives title, address, extract and date in one shape', async () => {
    const { search, mock, reports } = await setUp({ keys });
    const { text, details } = await search({ query: 'hello world', limit: 5 });
    expect(mock.requests).toMatchObject([{ service: name, key, query: 'hello world', limit: 5 }]);
    expect(details).toEqual({
      provider: name,
      query: 'hello world',
      results: [
        {
          title: 'First',
          url: 'https://docs.example.com/a',
          snippet: 'One & two',
          publishedAt: '2026-01-02T03:04:05',
        },
        { title: '第二', url: 'https://example.org/%E4%B9%99', snippet: '你好，世界' },
      ],
    });
    expect(text).toContain('1. First\n   https://docs.example.com/a\n   Published 2026-01-02T03:04:05\n   One & two');
    expect(reports).toMatchObject([{ name: keyName, result: { outcome: 'accepted' } }]);
  });

  test('tells plainly that nothing was found', async () => {
    const { search } = await setUp({ keys, replies: [{ hits: [] }] });
    expect((await search({ query: 'nothing' })).text).toBe('Nothing was found.');
  });

  test('hands over the domains and sorts out what slips through', async () => {
    const { search, mock } = await setUp({ keys });
    const { details } = await search({
      query: 'hello',
      allowed_domains: ['https://www.example.com/path', '*.example.net'],
      blocked_domains: ['bad.example.com'],
    });
    expect(details).toMatchObject({ results: [{ url: 'https://docs.example.com/a' }] });
    const sent = JSON.stringify(mock.requests[0]?.input);
    for (const domain of ['example.com', 'example.net', 'bad.example.com']) expect(sent).toContain(domain);
    expect(sent).not.toContain('/path');
  });

  test('a refused key is told with its variable, and the secrets hear of it', async () => {
    const wrong = 'wrong-0123456789-abcdef';
    const { search, reports, logger } = await setUp({ keys: { [keyName]: wrong } });
    const fault = await faultOf(search({ query: 'hello' }));
    expect(fault).toMatchObject({ code: 'search_key_refused', message: expect.stringContaining(keyName) });
    expect(JSON.stringify([fault.message, fault.details, String(fault.stack), logger.lines])).not.toContain(wrong);
    expect(reports).toMatchObject([{ name: keyName, result: { outcome: 'rejected' } }]);
  });

  test('waits as long as it is asked to and tries once more', async () => {
    const sleeps: number[] = [];
    const replies: MockSearchReply[] = [{ refusal: 'rate', retryAfterSeconds: 3 }, { hits }];
    const { search, mock } = await setUp({ keys, replies, clock: quickClock(sleeps) });
    expect((await search({ query: 'hello' })).text).toContain('First');
    expect(sleeps).toEqual([3000]);
    expect(mock.requests).toHaveLength(2);
  });

  test('tries no third time, and does not wait for what takes too long', async () => {
    const sleeps: number[] = [];
    const first = await setUp({
      keys,
      replies: [{ refusal: 'rate', retryAfterSeconds: 2 }],
      clock: quickClock(sleeps),
    });
    expect((await faultOf(first.search({ query: 'hello' }))).code).toBe('search_rate_limited');
    expect(first.mock.requests).toHaveLength(2);
    await first.mock.close();
    const second = await setUp({
      keys,
      replies: [{ refusal: 'rate', retryAfterSeconds: 60 }],
      clock: quickClock(sleeps),
    });
    const fault = await faultOf(second.search({ query: 'hello' }));
    expect(fault).toMatchObject({ code: 'search_rate_limited', message: expect.stringContaining('60 s') });
    expect(second.mock.requests).toHaveLength(1);
    expect(sleeps).toEqual([2000]);
  });

  test.each([
    ['quota', 'search_quota'],
    ['bad_request', 'search_refused'],
    ['fault', 'search_failed'],
  ] as const)('a %s is told as %s', async (refusal, code) => {
    const { search, mock } = await setUp({ keys, replies: [{ refusal }] });
    const fault = await faultOf(search({ query: 'hello' }));
    expect(fault.code).toBe(code);
    expect(fault.message).toContain(title);
    expect(mock.requests).toHaveLength(1);
  });

  test.each([
    ['HTML', { status: 200, body: '<html>gateway</html>', contentType: 'text/html' }],
    ['another shape', { status: 200, body: '{"items":[]}' }],
    ['an empty body', { status: 200, body: '' }],
    ['half an answer', { status: 200, body: '{"results":[{"title":"a"' }],
    ['3 MB', { status: 200, body: JSON.stringify({ results: 'x'.repeat(3_000_000) }) }],
  ])('%s instead of results is told as malformed', async (_, raw) => {
    const { search } = await setUp({ keys, replies: [{ raw }] });
    expect((await faultOf(search({ query: 'hello' }))).code).toBe('search_malformed');
  });

  test('a redirect is not followed, for it would carry the key away', async () => {
    const { search, mock } = await setUp({ keys, replies: [{ redirectTo: '/elsewhere' }] });
    expect((await faultOf(search({ query: 'hello' }))).code).toBe('search_refused');
    expect(mock.requests).toHaveLength(1);
  });

  test('a service that does not answer ends in a timeout', async () => {
    const { search } = await setUp({ keys, replies: [{ hang: true }], clock: quickClock([], 'at once') });
    expect((await faultOf(search({ query: 'hello' }))).code).toBe('search_timeout');
  });

  test('an abort ends the call', async () => {
    const { search } = await setUp({ keys, replies: [{ hang: true }] });
    const abort = new AbortController();
    const work = faultOf(search({ query: 'hello' }, abort.signal));
    abort.abort();
    expect((await work).code).toBe('aborted');
  });

  test('a service that cannot be reached is told without the request', async () => {
    const { search, mock } = await setUp({ keys });
    await mock.close();
    const fault = await faultOf(search({ query: 'hello' }));
    expect(fault).toMatchObject({ code: 'search_unreachable', message: expect.stringContaining('ECONNREFUSED') });
    expect(fault.message).not.toContain('127.0.0.1');
  });

  test('what a service echoes of the key is in no error', async () => {
    const raw = { status: 400, body: JSON.stringify({ error: key, detail: { error: key } }) };
    const { search, logger } = await setUp({ keys, replies: [{ raw }] });
    const fault = await faultOf(search({ query: 'hello' }));
    expect(JSON.stringify([fault.message, fault.details, logger.lines])).not.toContain(key);
  });
});

describe('which service is asked', () => {
  const all = Object.fromEntries(names.map((name) => [searchProviders[name].keyName, key]));

  test('the first one with a key, or the one that the settings name', async () => {
    const first = await setUp({ keys: { JINA_API_KEY: key, EXA_API_KEY: key } });
    expect((await first.search({ query: 'hello' })).details).toMatchObject({ provider: 'jina' });
    await first.mock.close();
    const named = await setUp({ keys: all, provider: 'exa' });
    expect((await named.search({ query: 'hello' })).details).toMatchObject({ provider: 'exa' });
  });

  test('the key is read at every call, and only then counts as used', async () => {
    const keys: Record<string, string> = { EXA_API_KEY: 'old-key-0123456789' };
    const { tool, search, mock, used } = await setUp({ keys });
    tool.isAvailable?.('default');
    expect(used).toEqual([]);
    await faultOf(search({ query: 'hello' }));
    keys.EXA_API_KEY = key;
    await search({ query: 'hello' });
    expect(mock.requests.map((request) => request.key)).toEqual(['old-key-0123456789', key]);
    expect(used).toEqual(['EXA_API_KEY', 'EXA_API_KEY']);
  });

  test('without a key the tool is not offered to a run, with one it is', async () => {
    const keys: Record<string, string> = {};
    const { tool, logger } = await setUp({ keys });
    const profile = { id: 'default', name: 'Default', maxTurns: 5 };
    expect(offeredTools([tool], profile, logger)).toEqual([]);
    keys.TAVILY_API_KEY = key;
    expect(offeredTools([tool], profile, logger)).toEqual([tool]);
    expect(offeredTools([tool], { ...profile, tools: ['Bash'] }, logger)).toEqual([]);
  });

  test('a service that the settings name and that has no key is not replaced by another', async () => {
    const { tool, search } = await setUp({ keys: { EXA_API_KEY: key }, provider: 'brave' });
    expect(tool.isAvailable?.('default')).toBe(false);
    const fault = await faultOf(search({ query: 'hello' }));
    expect(fault).toMatchObject({
      code: 'search_unavailable',
      message: expect.stringContaining('BRAVE_SEARCH_API_KEY'),
    });
  });

  test('a value that is no key is not sent and not quoted', async () => {
    const { search, mock } = await setUp({ keys: { EXA_API_KEY: 'two words\nof text' } });
    const fault = await faultOf(search({ query: 'hello' }));
    expect(fault.code).toBe('search_key_refused');
    expect(fault.message).not.toContain('two words');
    expect(mock.requests).toHaveLength(0);
  });
});

describe('results', () => {
  const keys = { BRAVE_SEARCH_API_KEY: key };

  test('lose HTML, control characters, doubles and addresses that cannot be opened', async () => {
    const odd = [
      { title: '<strong>Bold</strong> &amp; it&#x27;s', url: 'https://a.example/', snippet: 'x\u0000y\n\n z' },
      { title: 'Again', url: 'https://a.example/', snippet: 'double' },
      { title: 'Script', url: 'javascript:alert(1)', snippet: '' },
      { title: 'File', url: 'file:///etc/passwd', snippet: '' },
      { title: '', url: 'https://b.example/', snippet: `hidden\u{e0041} ${'w'.repeat(5000)}` },
    ];
    const { search } = await setUp({ keys, replies: [{ hits: odd }] });
    const { details } = await search({ query: 'hello' });
    expect(details).toMatchObject({
      results: [
        { title: "Bold & it's", url: 'https://a.example/', snippet: 'x y z' },
        { title: 'b.example', url: 'https://b.example/', snippet: expect.stringMatching(/^hidden w{993}…$/) },
      ],
    });
  });

  test('the query is checked before anybody is asked', async () => {
    const { search, mock } = await setUp({ keys });
    await expect(search({ query: 'x' })).rejects.toThrow();
    await expect(search({ query: 'x'.repeat(401) })).rejects.toThrow();
    await expect(search({ query: 'hello', limit: 21 })).rejects.toThrow();
    expect((await faultOf(search({ query: 'hello', allowed_domains: ['not a domain'] }))).code).toBe('invalid_domain');
    expect(mock.requests).toHaveLength(0);
  });
});
