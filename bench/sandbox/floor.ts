import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { chunksOf } from '../../server/sandbox/docker/chunks-of.ts';
import { demux } from '../../server/sandbox/docker/demux.ts';

export interface FloorOptions {
  image: string;
  instanceId: string;
  dataDir: string;
}

const started = 'started\n';

/** The same work by plain dockerode: containers that sleep, commands by `exec`. */
export function createFloor({ image, instanceId, dataDir }: FloorOptions) {
  const docker = new Docker();
  let made = 0;

  async function create(Cmd: string[]): Promise<Docker.Container> {
    const name = `agentrail-bench-${instanceId.slice(-8)}-${++made}`;
    const workspace = join(dataDir, 'floor', name);
    await mkdir(workspace, { recursive: true });
    return docker.createContainer({
      name,
      Image: image,
      Cmd,
      Labels: { 'run.agentrail.instance': instanceId },
      HostConfig: {
        Init: true,
        AutoRemove: true,
        NetworkMode: 'none',
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        LogConfig: { Type: 'none', Config: {} },
        Memory: 256 * 1024 * 1024,
        Mounts: [{ Type: 'bind', Source: workspace, Target: '/workspace' }],
      },
    });
  }

  async function start(): Promise<Docker.Container> {
    const container = await create(['sleep', '3600']);
    await container.start();
    return container;
  }

  /** Until the first word of a container's own program arrives: nothing that runs inside can be faster. */
  async function firstWord(): Promise<Docker.Container> {
    const container = await create(['sh', '-c', `printf '${started}'; exec sleep 3600`]);
    const output = await container.attach({ stream: true, stdout: true });
    const word = once(output, 'data');
    await container.start();
    await word;
    return container;
  }

  /** Bytes of output. */
  async function exec(container: Docker.Container, Cmd: string[]): Promise<number> {
    const run = await container.exec({ Cmd, AttachStdout: true, AttachStderr: true });
    const stream = await run.start({});
    let bytes = 0;
    // Our own splitter, which is faster than the library's.
    for await (const chunk of demux(chunksOf(stream), () => undefined)) bytes += chunk.length;
    const { ExitCode } = await run.inspect();
    if (ExitCode !== 0) throw new Error(`The floor's command ended with ${ExitCode}.`);
    return bytes;
  }

  return {
    start,
    firstWord,
    exec,
    rename: (container: Docker.Container, name: string) => container.rename({ name }),
    remove: (container: Docker.Container) => container.remove({ force: true }),
    /** `docker rm -f` of all of them. */
    async removeAll(containers: Docker.Container[]): Promise<void> {
      await promisify(execFile)('docker', ['rm', '-f', ...containers.map(({ id }) => id)]);
    },
  };
}

export type Floor = ReturnType<typeof createFloor>;
