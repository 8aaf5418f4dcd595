import { expect, it } from 'vitest';
import type { ConsoleEvent } from '../../contract/console-events.ts';
import type { LogLine } from '../../contract/logs.ts';
import { fakeClock, settle } from '../fakes.test-support.ts';
import { encodeFrame } from './frames.ts';
import { createLogBatches } from './log-batches.ts';

it('of 10,000 lines in a second the page gets 800 at most, the newest of each moment, for hardly more bytes than they have', async () => {
  const clock = fakeClock();
  const events: Extract<ConsoleEvent, { type: 'logs' }>[] = [];
  const closing = new AbortController();
  const batches = createLogBatches(clock, (event) => event.type === 'logs' && events.push(event), closing.signal);
  for (let seq = 1; seq <= 10_000; seq++) {
    const fields = { method: 'POST', path: '/api/chat/stream', status: 200, ms: seq };
    const line: LogLine = { seq, time: seq, level: 'info', component: 'http', msg: `Answered request ${seq}`, fields };
    batches.add(line);
    if (seq % 100 === 0) await clock.advance(10);
  }
  await clock.advance(250);
  await settle();
  closing.abort();
  const lines = events.flatMap((event) => event.lines);
  expect(events.length).toBeLessThanOrEqual(5);
  expect(events.every((event) => event.lines.length <= 200)).toBe(true);
  expect(lines.length + events.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(10_000);
  expect(lines.at(-1)?.seq).toBe(10_000);
  const own = lines.reduce((sum, line) => sum + Buffer.byteLength(JSON.stringify(line)), 0);
  const sent = events.reduce((sum, event) => sum + encodeFrame(event, 'epoch:1').byteLength, 0);
  expect(sent - own).toBeLessThan(2 * lines.length + 100 * events.length);
});
