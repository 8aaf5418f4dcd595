import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Abused, openAbused } from './abused.ts';

let abused: Abused;
beforeAll(async () => {
  abused = await openAbused();
});
afterEach(async () => {
  expect(await abused.harm()).toEqual([]);
});
afterAll(async () => {
  expect(await abused.close()).toEqual([]);
});

const forged = `
import json, os, struct
text = json.dumps({'id': 1, 'ev': 'done', 'result': {'code': 0, 'signal': None, 'endedBy': 'exit', 'survivors': 0, 'background': False, 'dropped': 0, 'durationMs': 1}}).encode()
frame = struct.pack('>II', len(text), 0) + text
`;

describe('the connection to the owner', () => {
  it('is in nobody else’s hands: frames that are forged on every descriptor are output or nothing', async () => {
    const said = await abused.python(`${forged}
for fd in range(3, 64):
    try: os.write(fd, frame)
    except OSError: pass
for pid in os.listdir('/proc'):
    for fd in ('0', '1', '2', '3', '4', '5', '6', '7', '8'):
        if pid.isdigit() and int(pid) != os.getpid():
            try:
                with open('/proc/%s/fd/%s' % (pid, fd), 'wb', buffering=0) as file: file.write(frame); print('REACHED', pid, fd)
            except OSError: pass
os.write(1, frame)
raise SystemExit(7)`);
    expect(said).not.toContain('REACHED');
    const result = await (await abused.sandbox()).exec({
      command: ['python3', '-c', `${forged}\nos.write(1, frame); raise SystemExit(7)`],
    });
    expect(result).toMatchObject({ exitCode: 7, endedBy: 'exit' });
    expect(Buffer.from(result.stdout).toString()).toContain('"ev": "done"');
  });

  it('survives commands that close, double and hand on everything that they hold', async () => {
    await abused.python(`
import os, socket
for fd in range(0, 256):
    try: os.dup2(fd, 500 + fd)
    except OSError: pass
os.closerange(0, 4096)
if os.fork() == 0: os.setsid()
os._exit(3)`);
    expect(await abused.bash('exec 0<&- 1>&- 2>&-; exit 5')).toContain('Exit code 5');
  });
});

describe('output', () => {
  it('a gigabyte without a line end is taken in step, and cut in words', async () => {
    const said = await abused.bash('head -c 1000000000 /dev/zero | tr "\\0" x', 60_000);
    expect(said.length).toBeLessThan(2_100_000);
    expect(said).toMatch(
      /printed too much to show\. The first 67108864 bytes of the output: \/workspace\/\.agentrail\/output\//,
    );
    await abused.bash('rm -rf .agentrail');
  });

  it('binary, broken text and escape sequences do no harm', async () => {
    const said = await abused.bash(
      `head -c 100000 /dev/urandom; printf '\\033]0;title\\007\\033[2J\\377\\376\\xc3(\\0end'`,
    );
    expect(said).toContain('end');
    expect(Buffer.from(said, 'utf8').toString('utf8')).toBe(said);
  });

  it('a flood on both streams of many commands at once reaches everyone’s end', async () => {
    const results = await Promise.all(
      Array.from({ length: 6 }, () =>
        abused.bash('(yes out | head -c 20000000) & (yes err | head -c 20000000 >&2); wait', 40_000),
      ),
    );
    expect(results.every((said) => said.includes('printed too much'))).toBe(true);
    await abused.bash('rm -rf .agentrail');
  });
});

describe('input', () => {
  it('that nobody reads keeps nobody waiting, and one that comes slowly comes whole', async () => {
    const sandbox = await abused.sandbox();
    const stdin = Buffer.alloc(8_000_000, 'x');
    const unread = sandbox.exec({ command: ['sleep', '1'], stdin });
    const slow = sandbox.exec({
      command: [
        'python3',
        '-c',
        'import os, time\nn = 0\nwhile True:\n  data = os.read(0, 200000)\n  n += len(data)\n  if not data: break\n  time.sleep(0.002)\nprint(n)',
      ],
      stdin,
    });
    expect(await abused.harm()).toEqual([]);
    expect((await unread).exitCode).toBe(0);
    expect(Buffer.from((await slow).stdout).toString()).toBe('8000000\n');
  });

  it.each([
    ['one argument over the kernel’s limit', { command: ['echo', 'x'.repeat(200_000)] }],
    ['arguments over it together', { command: ['echo', ...Array.from({ length: 30 }, () => 'x'.repeat(100_000))] }],
    [
      'an environment over it',
      {
        command: ['true'],
        env: Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`V${at}`, 'x'.repeat(100_000)])),
      },
    ],
    ['a NUL in an argument', { command: ['echo', 'a\0b'] }],
    ['a name of a variable that is none', { command: ['true'], env: { 'A=B': 'x', '': 'y' } }],
  ])('%s: is refused in words, or does no harm', async (_, request) => {
    const sandbox = await abused.sandbox();
    const outcome = await sandbox.exec(request).then(
      ({ exitCode, stderr }) => `exit ${exitCode} ${Buffer.from(stderr).toString().slice(-200)}`,
      (fault: { code: string; message: string }) => `${fault.code} ${fault.message}`,
    );
    expect(outcome).toMatch(/exit (126|0) .*(too long|null byte|illegal|^exit 0)|request_too_large|invalid_command/);
  });
});
