import { expect, test, vi } from 'vitest';
import type { RunManager } from './agent/runs.ts';
import type { ConfigManager } from './config/config-manager.ts';
import { configSchema } from './contract/config.ts';
import type { EngineStatus } from './contract/sandbox.ts';
import type { ServerState } from './contract/server-state.ts';
import { AppError } from './lib/app-error.ts';
import { systemClock } from './lib/clock.ts';
import { createLifecycle, type LifecycleOptions } from './lifecycle.ts';
import type { SandboxManager } from './sandbox/sandbox.ts';
import type { SecretsManager } from './secrets/secrets-manager.ts';
import type { SessionStore } from './sessions/store.ts';
import { silentLogger } from './telemetry/logger.ts';

const connected: EngineStatus = { state: 'connected', version: '20.10', tries: [], checkedAt: 0 };
const missing: EngineStatus = { state: 'not_found', problem: 'No Docker engine was found.', tries: [], checkedAt: 0 };

/** A lifecycle over parts that write down, in order, what was asked of them. */
function make(
  change: {
    engine?: EngineStatus;
    required?: boolean;
    listen?: LifecycleOptions['listen'];
    plugins?: Partial<LifecycleOptions['plugins']>;
  } = {},
) {
  const calls: string[] = [];
  const note =
    <T>(name: string, result: T) =>
    async (): Promise<T> => {
      calls.push(name);
      return result;
    };
  const config = configSchema.parse({ sandbox: { required: change.required ?? false } });
  const engine = change.engine ?? connected;
  const engineListeners = new Set<(event: { engine: EngineStatus }) => void>();
  const control = createLifecycle({
    config: {
      current: () => config,
      reload: note('reload', config),
      faults: () => [],
    } as Partial<ConfigManager> as ConfigManager,
    secrets: {
      status: () => ({ backend: 'key_file', state: 'empty' }),
      list: () => [],
    } as Partial<SecretsManager> as SecretsManager,
    sessions: { ping: note('ping', undefined) } as Partial<SessionStore> as SessionStore,
    sandboxes: {
      probe: note('probe', engine),
      engine: () => engine,
      image: async () => ({ reference: 'x', state: 'present', pinned: false }),
      sweep: note('sweep', { removed: ['a'], kept: [] }),
      destroyAll: note('destroyAll', { destroyed: 0, left: [] }),
      subscribe(listener: (event: { engine: EngineStatus }) => void) {
        engineListeners.add(listener);
        return () => engineListeners.delete(listener);
      },
    } as Partial<SandboxManager> as SandboxManager,
    plugins: {
      start: note('start plugins', { status: 'ok' as const }),
      stop: note('stop plugins', undefined),
      readiness: async () => [],
      ...change.plugins,
    },
    createRuns: () =>
      ({
        list: () => [],
        subscribe: () => () => undefined,
        drain: async (ms: number) => void calls.push(`drain ${ms}`),
      }) as Partial<RunManager> as RunManager,
    createApp: (edge) => async () => new Response(edge),
    listen:
      change.listen ??
      (async (_fetch, at) => {
        calls.push(`listen ${at.port}`);
        return { ...at, close: note('close', undefined) };
      }),
    clock: systemClock,
    logger: silentLogger,
  });
  const seen: ServerState[] = [];
  control.subscribe((state) => seen.push(state));
  return { control, calls, seen, listeners: engineListeners };
}

test('a start carries out every stage in order and ends ready', async () => {
  const { control, calls, seen } = make();
  await control.start();
  expect(calls).toEqual(['reload', 'ping', 'start plugins', 'listen 3000', 'probe', 'sweep']);
  expect(control.state()).toMatchObject({ phase: 'ready', address: 'http://127.0.0.1:3000' });
  expect(control.state().stages.map((stage) => stage.status)).toEqual(Array(8).fill('ok'));
  expect(seen[0]?.phase).toBe('starting');
  await control.stop('now');
});

test('parts are there only while the server is up, and trusted callers reach the app without the guard', async () => {
  const { control } = make();
  expect(control.parts()).toBeUndefined();
  await control.start();
  expect(await (await control.parts()?.fetch(new Request('http://x/')))?.text()).toBe('trusted');
  await control.stop('now');
  expect(control.parts()).toBeUndefined();
});

test('a stop drains runs, destroys sandboxes and closes the listener, in this order', async () => {
  const { control, calls, listeners } = make();
  await control.start();
  calls.length = 0;
  await control.stop('drain');
  expect(calls).toEqual(['drain 10000', 'stop plugins', 'destroyAll', 'close']);
  expect(control.state()).toMatchObject({ phase: 'stopped' });
  expect(control.state().address).toBeUndefined();
  expect(listeners.size).toBe(0);
});

test('a plugin that must run and cannot keeps the server from listening', async () => {
  const start = () => Promise.reject(new AppError('plugin_start_failed', 'The plugin "audit" must run.'));
  const { control, calls } = make({ plugins: { start } });
  await expect(control.start()).rejects.toMatchObject({ code: 'plugin_start_failed' });
  expect(control.state()).toMatchObject({ phase: 'failed', fault: { code: 'plugin_start_failed' } });
  expect(calls).not.toContain('listen 3000');
});

test('a plugin that does not run leaves the server up but degraded, and readiness tells its checks', async () => {
  const { control } = make({
    plugins: {
      start: async () => ({ status: 'warn', note: 'audit: no such file' }),
      readiness: async () => [{ name: 'plugin:audit', status: 'warn', durationMs: 0, error: 'It does not run' }],
    },
  });
  await control.start();
  expect(control.state().phase).toBe('degraded');
  const readiness = await control.parts()?.readiness();
  expect(readiness?.status).toBe('ready');
  expect(readiness?.checks.at(-1)).toMatchObject({ name: 'plugin:audit', status: 'warn' });
  await control.stop('now');
});

test('a missing engine leaves the server up but degraded, with the reason', async () => {
  const { control } = make({ engine: missing });
  await control.start();
  expect(control.state().phase).toBe('degraded');
  expect(control.state().stages.find((stage) => stage.name === 'docker')).toMatchObject({
    status: 'warn',
    note: 'No Docker engine was found.',
  });
  await control.stop('now');
});

test('a missing engine fails the start when sandboxes are required, and closes what was open', async () => {
  const { control, calls } = make({ engine: missing, required: true });
  await expect(control.start()).rejects.toMatchObject({ code: 'docker_not_found' });
  expect(control.state()).toMatchObject({ phase: 'failed', fault: { code: 'docker_not_found' } });
  expect(calls).toContain('close');
  expect(control.parts()).toBeUndefined();
});

test('a taken port fails the start with the free port, and a later start on it succeeds', async () => {
  let tries = 0;
  const listen = vi.fn(async (_fetch: unknown, at: { host: string; port: number }) => {
    if (tries++ === 0)
      throw new AppError('port_in_use', 'Port 3000 is used by another program.', {
        status: 409,
        details: { freePort: 3001 },
      });
    return { ...at, close: async () => undefined };
  });
  const { control } = make({ listen });
  await expect(control.start()).rejects.toMatchObject({ code: 'port_in_use' });
  expect(control.state().fault).toEqual({
    code: 'port_in_use',
    message: 'Port 3000 is used by another program.',
    freePort: 3001,
  });
  await control.start({ port: 3001 });
  expect(control.state()).toMatchObject({ phase: 'ready', address: 'http://127.0.0.1:3001' });
  expect(control.state().fault).toBeUndefined();
  await control.stop('now');
});

test('commands given at once are carried out one after the other', async () => {
  const { control } = make();
  await Promise.all([control.start(), control.restart('now'), control.stop('now')]);
  expect(control.state().phase).toBe('stopped');
});

test('readiness is red before the start and after the stop', async () => {
  const { control } = make();
  await control.start();
  const readiness = control.parts()?.readiness;
  expect((await readiness?.())?.status).toBe('ready');
  await control.stop('now');
  expect((await readiness?.())?.status).toBe('not_ready');
});
