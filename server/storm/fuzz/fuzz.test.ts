import { expect, test } from 'vitest';
import { findNeedle } from './fixtures/needle.ts';
import { type FuzzTarget, fuzz } from './fuzz.ts';

/** The long form is `node bench/fuzz.ts --seconds 600`; the parsers themselves are in fuzz.integration.test.ts. */

const needle = (): FuzzTarget & { found: () => boolean } => {
  let isFound = false;
  return {
    name: 'needle',
    covers: (url) => url.endsWith('/fixtures/needle.ts'),
    seeds: ['-----'],
    dictionary: ['open', '(', 'deep', ':', 'down', ')', 'shut', '[', 'high', ';', 'up', ']'],
    mostBytes: 24,
    run(input) {
      if (findNeedle(Buffer.from(input).toString('latin1'))) isFound = true;
    },
    found: () => isFound,
  };
};

test('what was reached guides the search: it finds a place that as many blind inputs do not come near', async () => {
  const [guided, blind] = [needle(), needle()];
  const withGuide = await fuzz(guided, { seed: 7, inputs: 20_000 });
  const without = await fuzz(blind, { seed: 7, inputs: 20_000, isGuided: false });
  expect([guided.found(), blind.found()]).toEqual([true, false]);
  expect(withGuide.blocks).toBeGreaterThan(without.blocks + 3);
  expect([withGuide.corpus > without.corpus, without.corpus]).toEqual([true, 1]);
  expect(withGuide.growth.at(-1)?.blocks).toBe(withGuide.blocks);
});

test('the same seed tries the same inputs', async () => {
  const tried = async (seed: number) => {
    const inputs: string[] = [];
    await fuzz(needle(), { seed, inputs: 400, onInput: (input) => inputs.push(Buffer.from(input).toString('hex')) });
    return inputs;
  };
  const first = await tried(3);
  expect(first).toEqual(await tried(3));
  expect(first).not.toEqual(await tried(4));
});

test('a target that breaks is told once per message, with the shortest input, and the search goes on', async () => {
  const target: FuzzTarget = {
    ...needle(),
    dictionary: ['x'],
    run(input) {
      if (input.includes(0x78)) throw new Error('there is an x');
    },
  };
  const { findings, inputs } = await fuzz(target, { seed: 1, inputs: 2000 });
  expect(inputs).toBe(2000);
  expect(findings.map(({ message }) => message)).toEqual(['there is an x']);
  expect(findings[0]?.input.length).toBeLessThan(4);
});
