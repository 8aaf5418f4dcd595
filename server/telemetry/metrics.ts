import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RunInfo } from '../contract/chat.ts';
import type { RunEvent, ToolOutput } from '../contract/events.ts';
import type { SandboxInfo } from '../contract/sandbox.ts';
import type { Clock } from '../lib/clock.ts';
import { createLabelSet } from './metrics-labels.ts';
import { watchProcess } from './metrics-process.ts';

export interface FinishedRequest {
  method: string;
  /** The pattern of the route, never the path; absent where no route answers. */
  route?: string | undefined;
  status: number;
  /** Until the answer began. */
  durationMs: number;
}

/** The figures of one server, for Prometheus. No label ever holds an id or a person's words. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** Follows one run: give it every event. Quick, and never throws. */
  followRun(run: Pick<RunInfo, 'model'>): (event: RunEvent) => void;
  countRequest(request: FinishedRequest): void;
  /** A command that ended in a sandbox; `endedBy` is one of a few words. */
  countExec(exec: { endedBy: string; durationMs: number }): void;
  countPluginFault(plugin: string, hook: string): void;
  close(): void;
}

export interface MetricsOptions {
  clock: Clock;
  /** Asked at each scrape. */
  runs(): Pick<RunInfo, 'status'>[];
  sandboxes(): Pick<SandboxInfo, 'state'>[];
}

/** Counts nothing. */
export const noMetrics: Metrics = {
  contentType: 'text/plain',
  text: async () => '',
  followRun: () => () => undefined,
  countRequest: () => undefined,
  countExec: () => undefined,
  countPluginFault: () => undefined,
  close: () => undefined,
};

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const sandboxStates = ['creating', 'ready', 'busy', 'idle', 'paused', 'stopping', 'failed', 'lost'] as const;
const requestBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120];
const firstTokenBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const execBuckets = [0.002, 0.005, 0.01, 0.05, 0.25, 1, 5, 30, 120, 600];
const toolBuckets = [0.005, 0.02, 0.1, 0.5, 2, 10, 30, 120, 600];

export function createMetrics(options: MetricsOptions): Metrics {
  const { clock } = options;
  const registry = new Registry();
  const registers = [registry];
  const figures = createFigures(registers);
  const process = watchProcess(registers);
  const models = createLabelSet();
  const tools = createLabelSet();
  const plugins = createLabelSet();

  new Gauge({
    name: 'agentrail_runs_running',
    help: 'Runs that go on now.',
    registers,
    collect() {
      this.set(options.runs().filter(({ status }) => status === 'running').length);
    },
  });
  new Gauge({
    name: 'agentrail_sandboxes',
    help: 'Sandboxes by state.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of sandboxStates) this.set({ state }, 0);
      for (const { state } of options.sandboxes()) if (state !== 'gone') this.inc({ state });
    },
  });

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),

    followRun(run) {
      const startedAt = clock.monotonic();
      let isWaiting = true;
      return (event) => {
        switch (event.type) {
          case 'message.update':
            if (!isWaiting || !('delta' in event.event)) return;
            isWaiting = false;
            figures.firstToken.observe({ model: models.add(run.model) }, (clock.monotonic() - startedAt) / 1000);
            return;
          case 'turn.complete': {
            const model = models.add(`${event.message.provider}:${event.message.model}`);
            const { input, output, cacheRead, cacheWrite, cost } = event.usage;
            add(figures.tokens, { model, kind: 'input' }, input);
            add(figures.tokens, { model, kind: 'output' }, output);
            add(figures.tokens, { model, kind: 'cache_read' }, cacheRead);
            add(figures.tokens, { model, kind: 'cache_write' }, cacheWrite);
            add(figures.cost, { model }, cost.total);
            return;
          }
          case 'subagent_job_completed':
          case 'subagent_job_failed': {
            const model = models.add(event.model);
            const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, cost } = event.usage;
            add(figures.tokens, { model, kind: 'input' }, inputTokens);
            add(figures.tokens, { model, kind: 'output' }, outputTokens);
            add(figures.tokens, { model, kind: 'cache_read' }, cacheReadTokens);
            add(figures.tokens, { model, kind: 'cache_write' }, cacheWriteTokens);
            add(figures.cost, { model }, cost);
            return;
          }
          case 'tool.after': {
            const tool = isMisnamed(event.result) ? tools.find(event.toolName) : tools.add(event.toolName);
            figures.tools.observe({ tool, outcome: event.isError ? 'error' : 'ok' }, event.durationMs / 1000);
            return;
          }
          case 'provider_retry':
            figures.retries.inc();
            return;
          case 'session.end':
            figures.runs.inc({ status: event.stopReason });
        }
      };
    },

    countRequest({ method, route, status, durationMs }) {
      const labels = {
        method: methods.has(method) ? method : 'OTHER',
        route: route ?? 'unmatched',
        status: String(status),
      };
      figures.requests.observe(labels, durationMs / 1000);
    },

    countPluginFault(plugin, hook) {
      figures.pluginFaults.inc({ plugin: plugins.add(plugin), hook });
    },

    countExec({ endedBy, durationMs }) {
      figures.execs.observe({ ended_by: endedBy }, durationMs / 1000);
    },

    close() {
      process.close();
      registry.clear();
    },
  };
}

function createFigures(registers: Registry[]) {
  return {
    runs: new Counter({
      name: 'agentrail_runs_total',
      help: 'Runs that ended, by how they ended.',
      labelNames: ['status'],
      registers,
    }),
    tokens: new Counter({
      name: 'agentrail_tokens_total',
      help: 'Tokens by model and kind.',
      labelNames: ['model', 'kind'],
      registers,
    }),
    cost: new Counter({
      name: 'agentrail_cost_usd_total',
      help: 'Cost in US dollars by model, from the price table.',
      labelNames: ['model'],
      registers,
    }),
    firstToken: new Histogram({
      name: 'agentrail_first_token_seconds',
      help: 'From the start of a run to the first piece of an answer.',
      labelNames: ['model'],
      buckets: firstTokenBuckets,
      registers,
    }),
    tools: new Histogram({
      name: 'agentrail_tool_call_seconds',
      help: 'Tool calls by name and outcome; the count is the number of calls.',
      labelNames: ['tool', 'outcome'],
      buckets: toolBuckets,
      registers,
    }),
    pluginFaults: new Counter({
      name: 'agentrail_plugin_faults_total',
      help: 'Hooks of plugins that threw or took too long.',
      labelNames: ['plugin', 'hook'],
      registers,
    }),
    retries: new Counter({
      name: 'agentrail_provider_retries_total',
      help: 'Model calls that were tried again.',
      registers,
    }),
    execs: new Histogram({
      name: 'agentrail_sandbox_exec_seconds',
      help: 'Commands in sandboxes, by what ended them.',
      labelNames: ['ended_by'],
      buckets: execBuckets,
      registers,
    }),
    requests: new Histogram({
      name: 'agentrail_http_request_seconds',
      help: 'Requests by route pattern and status, until their answer began.',
      labelNames: ['method', 'route', 'status'],
      buckets: requestBuckets,
      registers,
    }),
  };
}

/** Providers tell these numbers; a counter throws at what is none. */
function add<Label extends string>(counter: Counter<Label>, labels: Record<Label, string>, value: number): void {
  if (value > 0 && Number.isFinite(value)) counter.inc(labels, value);
}

/** Models make names up, perhaps from what a person wrote: only a tool that there is gets its name into a label. */
function isMisnamed({ details }: ToolOutput): boolean {
  if (typeof details !== 'object' || details === null || !('code' in details)) return false;
  return details.code === 'unknown_tool' || details.code === 'invalid_tool_call';
}
