import { describe, expect, it } from 'vitest';
import type { ImageStatus } from '../../contract/sandbox.ts';
import type { ConsoleState } from '../console-state.ts';
import { makeConsole, runInfo, sandboxInfo, settle } from '../fakes.test-support.ts';

async function read(made: ReturnType<typeof makeConsole>): Promise<ConsoleState> {
  const response = await made.ask('/console/api/state');
  expect(response.status).toBe(200);
  return (await response.json()) as ConsoleState;
}

describe('GET /state', () => {
  it('gives the whole picture in one answer', async () => {
    const disk = async () => ({ totalBytes: 100, freeBytes: 50, usedBytes: 7 });
    const made = makeConsole({ disk });
    made.server.become('ready', { address: 'http://127.0.0.1:3000' });
    made.server.runs = [runInfo()];
    made.sandboxes.rows = [sandboxInfo()];
    const state = await read(made);
    expect(state).toMatchObject({
      version: '1.2.3',
      dataDir: '/data',
      platform: process.platform,
      server: { phase: 'ready', address: 'http://127.0.0.1:3000' },
      runs: [{ runId: 'run_1' }],
      sandboxes: [{ id: 'sb_1' }],
      engine: { state: 'connected' },
      problems: [],
      vault: { state: 'unlocked' },
      disk: { totalBytes: 100, freeBytes: 50, usedBytes: 7 },
    });
    expect(state.process.memoryBytes).toBeGreaterThan(1_000_000);
    expect(state.process.openHandles).toBeGreaterThanOrEqual(0);
    expect(state.epoch).not.toBe('');
  });

  it('does not wait for Docker: the image is unknown first and known soon after', async () => {
    const made = makeConsole();
    const docker = Promise.withResolvers<ImageStatus>();
    made.sandboxes.manager.image = () => docker.promise;
    expect((await read(made)).image.state).toBe('unknown');
    docker.resolve(made.sandboxes.image);
    await settle();
    expect((await read(made)).image.state).toBe('present');
  });

  it('answers without disk numbers when they cannot be had', async () => {
    const made = makeConsole({ disk: () => Promise.reject(new Error('no such volume')) });
    expect((await read(made)).disk).toBeNull();
  });

  it('lists the problems of this moment', async () => {
    const made = makeConsole({ models: () => [] });
    made.sandboxes.engine = { state: 'not_running', tries: [], checkedAt: 1, problem: 'Docker is stopped.' };
    expect((await read(made)).problems.map(({ code }) => code)).toEqual(['no_model_key', 'engine_not_connected']);
  });

  it('counts the runs of today with their tokens and cost', async () => {
    const made = makeConsole();
    made.server.become('ready');
    const usage = { ...runInfo().usage, inputTokens: 10, outputTokens: 5, cost: 0.25 };
    made.server.runChanges.tell(runInfo({ usage: { ...usage, inputTokens: 3 } }));
    made.server.runChanges.tell(runInfo({ usage, status: 'done' }));
    made.server.runChanges.tell(runInfo({ runId: 'run_2', usage, status: 'error' }));
    expect((await read(made)).usageToday).toMatchObject({
      runs: 2,
      failed: 1,
      inputTokens: 20,
      outputTokens: 10,
      cost: 0.5,
    });
  });
});
