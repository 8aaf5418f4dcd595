import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '../contract/config.ts';
import type { EngineStatus, SandboxInfo } from '../contract/sandbox.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { type LogContext, type Logger, silentLogger } from '../telemetry/logger.ts';
import type { ContainerEngine } from './container-engine.ts';
import type { Discovery } from './docker/discovery.ts';
import { createEngineLink } from './engine-link.ts';
import { sandboxFault } from './faults.ts';
import { createFakeEngine, exitZero, type FakeEngine, politeAnswer } from './fixtures/fake-engine.ts';
import { createTestClock } from './fixtures/test-clock.ts';
import type { SandboxManager } from './sandbox.ts';
import { createSandboxManager } from './sandbox-manager.ts';

let dataDir: string;
let manager: SandboxManager;
const owner = { tenantId: 'acme', sessionId: 'ses_1' };
const connected: Discovery = {
  status: { state: 'connected', endpoint: 'unix:///x', tries: [], checkedAt: 1 },
  engine: {
    endpoint: { kind: 'socket', path: '/x' },
    traits: { apiVersion: 'v1.47', product: 'docker', workspaces: 'bind', runtimes: ['runc'], engineId: 'fake' },
  },
};
const down: Discovery = { status: { state: 'not_running', tries: [], checkedAt: 1, problem: 'x' } };

/** Becomes true soon, whatever the machine is busy with. */
const soon = (ask: () => unknown) => expect.poll(ask, { interval: 1 });

function open(
  engine: ContainerEngine,
  options: { clock?: Clock; discover?: () => Promise<Discovery>; logger?: Logger } = {},
): SandboxManager {
  const { sandbox: config } = configSchema.parse({ sandbox: { idleTimeoutMs: 1000 } });
  manager = createSandboxManager({
    config: () => config,
    dataDir,
    instanceId: 'ins_01aaaaaaaa',
    clock: options.clock ?? createTestClock(),
    logger: options.logger ?? silentLogger,
    env: {},
    agentSource: 'pass',
    engineLink: (onChange) =>
      createEngineLink({ discover: options.discover ?? (async () => connected), connect: () => engine, onChange }),
  });
  return manager;
}

function record(from: SandboxManager): { sandboxes: SandboxInfo[]; engines: EngineStatus[] } {
  const seen = { sandboxes: [] as SandboxInfo[], engines: [] as EngineStatus[] };
  from.subscribe((change) => {
    if ('sandbox' in change) {
      seen.sandboxes.push(change.sandbox);
    } else {
      seen.engines.push(change.engine);
    }
  });
  return seen;
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'manager-'));
});
afterEach(async () => {
  await manager.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe('sharing', () => {
  it('one creation serves everyone who asks for the session meanwhile', async () => {
    const engine = createFakeEngine();
    open(engine);
    const sandboxes = await Promise.all([1, 2, 3].map(() => manager.acquire(owner)));
    expect(engine.containers.size).toBe(1);
    expect(new Set(sandboxes).size).toBe(1);
  });

  it('a failed creation fails everyone, and the next ask tries again', async () => {
    const working = createFakeEngine();
    let attempts = 0;
    const engine = createFakeEngine({
      run: async (spec, onStderr) => {
        attempts += 1;
        if (attempts === 1) {
          throw sandboxFault('engine_refused');
        }
        return working.run(spec, onStderr);
      },
    });
    const seen = record(open(engine));
    const results = await Promise.allSettled([manager.acquire(owner), manager.acquire(owner)]);
    expect(results.map((result) => result.status === 'rejected' && (result.reason as AppError).code)).toEqual([
      'engine_refused',
      'engine_refused',
    ]);
    expect(attempts).toBe(1);
    expect((await manager.acquire(owner)).info.state).toBe('ready');
    await soon(() => seen.sandboxes.map(({ id, state }) => `${id.slice(-1)} ${state}`)).toEqual(
      expect.arrayContaining(['1 creating', '1 failed', '1 gone', '2 creating', '2 ready']),
    );
  });

  it('an agent that does not greet as it should is taken away again', async () => {
    const engine = createFakeEngine({
      answer: ({ op, id }, agent) =>
        op === 'hello' &&
        agent.send({ ev: 'done', id, result: { protocol: 99, python: '3', shell: 's', workspaceWritable: true } }),
    });
    open(engine);
    await expect(manager.acquire(owner)).rejects.toMatchObject({ code: 'agent_lost' });
    expect(engine.containers.size).toBe(0);
  });

  it('an agent that never greets is given up after 20 seconds', async () => {
    const clock = createTestClock();
    const engine = createFakeEngine({ answer: () => undefined });
    open(engine, { clock });
    const acquired = manager.acquire(owner);
    acquired.catch(() => undefined);
    await clock.untilSleeping(20_000);
    clock.advance(20_000);
    await expect(acquired).rejects.toMatchObject({ code: 'agent_lost' });
    expect(engine.containers.size).toBe(0);
  });
});

describe('the idle time', () => {
  async function idleSandbox(): Promise<{ engine: FakeEngine; clock: ReturnType<typeof createTestClock>; id: string }> {
    const engine = createFakeEngine();
    const clock = createTestClock();
    open(engine, { clock });
    const { info } = await manager.acquire(owner);
    return { engine, clock, id: info.id };
  }

  it('ends a sandbox that nobody uses, not before', async () => {
    const { engine, clock, id } = await idleSandbox();
    expect(manager.list()[0]?.endsAt).toBe(1000);
    clock.advance(999);
    expect(manager.list()).toMatchObject([{ state: 'ready' }]);
    clock.advance(1);
    await soon(() => engine.containers.has(id)).toBe(false);
    await soon(() => manager.list()).toEqual([]);
  });

  it('begins anew with each use and with keep-alive', async () => {
    const { engine, clock, id } = await idleSandbox();
    clock.advance(900);
    await (await manager.acquire(owner)).exec({ command: ['true'] });
    clock.advance(900);
    manager.keepAlive(id);
    clock.advance(900);
    expect(manager.list()).toMatchObject([{ state: 'idle', endsAt: 2800 }]);
    clock.advance(100);
    await soon(() => engine.containers.has(id)).toBe(false);
  });

  it('does not run while a command does', async () => {
    let finish: () => void = () => undefined;
    const engine = createFakeEngine({
      answer: (request, agent) => {
        if (request.op === 'exec') {
          finish = () => agent.send({ ev: 'done', id: request.id, result: exitZero });
        } else {
          politeAnswer(request, agent);
        }
      },
    });
    const clock = createTestClock();
    open(engine, { clock });
    const sandbox = await manager.acquire(owner);
    const result = sandbox.exec({ command: ['x'] });
    await soon(() => manager.list()[0]?.state).toBe('busy');
    clock.advance(5000);
    expect(manager.list()).toMatchObject([{ state: 'busy', running: [{ command: 'x' }] }]);
    expect(manager.list()[0]?.endsAt).toBeUndefined();
    finish();
    expect((await result).exitCode).toBe(0);
    expect(manager.list()).toMatchObject([{ state: 'idle', running: [], endsAt: 6000 }]);
  });
});

describe('a command that the agent does not end', () => {
  it('takes the container with it once its time and the bound for killing are over', async () => {
    const engine = createFakeEngine({
      answer: (request, agent) => request.op === 'hello' && politeAnswer(request, agent),
    });
    const clock = createTestClock();
    open(engine, { clock });
    const sandbox = await manager.acquire(owner);
    const result = sandbox.exec({ command: ['x'], timeoutMs: 500 });
    await clock.untilSleeping(8500);
    clock.advance(8499);
    expect(engine.containers.size).toBe(1);
    clock.advance(1);
    expect((await result).endedBy).toBe('timeout');
    expect(engine.containers.size).toBe(0);
  });

  it('does so after an abort, too', async () => {
    const engine = createFakeEngine({
      answer: (request, agent) => request.op === 'hello' && politeAnswer(request, agent),
    });
    const clock = createTestClock();
    open(engine, { clock });
    const sandbox = await manager.acquire(owner);
    const abort = new AbortController();
    const result = sandbox.exec({ command: ['x'], signal: abort.signal });
    abort.abort();
    await clock.untilSleeping(8000);
    clock.advance(8000);
    expect((await result).endedBy).toBe('abort');
    expect(engine.containers.size).toBe(0);
  });
});

describe('ending', () => {
  it('during the creation takes the container as soon as it is there', async () => {
    let letGo: () => void = () => undefined;
    const blocked = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const inner = createFakeEngine();
    const engine = createFakeEngine({
      run: async (spec, onStderr) => {
        await blocked;
        return inner.run(spec, onStderr);
      },
      remove: (name) => inner.remove(name),
    });
    open(engine);
    const acquired = manager.acquire(owner);
    acquired.catch(() => undefined);
    await soon(() => manager.list().length).toBe(1);
    const ended = manager.destroyAll();
    letGo();
    expect(await ended).toEqual({ destroyed: 1, left: [] });
    expect(inner.containers.size).toBe(0);
    await expect(acquired).rejects.toMatchObject({ code: 'sandbox_lost' });
  });

  it('says what is left when the engine does not let go', async () => {
    const stuck = createFakeEngine({ remove: () => Promise.reject(sandboxFault('remove_stuck')) });
    open(stuck);
    const { info } = await manager.acquire(owner);
    expect(await manager.destroyAll()).toEqual({ destroyed: 0, left: [info.id] });
    expect(manager.list()).toMatchObject([{ state: 'failed', fault: { code: 'remove_stuck' } }]);
  });

  it('is bounded when the engine never answers', async () => {
    const clock = createTestClock();
    let letGo: () => void = () => undefined;
    const hangs = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    open(createFakeEngine({ remove: () => hangs }), { clock });
    await manager.acquire(owner);
    const ended = manager.destroyAll();
    await clock.untilSleeping(60_000);
    clock.advance(60_000);
    expect((await ended).left).toHaveLength(1);
    letGo();
  });
});

describe('the engine', () => {
  it('that is down is told at once with its code, and used as soon as it is up', async () => {
    let found = down;
    const seen = record(open(createFakeEngine(), { discover: async () => found }));
    await expect(manager.acquire(owner)).rejects.toMatchObject({ code: 'docker_not_running', status: 503 });
    expect(manager.engine().state).toBe('not_running');
    expect(await manager.image()).toMatchObject({ state: 'unknown' });
    found = connected;
    expect((await manager.acquire(owner)).info.state).toBe('ready');
    expect(seen.engines.map(({ state }) => state)).toEqual(['not_running', 'connected']);
  });

  it('that goes down between two sandboxes is looked for again', async () => {
    let isUp = true;
    const inner = createFakeEngine();
    const engine = createFakeEngine({
      run: (spec, onStderr) => (isUp ? inner.run(spec, onStderr) : Promise.reject(sandboxFault('docker_not_running'))),
    });
    open(engine, { discover: async () => (isUp ? connected : down) });
    await manager.acquire(owner);
    isUp = false;
    await expect(manager.acquire({ ...owner, sessionId: 'ses_2' })).rejects.toMatchObject({
      code: 'docker_not_running',
    });
    await soon(() => manager.engine().state).toBe('not_running');
    isUp = true;
    expect((await manager.acquire({ ...owner, sessionId: 'ses_2' })).info.state).toBe('ready');
  });

  it('is looked for once however many ask', async () => {
    let looks = 0;
    open(createFakeEngine(), {
      discover: async () => {
        looks += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return connected;
      },
    });
    await Promise.all([manager.probe(), manager.probe(), manager.acquire(owner)]);
    expect(looks).toBe(1);
  });

  it('faults are AppErrors wherever they come from', async () => {
    open(createFakeEngine({ run: () => Promise.reject(new AppError('disk_full', 'x', { status: 507 })) }));
    await expect(manager.acquire(owner)).rejects.toMatchObject({ code: 'disk_full', status: 507 });
  });
});

describe('sweeping', () => {
  it('happens every ten minutes and goes on after a failure', async () => {
    let lists = 0;
    const clock = createTestClock();
    const engine = createFakeEngine({
      list: async () => {
        lists += 1;
        throw sandboxFault('docker_not_running');
      },
    });
    open(engine, { clock });
    for (const count of [1, 2]) {
      await clock.untilSleeping(600_000);
      clock.advance(600_000);
      await soon(() => lists).toBe(count);
    }
  });

  it('that is under way when the manager closes is waited for, and removes nothing more', async () => {
    let letGo: () => void = () => undefined;
    const listed = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const removed: string[] = [];
    const stray = {
      'run.agentrail.instance': 'ins_01aaaaaaaa',
      'run.agentrail.owner-place': 'here',
      'run.agentrail.owner-pid': '1',
      'run.agentrail.owner-start': 'x',
    };
    const engine = createFakeEngine({
      list: async () => {
        await listed;
        return [{ containerId: 'c1', name: 'agentrail-stray-1', labels: stray }];
      },
      remove: async (name) => {
        removed.push(name);
      },
    });
    open(engine);
    const swept = manager.sweep();
    await soon(() => manager.engine().state).toBe('connected');
    let isClosed = false;
    const closing = manager.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    letGo();
    await closing;
    expect(await swept).toMatchObject({ removed: [] });
    expect(removed).toEqual([]);
  });

  it('leaves a container alone that a session has just taken from the pool, under whatever name it was listed', async () => {
    const engine = createFakeEngine();
    const listing = createFakeEngine({
      ...engine,
      list: async () => {
        const found = await engine.list('');
        return found.map((each) => ({ ...each, containerId: `id-${each.name}`, name: 'agentrail-01aaaaaa-pool-1' }));
      },
    });
    open(listing);
    await manager.acquire(owner);
    expect(await manager.sweep()).toMatchObject({ removed: [], kept: [] });
    expect(engine.containers.size).toBe(1);
  });

  it('shows what may belong to somebody else, and leaves it', async () => {
    const foreign = {
      'run.agentrail.instance': 'ins_other',
      'run.agentrail.owner-place': 'elsewhere',
      'run.agentrail.owner-pid': '5',
      'run.agentrail.owner-start': 'x',
    };
    const removed: string[] = [];
    const engine = createFakeEngine({
      list: async () => [
        { containerId: 'c1', name: 'of-another-machine', labels: foreign },
        { containerId: 'c2', name: 'of-nobody', labels: {} },
      ],
      remove: async (name) => {
        removed.push(name);
      },
    });
    open(engine);
    const { kept } = await manager.sweep();
    expect(kept.map(({ name }) => name).toSorted()).toEqual(['of-another-machine', 'of-nobody']);
    expect(removed).toEqual([]);
  });
});

describe('the log', () => {
  /** A logger that keeps what it is told, each line with its context. */
  function recordingLogger(lines: Record<string, unknown>[], context: LogContext = {}): Logger {
    const log: Logger['log'] = (level, msg, fields) => lines.push({ level, msg, ...context, ...fields });
    const at = (level: 'debug' | 'info' | 'warn' | 'error') => (msg: string, fields?: Record<string, unknown>) =>
      log(level, msg, fields);
    const levels = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
    return { log, ...levels, child: (more) => recordingLogger(lines, { ...context, ...more }) };
  }

  it('tells each change of a sandbox with its cause under its session, and what its agent complains of', async () => {
    const lines: Record<string, unknown>[] = [];
    const working = createFakeEngine();
    let complain: (chunk: Buffer) => void = () => undefined;
    const engine = createFakeEngine({
      run(spec, onStderr) {
        complain = onStderr;
        return working.run(spec, onStderr);
      },
    });
    open(engine, { logger: recordingLogger(lines) });
    const sandbox = await manager.acquire(owner);
    await sandbox.exec({ command: ['true'] });
    complain(Buffer.from('Traceback'));
    await manager.destroy(sandbox.info.id);
    const told = lines.filter(
      ({ sessionId, tenantId }) => sessionId === owner.sessionId && tenantId === owner.tenantId,
    );
    expect(told.every(({ component, container }) => component === 'sandbox' && container === sandbox.info.id)).toBe(
      true,
    );
    expect(told.map(({ level, msg, why }) => [level, msg, why])).toEqual([
      ['info', 'Sandbox is being made.', undefined],
      ['info', 'Sandbox creating → ready.', 'started'],
      ['debug', 'Sandbox ready → busy.', 'command_began'],
      ['debug', 'A command ended.', undefined],
      ['debug', 'Sandbox busy → idle.', 'last_command_ended'],
      ['warn', 'The agent inside wrote to stderr.', undefined],
      ['info', 'Sandbox idle → stopping.', 'stop_asked'],
      ['info', 'Sandbox stopping → gone.', 'removed'],
    ]);
  });
});
