import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Abused, openAbused } from './abused.ts';

let abused: Abused;
beforeAll(async () => {
  abused = await openAbused();
});
afterEach(async () => expect(await abused.harm()).toEqual([]));
afterAll(async () => expect(await abused.close()).toEqual([]));

/** Numbers of system calls on x86-64; on other processors the library's functions are used, and the rest is not tried. */
const syscalls = `
import ctypes, os, platform
libc = ctypes.CDLL(None, use_errno=True)
def call(name, number, *args):
    if platform.machine() != 'x86_64': return
    result = libc.syscall(number, *args)
    print(name, 'REACHED' if result >= 0 else 'refused', os.strerror(ctypes.get_errno()) if result < 0 else result)
`;

describe('system calls that lead out', () => {
  it.each([
    ['mount', 165, "b'none', b'/tmp', b'tmpfs', 0, None"],
    ['umount2', 166, "b'/workspace', 2"],
    ['pivot_root', 155, "b'/tmp', b'/tmp'"],
    ['chroot', 161, "b'/tmp'"],
    ['unshare a user namespace', 272, '0x10000000'],
    ['unshare mounts', 272, '0x00020000'],
    ['setns', 308, "os.open('/proc/self/ns/net', 0), 0"],
    ['clone into a user namespace', 56, '0x10000000 | 17, None, None, None, None'],
    ['bpf', 321, '0, ctypes.create_string_buffer(64), 64'],
    ['perf_event_open', 298, 'ctypes.create_string_buffer(128), 0, -1, -1, 0'],
    ['keyctl', 250, '0, -3, 1'],
    ['add_key', 248, "b'user', b'x', b'x', 1, -3"],
    ['request_key', 249, "b'user', b'x', None, -3"],
    ['kexec_load', 246, '0, 0, None, 0'],
    ['init_module', 175, "b'', 0, b''"],
    ['delete_module', 176, "b'x', 0"],
    ['open_by_handle_at', 304, '-100, ctypes.create_string_buffer(64), 0'],
    ['userfaultfd', 323, '0'],
    ['swapon', 167, "b'/tmp/x', 0"],
    ['reboot', 169, '0xfee1dead, 672274793, 0, None'],
    ['sethostname', 170, "b'mine', 4"],
    ['clock_settime', 227, '0, ctypes.create_string_buffer(16)'],
    ['settimeofday', 164, 'ctypes.create_string_buffer(16), None'],
    ['adjtimex', 159, 'ctypes.create_string_buffer(b"\\xff\\xff\\0\\0" + bytes(300))'],
    ['iopl', 172, '3'],
    ['ioperm', 173, '0, 10, 1'],
    ['acct', 163, "b'/tmp/x'"],
    ['quotactl', 179, "0, b'/', 0, None"],
    ['mknod of a disk', 133, "b'/tmp/disk', 0o60666, os.makedev(8, 0)"],
    ['ptrace of the agent', 101, '16, 7, 0, 0'],
    ['process_vm_readv of PID 1', 310, '1, ctypes.create_string_buffer(32), 1, ctypes.create_string_buffer(32), 1, 0'],
    ['pidfd_getfd of PID 1', 438, 'libc.syscall(434, 1, 0), 0, 0'],
    ['setuid root', 105, '0'],
    ['capset', 126, 'ctypes.create_string_buffer(8), ctypes.create_string_buffer(b"\\xff" * 24)'],
    ['setgroups', 116, '1, ctypes.create_string_buffer(4)'],
    ['a raw socket', 41, '2, 3, 255'],
    ['a packet socket', 41, '17, 3, 768'],
    ['io_uring', 425, '8, ctypes.create_string_buffer(120)'],
  ])('%s', async (name, number, args) => {
    expect(await abused.python(`${syscalls}\ncall(${JSON.stringify(name)}, ${number}, ${args})`)).not.toMatch(
      /REACHED|Traceback/,
    );
  });
});

describe('files that lead out', () => {
  it.each([
    ['settings of the kernel', 'for f in $(find /proc/sys -writable -type f 2>/dev/null); do echo open $f; done'],
    ['the system’s objects', 'find /sys -writable ! -type l 2>/dev/null | sed "s/^/open /" | head'],
    [
      'buttons of the kernel',
      'for f in /proc/sysrq-trigger /proc/kcore /proc/kmsg /proc/keys /proc/timer_list /proc/acpi /proc/1/mem /proc/1/environ /proc/1/root/etc /proc/1/fd/0; do { true < $f; } 2>/dev/null && head -c 1 $f 2>/dev/null | grep -q . && echo open $f; done; echo b > /proc/sysrq-trigger && echo open',
    ],
    [
      'the release agent of a control group',
      'mkdir -p /tmp/cg; mount -t cgroup -o memory cgroup /tmp/cg 2>/dev/null && echo open; for f in $(find /sys/fs/cgroup -name release_agent -o -name cgroup.procs -o -name "memory.limit*" -o -name memory.max 2>/dev/null); do { echo 1 > $f; } 2>/dev/null && echo open $f; done; mkdir /sys/fs/cgroup/x 2>/dev/null && echo open',
    ],
    [
      'devices',
      'for d in $(find /dev -type b -o -type c 2>/dev/null); do case $d in /dev/null|/dev/zero|/dev/full|/dev/random|/dev/urandom|/dev/tty|/dev/ptmx|/dev/pts/*|/dev/console) ;; *) echo open $d ;; esac; done; for d in /dev/mem /dev/kmem /dev/port /dev/kvm /dev/fuse /dev/sda /dev/vda; do [ -e $d ] && echo open $d; done; touch /dev/x 2>/dev/null && echo open /dev',
    ],
    [
      'sockets of an engine',
      'find / -xdev \\( -name "*docker*.sock" -o -name "containerd*.sock" -o -name podman.sock -o -name crio.sock \\) 2>/dev/null | sed "s/^/open /"; for s in /var/run/docker.sock /run/docker.sock /run/containerd/containerd.sock; do [ -e $s ] && echo open $s; done',
    ],
    [
      'programs that lend their owner’s rights',
      'for p in $(find / -xdev -perm -4000 -type f 2>/dev/null); do case $p in */su) echo x | $p root -c id ;; */mount) $p -t tmpfs none /tmp ;; *) ;; esac; done 2>&1 | grep -q "uid=0" && echo open; cp /bin/sh /tmp/sh && chmod 4755 /tmp/sh && /tmp/sh -p -c "id -u" | grep -qx 0 && echo open',
    ],
  ])('%s are closed', async (_, line) => {
    expect(await abused.bash(`${line}; true`)).not.toContain('open');
  });

  it('no capability is to be had, and none can be gained', async () => {
    expect(
      await abused.bash(
        'grep -c "^Cap\\(Eff\\|Prm\\|Inh\\|Amb\\):.0000000000000000" /proc/self/status; grep NoNewPrivs /proc/self/status | tr -d "\\t"',
      ),
    ).toBe('4\nNoNewPrivs:1');
  });

  it('what can be written outside of the workspace is memory that goes with the sandbox', async () => {
    const said = await abused.bash('find / -xdev -writable -type d 2>/dev/null | grep -v "^/proc" | sort');
    expect(
      said
        .split('\n')
        .filter(
          (folder) =>
            !/^\/(tmp|home\/agent|workspace|memo|dev\/shm|dev\/mqueue|run)(\/|$)/.test(folder) &&
            folder !== '(no output)',
        ),
    ).toEqual([]);
  });
});

it('nothing of a network is there to be used', async () => {
  const said = await abused.python(`
import socket
def attempt(name, go):
    try: go(); print(name, 'REACHED')
    except OSError as fault: print(name, 'refused')
attempt('address', lambda: socket.create_connection(('1.1.1.1', 53), 2))
attempt('metadata', lambda: socket.create_connection(('169.254.169.254', 80), 2))
attempt('bridge', lambda: socket.create_connection(('172.17.0.1', 22), 2))
attempt('name', lambda: socket.getaddrinfo('example.com', 80))
attempt('datagram', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53)))
attempt('v6', lambda: socket.create_connection(('2606:4700:4700::1111', 53), 2))
attempt('ping', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1).sendto(b'x' * 8, ('8.8.8.8', 0)))
attempt('vsock', lambda: socket.socket(40, socket.SOCK_STREAM).connect((2, 22)))
attempt('abstract', lambda: socket.socket(socket.AF_UNIX).connect('\\0/containerd-shim/x.sock'))
`);
  expect(said).not.toMatch(/REACHED|Traceback/);
  expect(said.trim().split('\n')).toHaveLength(9);
});

it('the clock cannot be set', async () => {
  expect(await abused.bash('date -s 2001-01-01 2>&1 >/dev/null; date +%Y')).toMatch(/not permitted[\s\S]*20[2-9]\d/);
});
