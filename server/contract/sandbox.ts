/** What people and programs see of sandboxes. Times in milliseconds since 1970, sizes in bytes. */

export type SandboxState = 'creating' | 'ready' | 'busy' | 'idle' | 'paused' | 'stopping' | 'gone' | 'failed' | 'lost';

export interface SandboxFault {
  code: string;
  message: string;
}

export interface SandboxInfo {
  /** Stable for the life of this sandbox; also the name of its container. */
  id: string;
  tenantId: string;
  sessionId: string;
  state: SandboxState;
  image: string;
  containerId?: string;
  createdAt: number;
  lastUsedAt: number;
  /** When it is destroyed if nobody uses it; absent while it is busy. */
  endsAt?: number;
  memoryLimitBytes: number;
  cpus: number;
  /** It waits ready in the warm pool; tenantId and sessionId are empty. */
  isPooled?: true;
  /** When it is replaced, however busy it is. */
  expiresAt?: number;
  /** What it was first used for. */
  firstCommand?: { command: string; at: number };
  /** What the workspace takes up, as last measured. */
  diskBytes?: number;
  diskLimitBytes?: number;
  /** Commands that run now; those with a `shellId` run in the background. */
  running: { command: string; startedAt: number; shellId?: string }[];
  fault?: SandboxFault;
}

/** One process inside. `state` is the kernel's letter. */
export interface SandboxProcess {
  pid: number;
  parent: number;
  state: string;
  uid: number;
  cpuMs: number;
  ageMs: number;
  memoryBytes: number;
  command: string;
}

/** Use at one moment. `cpuPct` is of one core. */
export interface SandboxStats {
  id: string;
  at: number;
  cpuPct: number;
  memoryBytes: number;
  pids: number;
}

export type EngineState =
  | 'unknown'
  | 'connected'
  | 'not_found'
  | 'not_running'
  | 'no_permission'
  | 'endpoint_wrong'
  | 'api_too_old';

/** One place where a Docker engine was looked for. */
export interface EngineTry {
  endpoint: string;
  /** Where the endpoint comes from: configuration, DOCKER_HOST, a Docker context, or a usual place. */
  origin: string;
  state: EngineState;
  /** Of docs/sandbox.md; absent when it is connected. */
  code?: string;
  error?: string;
}

export interface EngineStatus {
  state: EngineState;
  /** Of docs/sandbox.md; absent when it is connected. */
  code?: string;
  endpoint?: string;
  version?: string;
  apiVersion?: string;
  os?: string;
  tries: EngineTry[];
  /** One sentence: what is wrong and what to do; absent when connected. */
  problem?: string;
  /** A command that a person can paste into a terminal. */
  fixCommand?: string;
  checkedAt: number;
}

export interface ImageStatus {
  reference: string;
  state: 'unknown' | 'present' | 'missing' | 'building';
  /** A reference by digest cannot change under our feet; `latest` or no tag can. */
  pinned: boolean;
  imageId?: string;
  /** `name@sha256:…` at the registry that it came from; absent for one that was built here. */
  digest?: string;
  /** Sandboxes of this program start from this one until it is told to look again. */
  usedImageId?: string;
  sizeBytes?: number;
  createdAt?: number;
  /** It has no Python: sandboxes work, but slower, and end less surely what commands leave. */
  isPlain?: true;
  problem?: string;
  fixCommand?: string;
}

/** What is told while an image is fetched, built or loaded; `done` or `failed` is the last. */
export type ImageProgress =
  | { type: 'layer'; id: string; status: string; doneBytes?: number; totalBytes?: number }
  | { type: 'line'; text: string }
  | { type: 'done'; image: ImageStatus }
  | { type: 'failed'; code: string; message: string };
