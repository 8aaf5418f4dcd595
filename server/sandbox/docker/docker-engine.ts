import https from 'node:https';
import Docker, { type ContainerInfo } from 'dockerode';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type {
  ContainerEngine,
  ContainerSpec,
  ImageFacts,
  ListedContainer,
  RunningContainer,
} from '../container-engine.ts';
import { sandboxFault } from '../faults.ts';
import { createGate } from '../gate.ts';
import { retryUntil } from '../retry-until.ts';
import { attachContainer } from './attach.ts';
import { chunksOf } from './chunks-of.ts';
import { containerOptions } from './container-options.ts';
import { demux } from './demux.ts';
import type { ReachedEngine } from './discovery.ts';
import { createDockerImages } from './docker-images.ts';
import { createDockerNetworks } from './docker-networks.ts';
import { createDockerStats } from './docker-stats.ts';
import { createDockerVolumes, mountWorkspace } from './docker-volumes.ts';
import { type Endpoint, hostInUrl, tlsOptions } from './endpoint.ts';
import { executeInContainer } from './execute.ts';
import { type EngineTask, mapEngineFault } from './faults.ts';
import { podmanOptions } from './podman-options.ts';
import { showFolders } from './shown-folders.ts';

/** Wider gains nothing: the daemon works them off one after the other. */
const creationsAtOnce = 2;
const removalsAtOnce = 8;
/** Of silence; every call but the attached stream, which has no bound, answers far sooner. */
const callTimeoutMs = 60_000;
const removal = { everyMs: 100, boundMs: 30_000 };
const freezing = { everyMs: 100, boundMs: 2000 };

export function createDockerEngine({ endpoint, traits }: ReachedEngine, clock: Clock): ContainerEngine {
  const docker = connectDocker(endpoint, callTimeoutMs, traits.apiVersion);
  const createInTurn = createGate(creationsAtOnce);
  const removeInTurn = createGate(removalsAtOnce);

  async function run(spec: ContainerSpec, onStderr: (chunk: Buffer) => void): Promise<RunningContainer> {
    try {
      const container = await asked('create', docker.createContainer(optionsOf(spec)));
      const input = await asked('attach', attachContainer(endpoint, traits.apiVersion, container.id));
      const output = demux(chunksOf(input), onStderr);
      try {
        await asked('start', container.start());
      } catch (fault) {
        input.destroy();
        throw fault;
      }
      return { containerId: container.id, input, output };
    } catch (cause) {
      const fault = mapEngineFault(cause, 'create');
      // A container in the way is somebody else's; every other failed creation may have left one of ours.
      if (fault.code !== 'name_conflict') {
        await remove(spec.name).catch((second: unknown) => {
          throw new AppError(fault.code, fault.message, {
            status: fault.status,
            cause: new AggregateError([fault, second]),
          });
        });
      }
      throw fault;
    }
  }

  function optionsOf(spec: ContainerSpec): Docker.ContainerCreateOptions {
    const options = showFolders(mountWorkspace(containerOptions(spec), spec), spec);
    return traits.product === 'podman' ? podmanOptions(options) : options;
  }

  async function remove(nameOrId: string): Promise<void> {
    let fault: AppError | undefined;
    const isGone = await retryUntil(clock, removal, async () => {
      try {
        await docker.getContainer(nameOrId).remove({ force: true, v: true });
        return true;
      } catch (cause) {
        const status = statusOf(cause);
        fault = mapEngineFault(cause, 'remove');
        if (status === undefined) {
          throw fault;
        }
        // 409: AutoRemove or another caller is at it already.
        return status === 404;
      }
    });
    if (!isGone) {
      throw fault ?? sandboxFault('remove_stuck');
    }
  }

  async function inspect(nameOrId: string): Promise<unknown> {
    try {
      return await docker.getContainer(nameOrId).inspect();
    } catch (cause) {
      throw statusOf(cause) === 404 ? sandboxFault('sandbox_lost', { cause }) : mapEngineFault(cause, 'list');
    }
  }

  async function rename(nameOrId: string, name: string): Promise<void> {
    try {
      await docker.getContainer(nameOrId).rename({ name });
    } catch (cause) {
      throw statusOf(cause) === 404 ? sandboxFault('sandbox_lost', { cause }) : mapEngineFault(cause, 'rename');
    }
  }

  /** 409: it is so already. */
  async function unlessSo(task: EngineTask, change: Promise<unknown>): Promise<void> {
    try {
      await change;
    } catch (cause) {
      if (statusOf(cause) !== 409) {
        throw statusOf(cause) === 404 ? sandboxFault('sandbox_lost', { cause }) : mapEngineFault(cause, task);
      }
    }
  }

  /** Old control groups cannot freeze what forks in that moment: the engine says so, and a moment later it can. */
  async function pause(nameOrId: string): Promise<void> {
    let fault: unknown;
    const isFrozen = await retryUntil(clock, freezing, async () => {
      try {
        await unlessSo('pause', docker.getContainer(nameOrId).pause());
        return true;
      } catch (cause) {
        fault = cause;
        const said = JSON.stringify(cause instanceof AppError ? cause.details : undefined);
        if (!/unable to freeze/i.test(said ?? '')) {
          throw cause;
        }
        return false;
      }
    });
    if (!isFrozen) {
      throw fault;
    }
  }

  async function list(label: string, { withSizes } = { withSizes: false }): Promise<ListedContainer[]> {
    const query = { all: true, size: withSizes, filters: { label: [label] } };
    const found: (ContainerInfo & { SizeRw?: number })[] = await asked('list', docker.listContainers(query));
    const there = await Promise.all(found.map(isThere));
    return found
      .filter((_, at) => there[at])
      .map(({ Id, Names, Labels, State, Created, SizeRw }) => ({
        containerId: Id,
        name: (Names[0] ?? Id).replace(/^\//, ''),
        labels: Labels,
        state: State,
        createdAt: Created * 1000,
        ...(withSizes ? { sizeBytes: SizeRw ?? 0 } : {}),
      }));
  }

  /** An engine that was killed while it removed a container may list it, dead, until its next start, and not know it. */
  async function isThere({ Id, State }: ContainerInfo): Promise<boolean> {
    if (State !== 'dead') {
      return true;
    }
    return docker
      .getContainer(Id)
      .inspect()
      .then(
        () => true,
        (cause: unknown) => statusOf(cause) !== 404,
      );
  }

  async function findImage(reference: string): Promise<ImageFacts | undefined> {
    try {
      const image = await docker.getImage(reference).inspect();
      const createdAt = Date.parse(image.Created);
      const digest = image.RepoDigests?.[0];
      const facts = { imageId: image.Id, sizeBytes: image.Size, ...(digest === undefined ? {} : { digest }) };
      return Number.isNaN(createdAt) ? facts : { ...facts, createdAt };
    } catch (cause) {
      if (statusOf(cause) === 404) {
        return undefined;
      }
      throw mapEngineFault(cause, 'inspect_image');
    }
  }

  return {
    traits,
    execute: (nameOrId, command, onStderr) =>
      executeInContainer({ docker, endpoint, traits, clock }, nameOrId, command, onStderr),
    ...createDockerVolumes(docker),
    ...createDockerNetworks(docker),
    run: (spec, onStderr) => createInTurn(() => run(spec, onStderr)),
    remove: (nameOrId) => removeInTurn(() => remove(nameOrId)),
    rename,
    inspect,
    pause,
    unpause: (nameOrId) => unlessSo('pause', docker.getContainer(nameOrId).unpause()),
    list,
    findImage,
    async now() {
      const { SystemTime } = (await asked('list', docker.info())) as { SystemTime?: string };
      const time = Date.parse(SystemTime ?? '');
      return Number.isNaN(time) ? clock.now() : time;
    },
    ...createDockerImages(docker),
    ...createDockerStats(docker),
  };
}

/** The library mixes DOCKER_HOST of the process into its options unless every one of them is named here. */
/** Without a version the engine's newest one is spoken. */
export function connectDocker(endpoint: Endpoint, timeoutMs: number, apiVersion?: string): Docker {
  const target =
    endpoint.kind === 'socket'
      ? { socketPath: endpoint.path }
      : { host: hostInUrl(endpoint.host), port: endpoint.port };
  const tls = endpoint.kind === 'tcp' ? endpoint.tls : undefined;
  return new Docker({
    socketPath: undefined,
    host: undefined,
    port: undefined,
    username: undefined,
    protocol: tls ? 'https' : 'http',
    timeout: timeoutMs,
    ...(apiVersion === undefined ? {} : { version: apiVersion }),
    ...(tls ? { agent: new https.Agent(tlsOptions(tls)) } : {}),
    ...target,
  });
}

async function asked<T>(task: EngineTask, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw mapEngineFault(cause, task);
  }
}

function statusOf(cause: unknown): number | undefined {
  return typeof cause === 'object' && cause !== null && 'statusCode' in cause && typeof cause.statusCode === 'number'
    ? cause.statusCode
    : undefined;
}
