import { expect, test } from 'vitest';
import { silentLogger } from '../telemetry/logger.ts';
import type { Plugin } from './plugin.ts';
import type { PluginFault } from './plugin-fault.ts';
import { createPluginHost } from './plugin-host.ts';
import { runPluginLifecycle } from './run-plugin-lifecycle.ts';
import { hookClock } from './testing/plugin-bench.ts';

const hang = () => new Promise<never>(() => undefined);

function make(change: Record<string, Partial<Plugin>> = {}, isHasty = false) {
  const calls: string[] = [];
  const faults: PluginFault[] = [];
  const plugin = (name: string, priority: number): Plugin => ({
    ...{ name, version: '1.0.0', priority },
    start: () => void calls.push(`start ${name}`),
    stop: () => void calls.push(`stop ${name}`),
    ...change[name],
  });
  const plugins = [plugin('low', 1), plugin('high', 9), plugin('middle', 5)];
  const clock = hookClock();
  clock.isHasty = isHasty;
  const report = (fault: PluginFault) => void faults.push(fault);
  return { calls, faults, clock, plugins, options: { plugins, clock, loggerOf: () => silentLogger, report } };
}

const failing = { start: () => Promise.reject(new Error('no database')) };

test('higher priorities start first and are stopped last; stopping twice stops once', async () => {
  const { calls, options } = make();
  const started = await runPluginLifecycle(options);
  expect(started.plugins.map(({ name }) => name)).toEqual(['high', 'middle', 'low']);
  await Promise.all([started.stop(), started.stop()]);
  const order = ['start high', 'start middle', 'start low', 'stop low', 'stop middle', 'stop high'];
  expect(calls).toEqual(order);
});

test.each([
  ['throws', failing, 'no database'],
  ['hangs', { start: hang }, 'It did not end within 5000 ms.'],
])('one whose start %s is left out, stopped and reported; the others run', async (_how, start, reason) => {
  const { calls, faults, options } = make({ middle: start }, true);
  const started = await runPluginLifecycle(options);
  expect(started.failed).toEqual([{ name: 'middle', reason }]);
  expect(faults).toMatchObject([{ plugin: 'middle', hook: 'start' }]);
  await started.stop();
  expect(calls).toEqual(['start high', 'stop middle', 'start low', 'stop low', 'stop high']);
});

test('a critical one that cannot start ends the start, and those before it are stopped', async () => {
  const { calls, options } = make({ middle: { ...failing, critical: true } });
  await expect(runPluginLifecycle(options)).rejects.toMatchObject({
    code: 'plugin_start_failed',
    message: expect.stringContaining('"middle" must run, and could not start: no database'),
  });
  expect(calls).toEqual(['start high', 'stop middle', 'stop high']);
});

test('a stop that hangs or throws keeps nobody else from stopping', async () => {
  const { calls, faults, options } = make(
    { low: { stop: hang }, middle: { stop: () => Promise.reject(new Error('x')) } },
    true,
  );
  await (await runPluginLifecycle(options)).stop();
  expect(calls.at(-1)).toBe('stop high');
  expect(faults.map(({ plugin, hook }) => `${plugin} ${hook}`)).toEqual(['low stop', 'middle stop']);
});

test('two of one name are refused', async () => {
  const { options, plugins } = make();
  await expect(runPluginLifecycle({ ...options, plugins: [...plugins, ...plugins] })).rejects.toMatchObject({
    code: 'duplicate_plugin',
  });
});

test('a host tells which do not run and what the checks of the others found; after its stop there are none', async () => {
  const checks = {
    readinessChecks: [
      { name: 'good', check: () => undefined },
      { name: 'weak', check: () => ({ status: 'warn' as const, message: 'slow' }) },
      { name: 'bad', check: () => Promise.reject(new Error('gone')) },
      { name: 'stuck', check: hang },
    ],
  };
  const { plugins, clock, faults } = make({ high: failing, low: checks }, true);
  const host = createPluginHost({
    load: async () => ({ plugins, failed: [{ name: './missing.ts', reason: 'no such file' }] }),
    ...{ clock, logger: silentLogger, count: () => undefined },
    onError: (fault) => {
      faults.push(fault);
      throw new Error('a callback that breaks');
    },
  });
  expect(await host.start()).toEqual({ status: 'warn', note: './missing.ts: no such file' });
  const found = (await host.readiness()).map(({ name, status, error }) => `${name} ${status} ${error ?? ''}`.trim());
  expect(found).toEqual([
    'plugin:./missing.ts warn It does not run: no such file',
    'plugin:high warn It does not run: no database',
    'plugin:low/good ok',
    'plugin:low/weak warn slow',
    'plugin:low/bad fail gone',
    'plugin:low/stuck fail It did not end within 5000 ms.',
  ]);
  expect(faults).toHaveLength(1);
  await host.stop();
  expect([await host.readiness(), host.tools(), host.contextProviders()]).toEqual([[], [], []]);
});
