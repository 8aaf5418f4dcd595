import { idSchema } from '../contract/ids.ts';
import type { SandboxInfo } from '../contract/sandbox.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { endUnfitting, isFitting, type MadeFor, settingsFor } from './agent-settings.ts';
import { createBackgroundBooks } from './background-books.ts';
import type { ContainerEngine } from './container-engine.ts';
import { addGateway, nowhere } from './egress/gateway.ts';
import type { EngineLink } from './engine-link.ts';
import { sandboxFault } from './faults.ts';
import type { SessionStarts } from './files/session-start.ts';
import { sizeBytes } from './limits.ts';
import type { Sandbox, SandboxManager, SandboxOwner } from './sandbox.ts';
import { createSandboxEntry, type SandboxEntry } from './sandbox-entry.ts';
import { describeSandbox } from './sandbox-info.ts';
import type { SandboxManagerOptions } from './sandbox-manager-options.ts';
import type { SandboxRecipe } from './sandbox-recipe.ts';
import { isUsable } from './sandbox-state.ts';
import type { WarmPool } from './warm-pool.ts';
import { workspacePath } from './workspace.ts';
import type { WorkspaceVolumes } from './workspace-volumes.ts';

const destroyAllBoundMs = 60_000;

type SessionKey = Pick<SandboxOwner, 'tenantId' | 'sessionId'>;

export interface SessionSandboxesOptions
  extends Pick<
    SandboxManagerOptions,
    'config' | 'agentSettings' | 'world' | 'dataDir' | 'clock' | 'logger' | 'onExec'
  > {
  link: EngineLink;
  recipe: SandboxRecipe;
  pool: WarmPool;
  volumes: Pick<WorkspaceVolumes, 'holds'>;
  starts: SessionStarts;
  /** A name that no container had yet. */
  nextName(sessionId: string): string;
  /** Fires when no sandbox is opened any more. */
  closing: AbortSignal;
  onChange(info: SandboxInfo): void;
  /** A sandbox was asked for and is there, or could not be made. */
  onOpened(): void;
}

/** Which session has which sandbox. */
export interface SessionSandboxes extends Pick<SandboxManager, 'acquire' | 'restart'> {
  entries(): SandboxEntry[];
  of(owner: SessionKey): SandboxEntry | undefined;
  find(id: string): SandboxEntry | undefined;
  /** Throws `sandbox_not_found`. */
  mustFind(id: string): SandboxEntry;
  /** Ends every one and `others`, within a bound. */
  destroyAll(others: Promise<unknown>): Promise<{ destroyed: number; left: string[] }>;
}

interface Slot {
  entry: SandboxEntry;
  madeFor: MadeFor;
  sandbox: Promise<Sandbox>;
}

export function createSessionSandboxes(options: SessionSandboxesOptions): SessionSandboxes {
  const { config, clock, logger, link, closing } = options;
  const slots = new Map<string, Slot>();
  /** Removals of failed and lost ones whose place another one has taken. */
  const leaving = new Set<Promise<void>>();
  const background = createBackgroundBooks(clock);
  const ownSettings = (agentId?: string) => (agentId === undefined ? undefined : options.agentSettings?.(agentId));

  async function acquire(owner: SandboxOwner, signal?: AbortSignal): Promise<Sandbox> {
    signal?.throwIfAborted();
    if (closing.aborted) {
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
    if (closing.aborted || (current && current !== slot)) {
      return acquire(owner, signal);
    }
    const opened = open(key, owner, engine);
    if (current) {
      // Failed or lost: takes leave of those who watch it, and of what may be left of its container.
      const left = current.entry
        .destroy()
        .catch((fault: unknown) => logger.warn(messageOf(fault), { container: current.entry.info().id }))
        .finally(() => leaving.delete(left));
      leaving.add(left);
    }
    return orAborted(opened.sandbox, signal);
  }

  function open(key: string, { agentId, ...owner }: SandboxOwner, engine: ContainerEngine): Slot {
    const settings = () => settingsFor(config(), ownSettings(agentId));
    const info = describeSandbox(owner, options.nextName(owner.sessionId), settings(), clock.now());
    const ownLogger = logger.child(owner);
    ownLogger.info('Sandbox is being made.', { container: info.id, image: info.image });
    const entry = createSandboxEntry({
      info,
      engine,
      clock,
      logger: ownLogger,
      idleTimeoutMs: () => config().idleTimeoutMs,
      maxAgeMs: () => config().maxAgeMs,
      diskLimitBytes: () => sizeBytes(config().diskLimit),
      background: background.of(key),
      onExec: options.onExec ?? (() => undefined),
      onChange: (sandbox) => {
        if (sandbox.state === 'gone' && slots.get(key)?.entry === entry) {
          slots.delete(key);
        }
        options.onChange(sandbox);
      },
    });
    const sandbox = entry.start(async () => {
      const workspaceDir = workspacePath(options.dataDir, owner);
      const kind = await options.recipe.kind(engine, settings());
      await options.starts.note(owner);
      const isHeld = await options.volumes.holds(owner);
      const waiting = isHeld ? undefined : await options.pool.claim(kind, info.id, workspaceDir);
      const fresh = { kind, name: info.id, image: info.image, session: owner, workspaceDir };
      const started = waiting ?? (await options.recipe.start(fresh));
      const world = options.world ?? nowhere;
      return addGateway(started, { engine, container: info.id, settings, world, clock, logger: ownLogger });
    });
    void sandbox.then(options.onOpened, options.onOpened);
    sandbox.catch((fault: unknown) => noteFailure(info.id, fault));
    const madeFor = { network: settings().network, ...(agentId !== undefined && { agentId }) };
    const slot = { entry, sandbox, madeFor };
    slots.set(key, slot);
    options.onChange(entry.info());
    return slot;
  }

  function noteFailure(container: string, fault: unknown): void {
    const code = fault instanceof AppError ? fault.code : undefined;
    logger.warn('A sandbox could not be started.', { container, error: messageOf(fault), code });
    if (fault instanceof AppError) {
      link.noteFault(fault);
    }
  }

  function find(id: string): SandboxEntry | undefined {
    return [...slots.values()].find(({ entry }) => entry.info().id === id)?.entry;
  }

  function mustFind(id: string): SandboxEntry {
    const entry = find(id);
    if (!entry) {
      const sentence = 'This sandbox is gone; the next tool call makes a new one.';
      throw new AppError('sandbox_not_found', sentence, { status: 404 });
    }
    return entry;
  }

  async function destroyAll(others: Promise<unknown>): Promise<{ destroyed: number; left: string[] }> {
    const done = new Set<SandboxEntry>();
    const all = [...slots.values()].map(({ entry }) => entry);
    const removals = Promise.all([
      others,
      ...leaving,
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

  return {
    acquire,
    entries: () => [...slots.values()].map(({ entry }) => entry),
    of: (owner) => slots.get(keyOf(owner))?.entry,
    find,
    mustFind,
    async restart(id) {
      const entry = mustFind(id);
      const { tenantId, sessionId } = entry.info();
      const agentId = slots.get(keyOf({ tenantId, sessionId }))?.madeFor.agentId;
      await entry.destroy();
      return (await acquire({ tenantId, sessionId, ...(agentId !== undefined && { agentId }) })).info;
    },
    destroyAll,
  };
}

function keyOf({ tenantId, sessionId }: SessionKey): string {
  return `${idSchema.parse(tenantId)}/${idSchema.parse(sessionId)}`;
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
