import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comesTrue, openRealSandboxes, type RealSandboxes } from '../real-sandboxes.ts';
import type { Sandbox } from '../sandbox.ts';
import type { TerminalProcess } from './terminal-process.ts';

const owner = { tenantId: 'acme', sessionId: 'ses_terminal' };
let real: RealSandboxes;
let sandbox: Sandbox;

beforeAll(async () => {
  real = await openRealSandboxes({ memory: '256m' });
  sandbox = await real.manager.acquire(owner);
});
afterAll(() => real.close());

interface Screen extends TerminalProcess {
  text(): string;
  type(text: string): Promise<void>;
  shows(pattern: RegExp): Promise<boolean>;
}

function open(command: string[], onOutput: (chunk: Uint8Array) => void | Promise<void> = () => undefined): Screen {
  let text = '';
  const decoder = new TextDecoder();
  const terminal = sandbox.openTerminal({
    command,
    size: { cols: 80, rows: 24 },
    onOutput(chunk) {
      text += decoder.decode(chunk, { stream: true });
      return onOutput(chunk);
    },
  });
  return {
    ...terminal,
    text: () => text,
    type: (typed) => terminal.write(Buffer.from(typed)),
    shows: (pattern) => comesTrue(async () => pattern.test(text)),
  };
}

const sh = (line: string) => ['/bin/bash', '--norc', '-c', line];

describe('a program on a terminal', () => {
  it('has a terminal of the size that was asked for, as its own user', async () => {
    const screen = open(
      sh('tty; stty size; id -u; stat -c %u "$(tty)"; echo > /dev/tty; test -t 0 && test -t 2 && echo all'),
    );
    expect(await screen.ended).toMatchObject({ exitCode: 0, endedBy: 'exit' });
    expect(screen.text()).toMatch(/^\/dev\/pts\/\d+\r\n24 80\r\n1000\r\n1000\r\n\r\nall\r\n$/);
  });

  it('tells the program of a new size', async () => {
    const screen = open(sh('trap "stty size" WINCH; echo ready; while :; do read -t 0.1 line && break; done'));
    expect(await screen.shows(/ready/)).toBe(true);
    screen.resize({ cols: 132, rows: 50 });
    expect(await screen.shows(/50 132/)).toBe(true);
    await screen.type('\n');
    expect((await screen.ended).exitCode).toBe(0);
  });

  it('carries what is typed, in any script, and gives it back', async () => {
    const screen = open(['/bin/bash', '--norc', '-i']);
    await screen.type('printf "%s|" 你好 🚀 é; echo\n');
    expect(await screen.shows(/你好\|🚀\|é\|\r\n/)).toBe(true);
    await screen.type('exit 7\n');
    expect(await screen.ended).toMatchObject({ exitCode: 7, endedBy: 'exit' });
  });

  it('makes signals of keys: Ctrl-C ends the command and not the shell, Ctrl-Z stops it', async () => {
    const screen = open(['/bin/bash', '--norc', '-i']);
    await screen.type('sleep 100; echo status=$?\n');
    expect(await screen.shows(/sleep 100/)).toBe(true);
    await comesTrue(async () => (await sandbox.exec({ command: ['pgrep', '-x', 'sleep'] })).exitCode === 0);
    await screen.type('\x03');
    expect(await screen.shows(/\$ $/)).toBe(true);
    await screen.type('echo after=$?\n');
    expect(await screen.shows(/after=130/)).toBe(true);
    await screen.type('sleep 100\n');
    await comesTrue(async () => (await sandbox.exec({ command: ['pgrep', '-x', 'sleep'] })).exitCode === 0);
    await screen.type('\x1a');
    expect(await screen.shows(/Stopped/)).toBe(true);
    screen.close();
    expect((await screen.ended).endedBy).toBe('abort');
  });

  it('takes signals by name for the foreground, and never reaches what is not the user’s', async () => {
    const screen = open(sh('trap "echo got it" USR1; echo ready; while :; do read -t 0.1 x; done'));
    expect(await screen.shows(/ready/)).toBe(true);
    screen.signal('SIGUSR1');
    expect(await screen.shows(/got it/)).toBe(true);
    screen.signal('SIGNONE');
    screen.signal('SIGKILL');
    expect(await screen.ended).toMatchObject({ signal: 'SIGKILL' });
    expect((await sandbox.exec({ command: ['true'] })).exitCode).toBe(0);
  });

  it('leaves nothing when it is closed, whatever ran there', async () => {
    const screen = open(sh('trap "" TERM HUP; setsid sleep 4321 & (sleep 4322 &) ; echo up; sleep 4323'));
    expect(await screen.shows(/up/)).toBe(true);
    screen.close();
    expect((await screen.ended).endedBy).toBe('abort');
    expect((await sandbox.exec({ command: ['pgrep', '-f', 'sleep 43[0-9][0-9]'] })).exitCode).toBe(1);
  });

  it('waits for who reads slowly, and loses nothing', async () => {
    const gate = Promise.withResolvers<void>();
    let bytes = 0;
    const screen = open(sh('stty -onlcr; head -c 6000000 /dev/zero | tr "\\0" x'), (chunk) => {
      bytes += chunk.length;
      return gate.promise;
    });
    expect(await comesTrue(async () => bytes >= 1_000_000)).toBe(true);
    await sandbox.exec({ command: ['sleep', '0.3'] });
    expect(bytes).toBeLessThanOrEqual(1_048_576);
    gate.resolve();
    expect((await screen.ended).exitCode).toBe(0);
    expect(bytes).toBe(6_000_000);
  });

  it('hands on hostile bytes as they are', async () => {
    const screen = open(sh(`printf '\\033]52;c;aGFja2Vk\\007\\033[2J\\033]0;title\\007\\xff\\xfe\\0'`));
    await screen.ended;
    expect(screen.text()).toBe('\u001b]52;c;aGFja2Vk\u0007\u001b[2J\u001b]0;title\u0007\ufffd\ufffd\0');
  });

  it('counts as use, and several stand side by side', async () => {
    const screens = [1, 2, 3].map((n) => open(sh(`read line; echo ${n}-$line`)));
    expect(await comesTrue(async () => sandbox.info.running.length === 3)).toBe(true);
    expect(sandbox.info.state).toBe('busy');
    expect(sandbox.info.endsAt).toBeUndefined();
    for (const [at, screen] of screens.entries()) await screen.type(`line${at}\n`);
    await Promise.all(screens.map(({ ended }) => ended));
    expect(screens.map((screen) => screen.text().split('\r\n')[1])).toEqual(['1-line0', '2-line1', '3-line2']);
    expect(sandbox.info.state).toBe('idle');
  });

  it('says what cannot be started', async () => {
    const screen = open(['/no/such/shell']);
    expect(await screen.ended).toMatchObject({ exitCode: 127 });
    expect(screen.text()).toContain('/no/such/shell: No such file or directory');
  });

  it('finds the shells that there are', async () => {
    expect(await sandbox.shells()).toEqual([
      '/bin/bash',
      expect.stringMatching(/dash$/),
      expect.stringMatching(/\/sh$/),
    ]);
  });
});

describe('input of an ordinary command', () => {
  it('comes piece by piece, as the command takes it', async () => {
    async function* pieces() {
      for (let at = 0; at < 40; at += 1) yield Buffer.alloc(100_000, at);
    }
    const { stdout } = await sandbox.exec({ command: ['sh', '-c', 'wc -c; cat'], stdin: pieces() });
    expect(Buffer.from(stdout).toString().trim()).toBe('4000000');
  });

  it('is over for the source when the command ends before it', async () => {
    let isLeft = false;
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(65_536);
      } finally {
        isLeft = true;
      }
    }
    const result = await sandbox.exec({ command: ['head', '-c', '10'], stdin: endless() });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(await comesTrue(async () => isLeft)).toBe(true);
  });
});
