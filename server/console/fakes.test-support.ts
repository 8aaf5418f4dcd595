import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RunManager } from '../agent/runs.ts';
import type { ConfigManager, SettingsChange } from '../config/config-manager.ts';
import type { RunInfo, SessionSummary } from '../contract/chat.ts';
import { type ConfigFault, configSchema } from '../contract/config.ts';
import type { LogFilter, LogLine } from '../contract/logs.ts';
import type { EngineStatus, ImageStatus, SandboxInfo } from '../contract/sandbox.ts';
import type { SecretInfo, VaultStatus } from '../contract/secrets.ts';
import type { ServerState } from '../contract/server-state.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { SandboxManager } from '../sandbox/sandbox.ts';
import type { ApiTokens } from '../secrets/api-tokens.ts';
import type { SecretsManager } from '../secrets/secrets-manager.ts';
import type { SessionStore } from '../sessions/store.ts';
import type { LogStore } from '../telemetry/log-store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { desktopAuth } from './auth.ts';
import { type ConsoleApp, type ConsoleAppOptions, createConsoleApp } from './console-app.ts';
import type { ServerControl, ServerParts } from './server-control.ts';

/** Listeners of one subject. */
export function fakeSubject<T>() {
  const listeners = new Set<(value: T) => void>();
  return {
    listeners,
    subscribe(listener: (value: T) => void) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    tell(value: T) {
      for (const listener of [...listeners]) listener(value);
    },
  };
}

/** A clock that stands until it is moved; sleepers wake in order. */
export function fakeClock(startsAt = Date.UTC(2026, 0, 15, 12)) {
  let elapsed = 0;
  let sleepers: { at: number; wake: () => void }[] = [];
  const clock: Clock = {
    now: () => startsAt + elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: elapsed + ms, wake: resolve };
        const give = () => {
          sleepers = sleepers.filter((each) => each !== sleeper);
          reject(signal?.reason);
        };
        if (signal?.aborted) return give();
        signal?.addEventListener('abort', give, { once: true });
        sleepers.push(sleeper);
      }),
  };
  return {
    ...clock,
    sleeping: () => sleepers.length,
    /** Moves on, waking whoever is due; promises that follow get their turn in between. */
    async advance(ms: number) {
      const end = elapsed + ms;
      for (;;) {
        const next = sleepers.filter((each) => each.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        elapsed = next.at;
        sleepers = sleepers.filter((each) => each !== next);
        next.wake();
        await settle();
      }
      elapsed = end;
      await settle();
    },
  };
}

/** Lets everything that is ready to run do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const noUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, totalTokens: 0, cost: 0 };

export function runInfo(change: Partial<RunInfo> = {}): RunInfo {
  return {
    ...{ runId: 'run_1', sessionId: 'ses_1', tenantId: 'default', userId: 'default', agentId: 'default' },
    ...{ model: 'demo:demo', title: 'Hello', status: 'running', turn: 1, activity: '', startedAt: 1, usage: noUsage },
    ...change,
  };
}

export function sessionSummary(change: Partial<SessionSummary> = {}): SessionSummary {
  return {
    ...{ sessionId: 'ses_1', tenantId: 'default', userId: 'default', agentId: 'default', title: 'Hello' },
    ...{ turns: 1, usage: noUsage, createdAt: 1, lastActiveAt: 2 },
    ...change,
  };
}

export function sandboxInfo(change: Partial<SandboxInfo> = {}): SandboxInfo {
  return {
    ...{ id: 'sb_1', tenantId: 'default', sessionId: 'ses_1', state: 'idle', image: 'img', createdAt: 1 },
    ...{ lastUsedAt: 2, memoryLimitBytes: 1, cpus: 1, running: [] },
    ...change,
  };
}

export function logLine(seq: number): LogLine {
  return { seq, time: seq, level: 'info', component: 'run', msg: `line ${seq}` };
}

export function secretInfo(change: Partial<SecretInfo> = {}): SecretInfo {
  return {
    ...{ name: 'OPENAI_API_KEY', group: 'models', isSet: false, shadowsVault: false, sources: [], versions: 0 },
    ...change,
  };
}

export function fakeServer() {
  const subject = fakeSubject<ServerState>();
  const runChanges = fakeSubject<RunInfo>();
  const calls: unknown[][] = [];
  const requests: Request[] = [];
  const fake = {
    state: { phase: 'stopped', stages: [] } as ServerState,
    runs: [] as RunInfo[],
    aborted: [] as string[],
    answer: async (_request: Request) => new Response('from the agent'),
    failWith: undefined as AppError | undefined,
  };
  const runs = {
    list: () => fake.runs,
    abort(runId: string) {
      fake.aborted.push(runId);
      return fake.runs.some((run) => run.runId === runId);
    },
    subscribe: runChanges.subscribe,
    get: () => undefined,
    start: () => Promise.reject(new Error('not part of this test')),
    compact: () => Promise.reject(new Error('not part of this test')),
    respond: () => Promise.reject(new Error('not part of this test')),
    putAside: () => undefined,
    hold: async () => () => undefined,
    drain: async () => undefined,
  } satisfies RunManager;
  const parts: ServerParts = {
    runs,
    fetch(request) {
      requests.push(request);
      return fake.answer(request);
    },
    readiness: async () => ({ status: 'ready', checks: [{ name: 'config', status: 'ok', durationMs: 1 }] }),
  };
  async function work(...call: unknown[]): Promise<void> {
    calls.push(call);
    if (fake.failWith) throw fake.failWith;
  }
  const control: ServerControl = {
    state: () => fake.state,
    parts: () => (fake.state.phase === 'ready' || fake.state.phase === 'degraded' ? parts : undefined),
    start: (options) => work('start', options),
    stop: (mode) => work('stop', mode),
    restart: (mode, options) => work('restart', mode, options),
    subscribe: subject.subscribe,
  };
  function become(phase: ServerState['phase'], change: Partial<ServerState> = {}): void {
    fake.state = { phase, stages: [], ...change };
    subject.tell(fake.state);
  }
  return Object.assign(fake, { control, calls, requests, become, runChanges, subject });
}

export function fakeSessions() {
  const rows = new Map<string, SessionSummary>();
  const queries: unknown[] = [];
  function find(sessionId: string, userId: string): SessionSummary {
    const row = rows.get(sessionId);
    if (row?.userId === userId) return row;
    throw new AppError('session_not_found', 'There is no such session.', { status: 404 });
  }
  const store: SessionStore = {
    getOrCreate: async (key) => find(key.sessionId, key.userId),
    get: async (key) => find(key.sessionId, key.userId),
    async list(query) {
      queries.push(query);
      return { sessions: [...rows.values()] };
    },
    async loadMessages(key) {
      find(key.sessionId, key.userId);
      return { messages: [{ role: 'user', content: 'Hi', timestamp: 1 }], skippedLines: 0 };
    },
    appendMessages: async () => undefined,
    recordTurn: async () => undefined,
    async update(key, change) {
      const row = { ...find(key.sessionId, key.userId), ...change };
      rows.set(key.sessionId, row);
      return row;
    },
    async delete(key) {
      find(key.sessionId, key.userId);
      rows.delete(key.sessionId);
    },
    trace: () => undefined,
    ping: async () => undefined,
    close: async () => undefined,
  };
  return { store, rows, queries };
}

export function fakeSandboxes() {
  const changes = fakeSubject<{ sandbox: SandboxInfo } | { engine: EngineStatus }>();
  const fake = {
    rows: [] as SandboxInfo[],
    engine: { state: 'connected', tries: [], checkedAt: 1 } as EngineStatus,
    image: { reference: 'img', state: 'present', pinned: false } as ImageStatus,
    measured: 0,
    destroyed: [] as string[],
  };
  const manager: SandboxManager = {
    probe: async () => fake.engine,
    engine: () => fake.engine,
    image: async () => fake.image,
    acquire: () => Promise.reject(new Error('not part of this test')),
    list: () => fake.rows,
    keepWarm: () => undefined,
    async stats() {
      fake.measured += 1;
      return fake.rows.map(({ id }) => ({ id, at: 1, cpuPct: 1, memoryBytes: 1, pids: 1 }));
    },
    keepAlive(id) {
      fake.rows = fake.rows.map((row) => (row.id === id ? { ...row, endsAt: 99 } : row));
    },
    images: {
      pull: async () => fake.image,
      build: async () => fake.image,
      load: async () => fake.image,
    },
    cleanUp: {
      plan: async () => ({ items: [], totalBytes: 0, kept: [] }),
      apply: async () => ({ type: 'done', outcomes: [], freedBytes: 0 }),
    },
    shownByContainers: async () => [],
    inspect: async (id) => ({ Name: id }),
    pause: async () => sandboxInfo({ state: 'paused' }),
    resume: async () => sandboxInfo({ state: 'idle' }),
    restart: async () => sandboxInfo({ state: 'ready' }),
    async destroy(id) {
      if (id === 'stuck') throw new AppError('engine_unreachable', 'Docker does not answer.', { status: 503 });
      fake.destroyed.push(id);
      fake.rows = fake.rows.filter((row) => row.id !== id);
    },
    destroyAll: async () => ({ destroyed: 0, left: [] }),
    sweep: async () => ({ removed: [], kept: [] }),
    subscribe: changes.subscribe,
    close: async () => undefined,
  };
  return Object.assign(fake, { manager, changes });
}

export function fakeSecrets() {
  const changes = fakeSubject<SecretInfo>();
  const values = new Map<string, string>();
  const fake = { vault: { backend: 'key_file', state: 'unlocked' } as VaultStatus };
  const infoOf = (name: string) => secretInfo({ name, isSet: values.has(name) });
  const manager: SecretsManager = {
    redactor: { redact: (text) => text },
    get: (name) => {
      const value = values.get(name);
      return value === undefined ? undefined : { value, origin: 'vault' };
    },
    status: () => fake.vault,
    list: () => [...values.keys()].map(infoOf),
    async set(name, value) {
      if (fake.vault.state === 'locked') throw new AppError('vault_locked', 'Unlock the vault.', { status: 409 });
      values.set(name, value);
      changes.tell(infoOf(name));
      return infoOf(name);
    },
    async clear(name) {
      values.delete(name);
      changes.tell(infoOf(name));
      return infoOf(name);
    },
    reveal: (name) => values.get(name),
    test: async () => ({ outcome: 'accepted', message: 'The key works.', at: 1 }),
    report: () => undefined,
    subscribe: changes.subscribe,
  };
  return Object.assign(fake, { manager, values, changes });
}

/** There are none, and none can be made. */
function fakeTokens(): ApiTokens {
  const refuse = () => Promise.reject(new Error('not part of this test'));
  return {
    ...{ create: refuse, revoke: refuse, list: () => [], find: () => undefined },
    ...{ nameOf: () => undefined, close: async () => undefined },
  };
}

export function fakeConfig() {
  const changes = fakeSubject<void>();
  const fake = {
    config: configSchema.parse({}),
    faults: [] as ConfigFault[],
    changed: [] as SettingsChange[],
    text: '',
  };
  const manager: ConfigManager = {
    current: () => fake.config,
    filePath: () => '/data/agentrail.yaml',
    values: () => [{ path: 'server.port', value: 3000, source: 'default' }],
    faults: () => fake.faults,
    notes: () => [],
    reload: async () => fake.config,
    async change(change) {
      fake.changed.push(change);
      changes.tell();
      return { needsRestart: Object.keys(change) };
    },
    text: async () => ({ text: fake.text, version: `v${fake.text.length}`, isInForce: true }),
    async replaceText(text) {
      fake.text = text;
      return { needsRestart: [], version: `v${text.length}` };
    },
    subscribe: (listener) => changes.subscribe(listener),
  };
  return Object.assign(fake, { manager, changes });
}

export function fakeLogs() {
  const lines = fakeSubject<LogLine>();
  const fake = { filters: [] as LogFilter[], exportEnded: false };
  const store: LogStore = {
    async query(filter) {
      fake.filters.push(filter);
      return { lines: [logLine(1)], hasMore: false };
    },
    async *export(filter) {
      fake.filters.push(filter);
      try {
        for (let seq = 1; seq <= 3; seq += 1) yield `${JSON.stringify(logLine(seq))}\n`;
      } finally {
        fake.exportEnded = true;
      }
    },
    overview: async () => ({ lines: 3, sizeBytes: 300, files: 1, fromTime: 1, toTime: 3, buckets: [[0, 3, 0, 0]] }),
    find: async ({ line }) => line,
    subscribe: lines.subscribe,
    flush: async () => undefined,
    close: async () => undefined,
  };
  return Object.assign(fake, { store, lines });
}

/** A console over fakes; it is closed when the test ends. */
export function makeConsole(change: Partial<ConsoleAppOptions> = {}) {
  const clock = fakeClock();
  const server = fakeServer();
  const sessions = fakeSessions();
  const sandboxes = fakeSandboxes();
  const secrets = fakeSecrets();
  const config = fakeConfig();
  const logs = fakeLogs();
  const console: ConsoleApp = createConsoleApp({
    ...{ server: server.control, sessions: sessions.store, sandboxes: sandboxes.manager, secrets: secrets.manager },
    ...{ config: config.manager, logs: logs.store, logger: silentLogger, clock, version: '1.2.3' },
    ...{ dataDir: '/data', rendererDir: '/nowhere', auth: desktopAuth() },
    agents: () => [{ id: 'default', name: 'Assistant', model: 'demo:demo' }],
    tokens: fakeTokens(),
    models: () => [{ id: 'openai:gpt', label: 'GPT', available: true }],
    ...change,
  });
  onTestFinished(() => console.close());
  /** A request as the window's own page makes it. */
  function ask(path: string, init: RequestInit = {}): Promise<Response> {
    return console.fetch(new Request(`app://console${path}`, init));
  }
  return { console, ask, clock, server, sessions, sandboxes, secrets, config, logs };
}

/** A JSON body with its headers. */
export function json(method: string, body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } };
}

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'console-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
