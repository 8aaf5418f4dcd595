import { access, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../contract/config.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ContainerEngine, ContainerSpec } from './container-engine.ts';
import { sandboxFault } from './faults.ts';
import type { ImagePins } from './image-pins.ts';
import { writeLabels } from './labels.ts';
import { sizeBytes } from './limits.ts';
import { createHostFirewall } from './network/host-firewall.ts';
import { createOpenNetworks } from './network/open-networks.ts';
import { type ProcessIdentity, readOwnIdentity } from './process-identity.ts';
import { type StartedSandbox, startSandbox } from './sandbox-start.ts';
import type { SkillSnapshots } from './shown-skills/skill-snapshots.ts';
import type { SandboxKind } from './warm-pool.ts';
import { emptyResultSchema } from './wire/messages.ts';
import { type CommandUser, makeWorkspace, type WorkspaceOwner } from './workspace.ts';
import type { WorkspaceVolumes } from './workspace-volumes.ts';

export interface RecipeOptions {
  instanceId: string;
  user: CommandUser;
  /** `sandbox.allowHostServices`; asked at every use. */
  allowsHostServices(): boolean;
  pins: ImagePins;
  agentSource: string;
  volumes: Pick<WorkspaceVolumes, 'start' | 'holds'>;
  skills: SkillSnapshots;
  clock: Clock;
  logger: Logger;
}

export interface RecipeRequest {
  kind: SandboxKind;
  name: string;
  /** As it is configured; the container is made from the pinned id. */
  image: string;
  session: WorkspaceOwner | 'pool';
  /** Made when missing. */
  workspaceDir: string;
}

/** How a sandbox is made from the configuration. */
export interface SandboxRecipe {
  kind(engine: ContainerEngine, settings: Config['sandbox']): Promise<SandboxKind>;
  start(request: RecipeRequest): Promise<StartedSandbox>;
  /** As `start`, and proves that the workspace may be moved under a running container of this engine. */
  startMovable(request: RecipeRequest): Promise<StartedSandbox>;
  /** Whether the image turned out to have no Python. */
  isPlain(imageId: string | undefined): boolean;
  /** Removes networks that dead owners left. Never throws. */
  sweepNetworks(engine: ContainerEngine): Promise<void>;
  /** Removes what sandboxes shared; after they are gone. Never throws. */
  close(): Promise<void>;
}

export function createRecipe(options: RecipeOptions): SandboxRecipe {
  const { pins, clock, logger } = options;
  const plainImages = new Set<string>();
  let identity: Promise<ProcessIdentity> | undefined;
  const networks = createOpenNetworks({
    instanceId: options.instanceId,
    identity() {
      identity ??= readOwnIdentity();
      return identity;
    },
    allowsHostServices: options.allowsHostServices,
    firewall: createHostFirewall(process.platform, process.getuid?.()),
    hasInterface: (bridge) => access(join('/sys/class/net', bridge)).then(...yesOrNo),
    clock,
    logger,
  });

  async function start({ kind, name, image, session, workspaceDir }: RecipeRequest): Promise<StartedSandbox> {
    identity ??= readOwnIdentity();
    const labels = writeLabels({
      instanceId: options.instanceId,
      session,
      image,
      createdAt: clock.now(),
      owner: await identity,
    });
    const { engine, imageId, memoryBytes, cpus, pids, runtime } = kind;
    const network = kind.network === undefined ? {} : { network: kind.network };
    const limits = { memoryBytes, cpus, pids, ...network, ...(runtime === undefined ? {} : { runtime }) };
    const skills = shownSkills(engine, kind.skills);
    const spec = { name, image: imageId, labels, workspaceDir, ...options.user, ...limits, ...skills };
    const startWith = async (volume?: string) => {
      const mounted = volume === undefined ? spec : { ...spec, workspaceVolume: volume };
      const { agentSource } = options;
      const ownLogger = session === 'pool' ? logger : logger.child(session);
      const started = await startSandbox({ engine, spec: mounted, agentSource, plainImages, clock, logger: ownLogger });
      try {
        if (kind.network !== undefined) await networks.prove(engine, started.agent);
        return started;
      } catch (fault) {
        await endOf(engine, name)(started);
        throw fault;
      }
    };
    try {
      if (session !== 'pool' && (engine.traits.workspaces === 'volume' || (await options.volumes.holds(session)))) {
        return await options.volumes.start({
          engine,
          owner: session,
          labels,
          start: startWith,
          end: endOf(engine, name),
        });
      }
      await makeWorkspace(workspaceDir, options.user);
      return await startWith();
    } catch (fault) {
      if (fault instanceof AppError && fault.code === 'image_missing') {
        // Removed meanwhile: whatever carries the name by then is what the next use gets.
        pins.forget(image);
      }
      throw fault;
    }
  }

  function endOf(engine: ContainerEngine, name: string) {
    return async ({ agent }: StartedSandbox): Promise<void> => {
      agent.close();
      await engine.remove(name);
    };
  }

  return {
    isPlain: (imageId) => imageId !== undefined && plainImages.has(imageId),
    async kind(engine, settings) {
      const { runtime } = settings;
      if (runtime !== undefined && !engine.traits.runtimes.includes(runtime)) {
        throw sandboxFault('runtime_missing', {
          said: `It has ${engine.traits.runtimes.join(', ') || 'none to choose'}.`,
        });
      }
      const imageId = await pins.resolve(engine, settings.image);
      const skills = await options.skills.current();
      const { cpus, pids } = settings;
      return {
        engine,
        imageId,
        memoryBytes: sizeBytes(settings.memory),
        cpus,
        pids,
        ...(runtime === undefined ? {} : { runtime }),
        ...(skills && { skills }),
        ...(settings.network === 'open' ? { network: await networks.use(engine) } : {}),
      };
    },
    sweepNetworks: networks.sweep,
    async close() {
      await networks.close();
      await options.skills.close();
    },
    start,
    async startMovable(request) {
      const started = await start(request);
      try {
        await proveMovable(started, request.workspaceDir);
        return started;
      } catch (fault) {
        started.agent.close();
        await request.kind.engine.remove(request.name);
        throw fault;
      }
    },
  };
}

/** Mounted where folders of this machine can be, else handed over. */
function shownSkills({ traits }: ContainerEngine, skills: SandboxKind['skills']): Pick<ContainerSpec, 'skills'> {
  if (skills === undefined) return {};
  const { dir, sizeBytes } = skills;
  return { skills: traits.workspaces === 'bind' ? { from: 'folder', dir } : { from: 'start', dir, sizeBytes } };
}

const yesOrNo = [() => true, () => false] as const;

/** A file that is made below the new name must be seen inside; engines in a virtual machine may lose it. */
async function proveMovable({ agent }: StartedSandbox, folder: string): Promise<void> {
  const moved = `${folder}-moved`;
  const marker = '.agentrail-moved';
  await rename(folder, moved);
  try {
    await writeFile(join(moved, marker), '');
    const { stdout } = await agent.call({ op: 'stat', params: { path: marker }, result: emptyResultSchema });
    if (JSON.parse(stdout.toString('utf8')) === null) {
      throw new AppError('pool_unsupported', 'This engine loses sight of a workspace that is moved: no warm pool.');
    }
  } finally {
    await rm(join(moved, marker), { force: true });
    await rename(moved, folder);
  }
}
