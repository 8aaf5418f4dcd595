import { describe, expect, it, onTestFinished } from 'vitest';
import type { MessageStep, RunEvent } from '../contract/events.ts';
import type { Clock } from '../lib/clock.ts';
import { createMetrics, type MetricsOptions } from './metrics.ts';

const usage = {
  input: 10,
  output: 20,
  cacheRead: 30,
  cacheWrite: 40,
  totalTokens: 100,
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0.5 },
};
const runUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, totalTokens: 0, cost: 0 };

function setUp(options: Partial<MetricsOptions> = {}) {
  let elapsed = 0;
  const clock: Clock = { now: () => 0, monotonic: () => elapsed, sleep: () => Promise.reject(new Error('no sleep')) };
  const metrics = createMetrics({ clock, runs: () => [], sandboxes: () => [], ...options });
  onTestFinished(() => metrics.close());
  return {
    metrics,
    pass: (ms: number) => {
      elapsed += ms;
    },
    /** The lines of one figure without its buckets. */
    lines: async (name: string) =>
      (await metrics.text()).split('\n').filter((line) => line.startsWith(name) && !line.includes('_bucket')),
  };
}

function step(event: MessageStep): RunEvent {
  return { type: 'message.update', messageId: 'msg_1', event };
}

function turn(provider: string, model: string): RunEvent {
  const message = { role: 'assistant' as const, content: [], provider, model, usage, stopReason: 'stop' as const };
  return { type: 'turn.complete', turn: 1, message: { ...message, timestamp: 1 }, toolResults: [], usage };
}

function tool(toolName: string, isError = false, details?: unknown): RunEvent {
  return {
    type: 'tool.after',
    toolCallId: 'call_1',
    toolName,
    result: { content: [], details },
    isError,
    durationMs: 50,
  };
}

describe('the figures of runs', () => {
  it('count tokens and cost under the model that answered', async () => {
    const { metrics, lines } = setUp();
    const follow = metrics.followRun({ model: 'openai:first' });
    for (let call = 0; call < 2; call++) follow(turn('anthropic', 'claude-haiku-4-5'));
    expect(await lines('agentrail_tokens_total{')).toEqual([
      'agentrail_tokens_total{model="anthropic:claude-haiku-4-5",kind="input"} 20',
      'agentrail_tokens_total{model="anthropic:claude-haiku-4-5",kind="output"} 40',
      'agentrail_tokens_total{model="anthropic:claude-haiku-4-5",kind="cache_read"} 60',
      'agentrail_tokens_total{model="anthropic:claude-haiku-4-5",kind="cache_write"} 80',
    ]);
    expect(await lines('agentrail_cost_usd_total{')).toEqual([
      'agentrail_cost_usd_total{model="anthropic:claude-haiku-4-5"} 1',
    ]);
  });

  it('count what sub-agents use by their own model', async () => {
    const { metrics, lines } = setUp();
    const used = { ...runUsage, inputTokens: 5, outputTokens: 2, cost: 0.25 };
    const job = { agentId: 'a', jobId: 'j', model: 'openai:small', usage: used };
    const follow = metrics.followRun({ model: 'openai:large' });
    follow({ type: 'subagent_job_completed', result: 'Done.', ...job });
    follow({ type: 'subagent_job_failed', error: { code: 'x', message: 'No.' }, ...job });
    expect(await lines('agentrail_tokens_total{')).toEqual([
      'agentrail_tokens_total{model="openai:small",kind="input"} 10',
      'agentrail_tokens_total{model="openai:small",kind="output"} 4',
    ]);
    expect(await lines('agentrail_cost_usd_total{')).toEqual(['agentrail_cost_usd_total{model="openai:small"} 0.5']);
  });

  it('survive a provider that tells nonsense', async () => {
    const { metrics, lines } = setUp();
    const odd = { ...usage, input: Number.NaN, output: -5, cacheRead: Number.POSITIVE_INFINITY };
    const event = turn('openai', 'odd');
    metrics.followRun({ model: 'openai:odd' })({ ...event, usage: odd } as RunEvent);
    expect(await lines('agentrail_tokens_total{')).toEqual([
      'agentrail_tokens_total{model="openai:odd",kind="cache_write"} 40',
    ]);
  });

  it('time the first piece of the answer only', async () => {
    const { metrics, lines, pass } = setUp();
    const follow = metrics.followRun({ model: 'demo:demo' });
    pass(300);
    follow(step({ type: 'text_start', contentIndex: 0 }));
    pass(200);
    follow(step({ type: 'text_delta', contentIndex: 0, delta: 'a' }));
    pass(900);
    follow(step({ type: 'text_delta', contentIndex: 0, delta: 'b' }));
    expect(await lines('agentrail_first_token_seconds')).toEqual([
      'agentrail_first_token_seconds_sum{model="demo:demo"} 0.5',
      'agentrail_first_token_seconds_count{model="demo:demo"} 1',
    ]);
  });

  it('count ends by how they ended, and what goes on now', async () => {
    const runs = [{ status: 'running' as const }, { status: 'done' as const }, { status: 'running' as const }];
    const { metrics, lines } = setUp({ runs: () => runs });
    for (const stopReason of ['stop', 'error', 'stop'] as const)
      metrics.followRun({ model: 'demo:demo' })({ type: 'session.end', stopReason, usage: runUsage });
    expect(await lines('agentrail_runs_total{')).toEqual([
      'agentrail_runs_total{status="stop"} 2',
      'agentrail_runs_total{status="error"} 1',
    ]);
    expect(await lines('agentrail_runs_running')).toEqual(['agentrail_runs_running 2']);
  });

  it('count tool calls by name and outcome', async () => {
    const { metrics, lines } = setUp();
    const follow = metrics.followRun({ model: 'demo:demo' });
    for (const event of [tool('Bash'), tool('Bash'), tool('Bash', true)]) follow(event);
    expect(await lines('agentrail_tool_call_seconds')).toEqual([
      'agentrail_tool_call_seconds_sum{tool="Bash",outcome="ok"} 0.1',
      'agentrail_tool_call_seconds_count{tool="Bash",outcome="ok"} 2',
      'agentrail_tool_call_seconds_sum{tool="Bash",outcome="error"} 0.05',
      'agentrail_tool_call_seconds_count{tool="Bash",outcome="error"} 1',
    ]);
  });
});

describe('labels', () => {
  it('hold no name that a model made up', async () => {
    const { metrics } = setUp();
    const follow = metrics.followRun({ model: 'demo:demo' });
    follow(tool('my_password_is_tiger', true, { code: 'unknown_tool' }));
    follow(tool('my_password_is_lion', true, { code: 'invalid_tool_call' }));
    follow(tool('my password is wolf'));
    const text = await metrics.text();
    expect(text).not.toMatch(/tiger|lion|wolf/);
    expect(text).toContain('tool="unknown",outcome="error"} 2');
    expect(text).toContain('tool="other",outcome="ok"} 1');
  });

  it('stay few: the 201st name is other', async () => {
    const { metrics } = setUp();
    const follow = metrics.followRun({ model: 'demo:demo' });
    for (let at = 0; at < 300; at++) {
      follow(tool(`tool_${at}`));
      follow(turn('openai', `model-${at}`));
    }
    const text = await metrics.text();
    const values = (label: string) => new Set(text.match(new RegExp(`${label}="[^"]*"`, 'g')));
    expect([values('tool').size, values('model').size]).toEqual([201, 201]);
    expect(text).toContain('agentrail_tool_call_seconds_count{tool="other",outcome="ok"} 100');
  });

  it('of requests hold the pattern of the route, a known method and the status', async () => {
    const { metrics, lines } = setUp();
    metrics.countRequest({ method: 'GET', route: '/api/sessions/:sessionId', status: 404, durationMs: 20 });
    metrics.countRequest({ method: 'BREW', status: 404, durationMs: 20 });
    expect(await lines('agentrail_http_request_seconds_count')).toEqual([
      'agentrail_http_request_seconds_count{method="GET",route="/api/sessions/:sessionId",status="404"} 1',
      'agentrail_http_request_seconds_count{method="OTHER",route="unmatched",status="404"} 1',
    ]);
  });
});

describe('the figures of the process', () => {
  it('show sandboxes by state, those that are gone again included', async () => {
    let sandboxes = [{ state: 'busy' as const }, { state: 'busy' as const }];
    const { lines } = setUp({ sandboxes: () => sandboxes });
    expect(await lines('agentrail_sandboxes{state="busy"}')).toEqual(['agentrail_sandboxes{state="busy"} 2']);
    sandboxes = [];
    expect(await lines('agentrail_sandboxes{state="busy"}')).toEqual(['agentrail_sandboxes{state="busy"} 0']);
  });

  it('show a blocked event loop once', async () => {
    const { lines } = setUp();
    const worst = async () => Number((await lines('nodejs_eventloop_lag_seconds{quantile="1"}'))[0]?.split(' ')[1]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const until = performance.now() + 200;
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await worst()).toBeGreaterThan(0.1);
    expect(await worst()).toBeLessThan(0.1);
  });

  it('tell memory and processor time', async () => {
    const { metrics } = setUp();
    const text = await metrics.text();
    for (const name of ['process_resident_memory_bytes', 'nodejs_heap_bytes{kind="used"}', 'process_cpu_seconds_total'])
      expect(Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1])).toBeGreaterThan(0);
  });

  it('are those of one server: another has its own', async () => {
    const [one, other] = [setUp(), setUp()];
    one.metrics.followRun({ model: 'demo:demo' })({ type: 'session.end', stopReason: 'stop', usage: runUsage });
    expect(await other.lines('agentrail_runs_total{')).toEqual([]);
  });
});

describe('the figures of sandboxes', () => {
  it('tell how long commands took, by what ended them', async () => {
    const { metrics, lines } = setUp();
    metrics.countExec({ endedBy: 'exit', durationMs: 4 });
    metrics.countExec({ endedBy: 'exit', durationMs: 6 });
    metrics.countExec({ endedBy: 'timeout', durationMs: 2000 });
    expect(await lines('agentrail_sandbox_exec_seconds_count')).toEqual([
      'agentrail_sandbox_exec_seconds_count{ended_by="exit"} 2',
      'agentrail_sandbox_exec_seconds_count{ended_by="timeout"} 1',
    ]);
    expect(await metrics.text()).toContain('agentrail_sandbox_exec_seconds_bucket{le="0.005",ended_by="exit"} 1');
  });
});
