import { join } from 'node:path';
import type { EngineStatus, ImageStatus } from '../contract/sandbox.ts';
import { messageOf } from '../lib/app-error.ts';
import { createCleanUp } from './clean-up.ts';
import { containerTexts } from './container-texts.ts';
import { createSshTunnels } from './docker/ssh-tunnels.ts';
import { createDockerLink } from './docker-link.ts';
import type { EngineLink } from './engine-link.ts';
import { createSessionStarts } from './files/session-start.ts';
import { createImagePins } from './image-pins.ts';
import { readImageStatus, unknownImage } from './image-status.ts';
import { createSandboxImages } from './images.ts';
import { containerName } from './labels.ts';
import { sizeBytes } from './limits.ts';
import { plainSentence } from './plain-exec/start-plain.ts';
import { affordablePool, readAvailableMemory } from './pool-size.ts';
import type { SandboxManager } from './sandbox.ts';
import { describeSandbox } from './sandbox-info.ts';
import type { SandboxManagerOptions } from './sandbox-manager-options.ts';
import { createRecipe } from './sandbox-recipe.ts';
import { createSessionSandboxes } from './session-sandboxes.ts';
import { createSkillSnapshots } from './shown-skills/skill-snapshots.ts';
import { createStatsReader } from './stats.ts';
import { createUpkeep } from './upkeep.ts';
import { createWarmPool, type WarmPool } from './warm-pool.ts';
import { chooseCommandUser, poolPath, removeWorkspace } from './workspace.ts';
import { createWorkspaceVolumes } from './workspace-volumes.ts';

export type { SandboxManagerOptions } from './sandbox-manager-options.ts';

export function createSandboxManager(options: SandboxManagerOptions): SandboxManager {
  const { config, clock, dataDir, instanceId, agentSource } = options;
  const logger = options.logger.child({ component: 'sandbox' });
  const user = chooseCommandUser(ownUser());
  const listeners = new Set<Parameters<SandboxManager['subscribe']>[0]>();
  const closing = new AbortController();
  const stats = createStatsReader(clock);
  const tunnels = createSshTunnels({ command: options.sshCommand ?? ['ssh'], clock, logger });
  const pins = createImagePins();
  let hasFolders = true;
  let isWarm = false;
  let created = 0;

  const link = (options.engineLink ?? linkToDocker)((engine) => {
    publish({ engine });
    pool.adjust();
  });
  const volumes = createWorkspaceVolumes({
    dataDir,
    user,
    givesAway: ownUser()?.uid === 0,
    diskLimitBytes: () => sizeBytes(config().diskLimit),
    clock,
    logger,
  });
  const allowsHostServices = () => config().allowHostServices;
  const skills = createSkillSnapshots({ dataDir, skills: options.skills ?? (async () => []), logger });
  const recipe = createRecipe({
    ...{ instanceId, user, allowsHostServices, pins, agentSource, volumes, skills, clock, logger },
  });
  const pool = openPool();
  const starts = createSessionStarts({ dataDir, user, givesAway: ownUser()?.uid === 0, clock, logger });
  const sandboxes = createSessionSandboxes({
    ...options,
    logger,
    link,
    recipe,
    pool,
    volumes,
    starts,
    nextName,
    closing: closing.signal,
    onChange: (sandbox) => publish({ sandbox }),
    onOpened: () => upkeep.refillPool(),
  });
  const upkeep = createUpkeep({
    link,
    recipe,
    volumes,
    sandboxes,
    pool,
    instanceId,
    isOurs,
    closing: closing.signal,
    clock,
    logger,
  });
  const images = createSandboxImages({
    engine: () => link.use(),
    status: image,
    reference: () => config().image,
    pins,
    imageFolder: options.imageFolder,
    clock,
  });
  const cleanUp = createCleanUp({
    dataDir,
    instanceId,
    engine: () => link.use(),
    isOurs,
    isInUse: (owner) => sandboxes.of(owner) !== undefined,
    ownsDataDir: true,
    clock,
    logger,
  });

  function linkToDocker(onChange: (status: EngineStatus) => void): EngineLink {
    const onConnect = (canMount: boolean) => {
      hasFolders = canMount;
    };
    return createDockerLink({ config, clock, env: options.env, uid: ownUser()?.uid, tunnels, onChange, onConnect });
  }

  function openPool(): WarmPool {
    const availableMemory = options.availableMemory ?? readAvailableMemory;
    let cleaning: Promise<void> | undefined;
    return createWarmPool({
      // A workspace that is a volume belongs to one session from the start.
      size: () => affordablePool(isWarm && hasFolders ? config().warmPool : 0, pool.list().length, availableMemory()),
      kind: async () => {
        // What an owner of this data directory left that did not end in order.
        cleaning ??= removeWorkspace(poolPath(dataDir));
        await cleaning;
        return recipe.kind(await link.use(), config());
      },
      plan() {
        const info = describeSandbox({ tenantId: '', sessionId: '' }, nextName('pool'), config(), clock.now());
        return { info: { ...info, isPooled: true }, folder: join(poolPath(dataDir), info.id) };
      },
      start: (kind, { id, image }, workspaceDir) =>
        recipe.startMovable({ kind, name: id, image, session: 'pool', workspaceDir }),
      onChange: (sandbox) => publish({ sandbox }),
      logger,
    });
  }

  function nextName(session: string): string {
    created += 1;
    return containerName(instanceId, session, created);
  }

  /** By its id, too: a list may show a name that a container of the pool had until just now. */
  function isOurs({ name, containerId }: { name: string; containerId: string }): boolean {
    const isIt = ({ id, containerId: known }: { id: string; containerId?: string | undefined }) =>
      id === name || known === containerId;
    return pool.has(name) || sandboxes.entries().some((entry) => isIt(entry.info())) || pool.list().some(isIt);
  }

  function publish(change: Parameters<Parameters<SandboxManager['subscribe']>[0]>[0]): void {
    for (const listener of listeners) {
      listener(change);
    }
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

  const destroyAll = () => sandboxes.destroyAll(pool.empty());

  return {
    images,
    cleanUp,
    shownByContainers: async () => containerTexts(await link.use()),
    probe: () => link.probe(),
    engine: () => link.status(),
    image,
    acquire: sandboxes.acquire,
    keepWarm(isWanted) {
      isWarm = isWanted && !closing.signal.aborted;
      pool.adjust();
    },
    list: () => [...sandboxes.entries().map((entry) => entry.info()), ...pool.list()],
    stats: () => stats.read(sandboxes.entries()),
    inspect: (id) => sandboxes.mustFind(id).engine.inspect(id),
    keepAlive: (id) => sandboxes.find(id)?.keepAlive(),
    async pause(id) {
      const entry = sandboxes.mustFind(id);
      await entry.pause();
      return entry.info();
    },
    async resume(id) {
      const entry = sandboxes.mustFind(id);
      await entry.resume();
      return entry.info();
    },
    restart: sandboxes.restart,
    async destroy(id) {
      await (sandboxes.find(id)?.destroy() ?? pool.destroy(id));
    },
    destroyAll,
    sweep: upkeep.sweep,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort();
      isWarm = false;
      stats.close();
      await destroyAll();
      await upkeep.ended();
      await starts.ended();
      await recipe.close();
      await tunnels.close();
      listeners.clear();
    },
  };
}

function ownUser(): { uid: number; gid: number } | undefined {
  return process.getuid && process.getgid ? { uid: process.getuid(), gid: process.getgid() } : undefined;
}
