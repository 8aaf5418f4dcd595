import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { createFakeEngine } from './fixtures/fake-engine.ts';
import { createImagePins } from './image-pins.ts';
import { readImageStatus } from './image-status.ts';
import { createSandboxImages } from './images.ts';

async function buildsFor(reference: string): Promise<{ folder: string; tag: string }[]> {
  const builds: { folder: string; tag: string }[] = [];
  const engine = createFakeEngine({
    buildImage: async ({ folder, tag }) => {
      builds.push({ folder, tag });
    },
  });
  const images = createSandboxImages({
    engine: async () => engine,
    status: () => readImageStatus(engine, reference),
    reference: () => reference,
    pins: createImagePins(),
    imageFolder: '/image',
    clock: systemClock,
  });
  await images.build(() => undefined, new AbortController().signal);
  return builds;
}

it('a build makes the image that is configured, and of one with a browser first what it stands on', async () => {
  const plain = { folder: '/image', tag: 'agentrail-sandbox:bookworm' };
  expect(await buildsFor('agentrail-sandbox:bookworm')).toEqual([plain]);
  expect(await buildsFor('mine:1')).toEqual([plain]);
  expect(await buildsFor('agentrail-sandbox:browser')).toEqual([
    plain,
    { folder: join('/image', 'browser'), tag: 'agentrail-sandbox:browser' },
  ]);
});

it.each([
  ['agentrail-sandbox:bookworm', 'npm run sandbox:image'],
  ['agentrail-sandbox:browser', 'npm run sandbox:image -- --browser'],
  ['mine:1', 'docker pull mine:1'],
])('the missing image %s is had by %s', async (reference, fixCommand) => {
  const engine = createFakeEngine({ findImage: async () => undefined });
  expect(await readImageStatus(engine, reference)).toMatchObject({ state: 'missing', fixCommand });
});
