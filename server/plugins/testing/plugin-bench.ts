import type { RunManagerOptions } from '../../agent/run-manager.ts';
import { createTestManager, type TestManager } from '../../agent/testing/manager.ts';
import type { MockUpstream } from '../../agent/testing/mock-upstream.ts';
import type { Tool } from '../../agent/tools/tool.ts';
import type { Clock } from '../../lib/clock.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import type { Plugin } from '../plugin.ts';
import type { PluginFault } from '../plugin-fault.ts';
import { createPluginHost, type PluginHost } from '../plugin-host.ts';
import { checkPlugin } from '../plugin-shape.ts';

/** A clock on which every hook's time is up at once when `isHasty` is set; a turn of the event loop passes before. */
export function hookClock(): Clock & { isHasty: boolean } {
  return {
    ...systemClock,
    isHasty: false,
    async sleep(ms, signal) {
      if (!this.isHasty || ms !== 5_000) return systemClock.sleep(ms, signal);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
  };
}

export interface PluginBench {
  host: PluginHost;
  manager: TestManager;
  faults: PluginFault[];
  counted: string[];
  close(): Promise<void>;
}

/** Plugins on a real run manager and file store. */
export async function createPluginBench(
  plugins: readonly Plugin[],
  upstream: MockUpstream | undefined,
  options: Partial<Omit<RunManagerOptions, 'tools'>> & { tools?: readonly Tool[]; hooksClock?: Clock } = {},
): Promise<PluginBench> {
  const { tools = [], hooksClock = systemClock, ...rest } = options;
  const faults: PluginFault[] = [];
  const counted: string[] = [];
  const host = createPluginHost({
    load: async () => ({ plugins: plugins.map((plugin) => checkPlugin(plugin, plugin.name)), failed: [] }),
    clock: hooksClock,
    logger: silentLogger,
    count: (plugin, hook) => counted.push(`${plugin} ${hook}`),
    onError: (fault) => faults.push(fault),
  });
  await host.start();
  const manager = await createTestManager(upstream, {
    ...rest,
    tools: () => [...tools, ...host.tools()],
    hooks: host.hooks,
    contextProviders: host.contextProviders,
  });
  return {
    ...{ host, manager, faults, counted },
    async close() {
      await manager.close();
      await host.stop();
    },
  };
}
