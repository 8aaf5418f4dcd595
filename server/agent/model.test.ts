import { describe, expect, test } from 'vitest';
import { type Config, configSchema } from '../contract/config.ts';
import { callOptions } from './call-options.ts';
import { createDemoModel } from './demo-model.ts';
import { type ModelHandle, resolveModel } from './model.ts';
import { costOf, factsOf, thinkingStyleOf } from './model-catalog.ts';
import { secretsOf, userMessage } from './testing/harness.ts';

function resolve(wanted: string | undefined, file: object = {}, keys: Record<string, string> = {}): ModelHandle {
  const config: Config = configSchema.parse(file);
  return resolveModel(wanted, {
    config: () => config,
    secrets: secretsOf(keys),
    demo: () => createDemoModel(async () => undefined),
  });
}

describe('which model runs', () => {
  const both = { ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'o' };

  test('without configuration: the first provider with a key, else the offline demo', () => {
    expect(resolve(undefined, {}, both).name).toBe('anthropic:claude-sonnet-5-5');
    expect(resolve(undefined, {}, { OPENAI_API_KEY: 'o' }).name).toBe('openai:gpt-6.1-sol');
    expect(resolve(undefined).name).toBe('demo:demo');
  });

  test('the configured provider and model win', () => {
    expect(resolve(undefined, { llm: { provider: 'openai', modelId: 'gpt-x' } }, both).name).toBe('openai:gpt-x');
  });

  test('a model string wins over both; the configured model id belongs to the configured provider only', () => {
    const file = { llm: { provider: 'openai', modelId: 'gpt-x' } };
    expect(resolve('anthropic:claude-x', file, both).name).toBe('anthropic:claude-x');
    expect(resolve('anthropic', file, both).name).toBe('anthropic:claude-sonnet-5-5');
    expect(resolve('gpt-y', file, both).name).toBe('openai:gpt-y');
    expect(resolve('demo', file, both).name).toBe('demo:demo');
  });

  test('model ids may hold colons', () => {
    const file = { providers: { ollama: { type: 'openai-compatible', baseUrl: 'http://localhost:11434/v1' } } };
    expect(resolve('ollama:llama3:8b', file)).toMatchObject({ provider: 'ollama', modelId: 'llama3:8b' });
  });

  test.each([
    ['nowhere:model', {}, 'unknown_provider'],
    [undefined, { llm: { provider: 'nowhere' } }, 'unknown_provider'],
    ['constructor:x', {}, 'unknown_provider'],
    ['openai:', {}, 'model_missing'],
    [undefined, { llm: { provider: 'openai-compatible', baseUrl: 'http://localhost:1/v1' } }, 'model_missing'],
    ['openai-compatible:m', {}, 'base_url_missing'],
  ])('%s with %j is refused as %s', (wanted, file, code) => {
    expect(() => resolve(wanted, file)).toThrow(expect.objectContaining({ code, status: 400 }));
  });
});

describe('where a call goes, and with which key', () => {
  async function requestOf(model: ModelHandle): Promise<Request> {
    return new Promise((done) => {
      const wanted = resolveWith(model, async (input, init) => {
        done(new Request(input, init));
        return new Response('{}', { status: 400 });
      });
      wanted
        .open()
        .then((opened) => opened.doStream({ prompt: [] }))
        .then(
          () => undefined,
          () => undefined,
        );
    });
  }
  let last: { wanted: string | undefined; file: object; keys: Record<string, string> };
  function resolveWith(_model: ModelHandle, fetch: typeof globalThis.fetch): ModelHandle {
    const config = configSchema.parse(last.file);
    const demo = () => createDemoModel(async () => undefined);
    return resolveModel(last.wanted, { config: () => config, secrets: secretsOf(last.keys), demo, fetch });
  }
  function request(wanted: string | undefined, file: object, keys: Record<string, string>): Promise<Request> {
    last = { wanted, file, keys };
    return requestOf(resolve(wanted, file, keys));
  }
  const keys = { ANTHROPIC_API_KEY: 'a-key', OPENAI_API_KEY: 'o-key', MY_KEY: 'm-key', OPENAI_COMPATIBLE_API_KEY: 'c' };

  test('the built-in ones go to their own services', async () => {
    const toAnthropic = await request('anthropic:m', {}, keys);
    expect(toAnthropic.url).toBe('https://api.anthropic.com/v1/messages');
    expect(toAnthropic.headers.get('x-api-key')).toBe('a-key');
    const toOpenai = await request('openai:m', {}, keys);
    expect(toOpenai.url).toBe('https://api.openai.com/v1/chat/completions');
    expect(toOpenai.headers.get('authorization')).toBe('Bearer o-key');
  });

  test('the environment of the process does not redirect a key', async () => {
    process.env.OPENAI_BASE_URL = 'https://elsewhere.example/v1';
    process.env.ANTHROPIC_BASE_URL = 'https://elsewhere.example/v1';
    try {
      expect((await request('openai:m', {}, keys)).url).toContain('https://api.openai.com/');
      expect((await request('anthropic:m', {}, keys)).url).toContain('https://api.anthropic.com/');
    } finally {
      delete process.env.OPENAI_BASE_URL;
      delete process.env.ANTHROPIC_BASE_URL;
    }
  });

  test('llm.baseUrl belongs to the default provider and to no other; a bare origin gets /v1', async () => {
    const file = { llm: { provider: 'openai', baseUrl: 'http://127.0.0.1:9' } };
    expect((await request('openai:m', file, keys)).url).toBe('http://127.0.0.1:9/v1/chat/completions');
    expect((await request('anthropic:m', file, keys)).url).toBe('https://api.anthropic.com/v1/messages');
  });

  test('a configured server gets the key it names, and none when it names none', async () => {
    const server = { type: 'openai-compatible', baseUrl: 'http://127.0.0.1:9/api/' };
    const named = await request('mine:m', { providers: { mine: { ...server, apiKeyEnv: 'MY_KEY' } } }, keys);
    expect(named.url).toBe('http://127.0.0.1:9/api/chat/completions');
    expect(named.headers.get('authorization')).toBe('Bearer m-key');
    const bare = await request('mine:m', { providers: { mine: server } }, keys);
    expect(bare.headers.get('authorization')).toBeNull();
  });

  test.each(['two words', 'line\nbreak', '密钥'])(
    'a value that cannot be a key is told without quoting it: %j',
    async (value) => {
      const opening = resolve('openai:m', {}, { OPENAI_API_KEY: value }).open();
      await expect(opening).rejects.toMatchObject({
        code: 'provider_auth',
        message: expect.not.stringContaining(value),
      });
    },
  );

  test('a named key that is not set is provider_auth and names the variable', async () => {
    const providers = { mine: { type: 'openai-compatible', baseUrl: 'http://127.0.0.1:9', apiKeyEnv: 'GONE_KEY' } };
    await expect(resolve('mine:m', { providers }).open()).rejects.toMatchObject({
      code: 'provider_auth',
      message: expect.stringContaining('GONE_KEY'),
    });
  });
});

describe('prices', () => {
  const tokens = { input: 1_000_000, output: 0, cacheRead: 0, cacheWrite: 0 };

  test('are per million tokens, whatever date the id carries', () => {
    expect(costOf(factsOf('claude-sonnet-5-5'), { ...tokens, output: 1_000_000 }).total).toBeCloseTo(12);
    expect(factsOf('claude-haiku-4-5-20251001').contextWindow).toBe(200_000);
    expect(factsOf('gpt-6-luna-2026-09-22').contextWindow).toBe(1_050_000);
  });

  test('rise for long prompts where the provider says so', () => {
    const facts = factsOf('claude-haiku-5-5');
    expect(costOf(facts, { ...tokens, input: 100_000 }).total).toBeCloseTo(0.01);
    expect(costOf(facts, { ...tokens, input: 50_000, cacheRead: 50_001 }).input).toBeCloseTo(0.025);
  });

  test('of an unknown model are 0, its window is the stated default', () => {
    expect(costOf(factsOf('llama3:8b'), tokens).total).toBe(0);
    expect(factsOf('constructor').contextWindow).toBe(128_000);
  });
});

describe('thinking', () => {
  test.each([
    ['claude-haiku-4-5', 'budget'],
    ['claude-sonnet-4-20250514', 'budget'],
    ['claude-opus-4-1', 'budget'],
    ['claude-sonnet-4-6', 'adaptive'],
    ['claude-opus-4-8', 'adaptive'],
    ['claude-sonnet-5-5', 'adaptive'],
    ['minimax-m3', 'budget'],
  ])('%s is told in its way: %s', (modelId, style) => {
    expect(thinkingStyleOf(modelId)).toBe(style);
  });

  test('0 asks newer models not to think, older ones are not told', () => {
    const options = (modelId: string, thinking: number) =>
      callOptions({
        model: resolve(`anthropic:${modelId}`),
        system: 'S',
        messages: [userMessage('Hi')],
        toolSpecs: [],
        settings: { maxTokens: 100, thinking },
      });
    expect(options('claude-sonnet-5-5', 0).providerOptions).toEqual({ anthropic: { thinking: { type: 'disabled' } } });
    expect(options('claude-haiku-4-5', 0).providerOptions).toBeUndefined();
    expect(options('claude-sonnet-5-5', 500)).toMatchObject({
      maxOutputTokens: 600,
      providerOptions: { anthropic: { thinking: { type: 'adaptive', display: 'summarized' } } },
    });
  });
});
