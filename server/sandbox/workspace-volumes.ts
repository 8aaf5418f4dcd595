import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { idPattern } from '../contract/ids.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ContainerEngine } from './container-engine.ts';
import { sandboxFault } from './faults.ts';
import { managedLabel } from './labels.ts';
import type { StartedSandbox } from './sandbox-start.ts';
import { type CommandUser, makeWorkspace, type WorkspaceOwner, workspacePath } from './workspace.ts';
import { fillWorkspace } from './workspace-transfer/fill.ts';
import { saveFromSandbox } from './workspace-transfer/save.ts';

export interface WorkspaceVolumesOptions {
  /** Absolute. */
  dataDir: string;
  /** Of commands in sandboxes. */
  user: CommandUser;
  /** Files that are saved belong to `user`; else to whoever runs this. */
  givesAway: boolean;
  /** Of one workspace, 0 is no limit; more than twice of it is not saved. */
  diskLimitBytes(): number;
  clock: Clock;
  logger: Logger;
}

export interface VolumeStart {
  engine: ContainerEngine;
  owner: WorkspaceOwner;
  labels: Record<string, string>;
  /** Starts the sandbox with the volume as its workspace. */
  start(volume: string): Promise<StartedSandbox>;
  /** Ends it again. */
  end(started: StartedSandbox): Promise<void>;
}

/**
 * Workspaces on engines that cannot mount folders of this machine: a volume per session, filled from its folder at the
 * start and saved back at the end. From the first file in it until it is saved the volume is the workspace, and a
 * record beside the workspaces says so; whoever comes next finds it by that.
 */
export interface WorkspaceVolumes {
  /** Throws `workspace_elsewhere`, `workspace_not_filled`, or what `start` throws. */
  start(request: VolumeStart): Promise<StartedSandbox>;
  /** Whether the workspace is in a volume, of whatever engine. */
  holds(owner: WorkspaceOwner): Promise<boolean>;
  /** Sessions whose workspace was left in a volume of this engine. */
  left(engine: ContainerEngine): Promise<WorkspaceOwner[]>;
  /** Volumes with our label of which nothing is known here; another data directory may need them. */
  strange(engine: ContainerEngine): Promise<string[]>;
}

const recordSchema = z.object({
  volume: z.string().min(1),
  engineId: z.string(),
  /** `new`: perhaps half filled. `filled`: what counts. `saved`: as the folder here, and about to go. */
  state: z.enum(['new', 'filled', 'saved']),
  at: z.number(),
});
type VolumeRecord = z.infer<typeof recordSchema>;

export function createWorkspaceVolumes(options: WorkspaceVolumesOptions): WorkspaceVolumes {
  const { dataDir, user, clock, logger } = options;
  const recordsDir = join(dataDir, 'sandboxes', '.volumes');
  const swapDir = join(dataDir, 'sandboxes', '.saving');
  const recordPath = ({ tenantId, sessionId }: WorkspaceOwner) => join(recordsDir, tenantId, `${sessionId}.json`);
  let isSwapClean = false;

  async function readRecord(owner: WorkspaceOwner): Promise<VolumeRecord | undefined> {
    let text: string;
    try {
      text = await readFile(recordPath(owner), 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
        return undefined;
      }
      throw cause;
    }
    return recordSchema.parse(JSON.parse(text));
  }

  async function writeRecord(owner: WorkspaceOwner, record: VolumeRecord): Promise<VolumeRecord> {
    await mkdir(dirname(recordPath(owner)), { recursive: true, mode: 0o700 });
    await atomicWriteFile(recordPath(owner), JSON.stringify(record));
    return record;
  }

  /** The record of a volume that is there. */
  async function prepare({ engine, owner, labels }: VolumeStart): Promise<VolumeRecord> {
    const { engineId } = engine.traits;
    const known = await readRecord(owner);
    if (known && known.engineId !== engineId) {
      throw sandboxFault('workspace_elsewhere', { said: `Engine ${known.engineId}, volume ${known.volume}.` });
    }
    if (known && (await engine.hasVolume(known.volume))) {
      return known;
    }
    if (known?.state === 'filled') {
      logger.warn('The volume of a workspace was removed. What was not saved from it is lost.', { ...owner, ...known });
    }
    const volume = `agentrail-workspace-${randomUUID().slice(0, 18)}`;
    // First the record: a volume that nothing points to would be nobody's.
    const record = await writeRecord(owner, { volume, engineId, state: 'new', at: clock.now() });
    await engine.createVolume(volume, labels);
    return record;
  }

  async function save(owner: WorkspaceOwner, agent: StartedSandbox['agent']): Promise<void> {
    if (!isSwapClean) {
      // Left by an owner of this data directory that was killed; the volume still has it all.
      isSwapClean = true;
      await rm(swapDir, { recursive: true, force: true });
    }
    const place = join(swapDir, randomUUID());
    const [incoming, outgoing] = [join(place, 'new'), join(place, 'old')];
    const limit = options.diskLimitBytes();
    try {
      await mkdir(incoming, { recursive: true, mode: 0o700 });
      await saveFromSandbox(agent, {
        folder: incoming,
        maxBytes: limit > 0 ? limit * 2 : Number.POSITIVE_INFINITY,
        owner: options.givesAway ? user : undefined,
      });
      const path = workspacePath(dataDir, owner);
      await rename(path, outgoing).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'ENOENT') throw cause;
      });
      await rename(incoming, path);
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  }

  function bind(request: VolumeStart, record: VolumeRecord, started: StartedSandbox): StartedSandbox {
    const { owner, engine } = request;
    let isSaved = false;
    return {
      ...started,
      workspace: {
        async save() {
          await save(owner, started.agent);
          await writeRecord(owner, { ...record, state: 'saved', at: clock.now() });
          isSaved = true;
        },
        async release() {
          if (isSaved) {
            await engine.removeVolume(record.volume);
            await rm(recordPath(owner), { force: true });
          }
        },
      },
    };
  }

  return {
    async start(request) {
      const { owner, start, end } = request;
      const folder = await makeWorkspace(workspacePath(dataDir, owner), user);
      const record = await prepare(request);
      const started = await start(record.volume);
      try {
        // A volume that was left counts; only what a person has put into the folder since then is added.
        await fillWorkspace(started.agent, folder, record.state === 'new' ? undefined : record.at);
        const filled = await writeRecord(owner, { ...record, state: 'filled', at: clock.now() });
        return bind(request, filled, started);
      } catch (fault) {
        await end(started).catch((second: unknown) => logger.warn(messageOf(second), { ...owner }));
        throw fault;
      }
    },
    holds: async (owner) => (await readRecord(owner)) !== undefined,
    async left(engine) {
      const found: WorkspaceOwner[] = [];
      for (const owner of await listRecords(recordsDir)) {
        const record = await readRecord(owner).catch(() => undefined);
        if (record?.engineId === engine.traits.engineId) {
          found.push(owner);
        }
      }
      return found;
    },
    async strange(engine) {
      const records = await Promise.all(
        (await listRecords(recordsDir)).map((owner) => readRecord(owner).catch(() => undefined)),
      );
      const ours = new Set(records.map((record) => record?.volume));
      return (await engine.listVolumes(managedLabel)).map(({ name }) => name).filter((name) => !ours.has(name));
    },
  };
}

async function listRecords(folder: string): Promise<WorkspaceOwner[]> {
  const found: WorkspaceOwner[] = [];
  const namesIn = (path: string) => readdir(path).catch(() => []);
  for (const tenantId of await namesIn(folder)) {
    for (const name of await namesIn(join(folder, tenantId))) {
      const sessionId = name.replace(/\.json$/, '');
      if (name.endsWith('.json') && idPattern.test(tenantId) && idPattern.test(sessionId)) {
        found.push({ tenantId, sessionId });
      }
    }
  }
  return found;
}
