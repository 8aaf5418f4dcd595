import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChatAnswer } from '../contract/chat.ts';
import type { SessionListing } from '../contract/sessions.ts';
import { openStream, send } from './http.ts';
import type { Program } from './program.ts';
import { createRig, type Rig, streamed, until } from './rig.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const preload = fileURLToPath(new URL('./fixtures/jumping-clock.ts', import.meta.url));

let rig: Rig;
let clockFile: string;
beforeEach(async () => {
  rig = await createRig({
    script: (request) =>
      JSON.stringify(request.body).includes('slowly')
        ? { blocks: [{ type: 'text', text: 'word '.repeat(60) }], frameDelayMs: 15 }
        : { blocks: [{ type: 'text', text: 'Hello.' }] },
    // A run may take a minute by the clock that nobody sets.
    config: { runs: { deadlineMs: 60_000 } },
  });
  clockFile = path.join(rig.dataDir, 'clock');
});
afterEach(() => rig.close());

async function startAt(offsetMs: number) {
  await writeFile(clockFile, String(offsetMs));
  return rig.start({ nodeArguments: ['--import', preload], env: { AGENTRAIL_TEST_CLOCK: clockFile } });
}

async function jump(program: Program, offsetMs: number): Promise<void> {
  await writeFile(clockFile, String(offsetMs));
  process.kill(program.pid, 'SIGUSR2');
  await until(
    async () => program.output(),
    (output) => output.trimEnd().includes(`The wall clock is off by ${offsetMs} ms.`),
  );
}

async function listed(address: string): Promise<SessionListing> {
  return (await send<SessionListing>(address, 'GET', '/api/sessions')).body;
}

test('a wall clock that jumps by hours and days, in runs and between them, ends none and loses nothing', {
  timeout: 120_000,
}, async () => {
  const program = await startAt(0);
  const { address } = program;
  for (const [at, offsetMs] of [hourMs, -hourMs, 3 * dayMs, -30 * dayMs, 400 * dayMs].entries()) {
    const sessionId = `ses-${at}`;
    const { events } = await openStream(address, 'POST', '/api/stream', { message: 'Speak slowly', sessionId });
    const types: string[] = [];
    for await (const event of events) {
      types.push(event.type);
      if (event.type === 'message.start') await jump(program, offsetMs);
      if (event.type === 'session.end') expect(event.stopReason).toBe('stop');
    }
    expect(types.filter((type) => type === 'session.end')).toHaveLength(1);
    expect((await streamed(address, { message: 'Again', sessionId })).at(-2)).toMatchObject({ stopReason: 'stop' });
    const row = (await listed(address)).sessions.find((session) => session.sessionId === sessionId);
    expect(row?.turns).toBe(2);
    expect(row?.lastActiveAt).toBeGreaterThanOrEqual(row?.createdAt ?? Number.POSITIVE_INFINITY);
  }
  const { sessions } = await listed(address);
  expect(new Set(sessions.map(({ sessionId }) => sessionId)).size).toBe(5);
  const times = sessions.map(({ lastActiveAt }) => lastActiveAt);
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  expect((await send(address, 'GET', '/ready')).status).toBe(200);
  expect(program.output()).not.toContain('"level":"error"');
  // Durations are taken from the other clock.
  const durations = [...program.output().matchAll(/"durationMs":(-?[\d.]+)/g)].map(([, ms]) => Number(ms));
  expect(durations.filter((ms) => ms < 0 || ms > 120_000)).toEqual([]);
  const logs = await readdir(path.join(rig.dataDir, 'logs'));
  expect(logs.length).toBeLessThanOrEqual(12);
});

test('a program whose clock is days behind its predecessor respects a living lock and takes over a dead one', {
  timeout: 120_000,
}, async () => {
  const first = await startAt(10 * dayMs);
  const { sessionId } = (await send<ChatAnswer>(first.address, 'POST', '/api/chat', { message: 'Hello' })).body;
  await expect(startAt(0)).rejects.toThrow(/in use by another Agentrail \(process \d+, since 0 seconds\)/);
  await first.kill();
  const second = await startAt(0);
  expect(second.output()).toContain('taken over from an owner that is gone');
  const again = await send<ChatAnswer>(second.address, 'POST', '/api/chat', { message: 'Again', sessionId });
  expect(again.status).toBe(200);
  const fresh = await send<ChatAnswer>(second.address, 'POST', '/api/chat', { message: 'New' });
  expect(fresh.status).toBe(200);
  const { sessions } = await listed(second.address);
  expect(sessions.map((session) => session.sessionId).toSorted()).toEqual([sessionId, fresh.body.sessionId].toSorted());
  // What was written by the clock that was ahead never goes back.
  expect(sessions[0]).toMatchObject({ sessionId, turns: 2 });
});
