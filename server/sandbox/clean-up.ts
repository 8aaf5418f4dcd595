import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CleanUpItem, CleanUpOutcome, CleanUpPlan, CleanUpProgress } from '../contract/clean-up.ts';
import { idPattern } from '../contract/ids.ts';
import { createDataLayout } from '../data/layout.ts';
import { removeWorkspaceStart } from '../data/workspace-start.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ContainerEngine, ListedContainer } from './container-engine.ts';
import { folderSize } from './folder-size.ts';
import { bundledImageLabel, managedLabel, readOwner } from './labels.ts';
import { checkLiveness } from './process-identity.ts';
import { saveWorkspace } from './save-workspace.ts';
import { moveWorkspace, removeWorkspace, type WorkspaceOwner, workspacePath } from './workspace.ts';

export interface CleanUpOptions {
  /** Absolute. */
  dataDir: string;
  instanceId: string;
  engine(): Promise<ContainerEngine>;
  /** Containers that this program uses or is about to use. */
  isOurs(container: { name: string; containerId: string }): boolean;
  /** A sandbox has the workspace, or is about to. */
  isInUse(owner: WorkspaceOwner): boolean;
  /** False: workspaces are not looked at, because their owner is another process. */
  ownsDataDir: boolean;
  clock: Clock;
  logger: Logger;
}

export interface CleanUpRequest {
  /** Of items of a plan; what is no longer in a fresh plan is refused. */
  ids: string[];
  /** Each workspace is written as a zip into the backups first. */
  savesWorkspaces: boolean;
  onProgress?: (progress: CleanUpProgress) => void;
  signal?: AbortSignal;
}

export interface CleanUp {
  /** Changes nothing. */
  plan(): Promise<CleanUpPlan>;
  apply(request: CleanUpRequest): Promise<Extract<CleanUpProgress, { type: 'done' }>>;
}

/** A container that is only created may be on its way up. */
const minStoppedAgeMs = 600_000;

export function createCleanUp(options: CleanUpOptions): CleanUp {
  const { dataDir, clock, logger } = options;
  const layout = createDataLayout(dataDir);

  async function plan(): Promise<CleanUpPlan> {
    const kept: CleanUpPlan['kept'] = [];
    const items: CleanUpItem[] = [];
    let problem: string | undefined;
    try {
      const engine = await options.engine();
      items.push(...(await findContainers(engine, kept)), ...(await findImages(engine)));
    } catch (fault) {
      problem = messageOf(fault);
    }
    if (options.ownsDataDir) {
      items.push(...(await findWorkspaces()));
    }
    const totalBytes = items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { items, totalBytes, kept, ...(problem === undefined ? {} : { problem }) };
  }

  async function findContainers(engine: ContainerEngine, kept: CleanUpPlan['kept']): Promise<CleanUpItem[]> {
    const found: CleanUpItem[] = [];
    for (const container of await engine.list(managedLabel, { withSizes: true })) {
      const verdict = await judge(container, engine);
      if (verdict === 'owner_gone' || verdict === 'stopped') {
        const { containerId, name, sizeBytes = 0, createdAt } = container;
        const created = createdAt === undefined ? {} : { createdAt };
        found.push({ id: `container:${containerId}`, kind: 'container', name, reason: verdict, sizeBytes, ...created });
      } else if (verdict !== 'leave') {
        kept.push({ name: container.name, reason: verdict.keep });
      }
    }
    return found;
  }

  async function judge(
    container: ListedContainer,
    engine: ContainerEngine,
  ): Promise<'owner_gone' | 'stopped' | 'leave' | { keep: string }> {
    const owner = readOwner(container.labels);
    if (!owner) {
      return { keep: 'Its labels do not say who owns it.' };
    }
    if (owner.instanceId === options.instanceId) {
      return options.isOurs(container) ? 'leave' : 'owner_gone';
    }
    const liveness = await checkLiveness(owner.owner);
    if (liveness === 'dead') {
      return 'owner_gone';
    }
    const isStopped = container.state !== 'running' && container.state !== 'paused';
    if (isStopped && liveness === 'alive' && (await isOld(container, engine))) {
      return 'stopped';
    }
    return liveness === 'alive'
      ? 'leave'
      : { keep: 'Its owner runs on another machine, or cannot be looked at from here.' };
  }

  /** By the engine's clock, which has stamped it. */
  async function isOld({ createdAt }: ListedContainer, engine: ContainerEngine): Promise<boolean> {
    return createdAt !== undefined && (await engine.now()) - createdAt > minStoppedAgeMs;
  }

  async function findImages(engine: ContainerEngine): Promise<CleanUpItem[]> {
    const images = await engine.listDanglingImages(bundledImageLabel);
    return images.map(({ imageId, sizeBytes, createdAt }) => ({
      id: `image:${imageId}`,
      kind: 'image',
      name: imageId.replace(/^sha256:/, '').slice(0, 12),
      reason: 'dangling_image',
      sizeBytes,
      ...(createdAt === undefined ? {} : { createdAt }),
    }));
  }

  /** Two levels, of tenants that there are: whatever else lies here is not ours to judge. */
  async function findWorkspaces(): Promise<CleanUpItem[]> {
    const found: CleanUpItem[] = [];
    for (const tenantId of await namesIn(layout.sandboxesDir)) {
      if (!(await exists(layout.tenantDir(tenantId)))) {
        continue;
      }
      for (const sessionId of await namesIn(join(layout.sandboxesDir, tenantId))) {
        const owner = { tenantId, sessionId };
        if (options.isInUse(owner) || (await exists(layout.session(tenantId, sessionId).dir))) {
          continue;
        }
        const path = workspacePath(dataDir, owner);
        const { birthtimeMs } = await stat(path);
        found.push({
          id: `workspace:${tenantId}/${sessionId}`,
          kind: 'workspace',
          name: `${tenantId}/${sessionId}`,
          reason: 'no_session',
          sizeBytes: await folderSize(path),
          createdAt: Math.round(birthtimeMs),
        });
      }
    }
    return found;
  }

  async function removeOne(item: CleanUpItem, savesWorkspaces: boolean): Promise<CleanUpOutcome> {
    const { id, kind, name } = item;
    try {
      if (kind === 'workspace') {
        return { id, ok: true, ...(await removeOneWorkspace(name, savesWorkspaces)) };
      }
      const engine = await options.engine();
      const target = id.slice(kind.length + 1);
      await (kind === 'container' ? engine.remove(target) : engine.removeImage(target));
      return { id, ok: true, freedBytes: item.sizeBytes };
    } catch (fault) {
      return { id, ok: false, code: fault instanceof AppError ? fault.code : 'internal', error: messageOf(fault) };
    }
  }

  async function imagesBytes(): Promise<number> {
    try {
      return await (await options.engine()).imagesBytes();
    } catch {
      // Without an engine no image is removed either.
      return 0;
    }
  }

  async function removeOneWorkspace(name: string, isSaved: boolean) {
    const [tenantId = '', sessionId = ''] = name.split('/');
    const owner = { tenantId, sessionId };
    const path = workspacePath(dataDir, owner);
    const before = await folderSize(path);
    const stamp = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-');
    const savedAs = join(layout.backupsDir, 'workspaces', `${tenantId}-${sessionId}-${stamp}.zip`);
    if (isSaved) {
      await saveWorkspace(path, savedAs);
    }
    if (options.isInUse(owner)) {
      throw new AppError('workspace_in_use', 'A sandbox uses this workspace again. It is kept.', { status: 409 });
    }
    // Out of the way in one step: who comes for it now gets a new one.
    const removed = join(layout.sandboxesDir, '.removed', `${tenantId}-${sessionId}-${stamp}`);
    await moveWorkspace(path, removed);
    await removeWorkspaceStart(dataDir, tenantId, sessionId);
    await removeWorkspace(removed);
    return { freedBytes: before, ...(isSaved ? { savedAs } : {}) };
  }

  return {
    plan,
    async apply({ ids, savesWorkspaces, onProgress, signal }) {
      const before = await imagesBytes();
      const known = new Map((await plan()).items.map((item) => [item.id, item]));
      const outcomes: CleanUpOutcome[] = [];
      for (const id of new Set(ids)) {
        if (signal?.aborted) {
          break;
        }
        const item = known.get(id);
        const outcome = item ? await removeOne(item, savesWorkspaces) : notThere(id);
        outcomes.push(outcome);
        logger.info('Cleaned up.', { ...outcome });
        onProgress?.({ type: 'item', done: outcomes.length, total: new Set(ids).size, outcome });
      }
      const ofImages = Math.max(0, before - (await imagesBytes()));
      const freedBytes = outcomes.reduce(
        // Images share layers: what they free together is what the engine measures, not their sum.
        (sum, outcome) => sum + (outcome.ok && !outcome.id.startsWith('image:') ? outcome.freedBytes : 0),
        ofImages,
      );
      const done = { type: 'done' as const, outcomes, freedBytes };
      onProgress?.(done);
      return done;
    },
  };
}

function notThere(id: string): CleanUpOutcome {
  const error = 'It is not there any more, or is needed by now. Look again.';
  return { id, ok: false, code: 'clean_up_changed', error };
}

/** Names that can be ids; everything else, dotted folders of ours too, is not looked at. */
async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && idPattern.test(entry.name)).map(({ name }) => name);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (cause: NodeJS.ErrnoException) => cause.code !== 'ENOENT',
  );
}
