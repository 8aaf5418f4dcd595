import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RunInfo } from '../contract/chat.ts';
import type { LogLine } from '../contract/logs.ts';
import { systemClock } from '../lib/clock.ts';
import { type Logger, silentLogger } from '../telemetry/logger.ts';
import { createSinks, type TelemetrySink } from './telemetry-sinks.ts';

const run = { runId: 'run_1' } as RunInfo;
const line = { msg: 'x' } as LogLine;

function make(...sinks: TelemetrySink[]) {
  const warnings: string[] = [];
  const made = createSinks(sinks, systemClock);
  const logger: Logger = { ...silentLogger, warn: (msg) => void warnings.push(msg) };
  made.reportTo(logger);
  return { ...made, warnings };
}

test('every sink hears events and lines, whatever the one before it throws', () => {
  const heard: string[] = [];
  const broken = () => {
    throw new Error('down');
  };
  const sinks = make(
    { name: 'broken', onEvent: broken, onLog: broken },
    {
      name: 'good',
      onEvent: ({ type }, { runId }) => void heard.push(`${runId} ${type}`),
      onLog: ({ msg }) => void heard.push(msg),
    },
  );
  sinks.tap(run)({ type: 'turn.start', turn: 1 });
  sinks.echo(line);
  expect(heard).toEqual(['run_1 turn.start', 'x']);
});

test('one that always fails is complained about seldom, and told nothing more after a hundred times', async () => {
  let calls = 0;
  const sinks = make({
    name: 'broken',
    onLog() {
      calls += 1;
      throw new Error('down');
    },
  });
  for (let index = 0; index < 150; index += 1) sinks.echo(line);
  await nextTurn();
  expect(calls).toBe(100);
  expect(sinks.warnings).toEqual([
    'The telemetry sink broken failed in onLog: down',
    'The telemetry sink broken failed in onLog: down It is told nothing more.',
  ]);
});

test('one that fails now and then goes on being told', () => {
  let calls = 0;
  const sinks = make({
    name: 'shaky',
    onLog() {
      calls += 1;
      if (calls % 2 === 0) throw new Error('down');
    },
  });
  for (let index = 0; index < 400; index += 1) sinks.echo(line);
  expect(calls).toBe(400);
});

test('closing waits for each, and one that fails keeps nobody from being closed', async () => {
  const closed: string[] = [];
  const sinks = make(
    { name: 'a', close: () => Promise.reject(new Error('stuck')) },
    { name: 'b', close: async () => void closed.push('b') },
    { name: 'c' },
  );
  await sinks.close();
  expect(closed).toEqual(['b']);
  expect(sinks.warnings).toEqual(['The telemetry sink a could not be closed: stuck']);
});
