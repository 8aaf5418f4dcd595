import { appendFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { RecordedRequest } from '../agent/testing/mock-upstream.ts';
import type { ChatAnswer } from '../contract/chat.ts';
import type { RunEvent } from '../contract/events.ts';
import type { HistoryEntry } from '../contract/sessions.ts';
import { openStream, send } from './http.ts';
import { createRig, mountDisk, type Rig, remount, streamed, unmount, until } from './rig.ts';

let rig: Rig;
afterEach(() => rig.close());

type Ready = { status: string; checks: { name: string; status: string; error?: string }[] };
const readiness = (base: string) => send<Ready>(base, 'GET', '/ready');
const storeCheck = async (base: string) =>
  (await readiness(base)).body.checks.find((each) => each.name === 'session_store');
const isFailing = (check: { status: string } | undefined) => check?.status === 'fail';
const errorsIn = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'error' ? [event.error.code] : []));
const endsIn = (events: readonly RunEvent[]) => events.filter(({ type }) => type === 'session.end');

/** Large answers: the disk fills quickly. */
const wordy = {
  script: (_: RecordedRequest, index: number) => ({
    blocks: [{ type: 'text' as const, text: `${index} ${'word '.repeat(8000)}` }],
    pieceLength: 4000,
  }),
};

/** Takes the last page and every one that the program gives back, until it is told to stop and gives all back itself. */
function keepFull(file: string): () => Promise<void> {
  let isOver = false;
  const page = Buffer.alloc(4096);
  const filling = (async () => {
    while (!isOver) await appendFile(file, page).catch(() => sleep(5));
  })();
  return async () => {
    isOver = true;
    await filling;
    await rm(file);
  };
}

async function historyOf(base: string, sessionId: string): Promise<{ messages: HistoryEntry[]; skippedLines: number }> {
  return (
    await send<{ messages: HistoryEntry[]; skippedLines: number }>(base, 'GET', `/api/sessions/${sessionId}/messages`)
  ).body;
}

describe('a served program whose disk', () => {
  test('is full ends runs with storage_unavailable, lives, and goes on by itself when there is space', {
    timeout: 90_000,
  }, async () => {
    rig = await createRig({ ...wordy, disk: '6m' });
    const { address, hasEnded } = await rig.start();
    const first = await send<ChatAnswer>(address, 'POST', '/api/chat', { message: 'Hello' });
    const { sessionId } = first.body;
    const giveBack = keepFull(path.join(rig.dataDir, 'ballast'));
    await until(() => storeCheck(address), isFailing);
    // What the program frees itself may be enough for one more answer before the ballast takes it.
    const failed = await until(
      () => streamed(address, { message: 'More', sessionId }),
      (events) => errorsIn(events).length > 0,
    );
    expect(errorsIn(failed)).toEqual(['storage_unavailable']);
    expect(endsIn(failed)).toMatchObject([{ stopReason: 'error' }]);
    expect(failed.some(({ type }) => type === 'turn.complete')).toBe(false);
    await until(
      () => readiness(address),
      ({ status }) => status === 503,
    );
    expect((await send(address, 'GET', '/health')).status).toBe(200);
    const refused = await until(
      () => send(address, 'POST', '/api/chat', { message: 'New' }),
      ({ status }) => status !== 200,
    );
    expect(refused).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
    // What is there can be read meanwhile.
    expect((await historyOf(address, sessionId)).messages.length).toBeGreaterThanOrEqual(2);

    await giveBack();
    await until(
      () => readiness(address),
      ({ status }) => status === 200,
    );
    const again = await send<ChatAnswer>(address, 'POST', '/api/chat', { message: 'Again', sessionId });
    expect(again.status).toBe(200);
    const { messages, skippedLines } = await historyOf(address, sessionId);
    expect(skippedLines).toBe(0);
    expect(messages.at(-1)).toMatchObject({ role: 'assistant', stopReason: 'stop' });
    expect(
      messages
        .map((entry) => ('role' in entry ? JSON.stringify(entry) : ''))
        .filter((text) => text.includes('"Again"')),
    ).toHaveLength(1);
    expect(hasEnded()).toBe(false);
  });

  test('becomes full in the middle of many runs ends each of them once', { timeout: 90_000 }, async () => {
    rig = await createRig({ ...wordy, disk: '6m' });
    const { address } = await rig.start();
    const ends: RunEvent[][] = [];
    const acknowledged = new Map<string, string[]>();
    await Promise.all(
      Array.from({ length: 6 }, async (_, at) => {
        const sessionId = `ses-${at}`;
        for (let turn = 0; turn < 25; turn += 1) {
          const events = await streamed(address, { message: `m${turn}`, sessionId });
          ends.push(events);
          const told = events.flatMap((event) =>
            event.type === 'turn.complete' ? [JSON.stringify(event.message)] : [],
          );
          acknowledged.set(sessionId, [...(acknowledged.get(sessionId) ?? []), ...told]);
          if (events.length === 0 || errorsIn(events).length > 0) return;
        }
      }),
    );
    // A refusal before the run begins has no events.
    for (const events of ends.filter(({ length }) => length > 0)) {
      expect(endsIn(events)).toHaveLength(1);
      for (const code of errorsIn(events)) expect(code).toBe('storage_unavailable');
    }
    expect(ends.flatMap(errorsIn).length).toBeGreaterThan(0);
    for (const [sessionId, messages] of acknowledged) {
      const stored = (await historyOf(address, sessionId)).messages.map((message) => JSON.stringify(message));
      expect(messages.filter((message) => !stored.includes(message))).toEqual([]);
    }
    await send(address, 'DELETE', '/api/sessions/ses-0');
    await until(
      () => readiness(address),
      ({ status }) => status === 200,
    );
  });

  test('is covered by an empty read-only one refuses, and goes on by itself when the first is back', {
    timeout: 90_000,
  }, async () => {
    rig = await createRig({ ...wordy, disk: '32m' });
    const { address, hasEnded } = await rig.start();
    const { body } = await send<ChatAnswer>(address, 'POST', '/api/chat', { message: 'Hello' });
    // Files that are open for writing keep a disk from becoming read-only; another one in its place does not ask them.
    await mountDisk(rig.dataDir, '1m');
    try {
      await remount(rig.dataDir, 'ro');
      for (const sessionId of [body.sessionId, 'another']) {
        const refused = await send(address, 'POST', '/api/chat', { message: 'More', sessionId });
        expect(refused).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
      }
      expect((await storeCheck(address))?.status).toBe('fail');
      expect((await readiness(address)).status).toBe(503);
      expect((await send(address, 'GET', '/health')).status).toBe(200);
    } finally {
      await unmount(rig.dataDir);
    }
    await until(
      () => readiness(address),
      ({ status }) => status === 200,
    );
    const again = await send(address, 'POST', '/api/chat', { message: 'Again', sessionId: body.sessionId });
    expect(again.status).toBe(200);
    const { messages, skippedLines } = await historyOf(address, body.sessionId);
    expect(skippedLines).toBe(0);
    expect(messages.at(-1)).toMatchObject({ role: 'assistant', stopReason: 'stop' });
    expect(hasEnded()).toBe(false);
  });
});

describe('a served program that may open few files', () => {
  test('says so, lives, and goes on when there are files again', { timeout: 90_000 }, async () => {
    rig = await createRig({ script: () => ({ blocks: [{ type: 'text', text: 'A calm answer.' }] }) });
    const { address, hasEnded } = await rig.start({ through: ['/bin/sh', '-c', 'ulimit -n 96; exec "$@"', 'sh'] });
    const { body } = await send<ChatAnswer>(address, 'POST', '/api/chat', { message: 'Hello' });
    // Connections are files, too: these take what is left.
    const held = await Promise.allSettled(Array.from({ length: 90 }, () => openStream(address, 'GET', '/health')));
    for (const each of held) if (each.status === 'fulfilled') each.value.leave();
    await until(
      () => readiness(address).catch(() => undefined),
      (answer) => answer?.status === 200,
    );
    const again = await send(address, 'POST', '/api/chat', { message: 'Again', sessionId: body.sessionId });
    expect(again.status).toBe(200);
    // Connections that are kept alive go one by one.
    const { messages } = await until(
      () => historyOf(address, body.sessionId),
      (history) => history.messages !== undefined,
    );
    expect(messages).toHaveLength(4);
    expect(hasEnded()).toBe(false);
  });

  test('keeps what it acknowledged when files run out between two writes', { timeout: 90_000 }, async () => {
    rig = await createRig({ script: (_, index) => ({ blocks: [{ type: 'text', text: `answer ${index}` }] }) });
    const { address, output } = await rig.start({ through: ['/bin/sh', '-c', 'ulimit -n 90; exec "$@"', 'sh'] });
    const results = await Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        const asked = await send<ChatAnswer & { code?: string }>(address, 'POST', '/api/chat', {
          message: 'x',
          sessionId: `s-${at}`,
        }).catch(() => undefined);
        return { sessionId: `s-${at}`, status: asked?.status, text: asked?.body.text, code: asked?.body.code };
      }),
    );
    for (const { status, code } of results) {
      if (status !== undefined && status !== 200)
        expect(['storage_unavailable', 'too_many_runs', 'provider_unreachable']).toContain(code);
    }
    await until(
      () => readiness(address).catch(() => undefined),
      (answer) => answer?.status === 200,
    );
    for (const { sessionId, status, text } of results) {
      if (status !== 200) continue;
      expect(JSON.stringify((await historyOf(address, sessionId)).messages)).toContain(text);
    }
    expect(output()).not.toContain('Run broke');
    expect(await readFile(path.join(rig.dataDir, 'lock'), 'utf8')).toContain('pid');
  });
});
