import { expect, it } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { type Logger, silentLogger } from '../../telemetry/logger.ts';
import { createDecisionLog } from './decision-log.ts';

function open() {
  let now = 0;
  const said: string[] = [];
  const clock = { monotonic: () => now } as Clock;
  const logger: Logger = {
    ...silentLogger,
    log: (_, text) => void said.push(text),
    warn: (text) => void said.push(text),
  };
  const fault = new AppError('egress_refused', 'other.test is not allowed.', { status: 403 });
  const log = createDecisionLog(logger, clock, 'box');
  return {
    said,
    log,
    refuse: () => log.refused({ method: 'GET', host: 'other.test', port: 80 }, fault),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

it('a flood fills a hundred lines of ten seconds, and how many are left out is told afterwards', () => {
  const { said, refuse, pass } = open();
  for (let at = 0; at < 250; at += 1) refuse();
  expect(said).toHaveLength(100);
  pass(9999);
  refuse();
  expect(said).toHaveLength(100);
  pass(1);
  refuse();
  expect(said).toHaveLength(102);
  expect(said[100]).toBe('More decisions than are logged one by one.');
});

it('the agent is told each refusal once, and few of a flood', () => {
  const { log, refuse } = open();
  refuse();
  refuse();
  expect(log.takeNotes()).toEqual(['other.test is not allowed.']);
  expect(log.takeNotes()).toEqual([]);
});
