import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import Docker from 'dockerode';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImageProgress } from '../../contract/sandbox.ts';
import { systemClock } from '../../lib/clock.ts';
import { newId } from '../../lib/new-id.ts';
import type { ContainerEngine } from '../container-engine.ts';
import { type RealRegistry, startRealRegistry } from '../fixtures/real-registry.ts';
import { createImagePins } from '../image-pins.ts';
import { readImageStatus } from '../image-status.ts';
import { createSandboxImages } from '../images.ts';
import { connectTo } from '../real-sandboxes.ts';

const docker = new Docker();
const never = new AbortController().signal;
const layerBytes = 24_000_000;
let registry: RealRegistry;
let engine: ContainerEngine;
let reference: string;
let folder: string;
let seen: ImageProgress[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-test-'));
  engine = await connectTo('unix:///var/run/docker.sock');
  registry = await startRealRegistry();
  reference = `${registry.host}/agentrail-test-${newId('instance').slice(-8)}:1`;
  const repo = reference.slice(0, -2);
  await drain(await docker.importImage(Readable.from([tarOf(randomBytes(layerBytes))]), { repo, tag: '1' }));
  await drain(
    await docker.getImage(reference).push({ authconfig: { username: 'x', password: 'x', serveraddress: '' } }),
  );
});
beforeEach(async () => {
  seen = [];
  await removeHere();
});
afterAll(async () => {
  await removeHere();
  await registry?.close();
  await rm(folder, { recursive: true, force: true });
});

const removeHere = () =>
  docker
    .getImage(reference)
    .remove({ force: true })
    .catch(() => undefined);
const images = () =>
  createSandboxImages({
    engine: async () => engine,
    status: () => readImageStatus(engine, reference),
    reference: () => reference,
    pins: createImagePins(),
    imageFolder: undefined,
    clock: systemClock,
  });
const note = (progress: ImageProgress) => seen.push(progress);
const layers = () => seen.flatMap((each) => (each.type === 'layer' ? [each] : []));

/** A tar with one file. */
function tarOf(content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write('data');
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        0', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc(1024 + ((512 - (content.length % 512)) % 512))]);
}

async function drain(stream: NodeJS.ReadableStream): Promise<void> {
  let said = '';
  for await (const chunk of stream) said += String(chunk);
  if (said.includes('errorDetail')) throw new Error(said);
}

describe('a pull', () => {
  it('tells how much of each layer is here, and shows the digest of what came', async () => {
    const status = await images().pull(reference, note, never);
    expect(status).toMatchObject({
      state: 'present',
      pinned: true,
      digest: expect.stringMatching(/@sha256:[0-9a-f]{64}$/),
    });
    const downloading = layers().filter(({ status: words }) => words === 'Downloading');
    expect(downloading.length).toBeGreaterThan(0);
    expect(
      downloading.every(
        ({ doneBytes = 0, totalBytes = 0 }) => doneBytes <= totalBytes && totalBytes > layerBytes * 0.9,
      ),
    ).toBe(true);
    const done = downloading.map(({ doneBytes = 0 }) => doneBytes);
    expect(done).toEqual(done.toSorted((one, other) => one - other));
    expect(seen.at(-1)?.type).toBe('done');
  });

  it('by digest gets exactly that image, and is refused when there is none', async () => {
    const { digest = '' } = await images().pull(reference, note, never);
    await removeHere();
    await images().pull(digest, note, never);
    expect((await engine.findImage(digest))?.digest).toBe(digest);
    const other = digest.replace(/.{8}$/, '00000000');
    await expect(images().pull(other, note, never)).rejects.toMatchObject({
      code: 'image_pull_failed',
    });
    await docker.getImage(digest).remove({ force: true });
  });

  it('that is stopped midway ends at once, leaves no image, and the next one gets it whole', async () => {
    registry.hold(4_000_000);
    const stop = new AbortController();
    const work = images();
    const pulling = work.pull(reference, note, stop.signal);
    pulling.catch(() => undefined);
    await expect.poll(() => layers().some(({ status }) => status === 'Downloading'), { timeout: 10_000 }).toBe(true);
    stop.abort();
    await expect(pulling).rejects.toMatchObject({ code: 'aborted' });
    expect(seen.at(-1)).toMatchObject({ type: 'failed', code: 'aborted' });
    expect(await engine.findImage(reference)).toBeUndefined();
    registry.hold(undefined);
    expect((await work.pull(reference, note, never)).state).toBe('present');
  });

  it('of a tag that the registry does not have is refused in words', async () => {
    const missing = reference.replace(/:1$/, ':2');
    await expect(images().pull(missing, note, never)).rejects.toMatchObject({
      code: 'image_pull_failed',
    });
  });
});

it('an image goes through a file from one engine to another, name and all', async () => {
  await images().pull(reference, note, never);
  const file = join(folder, 'image.tar');
  await pipeline(await docker.getImage(reference).get(), createWriteStream(file));
  await removeHere();
  const status = await images().load(createReadStream(file), note, never);
  expect(status.state).toBe('present');
  expect(seen.at(-1)?.type).toBe('done');
});
