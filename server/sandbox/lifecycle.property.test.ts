import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { configSchema } from '../contract/config.ts';
import type { SandboxInfo, SandboxState } from '../contract/sandbox.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { createEngineLink } from './engine-link.ts';
import { sandboxFault } from './faults.ts';
import { createFakeEngine } from './fixtures/fake-engine.ts';
import { createTestClock } from './fixtures/test-clock.ts';
import type { SandboxManager } from './sandbox.ts';
import { createSandboxManager } from './sandbox-manager.ts';
import { nextState, type SandboxHappening } from './sandbox-state.ts';

const sessions = ['ses_1', 'ses_2'] as const;
const steps = [
  'acquire',
  'exec',
  'pause',
  'resume',
  'destroy',
  'restart',
  'keepAlive',
  'vanish',
  'time',
  'failNext',
  'destroyAll',
  'settle',
] as const;
const happenings: SandboxHappening[] = [
  'started',
  'start_failed',
  'command_began',
  'last_command_ended',
  'pause_asked',
  'resumed',
  'stop_asked',
  'removed',
  'remove_failed',
  'vanished',
];
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

const isMove = (from: SandboxState, to: SandboxState) =>
  from === to || happenings.some((happening) => nextState(from, happening) === to);
/** Those that serve a session, or are about to. */
const isAlive = ({ state }: SandboxInfo) => ['creating', 'ready', 'busy', 'idle', 'paused'].includes(state);

it('whatever is asked in whatever order: legal moves only, one living sandbox per session, nothing left at the end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...steps), fc.constantFrom(...sessions)), { maxLength: 30 }),
      async (life) => {
        const scene = await openScene();
        try {
          for (const [step, sessionId] of life) {
            await scene.take(step, sessionId);
            expect(scene.faults).toEqual([]);
          }
        } finally {
          await scene.close();
        }
        expect(scene.faults).toEqual([]);
        expect([...scene.engine.containers.keys()]).toEqual([]);
        expect(scene.manager.list()).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

async function openScene() {
  const dataDir = await mkdtemp(join(tmpdir(), 'lifecycle-'));
  const clock = createTestClock();
  const faults: string[] = [];
  let failures = 0;
  const working = createFakeEngine();
  const engine = {
    ...working,
    run: (...args: Parameters<typeof working.run>) => {
      if (failures === 0) return working.run(...args);
      failures -= 1;
      return Promise.reject(sandboxFault('engine_refused'));
    },
  };
  const { sandbox: config } = configSchema.parse({ sandbox: { idleTimeoutMs: 1000, maxAgeMs: 5000, warmPool: 0 } });
  const manager = createSandboxManager({
    config: () => config,
    dataDir,
    instanceId: 'ins_01aaaaaaaa',
    clock,
    logger: silentLogger,
    env: {},
    agentSource: 'pass',
    engineLink: (onChange) =>
      createEngineLink({
        discover: async () => ({
          status: { state: 'connected', endpoint: 'unix:///x', tries: [], checkedAt: 1 },
          engine: { endpoint: { kind: 'socket', path: '/x' }, traits: engine.traits },
        }),
        connect: () => engine,
        onChange,
      }),
  });
  watch(manager, faults);
  const pending: Promise<unknown>[] = [];
  const later = (promise: Promise<unknown>) => pending.push(promise.catch(() => undefined));
  const idOf = (sessionId: string) => manager.list().find((info) => info.sessionId === sessionId)?.id ?? 'none';

  async function take(step: (typeof steps)[number], sessionId: string): Promise<void> {
    const owner = { tenantId: 'acme', sessionId };
    if (step === 'acquire') later(manager.acquire(owner));
    if (step === 'exec') later(manager.acquire(owner).then((sandbox) => sandbox.exec({ command: ['true'] })));
    if (step === 'pause') later(manager.pause(idOf(sessionId)));
    if (step === 'resume') later(manager.resume(idOf(sessionId)));
    if (step === 'destroy') later(manager.destroy(idOf(sessionId)));
    if (step === 'restart') later(manager.restart(idOf(sessionId)));
    if (step === 'keepAlive') manager.keepAlive(idOf(sessionId));
    if (step === 'vanish') working.agents.at(-1)?.end();
    if (step === 'time') clock.advance(700);
    if (step === 'failNext') failures = 1;
    if (step === 'destroyAll') later(manager.destroyAll());
    if (step === 'settle') for (let turn = 0; turn < 20; turn += 1) await settle();
    await settle();
  }

  return {
    engine: working,
    manager,
    faults,
    take,
    async close() {
      failures = 0;
      await manager.close();
      await Promise.all(pending);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Looks at everything that the manager tells. */
function watch(manager: SandboxManager, faults: string[]): void {
  const known = new Map<string, SandboxState>();
  manager.subscribe((change) => {
    if (!('sandbox' in change)) return;
    const { id, state, sessionId } = change.sandbox;
    const before = known.get(id) ?? 'creating';
    if (!isMove(before, state)) faults.push(`${id}: ${before} → ${state}`);
    known.set(id, state);
    const living = manager.list().filter((info) => info.sessionId === sessionId && isAlive(info));
    if (living.length > 1) faults.push(`${sessionId} has ${living.length} sandboxes.`);
  });
}
