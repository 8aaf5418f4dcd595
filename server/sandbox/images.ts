import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ImageProgress, ImageStatus } from '../contract/sandbox.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { ContainerEngine, ImageEvent } from './container-engine.ts';
import { sandboxFault } from './faults.ts';
import type { ImagePins } from './image-pins.ts';
import { hasBundledBrowser, isBundledImage } from './image-status.ts';

export type ImageListener = (progress: ImageProgress) => void;

/** Ways to get an image. One at a time: `image_busy`. Each rejects with `aborted` when its signal fires. */
export interface SandboxImages {
  pull(reference: string, onProgress: ImageListener, signal: AbortSignal): Promise<ImageStatus>;
  /** The bundled image, under the reference that is configured or its usual name. */
  build(onProgress: ImageListener, signal: AbortSignal): Promise<ImageStatus>;
  /** What `docker save` wrote. */
  load(archive: Readable, onProgress: ImageListener, signal: AbortSignal): Promise<ImageStatus>;
}

export interface SandboxImagesOptions {
  engine(): Promise<ContainerEngine>;
  status(): Promise<ImageStatus>;
  /** As configured now. */
  reference(): string;
  pins: ImagePins;
  /** Folder with the Dockerfile of the bundled image. */
  imageFolder: string | undefined;
  clock: Clock;
}

const bundledReference = 'agentrail-sandbox:bookworm';
/** An engine that says nothing for this long waits for a network that is not there. */
const stallMs = 120_000;

export function createSandboxImages(options: SandboxImagesOptions): SandboxImages {
  const { pins, clock } = options;
  let isBusy = false;

  async function alone(
    work: (engine: ContainerEngine) => Promise<void>,
    onProgress: ImageListener,
    references: string[],
  ): Promise<ImageStatus> {
    if (isBusy) {
      throw new AppError('image_busy', 'Another image is being fetched or built. Wait for it, or stop it.', {
        status: 409,
      });
    }
    isBusy = true;
    try {
      await work(await options.engine());
      for (const reference of references) {
        pins.forget(reference);
      }
      const image = await options.status();
      onProgress({ type: 'done', image });
      return image;
    } catch (fault) {
      const code = fault instanceof AppError ? fault.code : 'internal';
      onProgress({ type: 'failed', code, message: messageOf(fault) });
      throw fault;
    } finally {
      isBusy = false;
    }
  }

  /** Ends `work` when the engine falls silent. */
  async function unlessStalled(
    onProgress: ImageListener,
    signal: AbortSignal,
    work: (onEvent: (event: ImageEvent) => void, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const stalled = new AbortController();
    let timer = new AbortController();
    const watch = () => {
      timer.abort();
      timer = new AbortController();
      clock.sleep(stallMs, timer.signal).then(
        () => stalled.abort(),
        () => undefined,
      );
    };
    watch();
    try {
      await work(
        (event) => {
          watch();
          onProgress(event);
        },
        AbortSignal.any([signal, stalled.signal]),
      );
    } catch (fault) {
      throw stalled.signal.aborted && !signal.aborted ? sandboxFault('image_pull_stalled', { cause: fault }) : fault;
    } finally {
      timer.abort();
    }
  }

  const pull = (engine: ContainerEngine, reference: string, onProgress: ImageListener, signal: AbortSignal) =>
    unlessStalled(onProgress, signal, (onEvent, either) => engine.pullImage(reference, onEvent, either));

  async function build(engine: ContainerEngine, onProgress: ImageListener, signal: AbortSignal): Promise<void> {
    if (options.imageFolder === undefined) {
      throw new AppError('image_build_failed', 'This installation has no Dockerfile of the sandbox image.', {
        status: 503,
      });
    }
    const tag = tagToBuild(options.reference());
    if (!hasBundledBrowser(tag)) return buildFrom(engine, { folder: options.imageFolder, tag }, onProgress, signal);
    // It stands on the plain one.
    await buildFrom(engine, { folder: options.imageFolder, tag: bundledReference }, onProgress, signal);
    await buildFrom(engine, { folder: join(options.imageFolder, 'browser'), tag }, onProgress, signal);
  }

  async function buildFrom(
    engine: ContainerEngine,
    { folder, tag }: { folder: string; tag: string },
    onProgress: ImageListener,
    signal: AbortSignal,
  ): Promise<void> {
    const plan = { folder, files: ['Dockerfile'], tag };
    try {
      await engine.buildImage({ ...plan, usesHostNetwork: false }, onProgress, signal);
    } catch (fault) {
      if (signal.aborted || !(fault instanceof AppError) || fault.code !== 'image_build_failed') {
        throw fault;
      }
      const text =
        'The build failed. Trying again with the network of this machine, which may reach its package mirror.';
      onProgress({ type: 'line', text });
      await engine.buildImage({ ...plan, usesHostNetwork: true }, onProgress, signal);
    }
  }

  return {
    pull: (reference, onProgress, signal) =>
      alone((engine) => pull(engine, reference, onProgress, signal), onProgress, [reference]),
    build: (onProgress, signal) =>
      alone((engine) => build(engine, onProgress, signal), onProgress, [tagToBuild(options.reference())]),
    load: (archive, onProgress, signal) =>
      alone((engine) => engine.loadImage(archive, onProgress, signal), onProgress, [options.reference()]),
  };
}

function tagToBuild(reference: string): string {
  return isBundledImage(reference) ? reference : bundledReference;
}
