import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RunEvent } from '../contract/events.ts';
import { createDeltaPace } from './delta-pace.ts';
import { createMessageEmitter } from './message-emitter.ts';

function loop() {
  let time = 0;
  let share = 0;
  const utilization = () => ({ idle: 0, active: 0, utilization: share });
  const pace = createDeltaPace(() => time, utilization);
  const after = (ms: number, busy: number) => {
    time += ms;
    share = busy;
    return pace();
  };
  return { after };
}

test('tokens travel at once while there is time, and gather on a busy event loop', () => {
  const { after } = loop();
  expect(after(0, 1)).toBe(0);
  expect(after(250, 0.3)).toBe(0);
  expect(after(250, 0.8)).toBe(48);
  expect(after(250, 1)).toBe(60);
  expect(after(250, 0.5)).toBe(0);
});

test('the loop is looked at five times a second, not for each token', () => {
  const { after } = loop();
  expect(after(250, 0.9)).toBe(54);
  expect(after(100, 0)).toBe(54);
  expect(after(150, 0)).toBe(0);
});

test('the first words do not wait; what gathers is told once, and before the message ends', async () => {
  const events: RunEvent[] = [];
  const emitter = createMessageEmitter(
    (event) => events.push(event),
    () => 5,
  );
  const say = (delta: string) => emitter.step({ type: 'text_delta', contentIndex: 0, delta });
  const told = () =>
    events.flatMap((event) => (event.type === 'message.update' && 'delta' in event.event ? event.event.delta : []));
  say('a');
  await new Promise((resolve) => setImmediate(resolve));
  expect(told()).toEqual(['a']);
  say('b');
  await new Promise((resolve) => setImmediate(resolve));
  say('c');
  while (told().length < 2) await sleep(1);
  expect(told()).toEqual(['a', 'bc']);
  say('d');
  emitter.end({ role: 'assistant' } as never);
  expect(told()).toEqual(['a', 'bc', 'd']);
  expect(events.at(-1)?.type).toBe('message.end');
});

test('nothing is told after the emitter was closed', async () => {
  const events: RunEvent[] = [];
  const emitter = createMessageEmitter(
    (event) => events.push(event),
    () => 1,
  );
  emitter.step({ type: 'text_delta', contentIndex: 0, delta: 'a' });
  await new Promise((resolve) => setImmediate(resolve));
  emitter.step({ type: 'text_delta', contentIndex: 0, delta: 'b' });
  const before = events.length;
  emitter.close();
  await sleep(5);
  expect(events).toHaveLength(before);
});

test('much text does not wait for the pause to end', async () => {
  const events: RunEvent[] = [];
  const emitter = createMessageEmitter(
    (event) => events.push(event),
    () => 60_000,
  );
  const say = (delta: string) => emitter.step({ type: 'text_delta', contentIndex: 0, delta });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  say('a');
  await turn();
  const before = events.length;
  say('b');
  await turn();
  expect(events).toHaveLength(before);
  say('c'.repeat(20_000));
  await turn();
  expect(events).toHaveLength(before + 1);
  emitter.close();
});
