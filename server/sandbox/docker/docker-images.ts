import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { z } from 'zod';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { ImageBuild, ImageEngine, ImageEvent, ImageFacts } from '../container-engine.ts';
import { sandboxFault } from '../faults.ts';
import { type EngineTask, mapEngineFault } from './faults.ts';
import { splitReference } from './image-reference.ts';

/** One line of what the engine says while it works; everything it may leave out is optional. */
const messageSchema = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  stream: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
});

export function createDockerImages(docker: Docker): ImageEngine {
  async function follow(
    task: EngineTask,
    opened: Promise<NodeJS.ReadableStream>,
    onEvent: (event: ImageEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const stream = (await opened) as Readable;
      const abort = () => stream.destroy();
      signal.addEventListener('abort', abort, { once: true });
      try {
        for await (const line of readLines(stream)) {
          tell(line, task, onEvent);
        }
      } finally {
        signal.removeEventListener('abort', abort);
      }
      signal.throwIfAborted();
    } catch (cause) {
      throw signal.aborted ? aborted(cause) : faultOf(cause, task);
    }
  }

  return {
    pullImage: (reference, onEvent, signal) => {
      const { name, tag } = splitReference(reference);
      return follow('pull', docker.createImage({ fromImage: name, tag, abortSignal: signal }), onEvent, signal);
    },
    buildImage({ folder, files, tag, usesHostNetwork }: ImageBuild, onEvent, signal) {
      const options = {
        t: tag,
        rm: true,
        forcerm: true,
        ...(usesHostNetwork ? { networkmode: 'host' } : {}),
        abortSignal: signal,
      };
      const built = docker.buildImage({ context: folder, src: files }, options);
      return follow('build', built, onEvent, signal);
    },
    loadImage: (archive, onEvent, signal) =>
      follow('load', docker.loadImage(archive, { abortSignal: signal }), onEvent, signal),
    async listDanglingImages(label) {
      try {
        const images = await docker.listImages({ filters: { dangling: ['true'], label: [label] } });
        return images.map(
          ({ Id, Size, Created }): ImageFacts => ({ imageId: Id, sizeBytes: Size, createdAt: Created * 1000 }),
        );
      } catch (cause) {
        throw mapEngineFault(cause, 'list');
      }
    },
    async removeImage(imageId) {
      try {
        await docker.getImage(imageId).remove({ force: false });
      } catch (cause) {
        const fault = mapEngineFault(cause, 'inspect_image');
        if (fault.code !== 'image_missing') {
          throw fault;
        }
      }
    },
    async imagesBytes() {
      try {
        return z.object({ LayersSize: z.number() }).parse(await docker.df()).LayersSize;
      } catch (cause) {
        throw mapEngineFault(cause, 'list');
      }
    },
  };
}

/** Unlike `readline` it ends with its stream, however that ends. */
async function* readLines(stream: Readable): AsyncGenerator<string, void, void> {
  let rest = '';
  for await (const text of stream.setEncoding('utf8')) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  yield rest;
}

function tell(line: string, task: EngineTask, onEvent: (event: ImageEvent) => void): void {
  if (line.trim() === '') {
    return;
  }
  const { id, status, stream, error, progressDetail } = messageSchema.parse(JSON.parse(line));
  if (error !== undefined) {
    throw task === 'pull' ? sandboxFault('image_pull_failed', { said: error }) : buildFault(error, task);
  }
  if (stream !== undefined) {
    for (const text of stream.split('\n').filter((each) => each.trim() !== '')) {
      onEvent({ type: 'line', text: text.slice(0, 2000) });
    }
  } else if (status !== undefined && id !== undefined) {
    const { current, total } = progressDetail ?? {};
    onEvent({
      type: 'layer',
      id,
      status,
      ...(current === undefined ? {} : { doneBytes: current }),
      ...(total === undefined ? {} : { totalBytes: total }),
    });
  } else if (status !== undefined) {
    onEvent({ type: 'line', text: status });
  }
}

function buildFault(said: string, task: EngineTask): AppError {
  return /no space left/i.test(said)
    ? sandboxFault('disk_full', { said })
    : sandboxFault(task === 'load' ? 'image_file_unusable' : 'image_build_failed', { said });
}

/** What a registry does not have is not fetched; that it is not here either is nothing new. */
function faultOf(cause: unknown, task: EngineTask): AppError {
  const fault = mapEngineFault(cause, task);
  const isUnknownThere = task === 'pull' && fault.code === 'image_missing';
  return isUnknownThere ? sandboxFault('image_pull_failed', { cause, said: messageOf(cause) }) : fault;
}

function aborted(cause: unknown): AppError {
  return new AppError('aborted', 'It was stopped.', { status: 409, cause });
}
