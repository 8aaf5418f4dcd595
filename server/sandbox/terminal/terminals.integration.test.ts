import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TerminalFrame } from '../../contract/terminal.ts';
import { systemClock } from '../../lib/clock.ts';
import { createLiveRedactor, createSecretMatcher } from '../../secrets/redactor.ts';
import { comesTrue, openRealSandboxes, type RealSandboxes } from '../real-sandboxes.ts';
import { createFrameReader } from '../wire/frames.ts';
import { createTerminals, type Terminals } from './terminals.ts';

const size = { cols: 80, rows: 24 };
let real: RealSandboxes;
let terminals: Terminals;
let sandboxId: string;

beforeAll(async () => {
  real = await openRealSandboxes({ memory: '256m' });
});
beforeEach(async () => {
  const matcher = createSecretMatcher([{ name: 'KEY', value: 'sk-0123456789abcdef' }]);
  const { stream } = createLiveRedactor(() => matcher);
  terminals = createTerminals({ sandboxes: real.manager, clock: systemClock, filter: stream });
  sandboxId = (await real.manager.acquire({ tenantId: 'acme', sessionId: 'ses_terminals' })).info.id;
});
afterEach(() => terminals.close());
afterAll(() => real.close());

/** Follows terminals as a page does. */
function follow(...at: { id: string; offset: number }[]) {
  const left = new AbortController();
  const reader = createFrameReader({ maxHeaderBytes: 4096, maxBodyBytes: 65_536 });
  const seen = { text: new Map<string, string>(), frames: [] as TerminalFrame[], end: new Map<string, number>() };
  const done = (async () => {
    for await (const chunk of terminals.stream(at, left.signal)) {
      for (const { header, body } of reader.push(chunk)) {
        const frame = header as TerminalFrame;
        seen.frames.push(frame);
        if (frame.type === 'gap') seen.end.set(frame.id, frame.offset);
        if (frame.type !== 'output') continue;
        // Nothing is lost and nothing comes twice.
        expect(frame.offset).toBe(seen.end.get(frame.id) ?? at.find(({ id }) => id === frame.id)?.offset);
        seen.end.set(frame.id, frame.offset + body.length);
        seen.text.set(frame.id, (seen.text.get(frame.id) ?? '') + body.toString());
      }
    }
  })();
  return {
    ...seen,
    shows: (id: string, pattern: RegExp) => comesTrue(async () => pattern.test(seen.text.get(id) ?? '')),
    has: (type: TerminalFrame['type']) => comesTrue(async () => seen.frames.some((frame) => frame.type === type)),
    async leave() {
      left.abort();
      await done;
    },
  };
}

const typer = () => {
  let seq = 0;
  return (id: string, text: string) => terminals.find(id).write('page', ++seq, Buffer.from(text));
};

describe('terminals', () => {
  it('go on while nobody looks, and whoever comes back gets what was missed, once', async () => {
    const { id } = await terminals.open(sandboxId, { size });
    const type = typer();
    const first = follow({ id, offset: 0 });
    await type(id, 'echo one-$((1+1))\n');
    expect(await first.shows(id, /one-2/)).toBe(true);
    await first.leave();
    await type(id, 'sleep 0.1; echo two-$((1+1))\n');
    expect(await comesTrue(async () => terminals.find(id).ring.read(0, 100_000).includes('two-2'))).toBe(true);
    const again = follow({ id, offset: first.end.get(id) ?? 0 });
    expect(await again.shows(id, /two-2/)).toBe(true);
    expect(again.text.get(id)).not.toContain('one-2');
    const fresh = follow({ id, offset: 0 });
    expect(await fresh.shows(id, /one-2[\s\S]*two-2/)).toBe(true);
    await Promise.all([again.leave(), fresh.leave()]);
  });

  it('take each numbered piece of input once and in order', async () => {
    const { id } = await terminals.open(sandboxId, { size });
    const screen = follow({ id, offset: 0 });
    const terminal = terminals.find(id);
    const send = (seq: number, text: string) => terminal.write('page', seq, Buffer.from(text));
    expect(await Promise.all([send(1, 'echo a'), send(2, 'b'), send(1, 'echo a'), send(2, 'b')])).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(await send(4, 'lost')).toBe(false);
    expect(await send(3, 'c$((2+3))\n')).toBe(true);
    expect(await screen.shows(id, /\babc5\r/)).toBe(true);
    await screen.leave();
  });

  it('share one stream, which slow pages hold up and gone ones do not', async () => {
    const [a, b] = await Promise.all([terminals.open(sandboxId, { size }), terminals.open(sandboxId, { size })]);
    const type = typer();
    const both = follow({ id: a.id, offset: 0 }, { id: b.id, offset: 0 });
    await type(a.id, 'head -c 3000000 /dev/zero | tr "\\0" x; echo; echo done-$((4+4))\n');
    await terminals.find(b.id).write('other', 1, Buffer.from('echo b-$((3+3))\n'));
    expect(await both.shows(b.id, /b-6/)).toBe(true);
    expect(await both.shows(a.id, /done-8/)).toBe(true);
    expect((both.text.get(a.id)?.match(/x/g) ?? []).length).toBeGreaterThanOrEqual(3_000_000);
    expect(both.frames.some(({ type: kind }) => kind === 'gap')).toBe(false);
    await both.leave();
    await terminals
      .find(b.id)
      .write('other', 2, Buffer.from('head -c 2000000 /dev/zero | tr "\\0" y; echo gone-on-$((1+0))\n'));
    expect(
      await comesTrue(async () =>
        terminals
          .find(b.id)
          .ring.read(terminals.find(b.id).ring.end() - 200, 200)
          .includes('gone-on-1'),
      ),
    ).toBe(true);
    const late = follow({ id: b.id, offset: 10 });
    expect(await late.has('gap')).toBe(true);
    await late.leave();
  });

  it('show no secret, however it is printed', async () => {
    const { id } = await terminals.open(sandboxId, { size });
    const screen = follow({ id, offset: 0 });
    await typer()(id, 'printf "sk-0123456789"; printf "abcdef\\n"; echo end-$((5+5))\n');
    expect(await screen.shows(id, /end-10/)).toBe(true);
    expect(screen.text.get(id)).toContain('[redacted KEY]');
    expect(screen.text.get(id)).not.toContain('sk-0123456789abcdef');
    await screen.leave();
  });

  it('are few, and end with a word on how', async () => {
    const { id } = await terminals.open(sandboxId, { size });
    await expect(terminals.open(sandboxId, { size, shell: '/bin/nope' })).rejects.toMatchObject({
      code: 'shell_not_found',
    });
    const screen = follow({ id, offset: 0 });
    await typer()(id, 'exit 3\n');
    expect(await screen.has('ended')).toBe(true);
    expect(screen.frames.at(-1)).toMatchObject({ end: { exitCode: 3, by: 'exit' } });
    for (let n = 0; n < 8; n += 1) await terminals.open(sandboxId, { size });
    await expect(terminals.open(sandboxId, { size })).rejects.toMatchObject({ code: 'terminal_limit', status: 429 });
    for (const each of terminals.list(sandboxId)) terminals.remove(each.id);
    expect(terminals.list(sandboxId)).toEqual([]);
    await screen.leave();
  });

  it('end with their sandbox', async () => {
    const { id } = await terminals.open(sandboxId, { size });
    const screen = follow({ id, offset: 0 });
    await real.manager.destroy(sandboxId);
    expect(await comesTrue(async () => screen.frames.some(({ type }) => type === 'ended' || type === 'gone'))).toBe(
      true,
    );
    expect(() => terminals.find(id)).toThrow(/gone/);
    await expect(terminals.open(sandboxId, { size })).rejects.toMatchObject({ code: 'sandbox_not_found' });
    await screen.leave();
  });
});
