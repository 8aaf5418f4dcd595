import type { ContextProvider } from '../agent/context-providers.ts';
import type { Tool } from '../agent/tools/tool.ts';
import { workspaceContext } from '../agent/workspace-context.ts';
import type { ReadinessCheck } from '../contract/server-state.ts';
import { loadPlugins } from '../plugins/load-plugins.ts';
import { createPluginHost } from '../plugins/plugin-host.ts';
import { runProbe } from '../plugins/plugin-readiness.ts';
import { shippedPlugins } from '../plugins/shipped/shipped-plugins.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Extensions } from './extensions.ts';
import type { Foundation } from './open-foundation.ts';
import type { Storage } from './open-storage.ts';

/** What joins in runs beside the parts that are always there: plugins, and what an embedding program brings along. */
export function openExtensions(
  { config, clock, logger }: Foundation,
  { workspaces }: Storage,
  metrics: Pick<Metrics, 'countPluginFault'>,
  extensions: Extensions,
) {
  const { profiles = [], tools: ownTools = [], readinessChecks = [], contextProviders = [] } = extensions;
  const plugins = createPluginHost({
    load: () => loadPlugins({ wanted: config.current().plugins, shipped: shippedPlugins, given: extensions.plugins }),
    ...{ clock, logger },
    count: metrics.countPluginFault,
    onError: extensions.onPluginError,
  });
  const workspace = workspaceContext(workspaces);

  /** Own tools take the place of common ones; those of plugins never take anybody's. */
  function toolsBeside(common: readonly Tool[]): readonly Tool[] {
    const named = (list: readonly Tool[]) => new Set(list.map(({ name }) => name));
    const own = [...common.filter(({ name }) => !named(ownTools).has(name)), ...ownTools];
    const taken = named(own);
    const added = plugins.tools().filter(({ name }) => !taken.has(name) && taken.add(name));
    return [...own, ...added];
  }

  return {
    plugins: {
      ...plugins,
      async readiness(): Promise<ReadinessCheck[]> {
        const own = Promise.all(readinessChecks.map((probe) => runProbe(probe, clock)));
        return [...(await own), ...(await plugins.readiness())];
      },
    },
    profiles,
    toolsBeside,
    contextProviders: (): ContextProvider[] => [workspace, ...contextProviders, ...plugins.contextProviders()],
    forRuns: {
      profiles,
      ...(extensions.resolveProfile && { resolveProfile: extensions.resolveProfile }),
      hooks: plugins.hooks,
    },
  };
}
