import type { SandboxInfo } from '../contract/sandbox.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { BackgroundCommands } from './background-commands.ts';
import { createCommandLog } from './command-log.ts';
import type { ContainerEngine } from './container-engine.ts';
import { armDeadline } from './deadline.ts';
import { createDiskWatch, type DiskWatch } from './disk-watch.ts';
import { noGateway } from './egress/gateway.ts';
import { sandboxFault } from './faults.ts';
import { createRunningSandbox, type SandboxScope } from './running-sandbox.ts';
import type { Sandbox } from './sandbox.ts';
import type { StartedSandbox } from './sandbox-start.ts';
import { isUsable, nextState, type SandboxHappening } from './sandbox-state.ts';
import type { AgentClient } from './wire/agent-client.ts';

/** What is left to one whose greatest age passed while the machine slept. */
const lateGraceMs = 600_000;

export interface EntryOptions {
  info: SandboxInfo;
  engine: ContainerEngine;
  clock: Clock;
  logger: Logger;
  idleTimeoutMs(): number;
  maxAgeMs(): number;
  diskLimitBytes(): number;
  /** Of the session; they outlast the sandbox as memories. */
  background: BackgroundCommands;
  onExec: SandboxScope['onExec'];
  onChange(info: SandboxInfo): void;
}

/** One sandbox from the wish for it to its end: its state, its uses and its idle timer. */
export interface SandboxEntry {
  info(): SandboxInfo;
  readonly engine: ContainerEngine;
  /** Runs `start` and resolves with the sandbox; rejects with the fault that the state then shows. */
  start(start: () => Promise<StartedSandbox>): Promise<Sandbox>;
  keepAlive(): void;
  /** Throws `sandbox_busy` while something runs. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Idempotent: calls at the same time share one removal. */
  destroy(): Promise<void>;
}

export function createSandboxEntry(options: EntryOptions): SandboxEntry {
  const { engine, clock, logger } = options;
  const running = new Set<SandboxInfo['running'][number]>();
  let info = options.info;
  let uses = 0;
  let started: StartedSandbox | undefined;
  let starting: Promise<unknown> | undefined;
  let destroying: Promise<void> | undefined;
  let disarmIdleTimer: () => void = () => undefined;
  let disarmAge: () => void = () => undefined;
  let resuming: Promise<void> | undefined;
  let disk = new AbortController();
  let diskWatch: DiskWatch | undefined;

  function move(happening: SandboxHappening, change: Partial<SandboxInfo> = {}): boolean {
    const state = nextState(info.state, happening);
    if (state === undefined) {
      return false;
    }
    if (state !== info.state) {
      const level = state === 'busy' || state === 'idle' ? 'debug' : 'info';
      const code = change.fault?.code;
      const fields = { container: info.id, why: happening, ...(code === undefined ? {} : { code }) };
      logger.log(level, `Sandbox ${info.state} → ${state}.`, fields);
    }
    update({ ...change, state });
    return true;
  }

  function update(change: Partial<SandboxInfo>): void {
    info = { ...info, ...change, running: [...running] };
    options.onChange(info);
  }

  function armIdle(): void {
    disarmIdle();
    const idleTimeoutMs = options.idleTimeoutMs();
    info = { ...info, endsAt: clock.now() + idleTimeoutMs };
    disarmIdleTimer = armDeadline(clock, idleTimeoutMs, {
      onDue: () => endBecause('Sandbox was idle for too long.'),
      onLate() {
        armIdle();
        update({});
      },
    });
  }

  function disarmIdle(): void {
    disarmIdleTimer();
    const { endsAt: _, ...rest } = info;
    info = rest;
  }

  function armAge(ms: number): void {
    disarmAge();
    info = { ...info, expiresAt: clock.now() + ms };
    disarmAge = armDeadline(clock, ms, {
      onDue: () => endBecause('Sandbox has reached its greatest age.'),
      onLate() {
        armAge(lateGraceMs);
        update({});
      },
    });
  }

  function endBecause(reason: string): void {
    logger.info(reason, { container: info.id });
    destroy().catch((fault: unknown) => logger.warn(messageOf(fault), { container: info.id }));
  }

  function stopTimers(): void {
    disarmIdle();
    disarmAge();
    diskWatch?.close();
  }

  function watchDisk(agent: AgentClient): void {
    diskWatch = createDiskWatch({
      agent,
      limitBytes: options.diskLimitBytes,
      onMeasured: (diskBytes) => update({ diskBytes, diskLimitBytes: options.diskLimitBytes() }),
      onOver() {
        disk.abort();
        disk = new AbortController();
      },
      clock,
      logger,
      container: info.id,
    });
  }

  function checkSpace(): void {
    const limit = options.diskLimitBytes();
    if (limit > 0 && (info.diskBytes ?? 0) >= limit) {
      const sentence = 'The workspace is full. Delete files that are not needed, then try again.';
      throw new AppError('disk_limit', sentence, { status: 507, details: { limitBytes: limit } });
    }
  }

  async function pause(): Promise<void> {
    if (uses > 0 || !move('pause_asked')) {
      throw new AppError('sandbox_busy', 'Something runs in this sandbox, or it is not up. Pause it when it is idle.', {
        status: 409,
      });
    }
    disarmIdle();
    update({});
    try {
      await started?.named;
      await engine.pause(info.id);
    } catch (fault) {
      move('resumed');
      armIdle();
      throw fault;
    }
  }

  async function wake(): Promise<void> {
    await engine.unpause(info.id);
    armIdle();
    move('resumed', { lastUsedAt: clock.now() });
  }

  function resume(): Promise<void> {
    if (info.state !== 'paused') {
      return Promise.resolve();
    }
    resuming ??= wake().finally(() => {
      resuming = undefined;
    });
    return resuming;
  }

  function begin(command?: string, shellId?: string): () => void {
    const entry = { command: command ?? '', startedAt: clock.now(), ...(shellId === undefined ? {} : { shellId }) };
    if (command !== undefined) {
      running.add(entry);
      info = { ...info, firstCommand: info.firstCommand ?? { command, at: entry.startedAt } };
    }
    uses += 1;
    disarmIdle();
    if (command !== undefined) {
      diskWatch?.start();
    }
    move('command_began', { lastUsedAt: clock.now() });
    let isEnded = false;
    return () => {
      if (isEnded) {
        return;
      }
      isEnded = true;
      running.delete(entry);
      uses -= 1;
      if (uses > 0 || !isUsable(info.state)) {
        update({ lastUsedAt: clock.now() });
        return;
      }
      armIdle();
      move('last_command_ended', { lastUsedAt: clock.now() });
      if (command !== undefined) {
        diskWatch?.stop();
      }
    };
  }

  async function start(startContainer: () => Promise<StartedSandbox>): Promise<Sandbox> {
    const attempt = startContainer();
    starting = attempt.catch(() => undefined);
    try {
      started = await attempt;
    } catch (cause) {
      const fault = cause as AppError;
      move('start_failed', { fault: { code: fault.code, message: fault.message } });
      throw fault;
    }
    const { agent, containerId } = started;
    started.stderr?.belongsTo(logger);
    void agent.closed.then(onConnectionEnd);
    if (info.state === 'creating') {
      armIdle();
      const maxAgeMs = options.maxAgeMs();
      if (maxAgeMs > 0) {
        armAge(maxAgeMs);
      }
      watchDisk(agent);
    }
    if (!move('started', { containerId, lastUsedAt: clock.now() })) {
      throw sandboxFault('sandbox_lost');
    }
    return createRunningSandbox({
      info: () => info,
      agent,
      gateway: started.gateway ?? noGateway,
      clock,
      begin,
      commandLog: createCommandLog(logger, clock, info.id),
      background: options.background,
      onExec: options.onExec,
      awake: resume,
      diskSignal: () => disk.signal,
      checkSpace,
      forceEnd,
    });
  }

  function onConnectionEnd(reason: AppError): void {
    stopTimers();
    running.clear();
    const isLost = move('vanished', { fault: { code: reason.code, message: reason.message } });
    if (isLost) {
      logger.warn('Sandbox was lost.', { container: info.id, why: messageOf(reason.cause ?? reason) });
      removeByForce().catch((fault: unknown) => logger.warn(messageOf(fault), { container: info.id }));
    }
  }

  async function removeByForce(): Promise<void> {
    await started?.named;
    await engine.remove(info.id);
  }

  async function forceEnd(reason: string): Promise<void> {
    logger.warn('Removing a sandbox by force.', { container: info.id, why: reason });
    started?.agent.close();
    await removeByForce().catch((fault: unknown) => logger.warn(messageOf(fault), { container: info.id }));
  }

  async function remove(): Promise<void> {
    stopTimers();
    const wasPaused = info.state === 'paused';
    const wasUsable = wasPaused || info.state === 'creating' || isUsable(info.state);
    move('stop_asked');
    await starting;
    await started?.named;
    if (started?.workspace && wasUsable) {
      await saveWorkspace(started.workspace, wasPaused);
    }
    started?.agent.close();
    try {
      await engine.remove(info.id);
      await releaseWorkspace();
      running.clear();
      move('removed');
    } catch (cause) {
      const fault = cause as AppError;
      move('remove_failed', { fault: { code: fault.code, message: fault.message } });
      destroying = undefined;
      throw fault;
    }
  }

  /** What cannot be saved stays where it is, and the next sandbox of the session finds it there. */
  async function saveWorkspace(workspace: NonNullable<StartedSandbox['workspace']>, isPaused: boolean): Promise<void> {
    try {
      if (isPaused) {
        await engine.unpause(info.id);
      }
      await workspace.save();
    } catch (fault) {
      const code = fault instanceof AppError ? fault.code : 'internal';
      logger.warn('A workspace was not saved.', { container: info.id, code, error: messageOf(fault) });
    }
  }

  /** One that stays is found again by its record. */
  async function releaseWorkspace(): Promise<void> {
    try {
      await started?.workspace?.release();
    } catch (fault) {
      logger.warn('The volume of a workspace that was saved is left.', { container: info.id, error: messageOf(fault) });
    }
  }

  function destroy(): Promise<void> {
    destroying ??= remove();
    return destroying;
  }

  return {
    info: () => info,
    engine,
    start,
    keepAlive() {
      if (isUsable(info.state) && uses === 0) {
        armIdle();
        update({});
      }
    },
    pause,
    resume,
    destroy,
  };
}
