import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChatRequest } from '../../contract/chat.ts';
import { type Config, configSchema } from '../../contract/config.ts';
import type { NumberedEvent, RunEvent } from '../../contract/events.ts';
import type { ProbeResult } from '../../contract/secrets.ts';
import { systemClock } from '../../lib/clock.ts';
import { createLiveRedactor } from '../../secrets/redactor.ts';
import { createFileSessionStore } from '../../sessions/file-store.ts';
import type { AgentrailSessionStore } from '../../sessions/store.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { createRunManager, type RunManagerOptions } from '../run-manager.ts';
import type { ToolSource } from '../run-setup.ts';
import type { RunHandle, RunManager } from '../runs.ts';
import { createAgentFiles } from '../subagents/agent-files.ts';
import type { Tool } from '../tools/tool.ts';
import { secretsOf, testKeys } from './harness.ts';
import type { MockUpstream } from './mock-upstream.ts';

export interface TestManager {
  runs: RunManager;
  sessions: AgentrailSessionStore;
  dataDir: string;
  /** What was reported of keys, in order. */
  reports: { name: string; result: ProbeResult }[];
  config: Config;
  /** Another run manager on the same store, as after a restart. */
  restartRuns(): RunManager;
  close(): Promise<void>;
}

/** A run manager on a real file store in a fresh directory. */
export async function createTestManager(
  upstream: MockUpstream | undefined,
  options: Partial<Omit<RunManagerOptions, 'tools'>> & {
    tools?: readonly Tool[] | ToolSource;
    wrapStore?: (store: AgentrailSessionStore) => AgentrailSessionStore;
    /** Tools that work on the store. */
    toolsOf?: (store: AgentrailSessionStore) => Tool[];
    /** One that is there already. */
    dataDir?: string;
  } = {},
): Promise<TestManager> {
  const { wrapStore = (store) => store, toolsOf = () => [], tools = [], dataDir: given, ...rest } = options;
  const dataDir = given ?? (await mkdtemp(join(tmpdir(), 'agentrail-runs-')));
  const store = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock, fsync: 'none' });
  const sessions = wrapStore(store);
  const config = configSchema.parse({
    // Tools of tests say nothing of their reach.
    permissions: { mode: 'bypassPermissions' },
    llm: upstream ? { provider: 'openai', modelId: 'mock-model', baseUrl: upstream.baseUrl } : { provider: 'demo' },
  });
  const reports: TestManager['reports'] = [];
  const makeRuns = () =>
    createRunManager({
      config: () => config,
      secrets: { ...secretsOf(testKeys), report: (name, result) => reports.push({ name, result }) },
      redactor: createLiveRedactor(() => undefined),
      sessions,
      context: sessions,
      subagents: createAgentFiles({
        dataDir,
        logger: silentLogger,
        ...(store.addFiles && { addFiles: store.addFiles }),
      }),
      tools: typeof tools === 'function' ? tools : () => [...tools, ...toolsOf(sessions)],
      readFile: () => Promise.reject(new Error('no such file')),
      logger: silentLogger,
      clock: systemClock,
      ...rest,
    });
  let runs = makeRuns();
  return {
    runs,
    restartRuns() {
      runs = makeRuns();
      return runs;
    },
    sessions,
    dataDir,
    reports,
    config,
    async close() {
      await runs.drain(0);
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export function ask(message: string, change: Partial<ChatRequest> = {}): ChatRequest {
  return { message, tenantId: 'default', userId: 'default', ...change };
}

/** Reads a run to its end. */
export async function readAll(run: RunHandle, after = 0): Promise<NumberedEvent[]> {
  const events: NumberedEvent[] = [];
  for await (const event of run.events(after)) events.push(event);
  return events;
}

export async function readEvents(run: RunHandle): Promise<RunEvent[]> {
  return (await readAll(run)).map(({ event }) => event);
}

/** Reads until an event of this type, then leaves. */
export async function readUntil(run: RunHandle, type: RunEvent['type']): Promise<NumberedEvent[]> {
  const events: NumberedEvent[] = [];
  for await (const event of run.events()) {
    events.push(event);
    if (event.event.type === type) return events;
  }
  throw new Error(`The run ended without ${type}`);
}

export function keyOf(run: RunHandle): { tenantId: string; userId: string; sessionId: string } {
  return { tenantId: 'default', userId: 'default', sessionId: run.sessionId };
}
