import type { RunManager } from './agent/runs.ts';
import type { ConfigManager } from './config/config-manager.ts';
import type { ServerControl, ServerParts } from './console/server-control.ts';
import type { Readiness, ReadinessCheck, ServerFault, ServerState } from './contract/server-state.ts';
import { AppError, messageOf } from './lib/app-error.ts';
import type { Clock } from './lib/clock.ts';
import { createSerialQueue } from './lib/serial-queue.ts';
import { createReadiness } from './readiness.ts';
import type { SandboxManager } from './sandbox/sandbox.ts';
import type { SecretsManager } from './secrets/secrets-manager.ts';
import type { SessionStore } from './sessions/store.ts';
import { imageNote, runStages, type StageOutcome, type StageTable, waitingStages } from './stages.ts';
import type { Logger } from './telemetry/logger.ts';

/** How often a running server looks whether the Docker engine came or went. */
const engineWatchMs = 15_000;

export interface Listener {
  host: string;
  port: number;
  /** Ends idle connections at once, the others after graceMs. */
  close(graceMs: number): Promise<void>;
}

type Fetch = (request: Request) => Response | Promise<Response>;

export interface LifecycleOptions {
  config: ConfigManager;
  secrets: SecretsManager;
  sessions: SessionStore;
  sandboxes: SandboxManager;
  /** Run from before the listener to after the last run. Absent: there are none. */
  plugins?: LifecyclePlugins;
  createRuns(): RunManager;
  /** `http` is guarded by token, Host and Origin checks; `trusted` is for callers in this process. */
  createApp(edge: 'http' | 'trusted', parts: { runs: RunManager; readiness(): Promise<Readiness> }): Fetch;
  listen(fetch: Fetch, at: { host: string; port: number }): Promise<Listener>;
  clock: Clock;
  logger: Logger;
}

export interface LifecyclePlugins {
  /** Throws when one that must run cannot. */
  start(): Promise<StageOutcome>;
  /** Idempotent; never rejects. */
  stop(): Promise<void>;
  /** Their own checks, and what is wrong with them. Never rejects. */
  readiness(): Promise<ReadinessCheck[]>;
}

interface Up {
  parts: ServerParts;
  listener: Listener;
  unwatch: () => void;
}

/** Starts and stops the embedded server in order, and tells where it stands. */
export function createLifecycle(options: LifecycleOptions): ServerControl {
  const { config, secrets, sessions, sandboxes, clock } = options;
  const logger = options.logger.child({ component: 'lifecycle' });
  const listeners = new Set<(state: ServerState) => void>();
  const queue = createSerialQueue();
  let state: ServerState = { phase: 'stopped', stages: waitingStages() };
  let up: Up | undefined;

  function become(next: ServerState) {
    if (next.phase !== state.phase)
      logger.info(`Server is ${next.phase}.`, next.fault ? { code: next.fault.code } : {});
    state = next;
    for (const listener of listeners) listener(state);
  }

  const more = async () => (await options.plugins?.readiness()) ?? [];
  const readiness = createReadiness({ config, secrets, sessions, sandboxes, clock, more, phase: () => state.phase });

  async function start(at: { port?: number } = {}): Promise<void> {
    if (up) return;
    become({ phase: 'starting', stages: waitingStages() });
    let listener: Listener | undefined;
    let parts: ServerParts | undefined;
    const table: StageTable = {
      config: async () => {
        await config.reload();
        return { status: 'ok' };
      },
      data_dir: async () => {
        await sessions.ping();
        return { status: 'ok' };
      },
      vault: async () => vaultOutcome(secrets),
      plugins: async () => (await options.plugins?.start()) ?? { status: 'ok' },
      listen: async () => {
        const { host, port } = config.current().server;
        const runs = options.createRuns();
        const trusted = options.createApp('trusted', { runs, readiness });
        const guarded = options.createApp('http', { runs, readiness });
        listener = await options.listen(guarded, { host, port: at.port ?? port });
        parts = { runs, readiness, fetch: async (request) => trusted(request) };
        return { status: 'ok', note: addressOf(listener) };
      },
      docker: async () => engineOutcome(sandboxes, config),
      sweep: async () => sweepOutcome(sandboxes),
      image: async () => imageNote(await sandboxes.image()),
    };
    try {
      const stages = await runStages(table, clock, (stages) =>
        become({ ...state, stages, ...(listener && { address: addressOf(listener) }) }),
      );
      if (!listener || !parts) throw new Error('the listen stage left nothing behind');
      up = { parts, listener, unwatch: watchEngine() };
      become({ phase: phaseOf(stages), stages, address: addressOf(listener), startedAt: clock.now() });
    } catch (error) {
      await listener?.close(0);
      await options.plugins?.stop();
      await sandboxes.destroyAll();
      const fault = faultOf(error);
      logger.error(fault.message, { code: fault.code });
      become({ phase: 'failed', stages: state.stages, fault });
      throw error;
    }
  }

  async function stop(mode: 'drain' | 'now'): Promise<void> {
    if (!up) {
      if (state.phase === 'failed') become({ phase: 'stopped', stages: waitingStages() });
      return;
    }
    const { parts, listener, unwatch } = up;
    unwatch();
    const runsLeft = () => parts.runs.list().filter((run) => run.status === 'running').length;
    become({ ...state, phase: 'draining', runsLeft: runsLeft() });
    const unsubscribe = parts.runs.subscribe(() => become({ ...state, runsLeft: runsLeft() }));
    await parts.runs.drain(mode === 'now' ? 0 : config.current().shutdown.drainMs);
    unsubscribe();
    await options.plugins?.stop();
    const { left } = await sandboxes.destroyAll();
    if (left.length > 0) logger.error('containers could not be removed', { containers: left });
    await listener.close(1000);
    up = undefined;
    become({ phase: 'stopped', stages: waitingStages() });
  }

  /** Docker may come and go while the server is up; the state follows. */
  function watchEngine(): () => void {
    const ended = new AbortController();
    const refresh = async () => {
      if (!up || !['ready', 'degraded'].includes(state.phase)) return;
      const outcomes: Record<string, StageOutcome> = {
        vault: vaultOutcome(secrets),
        docker: engineNote(sandboxes),
        image: imageNote(await sandboxes.image()),
      };
      const stages = state.stages.map((stage) => {
        const { note: _, ...rest } = stage;
        const outcome = outcomes[stage.name];
        return outcome ? { ...rest, ...outcome } : stage;
      });
      const next = { ...state, stages, phase: phaseOf(stages) };
      if (up && JSON.stringify(next) !== JSON.stringify(state)) become(next);
    };
    const unsubscribe = sandboxes.subscribe((change) => {
      if ('engine' in change) void refresh();
    });
    const loop = async () => {
      while (!ended.signal.aborted) {
        await clock.sleep(engineWatchMs, ended.signal);
        await sandboxes.probe();
        await refresh();
      }
    };
    loop().catch((error: unknown) => {
      if (!ended.signal.aborted) logger.error('the engine watch ended', { error: messageOf(error) });
    });
    return () => {
      ended.abort();
      unsubscribe();
    };
  }

  return {
    state: () => state,
    parts: () => up?.parts,
    start: (at) => queue(() => start(at)),
    stop: (mode) => queue(() => stop(mode)),
    restart: (mode, at) =>
      queue(async () => {
        await stop(mode);
        await start(at);
      }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function addressOf({ host, port }: Listener): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function phaseOf(stages: ServerState['stages']): 'ready' | 'degraded' {
  return stages.some((stage) => stage.status === 'warn') ? 'degraded' : 'ready';
}

function vaultOutcome(secrets: SecretsManager): StageOutcome {
  const { state, problem } = secrets.status();
  if (state === 'empty' || state === 'unlocked') return { status: 'ok' };
  return { status: 'warn', note: problem ?? `The vault is ${state}.` };
}

async function engineOutcome(sandboxes: SandboxManager, config: ConfigManager): Promise<StageOutcome> {
  const engine = await sandboxes.probe();
  if (engine.state !== 'connected' && config.current().sandbox.required)
    throw new AppError(`docker_${engine.state}`, engine.problem ?? 'The Docker engine does not answer.', {
      status: 503,
    });
  return engineNote(sandboxes);
}

function engineNote(sandboxes: SandboxManager): StageOutcome {
  const engine = sandboxes.engine();
  return engine.state === 'connected'
    ? { status: 'ok', note: `Docker ${engine.version ?? ''}`.trim() }
    : { status: 'warn', note: engine.problem ?? 'The Docker engine does not answer.' };
}

async function sweepOutcome(sandboxes: SandboxManager): Promise<StageOutcome> {
  if (sandboxes.engine().state !== 'connected') return { status: 'ok' };
  const { removed, kept } = await sandboxes.sweep();
  const parts = [removed.length > 0 && `${removed.length} removed`, kept.length > 0 && `${kept.length} kept`];
  const note = parts.filter(Boolean).join(', ');
  return { status: 'ok', ...(note && { note }) };
}

function faultOf(error: unknown): ServerFault {
  if (!(error instanceof AppError)) return { code: 'start_failed', message: messageOf(error) };
  const details = error.details as { freePort?: number } | undefined;
  return { code: error.code, message: error.message, ...(details?.freePort && { freePort: details.freePort }) };
}
