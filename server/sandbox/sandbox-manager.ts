import { join } from 'node:path';
import type { Config } from '../contract/config.ts';
import { idSchema } from '../contract/ids.ts';
import type { EngineStatus, ImageStatus, SandboxInfo } from '../contract/sandbox.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type AgentSandboxSettings, endUnfitting, isFitting, type MadeFor, settingsFor } from './agent-settings.ts';
import { createBackgroundBooks } from './background-books.ts';
import { createCleanUp } from './clean-up.ts';
import type { ContainerEngine } from './container-engine.ts';
import { discoverEngine, type EngineEnv } from './docker/discovery.ts';
import { createDockerEngine } from './docker/docker-engine.ts';
import { createSshTunnels } from './docker/ssh-tunnels.ts';
import { addGateway, type GatewayWorld, nowhere } from './egress/gateway.ts';
import { createEngineLink, type EngineLink } from './engine-link.ts';
import { sandboxFault } from './faults.ts';
import { createImagePins } from './image-pins.ts';
import { readImageStatus, unknownImage } from './image-status.ts';
import { createSandboxImages } from './images.ts';
import { containerName } from './labels.ts';
import { sizeBytes } from './limits.ts';
import { plainSentence } from './plain-exec/start-plain.ts';
import { affordablePool, readAvailableMemory } from './pool-size.ts';
import type { ExecResult, Sandbox, SandboxManager, SandboxOwner } from './sandbox.ts';
import { createSandboxEntry, type SandboxEntry } from './sandbox-entry.ts';
import { createRecipe } from './sandbox-recipe.ts';
import { isUsable } from './sandbox-state.ts';
import { createStatsReader } from './stats.ts';
import { sweepContainers } from './sweep.ts';
import { createWarmPool } from './warm-pool.ts';
import { chooseCommandUser, poolPath, removeWorkspace, workspacePath } from './workspace.ts';
import { createWorkspaceVolumes } from './workspace-volumes.ts';

const sweepEveryMs = 600_000;
const destroyAllBoundMs = 60_000;
const adjustPoolEveryMs = 10_000;
const refillDelayMs = 300;

export interface SandboxManagerOptions {
  /** The sandbox part of the configuration in force; read at every use. */
  config: () => Config['sandbox'];
  /** What an agent's sandboxes have otherwise. */
  agentSettings?: (agentId: string) => AgentSandboxSettings | undefined;
  /** Secrets, names and addresses, for what may leave a sandbox; default: no secrets. */
  world?: GatewayWorld;
  /** Absolute. */
  dataDir: string;
  instanceId: string;
  clock: Clock;
  logger: Logger;
  env: EngineEnv;
  /** From readAgentSource. */
  agentSource: string;
  /** Folder with the Dockerfile of the bundled image. */
  imageFolder?: string;
  /** Bytes that the machine could still give; default: asked of the kernel. */
  availableMemory?: () => number;
  /** Told of each command that ended, but for background commands. Must not throw. */
  onExec?: (result: Pick<ExecResult, 'endedBy' | 'durationMs'>) => void;
  /** How ssh is started; default `ssh`. */
  sshCommand?: string[];
  /** Takes the place of Docker in unit tests. */
  engineLink?: (onChange: (status: EngineStatus) => void) => EngineLink;
}

interface Slot {
  entry: SandboxEntry;
  madeFor: MadeFor;
  sandbox: Promise<Sandbox>;
}

export function createSandboxManager(options: SandboxManagerOptions): SandboxManager {
  const { config, clock } = options;
  const logger = options.logger.child({ component: 'sandbox' });
  const user = chooseCommandUser(ownUser());
  const slots = new Map<string, Slot>();
  const background = createBackgroundBooks(clock);
  const listeners = new Set<Parameters<SandboxManager['subscribe']>[0]>();
  const closing = new AbortController();
  const stats = createStatsReader(clock);
  const tunnels = createSshTunnels({ command: options.sshCommand ?? ['ssh'], clock, logger });
  const link = (options.engineLink ?? linkToDocker)((engine) => {
    publish({ engine });
    pool.adjust();
  });
  const availableMemory = options.availableMemory ?? readAvailableMemory;
  const pins = createImagePins();
  const { instanceId, agentSource } = options;
  const volumes = createWorkspaceVolumes({
    dataDir: options.dataDir,
    user,
    givesAway: ownUser()?.uid === 0,
    diskLimitBytes: () => sizeBytes(config().diskLimit),
    clock,
    logger,
  });
  const allowsHostServices = () => config().allowHostServices;
  const recipe = createRecipe({ instanceId, user, allowsHostServices, pins, agentSource, volumes, clock, logger });
  const pool = createWarmPool({
    // A workspace that is a volume belongs to one session from the start.
    size: () => affordablePool(isWarm && hasFolders ? config().warmPool : 0, pool.list().length, availableMemory()),
    kind: async () => {
      await cleanPoolFolder();
      return recipe.kind(await link.use(), config());
    },
    plan() {
      const info = describe({ tenantId: '', sessionId: '' }, containerName(instanceId, 'pool', ++created));
      return { info: { ...info, isPooled: true }, folder: join(poolPath(options.dataDir), info.id) };
    },
    start: (kind, { id, image }, workspaceDir) =>
      recipe.startMovable({ kind, name: id, image, session: 'pool', workspaceDir }),
    onChange: (sandbox) => publish({ sandbox }),
    logger,
  });
  let hasFolders = true;
  let bringingBack: Promise<void> = Promise.resolve();
  let isWarm = false;
  let isPoolFolderClean = false;
  let created = 0;

  /** What an owner of this data directory left that did not end in order. */
  async function cleanPoolFolder(): Promise<void> {
    if (!isPoolFolderClean) {
      isPoolFolderClean = true;
      await removeWorkspace(poolPath(options.dataDir));
    }
  }

  function linkToDocker(onChange: (status: EngineStatus) => void): EngineLink {
    return createEngineLink({
      async discover() {
        const found = await discoverEngine({
          dockerHost: config().dockerHost,
          dockerCertPath: config().dockerCertPath,
          allowsPlainTcp: config().allowPlainTcp,
          tunnels,
          env: options.env,
          platform: process.platform,
          uid: ownUser()?.uid,
          now: clock.now(),
        });
        if (!found.status.tries.some(({ endpoint }) => endpoint.startsWith('ssh:'))) {
          await tunnels.rest();
        }
        return found;
      },
      connect: (engine) => {
        hasFolders = engine.traits.workspaces === 'bind';
        return createDockerEngine(engine, clock);
      },
      onChange,
    });
  }

  function publish(change: Parameters<Parameters<SandboxManager['subscribe']>[0]>[0]): void {
    for (const listener of listeners) {
      listener(change);
    }
  }

  const ownSettings = (agentId?: string) => (agentId === undefined ? undefined : options.agentSettings?.(agentId));

  async function acquire(owner: SandboxOwner, signal?: AbortSignal): Promise<Sandbox> {
    signal?.throwIfAborted();
    if (closing.signal.aborted) {
      throw sandboxFault('manager_closed');
    }
    const key = keyOf(owner);
    const slot = slots.get(key);
    if (slot && !isFitting(slot.madeFor, owner.agentId, ownSettings, config())) {
      await orAborted(endUnfitting(slot.entry), signal);
      return acquire(owner, signal);
    }
    const state = slot?.entry.info().state;
    if (slot && state && (state === 'creating' || isUsable(state))) {
      return orAborted(slot.sandbox, signal);
    }
    if (slot && state === 'paused') {
      await orAborted(slot.entry.resume(), signal);
      return orAborted(slot.sandbox, signal);
    }
    if (slot && state === 'stopping') {
      await orAborted(slot.entry.destroy(), signal);
    }
    const engine = await orAborted(link.use(), signal);
    const current = slots.get(key);
    if (closing.signal.aborted || (current && current !== slot)) {
      return acquire(owner, signal);
    }
    const opened = open(key, owner, engine);
    if (current) {
      // Failed or lost: takes leave of those who watch it, and of what may be left of its container.
      current.entry
        .destroy()
        .catch((fault: unknown) => logger.warn(messageOf(fault), { container: current.entry.info().id }));
    }
    return orAborted(opened.sandbox, signal);
  }

  function open(
    key: string,
    { agentId, ...owner }: SandboxOwner,
    engine: Awaited<ReturnType<EngineLink['use']>>,
  ): Slot {
    const settings = () => settingsFor(config(), ownSettings(agentId));
    const info = describe(owner, containerName(instanceId, owner.sessionId, ++created), settings());
    const entry = createSandboxEntry({
      info,
      engine,
      clock,
      logger: logger.child(owner),
      idleTimeoutMs: () => config().idleTimeoutMs,
      maxAgeMs: () => config().maxAgeMs,
      diskLimitBytes: () => sizeBytes(config().diskLimit),
      background: background.of(key),
      onExec: options.onExec ?? (() => undefined),
      onChange: (sandbox) => {
        if (sandbox.state === 'gone' && slots.get(key)?.entry === entry) {
          slots.delete(key);
        }
        publish({ sandbox });
      },
    });
    const sandbox = entry.start(async () => {
      const workspaceDir = workspacePath(options.dataDir, owner);
      const kind = await recipe.kind(engine, settings());
      const waiting = (await volumes.holds(owner)) ? undefined : await pool.claim(kind, info.id, workspaceDir);
      const fresh = { kind, name: info.id, image: info.image, session: owner, workspaceDir };
      return addGateway(waiting ?? (await recipe.start(fresh)), {
        ...{
          engine,
          container: info.id,
          settings,
          world: options.world ?? nowhere,
          clock,
          logger: logger.child(owner),
        },
      });
    });
    void sandbox.then(refillPool, refillPool);
    sandbox.catch((fault: unknown) => {
      logger.warn('A sandbox could not be started.', {
        container: info.id,
        error: messageOf(fault),
        code: codeOf(fault),
      });
      if (fault instanceof AppError) {
        link.noteFault(fault);
      }
    });
    const madeFor = { network: settings().network, ...(agentId !== undefined && { agentId }) };
    const slot = { entry, sandbox, madeFor };
    slots.set(key, slot);
    publish({ sandbox: entry.info() });
    return slot;
  }

  function describe(owner: { tenantId: string; sessionId: string }, id: string, settings = config()): SandboxInfo {
    const { image, memory, cpus } = settings;
    const now = clock.now();
    const memoryLimitBytes = sizeBytes(memory);
    return {
      id,
      ...owner,
      state: 'creating',
      image,
      createdAt: now,
      lastUsedAt: now,
      memoryLimitBytes,
      cpus,
      running: [],
    };
  }

  function find(id: string): SandboxEntry | undefined {
    return [...slots.values()].find(({ entry }) => entry.info().id === id)?.entry;
  }

  function mustFind(id: string): SandboxEntry {
    const entry = find(id);
    if (!entry) {
      throw new AppError('sandbox_not_found', 'This sandbox is gone; the next tool call makes a new one.', {
        status: 404,
      });
    }
    return entry;
  }

  async function image(): Promise<ImageStatus> {
    const reference = config().image;
    try {
      const status = await readImageStatus(await link.use(), reference);
      const usedImageId = pins.pinned(reference);
      const note = recipe.isPlain(usedImageId) ? { isPlain: true as const, problem: plainSentence } : {};
      return usedImageId === undefined ? status : { ...status, usedImageId, ...note };
    } catch (fault) {
      return unknownImage(reference, messageOf(fault));
    }
  }

  async function sweep() {
    const engine = await link.use();
    const report = await sweepContainers({
      engine,
      instanceId: options.instanceId,
      isOurs: (name) => find(name) !== undefined || pool.has(name),
      logger,
    });
    await recipe.sweepNetworks(engine);
    bringingBack = bringingBack
      .then(() => bringBackWorkspaces(engine))
      .catch((fault: unknown) =>
        logger.warn('Workspaces in volumes were not looked for.', { error: messageOf(fault) }),
      );
    const strange = await volumes.strange(engine);
    const reason = 'A volume with a workspace of another data directory or machine.';
    return { ...report, kept: [...report.kept, ...strange.map((name) => ({ name, reason }))] };
  }

  /** Workspaces that an owner of this data directory left in volumes when it was killed, one after the other. */
  async function bringBackWorkspaces(engine: ContainerEngine): Promise<void> {
    for (const owner of await volumes.left(engine)) {
      if (closing.signal.aborted || slots.has(keyOf(owner))) {
        continue;
      }
      try {
        await acquire(owner);
        const entry = slots.get(keyOf(owner))?.entry;
        // Not when somebody has begun to use it: its own end brings it back then.
        if (entry?.info().state === 'ready') {
          await entry.destroy();
        }
      } catch (fault) {
        logger.warn('A workspace that was left in a volume is not back yet.', { ...owner, error: messageOf(fault) });
      }
    }
  }

  async function destroyAll(): Promise<{ destroyed: number; left: string[] }> {
    const done = new Set<SandboxEntry>();
    const all = [...slots.values()].map(({ entry }) => entry);
    const removals = Promise.all([
      pool.empty(),
      ...all.map((entry) =>
        entry.destroy().then(
          () => done.add(entry),
          (fault: unknown) => logger.warn(messageOf(fault), { container: entry.info().id }),
        ),
      ),
    ]);
    const bound = new AbortController();
    await Promise.race([removals, clock.sleep(destroyAllBoundMs, bound.signal).catch(() => undefined)]);
    bound.abort();
    return { destroyed: done.size, left: all.filter((entry) => !done.has(entry)).map((entry) => entry.info().id) };
  }

  async function sweepNowAndThen(): Promise<void> {
    while (!closing.signal.aborted) {
      await clock.sleep(sweepEveryMs, closing.signal);
      await sweep().catch((fault: unknown) => logger.warn('Sweep failed.', { error: messageOf(fault) }));
    }
  }

  /** Not beside the first command of the session that has just taken one: starting a container is work. */
  function refillPool(): void {
    clock.sleep(refillDelayMs, closing.signal).then(pool.adjust, () => undefined);
  }

  async function adjustPoolNowAndThen(): Promise<void> {
    while (!closing.signal.aborted) {
      await clock.sleep(adjustPoolEveryMs, closing.signal);
      pool.adjust();
    }
  }
  // They end by the rejection of their sleep when the manager closes.
  sweepNowAndThen().catch(() => undefined);
  adjustPoolNowAndThen().catch(() => undefined);

  const images = createSandboxImages({
    engine: () => link.use(),
    status: image,
    reference: () => config().image,
    pins,
    imageFolder: options.imageFolder,
    clock,
  });
  const cleanUp = createCleanUp({
    dataDir: options.dataDir,
    instanceId,
    engine: () => link.use(),
    isOurs: (name) => find(name) !== undefined || pool.has(name),
    isInUse: (owner) => slots.has(`${owner.tenantId}/${owner.sessionId}`),
    ownsDataDir: true,
    clock,
    logger,
  });

  return {
    images,
    cleanUp,
    probe: () => link.probe(),
    engine: () => link.status(),
    image,
    acquire,
    keepWarm(isWanted) {
      isWarm = isWanted && !closing.signal.aborted;
      pool.adjust();
    },
    list: () => [...[...slots.values()].map(({ entry }) => entry.info()), ...pool.list()],
    stats: () => stats.read([...slots.values()].map(({ entry }) => entry)),
    keepAlive: (id) => find(id)?.keepAlive(),
    async pause(id) {
      const entry = mustFind(id);
      await entry.pause();
      return entry.info();
    },
    async resume(id) {
      const entry = mustFind(id);
      await entry.resume();
      return entry.info();
    },
    async restart(id) {
      const entry = mustFind(id);
      const { tenantId, sessionId } = entry.info();
      const agentId = slots.get(keyOf({ tenantId, sessionId }))?.madeFor.agentId;
      await entry.destroy();
      return (await acquire({ tenantId, sessionId, ...(agentId !== undefined && { agentId }) })).info;
    },
    async destroy(id) {
      await (find(id)?.destroy() ?? pool.destroy(id));
    },
    destroyAll,
    sweep,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort();
      isWarm = false;
      stats.close();
      await destroyAll();
      await bringingBack;
      await recipe.close();
      await tunnels.close();
      listeners.clear();
    },
  };
}

function keyOf({ tenantId, sessionId }: { tenantId: string; sessionId: string }): string {
  return `${idSchema.parse(tenantId)}/${idSchema.parse(sessionId)}`;
}

function ownUser(): { uid: number; gid: number } | undefined {
  return process.getuid && process.getgid ? { uid: process.getuid(), gid: process.getgid() } : undefined;
}

function codeOf(fault: unknown): string | undefined {
  return fault instanceof AppError ? fault.code : undefined;
}

/** The promise goes on for others; only this waiter leaves. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) {
    return promise;
  }
  signal.throwIfAborted();
  const waiting = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: waiting.signal });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    waiting.abort();
  }
}
