import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { type Logger, silentLogger } from '../telemetry/logger.ts';
import { ann, userMessage } from './conformance.ts';
import { createFileSessionStore } from './file-store.ts';
import type { AgentrailSessionStore } from './store.ts';

type Damage = 'alien' | 'half' | 'zeros' | 'blank' | 'noise' | 'huge';

const damages: Record<Damage, (random: number) => Buffer> = {
  alien: (random) => Buffer.from(JSON.stringify({ type: 'else', random })),
  half: () => Buffer.from('{"role":"user","content":"half a li'),
  zeros: (random) => Buffer.alloc(1 + (random % 5000)),
  blank: () => Buffer.from('   '),
  noise: (random) => Buffer.from([0xff, 0xfe, random % 9, 0xc3, 0x28, 0xf0, random % 200]),
  huge: (random) => Buffer.alloc(300_000 + (random % 100_000), 'x'),
};

const line = fc.oneof(
  { arbitrary: fc.constant<'message'>('message'), weight: 3 },
  fc.record({
    damage: fc.constantFrom(...(Object.keys(damages) as Damage[])),
    random: fc.nat(100_000),
  }),
);
const file = fc.record({
  lines: fc.array(line, { maxLength: 12 }),
  hasMark: fc.boolean(),
  ending: fc.constantFrom('\n', '\r\n'),
  isTorn: fc.boolean(),
});

describe('files that something damaged', () => {
  let dataDir: string;
  let store: AgentrailSessionStore;
  let warnings: unknown[];
  const logger: Logger = {
    ...silentLogger,
    warn: (...told) => warnings.push(told),
    child: () => logger,
  };
  const folder = (): string => path.join(dataDir, 'tenants/acme/sessions/ses_1');

  async function open(): Promise<void> {
    await store?.close();
    store = createFileSessionStore({ dataDir, logger, clock: systemClock, fsync: 'none' });
  }

  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'damaged-'));
    warnings = [];
    await open();
    await store.getOrCreate(ann, { agentId: 'default', title: 'damaged' });
  });
  afterEach(async () => {
    await store.close();
    await rm(dataDir, { recursive: true });
  });

  it('lose no other line, never throw, are counted, and can be gone on with', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(file, async ({ lines, hasMark, ending, isTorn }) => {
        const whole: number[] = [];
        let damaged = 0;
        const written = lines.map((each, at) => {
          if (each === 'message') {
            whole.push(at);
            return Buffer.from(JSON.stringify(userMessage(String(at))));
          }
          damaged += 1;
          return damages[each.damage](each.random);
        });
        const bytes = written.flatMap((each) => [each, Buffer.from(ending)]);
        if (hasMark) bytes.unshift(Buffer.from('\uFEFF'));
        if (isTorn) bytes.push(Buffer.from('{"role":"user","con'));
        await writeFile(path.join(folder(), 'messages.jsonl'), Buffer.concat(bytes));
        await open();

        const numbers = async () => (await store.loadMessages(ann)).messages.map(({ content }) => Number(content));
        const loaded = await store.loadMessages(ann);
        expect(loaded.messages.map(({ content }) => Number(content))).toEqual(whole);
        // A mark alone before an empty line is one more line that says nothing.
        const lonelyMark = hasMark && (lines.length === 0 ? (isTorn ? 0 : 1) : 0);
        expect(loaded.skippedLines).toBe(damaged + (isTorn ? 1 : 0) + Number(lonelyMark));
        expect((await store.loadHistory(ann)).entries).toHaveLength(whole.length);
        await store.loadMessagesWithBudget(ann, 1000);
        await store.list({ limit: 5, text: 'x' });

        await store.appendMessages(ann, [userMessage('1000')]);
        expect(await numbers()).toEqual([...whole, 1000]);
        await open();
        expect(await numbers()).toEqual([...whole, 1000]);
      }),
      { numRuns: 40 },
    );
  });

  it('are told with their file and lines', async () => {
    const lines = [JSON.stringify(userMessage('a')), 'alien', '', JSON.stringify(userMessage('b')), '{"half'];
    await writeFile(path.join(folder(), 'messages.jsonl'), `${lines.join('\n')}\n`);
    expect((await store.loadMessages(ann)).skippedLines).toBe(2);
    const told = JSON.stringify(warnings);
    expect(told).toContain('messages.jsonl');
    expect(told).toContain('"lines":[2,5]');
  });

  it('keep their owner when an editor put a mark before the first line', async () => {
    const state = path.join(folder(), 'session.jsonl');
    await store.close();
    const init = { type: 'init', sessionId: 'ses_1', tenantId: 'acme', userId: 'ann', agentId: 'a', createdAt: 1 };
    await writeFile(state, `\uFEFF${JSON.stringify(init)}\r\n`);
    await open();
    expect(await store.get(ann)).toMatchObject({ sessionId: 'ses_1', createdAt: 1 });
  });

  it('of one session leave the others alone: empty, missing, forbidden, linked elsewhere, in capitals', async () => {
    const sessions = path.dirname(folder());
    const other = { ...ann, sessionId: 'ses_2' };
    await store.getOrCreate(other, { agentId: 'default', title: 'whole' });
    await store.appendMessages(other, [userMessage('kept')]);
    for (const name of ['empty-state', 'no-state', 'a-folder', 'forbidden']) await mkdir(path.join(sessions, name));
    await writeFile(path.join(sessions, 'empty-state/session.jsonl'), '');
    await writeFile(path.join(sessions, 'no-state/messages.jsonl'), '{"role":"user"}\n');
    await mkdir(path.join(sessions, 'a-folder/session.jsonl'));
    await writeFile(path.join(sessions, 'forbidden/session.jsonl'), '{}\n');
    await chmod(path.join(sessions, 'forbidden/session.jsonl'), 0);
    await writeFile(path.join(sessions, 'a-file'), 'x');
    await symlink(path.join(sessions, 'ses_2'), path.join(sessions, 'linked'));
    await symlink(path.join(sessions, 'nowhere'), path.join(sessions, 'dangling'));
    await rename(folder(), path.join(sessions, 'SES_1'));
    await rm(path.join(dataDir, 'tenants/acme/index.sqlite'), { force: true });
    await open();
    const { sessions: listed } = await store.list({ limit: 20 });
    expect(listed.map(({ sessionId }) => sessionId)).toEqual(['ses_2']);
    expect((await store.loadMessages(other)).messages).toHaveLength(1);
    for (const sessionId of ['empty-state', 'no-state', 'linked', 'dangling', 'SES_1', 'forbidden']) {
      await expect(store.get({ ...ann, sessionId })).rejects.toMatchObject({ code: 'session_not_found' });
    }
    await expect(store.get({ ...ann, sessionId: 'a-folder' })).rejects.toMatchObject({ name: 'AppError' });
  });
});
