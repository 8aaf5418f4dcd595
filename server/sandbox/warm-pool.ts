import type { SandboxInfo } from '../contract/sandbox.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ContainerEngine } from './container-engine.ts';
import type { StartedSandbox } from './sandbox-start.ts';
import type { SkillSnapshot } from './shown-skills/skill-snapshots.ts';
import { moveWorkspace, removeWorkspace } from './workspace.ts';

/** What every sandbox of one kind has in common; a pooled one serves only its own kind. */
export interface SandboxKind {
  engine: ContainerEngine;
  imageId: string;
  /** Of the engine's networks; absent: none. */
  network?: string;
  memoryBytes: number;
  cpus: number;
  pids: number;
  runtime?: string;
  /** Those that are shown in it. */
  skills?: SkillSnapshot;
}

export interface WarmPoolOptions {
  /** How many should wait now; 0 empties the pool. */
  size(): number;
  /** The kind that is wanted now. */
  kind(): Promise<SandboxKind>;
  /** Starts one of the kind; its workspace is the folder `folder`. */
  start(kind: SandboxKind, info: SandboxInfo, folder: string): Promise<StartedSandbox>;
  /** What a new one is called, where its workspace waits, and how it is shown. */
  plan(): { info: SandboxInfo; folder: string };
  onChange(info: SandboxInfo): void;
  logger: Logger;
}

/** Containers that wait for a session. */
export interface WarmPool {
  /**
   * One of the kind whose workspace now lies at `workspace`; undefined when there is none, or none can be had. It can
   * be used at once; the engine may still be busy giving it its name.
   */
  claim(kind: SandboxKind, name: string, workspace: string): Promise<StartedSandbox | undefined>;
  /** Makes the pool what it should be, in the background. */
  adjust(): void;
  list(): SandboxInfo[];
  /** Names that the pool uses or is about to use. */
  has(name: string): boolean;
  destroy(name: string): Promise<void>;
  /** Resolves when nothing waits any more, also nothing that was about to. */
  empty(): Promise<void>;
}

interface Waiting {
  info: SandboxInfo;
  folder: string;
  kind: SandboxKind;
  started?: StartedSandbox;
  /** It ends, or gets the name of whoever claimed it. */
  ending?: Promise<void>;
  isClaimed?: true;
}

export function createWarmPool(options: WarmPoolOptions): WarmPool {
  const { logger } = options;
  const waiting = new Map<string, Waiting>();
  let adjusting: Promise<void> | undefined;
  let isAskedAgain = false;
  /** A kind that could not be started is not tried again by itself: the next use tells the fault. */
  let failedKind: string | undefined;

  function show(item: Waiting, state: SandboxInfo['state']): void {
    item.info = { ...item.info, state };
    options.onChange(item.info);
  }

  async function start(kind: SandboxKind): Promise<void> {
    const { info, folder } = options.plan();
    const item: Waiting = { info, folder, kind };
    waiting.set(info.id, item);
    options.onChange(info);
    try {
      const started = await options.start(kind, info, folder);
      item.started = started;
      item.info = { ...item.info, containerId: started.containerId };
      void started.agent.closed.then(() => {
        if (waiting.get(info.id) === item) {
          void end(item);
        }
      });
      show(item, 'ready');
    } catch (fault) {
      waiting.delete(info.id);
      show(item, 'gone');
      await removeWorkspace(folder);
      throw fault;
    }
  }

  function end(item: Waiting): Promise<void> {
    item.ending ??= remove(item);
    return item.ending;
  }

  async function remove(item: Waiting): Promise<void> {
    show(item, 'stopping');
    item.started?.agent.close();
    try {
      await item.kind.engine.remove(item.info.id);
      await removeWorkspace(item.folder);
    } catch (fault) {
      // The sweep finds it: nobody knows it any more.
      logger.warn(messageOf(fault), { container: item.info.id });
    } finally {
      waiting.delete(item.info.id);
      show(item, 'gone');
    }
  }

  /** Known under its old name until it has the new one, so that no sweep takes it for a stray. */
  async function giveName(item: Waiting, { containerId, agent }: StartedSandbox, name: string): Promise<void> {
    try {
      await item.kind.engine.rename(containerId, name);
    } catch (fault) {
      logger.warn('A sandbox that was claimed got no name and ends.', { container: name, error: messageOf(fault) });
      agent.close();
      await item.kind.engine.remove(containerId).catch((second: unknown) => {
        logger.warn(messageOf(second), { container: item.info.id });
      });
    } finally {
      waiting.delete(item.info.id);
    }
  }

  async function adjustOnce(): Promise<void> {
    const wanted = options.size();
    const kind = wanted > 0 ? await options.kind() : undefined;
    const all = [...waiting.values()].filter(({ ending }) => !ending);
    const fitting = all.filter((item) => kind !== undefined && isSameKind(item.kind, kind));
    const spare = [...all.filter((item) => !fitting.includes(item)), ...fitting.slice(wanted)];
    await Promise.all(spare.map(end));
    if (!kind || failedKind === keyOf(kind)) {
      return;
    }
    for (let count = fitting.length; count < wanted && options.size() >= wanted; count += 1) {
      try {
        await start(kind);
      } catch (fault) {
        failedKind = keyOf(kind);
        throw fault;
      }
    }
  }

  async function adjustUntilQuiet(): Promise<void> {
    do {
      isAskedAgain = false;
      try {
        await adjustOnce();
      } catch (fault) {
        logger.info('No sandbox could be made ready in advance.', { error: messageOf(fault) });
      }
    } while (isAskedAgain);
    adjusting = undefined;
  }

  function adjust(): void {
    isAskedAgain = adjusting !== undefined;
    adjusting ??= adjustUntilQuiet();
  }

  return {
    async claim(kind, name, workspace) {
      failedKind = undefined;
      const item = [...waiting.values()].find((each) => each.started && !each.ending && isSameKind(each.kind, kind));
      if (!item?.started) {
        return undefined;
      }
      // From here on it is not in the pool.
      item.ending = Promise.resolve();
      try {
        if (!(await moveWorkspace(item.folder, workspace))) {
          delete item.ending;
          return undefined;
        }
      } catch (fault) {
        logger.warn('A waiting sandbox could not be claimed.', { container: item.info.id, error: messageOf(fault) });
        item.ending = remove(item);
        await item.ending;
        return undefined;
      }
      item.isClaimed = true;
      show(item, 'gone');
      const named = giveName(item, item.started, name);
      item.ending = named;
      return { ...item.started, named };
    },
    adjust,
    list: () => [...waiting.values()].filter(({ isClaimed }) => !isClaimed).map(({ info }) => info),
    has: (name) => waiting.has(name),
    async destroy(name) {
      const item = waiting.get(name);
      await (item && end(item));
    },
    async empty() {
      await adjusting;
      await Promise.all([...waiting.values()].map(end));
    },
  };
}

function isSameKind(one: SandboxKind, other: SandboxKind): boolean {
  return one.engine === other.engine && keyOf(one) === keyOf(other);
}

/** Everything that a kind is told by counts, whatever comes to it. */
function keyOf({ engine: _, ...rest }: SandboxKind): string {
  return JSON.stringify(Object.entries(rest).toSorted(([one], [other]) => one.localeCompare(other)));
}
