import { expect, it } from 'vitest';
import type { ModelUse, UsageBucket } from '../../../server/contract/usage.ts';
import { allModels, amountsOf, modelsOf } from './cost-by-model.ts';

const bucket = (at: number, models?: ModelUse[]): UsageBucket => ({
  ...{ at, runs: 3, failed: 0, inputTokens: 20, outputTokens: 5, cost: 2, durationMs: 1 },
  ...(models && { models }),
});
const use = (model: string, cost: number): ModelUse => ({ model, runs: 1, tokens: 10, cost });
const days = [bucket(1), bucket(2, [use('p:a', 0.5), use('p:b', 1)]), bucket(3, [use('p:a', 1.25)])];

it('the models of all days stand together, dearest first', () => {
  expect(modelsOf(days)).toEqual([
    { model: 'p:a', runs: 2, tokens: 20, cost: 1.75 },
    { model: 'p:b', runs: 1, tokens: 10, cost: 1 },
  ]);
});

it('a day that names no models still counts for all of them together', () => {
  expect(amountsOf(days, 'cost', allModels)).toEqual([2, 2, 2]);
  expect(amountsOf(days, 'tokens', allModels)).toEqual([25, 25, 25]);
  expect(amountsOf(days, 'cost', 'p:a')).toEqual([0, 0.5, 1.25]);
  expect(amountsOf(days, 'runs', 'p:b')).toEqual([0, 1, 0]);
});
