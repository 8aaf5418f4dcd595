import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createMcpBench, isAlive, oddServer } from './testing/mcp-bench.ts';

const never = () => new AbortController().signal;

async function logFile() {
  const folder = await mkdtemp(path.join(tmpdir(), 'odd-server-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'log');
  return { file, read: () => readFile(file, 'utf8').catch(() => '') };
}

describe('a server that does not come up', () => {
  it('is told of with what it said, and tried again after a growing wait', async () => {
    const log = await logFile();
    const { manager, server } = createMcpBench({ bad: oddServer('exits', log.file) });
    const began = Date.now();
    await expect(server('bad').ready(never())).rejects.toMatchObject({
      code: 'mcp_ended',
      message: 'The MCP server bad ended. It ended with code 7.',
    });
    const [info] = manager.list();
    expect(info).toMatchObject({ state: 'failed', error: { code: 'mcp_ended' }, tools: [] });
    expect(info?.lastLines).toContain('cannot start: no licence');
    expect(info?.nextTryAt).toBeGreaterThanOrEqual(began + 1000);
    // A run that comes meanwhile is not kept waiting.
    await expect(server('bad').ready(never())).rejects.toMatchObject({
      message: expect.stringMatching(/tried again in 1 s/),
    });
    const first = (await log.read()).split('started').length;
    await vi.waitFor(async () => expect((await log.read()).split('started').length).toBeGreaterThan(first), {
      timeout: 5000,
    });
    await vi.waitFor(() => {
      const next = manager.list()[0];
      expect((next?.nextTryAt ?? 0) - Date.now()).toBeGreaterThan(1000);
    }, 5000);
  });

  it('is given up when it hangs in the handshake, and nothing of it is left', async () => {
    const log = await logFile();
    const { manager, server } = createMcpBench({
      slow: { ...oddServer('hangs', log.file), startTimeoutMs: 600 },
    });
    await expect(server('slow').ready(never())).rejects.toMatchObject({ code: 'mcp_start_timeout' });
    await manager.close();
    const pids = Array.from((await log.read()).matchAll(/started (\d+)/g), ([, pid]) => Number(pid));
    expect(pids.length).toBeGreaterThan(0);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it.each([
    ['floods', 'mcp_ended', /message of \d+ bytes|no message/],
    ['garbage', 'mcp_ended', /no message/],
  ])('is ended when it %s its output, whatever it prints', async (mode, code, words) => {
    const log = await logFile();
    const { server } = createMcpBench({ noisy: { ...oddServer(mode, log.file), startTimeoutMs: 10_000 } });
    await expect(server('noisy').ready(never())).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
    const [, pid] = /started (\d+)/.exec(await log.read()) ?? [];
    await vi.waitFor(() => expect(isAlive(Number(pid))).toBe(false), { timeout: 6000 });
  });

  it('may greet before it speaks the protocol', async () => {
    const { server } = createMcpBench({ polite: oddServer('greets') });
    await server('polite').ready(never());
    expect(server('polite').status()).toMatchObject({ state: 'ready' });
  });

  it('is named when there is no such program', async () => {
    const { server } = createMcpBench({ absent: { command: 'no-such-program-at-all' } });
    await expect(server('absent').ready(never())).rejects.toMatchObject({
      code: 'mcp_start_failed',
      message: expect.stringMatching(/no program no-such-program-at-all/),
    });
  });

  it('says which secret it lacks, and starts once that is set', async () => {
    const secrets = new Map<string, string>();
    const get = (name: string) => {
      const value = secrets.get(name);
      return value === undefined ? undefined : { value, origin: 'vault' as const };
    };
    const { manager, server, call } = createMcpBench(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is how settings name a secret.
      { keyed: { ...oddServer('well'), env: { KEY: 'k-${ODD_KEY}' } } },
      { secrets: { get } },
    );
    await expect(server('keyed').ready(never())).rejects.toMatchObject({
      code: 'mcp_secret_missing',
      details: { name: 'ODD_KEY' },
    });
    secrets.set('ODD_KEY', 'shh');
    await manager.restart('keyed');
    const env = await call('keyed', 'env');
    const [block] = env.content;
    const seen = JSON.parse(block?.type === 'text' ? block.text : '{}') as Record<string, string>;
    expect(seen.KEY).toBe('k-shh');
    expect(Object.keys(seen).filter((name) => !['PATH', 'HOME', 'LANG', 'KEY', 'PWD'].includes(name))).toEqual([]);
  });
});

describe('a server that comes up and then fails', () => {
  it('fails the call that killed it, in words, and comes back by itself', async () => {
    const { manager, call } = createMcpBench({ odd: oddServer('well') });
    await expect(call('odd', 'die')).rejects.toMatchObject({
      code: 'mcp_connection_closed',
    });
    await vi.waitFor(() => expect(manager.list()[0]).toMatchObject({ state: 'failed', error: { code: 'mcp_ended' } }));
    expect(manager.list()[0]?.lastLines).toContain('out of luck');
    await vi.waitFor(() => expect(manager.list()[0]?.state).toBe('ready'), { timeout: 5000 });
  });

  it('fails only the call whose answer is too large', async () => {
    const { call } = createMcpBench({ odd: oddServer('well') });
    const before = await call('odd', 'pid');
    await expect(call('odd', 'huge-answer')).rejects.toMatchObject({
      code: 'mcp_refused',
      message: expect.stringMatching(/5242\d{4} bytes; at most 10485760/),
    });
    expect(await call('odd', 'pid')).toEqual(before);
  });

  it('is told that a call was cancelled, and the caller is free at once', async () => {
    const log = await logFile();
    const { call } = createMcpBench({ odd: oddServer('well', log.file) });
    const abort = new AbortController();
    const calling = call('odd', 'wait', { signal: abort.signal });
    calling.catch(() => undefined);
    await vi.waitFor(async () => expect(await log.read()).toMatch(/waiting \d+/), { timeout: 5000 });
    abort.abort(new Error('stop'));
    await expect(calling).rejects.toThrow('stop');
    const [, id] = /waiting (\d+)/.exec(await log.read()) ?? [];
    await vi.waitFor(async () => expect(await log.read()).toContain(`cancelled ${id}`));
  });

  it('fails a call that takes longer than timeoutMs', async () => {
    const { call } = createMcpBench({ odd: { ...oddServer('well'), timeoutMs: 1000 } });
    await expect(call('odd', 'wait')).rejects.toMatchObject({
      code: 'mcp_timeout',
    });
  });

  it('may change its tools', async () => {
    const { manager, call } = createMcpBench({ odd: oddServer('well') });
    await call('odd', 'more');
    await vi.waitFor(() => expect(manager.list()[0]?.tools.map(({ name }) => name)).toContain('mcp__odd__added'));
  });

  it('may write more to its standard error than anybody reads', async () => {
    const { manager, lines, call } = createMcpBench({ odd: oddServer('well') });
    await call('odd', 'flood-stderr');
    await vi.waitFor(() => expect(manager.list()[0]?.lastLines.at(-1)).toBe('line 4999'));
    expect(manager.list()[0]?.lastLines.length).toBeLessThanOrEqual(31);
    expect(lines.length).toBeLessThan(250);
  });
});

describe('a server that lies about its tools', () => {
  it('offers those that can be offered, and says why not the others', async () => {
    const { manager, server, call } = createMcpBench({ liar: oddServer('lies') });
    await server('liar').ready(never());
    const [info] = manager.list();
    expect(info?.tools).toEqual([
      { name: 'mcp__liar__fine', ownName: 'fine', description: 'Works.' },
      { name: 'mcp__liar__slow-pattern', ownName: 'slow-pattern', description: '' },
      { name: 'mcp__liar__liar', ownName: 'liar', description: 'Helloevil there' },
    ]);
    expect(Object.fromEntries(info?.refused.map(({ ownName, reason }) => [ownName, reason]) ?? [])).toEqual({
      'no-object': 'Its schema describes no object.',
      'bad-type': 'Its schema is no valid JSON Schema.',
      remote: 'Its schema refers to something outside of itself.',
      endless: 'Its schema cannot be used: it refers to itself without end.',
      bomb: 'Its schema would take too long to check.',
      huge: expect.stringMatching(/Its schema has \d+ characters/),
      'odd key': 'Providers do not take "a b" as the name of an argument.',
      fine: 'The server lists it more than once; the first one counts.',
    });
    await expect(call('liar', 'liar')).rejects.toMatchObject({
      code: 'mcp_refused',
      message: expect.stringMatching(/does not match the tool's output schema/),
    });
  });
});

describe('the end', () => {
  it('takes a server that listens to nothing with everything it started', async () => {
    const log = await logFile();
    const { manager, server } = createMcpBench({ stubborn: oddServer('stubborn', log.file) });
    await server('stubborn').ready(never());
    const pids = Array.from((await log.read()).matchAll(/(?:started|child) (\d+)/g), ([, pid]) => Number(pid));
    expect(pids.filter(isAlive)).toHaveLength(pids.length);
    expect(pids).toHaveLength(2);
    await manager.pause();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(manager.list()[0]?.state).toBe('off');
  });

  it('stops and starts only what the settings change', async () => {
    const { manager, change, call, server } = createMcpBench({
      kept: oddServer('well'),
      changed: oddServer('well'),
      gone: oddServer('well'),
    });
    const pidOf = async (name: string) => {
      const result = await call(name, 'pid');
      const [block] = result.content;
      return Number(block?.type === 'text' ? block.text : Number.NaN);
    };
    const before = { kept: await pidOf('kept'), changed: await pidOf('changed'), gone: await pidOf('gone') };
    const gone = server('gone');
    change({ kept: oddServer('well'), changed: { ...oddServer('well'), timeoutMs: 5000 }, added: oddServer('well') });
    await vi.waitFor(
      () =>
        expect(manager.list().map(({ name, state }) => `${name} ${state}`)).toEqual([
          'kept ready',
          'changed ready',
          'added ready',
        ]),
      { timeout: 10_000 },
    );
    expect(await pidOf('kept')).toBe(before.kept);
    expect(await pidOf('changed')).not.toBe(before.changed);
    await vi.waitFor(() => expect([before.changed, before.gone].filter(isAlive)).toEqual([]), { timeout: 5000 });
    // A run may still hold on to it.
    await expect(gone.readResource('a:b', never())).rejects.toMatchObject({ code: 'mcp_stopped' });
    change({ kept: { ...oddServer('well'), enabled: false } });
    await vi.waitFor(() => expect(isAlive(before.kept)).toBe(false), { timeout: 5000 });
    expect(manager.list()).toMatchObject([{ name: 'kept', state: 'off', isEnabled: false }]);
    await expect(manager.restart('kept')).rejects.toMatchObject({ code: 'mcp_disabled' });
    await expect(manager.restart('gone')).rejects.toMatchObject({ code: 'mcp_not_found' });
  });

  it('starts nothing while the server is stopped', async () => {
    const log = await logFile();
    const { manager, change } = createMcpBench({ odd: oddServer('well', log.file) }, { isPaused: true });
    change({ odd: { ...oddServer('well', log.file), timeoutMs: 2000 } });
    expect(manager.servers()).toEqual([]);
    await expect(manager.restart('odd')).rejects.toMatchObject({ code: 'mcp_server_stopped' });
    expect(await log.read()).toBe('');
  });
});
