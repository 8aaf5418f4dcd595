import { expect, test } from 'vitest';
import { createDemoModel } from './demo-model.ts';
import { createOpenedModels, type Opening } from './opened-models.ts';

const opening: Opening = { provider: 'p', type: 'openai', modelId: 'm', baseUrl: 'http://a/v1', apiKey: 'one' };
const make = async () => createDemoModel(async () => undefined);

test('a model is made once, and anew when anything it was made with changes', () => {
  const open = createOpenedModels();
  const first = open(opening, make);
  expect(open({ ...opening }, make)).toBe(first);
  for (const change of [{ apiKey: 'two' }, { baseUrl: 'http://b/v1' }, { type: 'anthropic' }, { apiKey: undefined }]) {
    expect(open({ ...opening, ...change }, make)).not.toBe(first);
  }
});

test('a replaced key is not kept: the model of the old one is made anew', () => {
  const open = createOpenedModels();
  const first = open(opening, make);
  open({ ...opening, apiKey: 'two' }, make);
  expect(open(opening, make)).not.toBe(first);
});

test('one that could not be made is tried anew', async () => {
  const open = createOpenedModels();
  await expect(open(opening, () => Promise.reject(new Error('not found')))).rejects.toThrow('not found');
  expect(await open(opening, make)).toBeDefined();
});

test('no more than 64 models are kept', () => {
  const open = createOpenedModels();
  const first = open(opening, make);
  for (let count = 0; count < 64; count += 1) open({ ...opening, modelId: `m${count}` }, make);
  expect(open(opening, make)).not.toBe(first);
});
