import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../contract/config.ts';
import type { RunEvent } from '../../contract/events.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { createDemoModel } from '../demo-model.ts';
import { echoModelName } from '../echo-model.ts';
import { resolveModel } from '../model.ts';
import { secretsOf } from '../testing/harness.ts';
import { createWaitingRoom } from '../waiting-room.ts';
import { createAgentFiles } from './agent-files.ts';
import { echoProfile } from './echo-profile.ts';
import type { Seat } from './seat.ts';
import { openTeam } from './team.ts';

const key = { tenantId: 'default', userId: 'default', sessionId: 'ses_test' };
const name = fc.constantFrom('ada', 'bob', 'cleo');
const action = fc.oneof(
  fc.record({ do: fc.constant('spawn' as const), name }),
  fc.record({ do: fc.constant('send' as const), name }),
  fc.record({
    do: fc.constant('wait' as const),
    mode: fc.constantFrom('any' as const, 'all' as const),
    timeoutMs: fc.constantFrom(undefined, 3),
  }),
  fc.record({ do: fc.constant('close' as const), name }),
  fc.record({ do: fc.constant('pause' as const), ms: fc.nat({ max: 6 }) }),
);

describe('the events of agents', () => {
  it('come in an order that a reader can follow, whatever is called when', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 12 }), fc.boolean(), async (actions, isAborted) => {
        const dataDir = await mkdtemp(join(tmpdir(), 'agents-order-'));
        await mkdir(join(dataDir, 'tenants/default/sessions/ses_test'), { recursive: true });
        try {
          checkOrder(await play(dataDir, actions, isAborted));
        } finally {
          await rm(dataDir, { recursive: true });
        }
      }),
      { numRuns: 40 },
    );
  });
});

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

async function play(dataDir: string, actions: readonly Action[], isAborted: boolean): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const aborting = new AbortController();
  const config = configSchema.parse({});
  const demo = () => createDemoModel(async () => undefined);
  const model = resolveModel(echoModelName, { config: () => config, secrets: secretsOf({}), demo });
  const team = await openTeam({
    ...{ key, runId: 'run_1', clock: systemClock, logger: silentLogger, signal: aborting.signal },
    files: createAgentFiles({ dataDir, logger: silentLogger }),
    settings: () => config.subagents,
    room: createWaitingRoom(() => undefined),
    emit: (event) => events.push(event),
    redact: (text) => text,
    resolve: async () => ({ profile: echoProfile, model }),
    async prepare({ seat }) {
      await systemClock.sleep(4, seat.signal);
      return {
        ...{ system: '', toolSpecs: [], maxTurns: 1, settings: { maxTokens: 100, thinking: 0 } },
        runTool: async () => undefined,
        redact: (text) => text,
      };
    },
  });
  const seat: Seat = {
    depth: 0,
    profile: echoProfile,
    ceilings: [],
    model,
    signal: team.signal,
    toolNames: new Set(),
  };
  const desk = team.deskOf(seat);
  const going = actions.map(async (step) => {
    if (step.do === 'spawn') await desk.spawn({ name: step.name, task: 'Work.' });
    else if (step.do === 'send') await desk.send(step.name, 'More.');
    else if (step.do === 'close') await desk.close(step.name, 'test');
    else if (step.do === 'pause') await systemClock.sleep(step.ms);
    else await desk.wait({ agents: [], mode: step.mode, timeoutMs: step.timeoutMs }, aborting.signal);
  });
  if (isAborted) aborting.abort(new Error('the test'));
  await Promise.allSettled(going);
  await team.finish();
  const count = events.length;
  await systemClock.sleep(2);
  expect(events.length).toBe(count);
  return events;
}

/** Throws when a reader that keeps one state per agent and wait would have to guess. */
function checkOrder(events: readonly RunEvent[]): void {
  const agents = new Map<string, { job?: string | undefined; isClosed: boolean; status?: string }>();
  const waits = new Set<string>();
  const known = (id: string) => {
    const agent = agents.get(id);
    if (!agent || agent.isClosed) throw new Error(`An event of ${id}, which is not there`);
    return agent;
  };
  for (const event of events) {
    switch (event.type) {
      case 'subagent_spawned':
        expect(agents.has(event.agentId)).toBe(false);
        agents.set(event.agentId, { isClosed: false });
        break;
      case 'subagent_job_started':
        expect(known(event.agentId).job).toBeUndefined();
        known(event.agentId).job = event.jobId;
        break;
      case 'subagent_job_completed':
      case 'subagent_job_failed':
        expect(known(event.agentId).job).toBe(event.jobId);
        known(event.agentId).job = undefined;
        break;
      case 'subagent_status':
        expect(known(event.agentId).status).not.toBe(event.status);
        known(event.agentId).status = event.status;
        break;
      case 'subagent_message':
        known(event.agentId);
        break;
      case 'subagent_closed':
        expect(known(event.agentId).job).toBeUndefined();
        known(event.agentId).isClosed = true;
        break;
      case 'wait_registered':
        waits.add(event.waitId);
        break;
      case 'wait_resolved':
        expect(waits.delete(event.waitId)).toBe(true);
        break;
      default:
        throw new Error(`Nobody expected ${event.type}`);
    }
  }
  expect([...agents.values()].filter(({ job }) => job !== undefined)).toEqual([]);
  expect([...waits]).toEqual([]);
}
