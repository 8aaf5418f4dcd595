import { describe, expect, it } from 'vitest';
import type { ConfigValue } from '../../../../server/contract/config.ts';
import {
  emptyModel,
  isInEntry,
  isUsableName,
  modelChange,
  modelFault,
  modelsOf,
  providerChange,
  providersOf,
} from './model-entries.ts';

const value = (path: string, held: unknown, source: ConfigValue['source'] = 'file'): ConfigValue => ({
  ...{ path, value: held, source },
});

describe('providers and models of the settings', () => {
  it('are found by name, with dots and colons in it', () => {
    const values = [
      value('providers.my.own.type', 'openai-compatible'),
      value('providers.my.own.baseUrl', 'http://a/v1'),
      value('providers.my.own.apiKeyEnv', null, 'default'),
      value('models.mine:gpt-4.1.contextWindow', 128_000),
      value('models.mine:gpt-4.1.price.input', 0.5, 'command line'),
      value('models.mine:gpt-4.1.price.output', 2),
    ];
    expect(providersOf(values)).toEqual([
      { draft: { name: 'my.own', type: 'openai-compatible', baseUrl: 'http://a/v1', apiKeyEnv: '' }, source: 'file' },
    ]);
    expect(modelsOf(values)).toEqual([
      {
        draft: { ...emptyModel, id: 'mine:gpt-4.1', contextWindow: '128000', input: '0.5', output: '2' },
        source: 'command line',
      },
    ]);
  });

  it('are left to the file where their name reads like a setting of another', () => {
    expect(providersOf([value('providers.a.type.type', 'openai')])).toEqual([]);
    expect(isInEntry('providers.a.type.type')).toBe(false);
    expect(isInEntry('models.gpt-4.1.price.input')).toBe(true);
    expect(isUsableName('gpt-4.1')).toBe(true);
    expect(isUsableName('a.price')).toBe(false);
  });

  it('are changed key by key, so that comments stay', () => {
    expect(
      providerChange({ name: ' own ', type: 'openai-compatible', baseUrl: ' http://a/v1 ', apiKeyEnv: '' }),
    ).toEqual({
      'providers.own.type': 'openai-compatible',
      'providers.own.baseUrl': 'http://a/v1',
      'providers.own.apiKeyEnv': null,
    });
    expect(modelChange({ ...emptyModel, id: 'm', contextWindow: '1,000,000', input: '0', output: '1.5' })).toEqual({
      'models.m.contextWindow': 1_000_000,
      'models.m.price.input': 0,
      'models.m.price.output': 1.5,
      'models.m.price.cacheRead': null,
      'models.m.price.cacheWrite': null,
    });
    expect(modelChange({ ...emptyModel, id: 'm', contextWindow: '8192' })).toMatchObject({ 'models.m.price': null });
  });

  it.each([
    [{ contextWindow: 'many' }, 'contextWindow', 'number'],
    [{ input: '-1', output: '1' }, 'input', 'number'],
    [{ input: '1e999', output: '1' }, 'input', 'number'],
    [{ input: '1' }, 'output', 'price'],
    [{ cacheRead: '1' }, 'input', 'price'],
    [{}, 'contextWindow', 'empty'],
  ])('are refused with %j', (change, leaf, fault) => {
    expect(modelFault({ ...emptyModel, id: 'm', ...change })).toEqual({ leaf, fault });
  });
});
