import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '../contract/config.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { createEngineLink } from './engine-link.ts';
import { createFakeEngine, exitZero, type FakeEngine, politeAnswer } from './fixtures/fake-engine.ts';
import type { SandboxManager } from './sandbox.ts';
import { createSandboxManager } from './sandbox-manager.ts';

const { sandbox: config, agents } = configSchema.parse({
  sandbox: { warmPool: 0 },
  agents: { heavy: { sandbox: { memory: '2g', cpus: 2, image: 'heavy:1' } }, alike: {}, default: {} },
});
const owner = { tenantId: 'acme', sessionId: 'ses_1' };
let dataDir: string;
let engine: FakeEngine;
let manager: SandboxManager;
let finish: () => void = () => undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'agent-sandboxes-'));
  engine = createFakeEngine({
    answer(request, agent) {
      if (request.op === 'exec') finish = () => agent.send({ ev: 'done', id: request.id, result: exitZero });
      else if (request.op === 'listen') agent.send({ ev: 'done', id: request.id, result: {} });
      else politeAnswer(request, agent);
    },
  });
  manager = createSandboxManager({
    config: () => config,
    agentSettings: (agentId) => agents[agentId]?.sandbox,
    ...{ dataDir, instanceId: 'ins_1', clock: systemClock, logger: silentLogger, env: {}, agentSource: 'x' },
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
});
afterEach(async () => {
  await manager.close();
  await rm(dataDir, { recursive: true, force: true });
});

const made = () => [...engine.containers.values()].map(({ memoryBytes, cpus }) => ({ memoryBytes, cpus }));
const gibibyte = 1024 ** 3;

describe('a session’s sandbox', () => {
  it('has the limits and the image of the agent that it is for', async () => {
    const { info } = await manager.acquire({ ...owner, agentId: 'heavy' });
    expect(made()).toEqual([{ memoryBytes: 2 * gibibyte, cpus: 2 }]);
    expect(info).toMatchObject({ image: 'heavy:1', memoryLimitBytes: 2 * gibibyte, cpus: 2 });
  });

  it('serves agents with the same settings, and whoever names none', async () => {
    const first = await manager.acquire({ ...owner, agentId: 'default' });
    for (const who of [{ ...owner, agentId: 'alike' }, { ...owner, agentId: 'unknown' }, owner]) {
      expect((await manager.acquire(who)).info.id).toBe(first.info.id);
    }
  });

  it('is replaced for an agent with other settings, so that none works with what another was given', async () => {
    const first = await manager.acquire({ ...owner, agentId: 'heavy' });
    const second = await manager.acquire({ ...owner, agentId: 'default' });
    expect(second.info.id).not.toBe(first.info.id);
    expect(engine.removed).toContain(first.info.id);
    expect(made()).toEqual([{ memoryBytes: gibibyte, cpus: 1 }]);
  });

  it('is not taken away from an agent whose command runs', async () => {
    const first = await manager.acquire({ ...owner, agentId: 'heavy' });
    const command = first.exec({ command: ['make'] });
    await expect.poll(() => first.info.state).toBe('busy');
    await expect(manager.acquire({ ...owner, agentId: 'default' })).rejects.toMatchObject({
      code: 'sandbox_settings_differ',
      status: 409,
    });
    finish();
    expect((await command).endedBy).toBe('exit');
    await expect(manager.acquire({ ...owner, agentId: 'default' })).resolves.toBeDefined();
  });

  it('is replaced when its network is not configured any more', async () => {
    const first = await manager.acquire(owner);
    config.network = 'allow-list';
    const second = await manager.acquire(owner);
    config.network = 'none';
    expect(second.info.id).not.toBe(first.info.id);
    expect(engine.removed).toContain(first.info.id);
  });

  it('keeps the settings of its agent when it is restarted', async () => {
    const { info } = await manager.acquire({ ...owner, agentId: 'heavy' });
    expect(await manager.restart(info.id)).toMatchObject({ image: 'heavy:1', cpus: 2 });
  });
});
