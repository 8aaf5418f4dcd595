import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Abused, openAbused } from './abused.ts';

let abused: Abused;
beforeAll(async () => {
  abused = await openAbused();
});
afterEach(async () => expect(await abused.harm()).toEqual([]));
afterAll(async () => expect(await abused.close()).toEqual([]));

it('a fork bomb stays in its box, ends at its time, and the model is told', async () => {
  const said = await abused.bash('bomb() { bomb | bomb & }; bomb; sleep 60', 2000);
  expect(said).toMatch(/stopped after 2000 ms, its timeout; everything it had started was killed/);
});

it('while a bomb holds every process, other commands are refused in words', async () => {
  const { bashId } = (
    await abused.tool('Bash', { command: 'for i in $(seq 400); do sleep 600 & done; wait', run_in_background: true })
  ).details as { bashId: string };
  await expect
    .poll(
      () => abused.bash('for i in $(seq 20); do sleep 1 & done', 5000).catch((fault: { code: string }) => fault.code),
      { timeout: 15_000 },
    )
    .toMatch(/pids_exhausted|Resource temporarily unavailable|retry: /);
  expect((await abused.tool('KillShell', { shell_id: bashId })).isError ?? false).toBe(false);
});

it('a storm of zombies is reaped', async () => {
  const said = await abused.python(`
import os, time
for round in range(20):
    for _ in range(40):
        pid = os.fork()
        if pid == 0:
            if os.fork() == 0: os._exit(0)
            os._exit(0)
    try:
        while True: os.waitpid(-1, 0)
    except ChildProcessError: pass
print('done')`);
  expect(said).toBe('done\n');
  expect(await abused.bash("ps -e -o stat= | grep -c '^Z' || true")).toMatch(/^0/);
});

it('a daemon that ignores TERM, left its session and cleared its name ends with its command', async () => {
  const marker = '4711.25';
  await abused.bash(
    `(trap '' TERM HUP INT; setsid env -i /bin/sh -c 'trap "" TERM; exec sleep ${marker}' & ) ; nohup setsid sleep ${marker} >/dev/null 2>&1 & sleep 0.2`,
  );
  expect(await abused.bash(`ps -e -o args= | grep -c '[4]711.25' || true`)).toMatch(/^0/);
});

it('what aims at PID 1, the agent and its supervisors hits nothing', async () => {
  const said = await abused.bash(
    'for pid in $(ps -u root -o pid=); do for s in KILL STOP TERM SEGV; do kill -$s $pid 2>/dev/null && ps -o user= -p $pid; done; done; echo over',
  );
  expect(said.replaceAll(/^\s*(root|agent)\s*$/gm, '').trim()).toMatch(/over$/);
});

it('killing and stopping everything that it may does not keep the next command from running', async () => {
  const signals = ['KILL', 'STOP', 'TERM'];
  for (const signal of signals) {
    await abused.bash(`for i in 1 2 3 4 5 6 7 8; do kill -${signal} -1; done`, 3000);
    expect(await abused.harm()).toEqual([]);
  }
});

it('a race that stops each process as it appears costs only its own time', async () => {
  const { bashId } = (
    await abused.tool('Bash', {
      command: `python3 -c "
import os, signal
while True:
    for name in os.listdir('/proc'):
        if name.isdigit() and int(name) != os.getpid():
            try: os.kill(int(name), signal.SIGSTOP)
            except OSError: pass
"`,
      run_in_background: true,
    })
  ).details as { bashId: string };
  const said = await abused.bash('echo out', 3000).catch((fault: Error) => fault.message);
  expect(said).toMatch(/^out$|timeout|vanished|ended by signal/);
  await abused.tool('KillShell', { shell_id: bashId });
});

it('limits cannot be raised, and what goes over them is told by the system', async () => {
  expect(await abused.bash('ulimit -n; ulimit -c; ulimit -n 100000; ulimit -c unlimited')).toMatch(
    /^4096\n0\n[\s\S]*(not permitted|cannot modify)/,
  );
  expect(
    await abused.python(
      "import os\nfds=[]\ntry:\n  while True: fds.append(os.open('/dev/null', 0))\nexcept OSError as e: print(len(fds) < 4096, e.errno)",
    ),
  ).toBe('True 24\n');
});
