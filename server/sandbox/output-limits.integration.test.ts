import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRealSandboxes, type RealSandboxes } from './real-sandboxes.ts';
import type { Sandbox } from './sandbox.ts';

let real: RealSandboxes;
let sandbox: Sandbox;

beforeAll(async () => {
  real = await openRealSandboxes({ memory: '256m' });
  sandbox = await real.manager.acquire({ tenantId: 'acme', sessionId: 'ses_output' });
});
afterAll(() => real.close());

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
const zeros = (bytes: number) => ({ command: ['head', '-c', String(bytes), '/dev/zero'] });
const mebibyte = 1024 * 1024;

describe('an output that is longer than its limit', () => {
  it('keeps its beginning and its end, and tells of the gap where it is', async () => {
    const seen: (string | number)[] = [];
    const result = await sandbox.exec({
      command: { shell: 'printf begin; head -c 20000000 /dev/zero; echo oops >&2; printf end' },
      maxOutputBytes: 5,
      tailBytes: 8,
      onOutput: (stream, chunk) => void seen.push(`${stream}:${text(chunk)}`),
      onGap: (bytes) => seen.push(bytes),
    });
    expect(result).toMatchObject({ exitCode: 0, truncatedBytes: 20_000_000 });
    expect([seen[0], seen[1]]).toEqual(['stdout:begin', 20_000_000]);
    expect(seen.slice(2).toSorted()).toEqual(['stderr:oops\n', 'stdout:end']);
    expect([text(result.stdout), text(result.stderr)]).toEqual(['beginend', 'oops\n']);
  });

  it('that is only a little longer comes whole, without a gap', async () => {
    let gaps = 0;
    const onGap = () => {
      gaps += 1;
    };
    const result = await sandbox.exec({ ...zeros(1200), maxOutputBytes: 1000, tailBytes: 200, onGap });
    expect([result.stdout.byteLength, result.truncatedBytes, gaps]).toEqual([1200, 0, 0]);
  });

  it('lies whole in the file that was asked for, as the sandbox’s user', async () => {
    const spill = { path: '/workspace/.agentrail/output/a.log', afterBytes: 1000, maxBytes: 30 * mebibyte };
    const command = { shell: 'printf begin; head -c 20000000 /dev/zero; printf end' };
    const result = await sandbox.exec({ command, maxOutputBytes: 100, isOutputKept: false, spill });
    expect(result.spilled).toEqual({ path: spill.path, bytes: 20_000_008 });
    expect(result.stdout.byteLength).toBe(0);
    const facts = await sandbox.exec({
      command: {
        shell: `head -c 5 ${spill.path}; tail -c 3 ${spill.path}; stat -c ' %s' ${spill.path}; [ -O ${spill.path} ] && echo mine`,
      },
    });
    expect(text(facts.stdout)).toBe('beginend 20000008\nmine\n');
    const short = await sandbox.exec({ ...zeros(1000), spill: { ...spill, path: '/workspace/short.log' } });
    expect(short.spilled).toBeUndefined();
    expect(await sandbox.stat('short.log')).toBeUndefined();
  });

  it('never goes over something that lies there, through a link, or beyond the size of the file', async () => {
    await sandbox.exec({ command: { shell: 'echo mine > mine; ln -s mine link; mkfifo pipe; ln -s /etc outside' } });
    const spill = { afterBytes: 10, maxBytes: 500 };
    for (const path of ['mine', 'link', 'pipe', 'outside/x', 'mine/below']) {
      const result = await sandbox.exec({ ...zeros(1000), spill: { ...spill, path } });
      expect(result).toMatchObject({ exitCode: 0, truncatedBytes: 0 });
      expect(result.spilled).toBeUndefined();
    }
    expect(text(await sandbox.readFile('mine'))).toBe('mine\n');
    const cut = await sandbox.exec({ ...zeros(1000), spill: { ...spill, path: 'cut' } });
    expect(cut.spilled).toEqual({ path: 'cut', bytes: 500 });
    expect((await sandbox.stat('cut'))?.sizeBytes).toBe(500);
  });
});

describe('the memory of this process', () => {
  it('does not grow with what a command prints: 1 GB goes through', { timeout: 60_000 }, async () => {
    const sizeNow = () => {
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = sizeNow();
    let most = before;
    let bytes = 0;
    let pieces = 0;
    const result = await sandbox.exec({
      ...zeros(1_000_000_000),
      maxOutputBytes: 2_000_000_000,
      isOutputKept: false,
      onOutput(_, chunk) {
        bytes += chunk.byteLength;
        pieces += 1;
        if (pieces % 64 === 0) most = Math.max(most, sizeNow());
      },
    });
    expect([bytes, result.truncatedBytes, result.stdout.byteLength]).toEqual([1_000_000_000, 0, 0]);
    // Chunks that nobody holds any more count until they are collected.
    expect(most - before).toBeLessThan(200 * mebibyte);
  });

  it('holds no more than the window when nobody takes the output, and the command waits', async () => {
    let held = 0;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const result = sandbox.exec({
      ...zeros(20 * mebibyte),
      maxOutputBytes: 30 * mebibyte,
      isOutputKept: false,
      async onOutput(_, chunk) {
        held += chunk.byteLength;
        await gate;
      },
    });
    await expect.poll(() => held).toBe(mebibyte);
    // Whatever else goes on in the sandbox is not held up.
    expect((await sandbox.exec({ command: ['echo', 'x'] })).exitCode).toBe(0);
    expect(held).toBe(mebibyte);
    release();
    expect((await result).exitCode).toBe(0);
    expect(held).toBe(20 * mebibyte);
  });
});
