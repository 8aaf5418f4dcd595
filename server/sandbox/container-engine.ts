import type { Duplex, Readable } from 'node:stream';
import type { UseEngine } from './container-use.ts';
import type { NetworkEngine } from './network/network-engine.ts';

/** What a sandbox's container is made from. Sizes in bytes. */
export interface ContainerSpec {
  name: string;
  image: string;
  labels: Record<string, string>;
  /** Program and arguments of PID 1's child. */
  command: string[];
  /** Folder of this machine that appears as `/workspace`. */
  workspaceDir: string;
  /** Volume of the engine that is `/workspace` instead. */
  workspaceVolume?: string;
  /** What is shown, read-only, as `/skills`: a folder of this machine, or one in memory that is filled at the start. */
  skills?: { from: 'folder'; dir: string } | { from: 'start'; dir: string; sizeBytes: number };
  /** Of the engine's runtimes; default: the engine's own. */
  runtime?: string;
  /** Owner of the folders that commands may write. */
  uid: number;
  gid: number;
  /** Of the engine's networks; absent: none. */
  network?: string;
  memoryBytes: number;
  cpus: number;
  pids: number;
}

/** A started container and the raw connection to its stdin, stdout and stderr. */
export interface RunningContainer {
  containerId: string;
  input: Duplex;
  /** Stdout of the container. */
  output: AsyncIterable<Buffer>;
}

/** A container as the engine lists it. */
export interface ListedContainer {
  containerId: string;
  name: string;
  labels: Record<string, string>;
  /** `running`, `paused`, `created`, `exited` and others, as the engine has them. */
  state?: string;
  createdAt?: number;
  /** What it has written beside its image; only when asked for. */
  sizeBytes?: number;
}

/** What an engine is and can do. */
export interface EngineTraits {
  /** The version of the API that is spoken, `v1.41`. */
  apiVersion: string;
  product: 'docker' | 'podman';
  /** `volume`: folders of this machine cannot be mounted, or not written by the commands' user. */
  workspaces: 'bind' | 'volume';
  /** Names of container runtimes that may be asked for. */
  runtimes: string[];
  /** Tells this engine from others, as far as it can be told. */
  engineId: string;
}

export interface ListedVolume {
  name: string;
  labels: Record<string, string>;
}

/** Volumes that hold workspaces where folders of this machine cannot be mounted. */
export interface VolumeEngine {
  /** One that is there already is success. */
  createVolume(name: string, labels: Record<string, string>): Promise<void>;
  hasVolume(name: string): Promise<boolean>;
  /** Already gone is success; one in use is refused. */
  removeVolume(name: string): Promise<void>;
  listVolumes(label: string): Promise<ListedVolume[]>;
}

/** A program to run in a container that runs already. */
export interface EngineCommand {
  argv: string[];
  /** `uid:gid` */
  user: string;
  cwd?: string;
  env?: Record<string, string>;
  hasInput: boolean;
}

/** One that was started by the engine itself, not by an agent inside. */
export interface EngineProcess {
  /** Stdin; its end closes it. */
  input: Duplex;
  /** Stdout; ends when nothing holds stdout and stderr any more. */
  output: AsyncIterable<Buffer>;
  /** Undefined while it runs. */
  exitCode(): Promise<number | undefined>;
}

export type ImageEvent =
  | { type: 'layer'; id: string; status: string; doneBytes?: number; totalBytes?: number }
  | { type: 'line'; text: string };

export interface ImageBuild {
  folder: string;
  /** Of the folder; the Dockerfile among them. */
  files: string[];
  tag: string;
  usesHostNetwork: boolean;
}

/** What there is to do with images. Listeners must not throw; a signal that fires ends it with AppError `aborted`. */
export interface ImageEngine {
  /** Throws `image_pull_failed`. */
  pullImage(reference: string, onEvent: (event: ImageEvent) => void, signal: AbortSignal): Promise<void>;
  /** Throws `image_build_failed`. */
  buildImage(build: ImageBuild, onEvent: (event: ImageEvent) => void, signal: AbortSignal): Promise<void>;
  /** Throws `image_file_unusable`. */
  loadImage(archive: Readable, onEvent: (event: ImageEvent) => void, signal: AbortSignal): Promise<void>;
  /** Without a name, and with the label. */
  listDanglingImages(label: string): Promise<ImageFacts[]>;
  /** Already gone is success; one in use is refused. */
  removeImage(imageId: string): Promise<void>;
  /** What all images take up together. */
  imagesBytes(): Promise<number>;
}

export interface ImageFacts {
  imageId: string;
  /** `name@sha256:…`, of the registry that it came from. */
  digest?: string;
  sizeBytes: number;
  createdAt?: number;
}

/**
 * What sandboxes need of an engine, so that nothing else knows Docker's library. Faults are AppErrors with the codes
 * of docs/sandbox.md.
 */
export interface ContainerEngine extends ImageEngine, VolumeEngine, NetworkEngine, UseEngine {
  readonly traits: EngineTraits;
  /** Starts a program in a running container. Throws `sandbox_lost` when it does not run. */
  execute(nameOrId: string, command: EngineCommand, onStderr: (chunk: Buffer) => void): Promise<EngineProcess>;
  /** Creates, attaches and starts. When it fails nothing of that name is left. */
  run(spec: ContainerSpec, onStderr: (chunk: Buffer) => void): Promise<RunningContainer>;
  /** Kills and removes; resolves when it is gone, also when it was gone before. Throws `remove_stuck`. */
  remove(nameOrId: string): Promise<void>;
  /** Everything it knows of a container, in its own words. Throws `sandbox_lost`. */
  inspect(nameOrId: string): Promise<unknown>;
  /** Throws `sandbox_lost` when there is no such container. */
  rename(nameOrId: string, name: string): Promise<void>;
  /** Freezes everything inside; resolves also when it is frozen already. */
  pause(nameOrId: string): Promise<void>;
  unpause(nameOrId: string): Promise<void>;
  /** Every container, running or not, that carries the label. */
  list(label: string, options?: { withSizes: boolean }): Promise<ListedContainer[]>;
  /** By the engine's clock: what its stamps are to be compared with. */
  now(): Promise<number>;
  /** Undefined when the engine does not have the image. */
  findImage(reference: string): Promise<ImageFacts | undefined>;
}
