import type { ErrorHandler, Hono } from 'hono';
import type { KeptFile } from '../agent/attached-files.ts';
import type { ContextProvider } from '../agent/context-providers.ts';
import type { RunHooks } from '../agent/run-hooks.ts';
import type { Tool } from '../agent/tools/tool.ts';
import type { SessionKey } from '../contract/ids.ts';
import type { ReadinessCheck } from '../contract/server-state.ts';
import type { HttpEnv } from '../http/http-env.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { callHook } from './call-hook.ts';
import type { Plugin } from './plugin.ts';
import { createFaultReport, type PluginFault } from './plugin-fault.ts';
import { createPluginHooks } from './plugin-hooks.ts';
import { runProbe } from './plugin-readiness.ts';
import { pluginRoutes } from './plugin-routes.ts';
import { runPluginLifecycle, type StartedPlugins } from './run-plugin-lifecycle.ts';

export interface PluginHostOptions {
  /** Finds the plugins, anew at each start. Throws AppError with what is wrong with one. */
  load(): Promise<{ plugins: readonly Plugin[]; failed: readonly { name: string; reason: string }[] }>;
  clock: Clock;
  logger: Logger;
  count(plugin: string, hook: string): void;
  onError?: ((fault: PluginFault) => void) | undefined;
}

/** The plugins of one server, from its start to its stop. Before and after there are none. */
export interface PluginHost {
  readonly hooks: RunHooks;
  /** Throws AppError `plugin_start_failed` for a critical one, and `duplicate_plugin`. */
  start(): Promise<{ status: 'ok' | 'warn'; note?: string }>;
  /** In reverse order; idempotent, never rejects. */
  stop(): Promise<void>;
  tools(): readonly Tool[];
  contextProviders(): readonly ContextProvider[];
  /** What plugins say about the files of a message. Never rejects. */
  describeFiles(key: SessionKey, files: readonly KeptFile[]): Promise<string[]>;
  routes(onError: ErrorHandler<HttpEnv>): Hono<HttpEnv> | undefined;
  readiness(): Promise<ReadinessCheck[]>;
}

export function createPluginHost({ load, clock, logger, count, onError }: PluginHostOptions): PluginHost {
  const report = createFaultReport({ logger: logger.child({ component: 'plugins' }), count, onError });
  const loggerOf = (plugin: string) => logger.child({ component: `plugin:${plugin}` });
  let up: StartedPlugins | undefined;
  let failed: readonly { name: string; reason: string }[] = [];
  const running = () => up?.plugins ?? [];

  async function stop(): Promise<void> {
    const ending = up;
    // Those who ask from now on find none.
    up = undefined;
    failed = [];
    await ending?.stop();
  }

  async function start() {
    await stop();
    const found = await load();
    up = await runPluginLifecycle({ plugins: found.plugins, clock, loggerOf, report });
    failed = [...found.failed, ...up.failed];
    const names = running().map(({ name }) => name);
    if (names.length > 0) logger.info(`Plugins run: ${names.join(', ')}`);
    const [first] = failed;
    if (first) return { status: 'warn' as const, note: `${first.name}: ${first.reason}` };
    return { status: 'ok' as const, ...(names.length > 0 && { note: names.join(', ') }) };
  }

  function contextProviders(): ContextProvider[] {
    return running().flatMap(({ name, contextProviders: providers = [] }) =>
      providers.map((provider) => ({
        ...provider,
        name: `${name}/${provider.name}`,
        provide: (scope: Parameters<ContextProvider['provide']>[0]) => provider.provide(scope),
        onFault: (error: unknown) => report({ plugin: name, hook: 'contextProviders', error }),
      })),
    );
  }

  async function describeFiles(key: SessionKey, files: readonly KeptFile[]): Promise<string[]> {
    const texts: string[] = [];
    for (const plugin of running()) {
      if (!plugin.attachmentHandler) continue;
      const scope = { ...key, logger: loggerOf(plugin.name) };
      const result = await callHook((signal) => plugin.attachmentHandler?.(files, { ...scope, signal }), { clock });
      if (!result.ok) report({ plugin: plugin.name, hook: 'attachmentHandler', error: result.error });
      else if (typeof result.value === 'string' && result.value !== '') texts.push(result.value);
    }
    return texts;
  }

  async function readiness(): Promise<ReadinessCheck[]> {
    const broken = failed.map(({ name, reason }) => {
      return { name: `plugin:${name}`, status: 'warn' as const, durationMs: 0, error: `It does not run: ${reason}` };
    });
    const probes = running().flatMap(({ name, readinessChecks = [] }) =>
      readinessChecks.map((probe) => ({
        name: `plugin:${name}/${probe.name}`,
        check: (signal: AbortSignal) => probe.check(signal),
      })),
    );
    return [...broken, ...(await Promise.all(probes.map((probe) => runProbe(probe, clock))))];
  }

  return {
    hooks: createPluginHooks({ plugins: running, clock, loggerOf, report }),
    ...{ start, stop, contextProviders, describeFiles, readiness },
    tools: () => running().flatMap(({ tools = [] }) => tools),
    routes: (handler) => pluginRoutes(running(), report, handler),
  };
}
