import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { configSchema } from '../contract/config.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { readAgentSource } from './agent-source.ts';
import { agentFolder, openRealSandboxes } from './real-sandboxes.ts';
import { trySandbox } from './sandbox-trial.ts';

async function open() {
  const bench = await openRealSandboxes();
  const options = {
    ...{ dataDir: bench.dataDir, clock: systemClock, env: {}, logger: silentLogger },
    agentSource: await readAgentSource(agentFolder),
    config: () => configSchema.parse({}).sandbox,
  };
  const containers = async () =>
    (await bench.engine.list(`run.agentrail.owner-pid=${process.pid}`)).map(({ name }) => name);
  return { bench, options, containers };
}

it('a throw-away sandbox is started, looked at from inside, and gone with its folder after the shutdown', async () => {
  const { bench, options, containers } = await open();
  try {
    const trial = await trySandbox(options, new AbortController().signal);
    expect(trial.engine.state).toBe('connected');
    expect(trial.containerId).not.toBe('');
    expect(trial.inside).toMatchObject({
      ...{ uid: '1000', capEff: '0000000000000000', noNewPrivs: '1', root: 'read-only' },
      ...{ dockerSocket: 'absent', interfaces: 'lo' },
    });
    expect(Math.abs(trial.engineAheadMs)).toBeLessThan(60_000);
    expect(trial.left).toEqual([]);
    expect(await readdir(bench.dataDir)).toEqual([]);
    expect(await containers()).toEqual([]);
  } finally {
    await bench.close();
  }
});

it('an aborted trial and one that cannot start leave nothing behind', async () => {
  const { bench, options, containers } = await open();
  try {
    const abort = new AbortController();
    const running = trySandbox(options, abort.signal);
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    const missing = () => configSchema.parse({ sandbox: { image: 'agentrail-nowhere:1' } }).sandbox;
    await expect(trySandbox({ ...options, config: missing }, new AbortController().signal)).rejects.toMatchObject({
      code: 'image_missing',
    });
    expect(await readdir(bench.dataDir)).toEqual([]);
    expect(await containers()).toEqual([]);
  } finally {
    await bench.close();
  }
});
