"""The agent's side of its supervisors: a few wait ready, and whoever ended its command cleanly is used again."""
import array
import json
import os
import socket
import struct

from cgroup import read_pids_limit
from child import close_child_pipes, fork_process, make_pipes
from supervisor import run_commands
from terminal import open_terminal

READY = 2
MOST_IDLE = 8
PROCESSES_EACH = 32
"""One idle supervisor, which is two processes, per this many that the sandbox may have."""
LENGTH = struct.Struct(">I")


class SupervisorHandle:
    """One supervisor, and the agent's ends of the streams of the command that it runs now."""

    def __init__(self, pid, ctl, start):
        self.pid, self.ctl, self.start = pid, ctl, start
        self.stdin = self.stdout = self.stderr = None

    def hand_over(self, spec, stdio):
        """Sends a command to the process that waits for one. False when that is no longer there."""
        try:
            if self.ctl.recv(4096) is not None:
                return False  # It said something, or has ended: it could not make itself ready.
        except BlockingIOError:
            pass
        except OSError:
            return False
        line = json.dumps(spec).encode()
        watch = {"timeoutMs": spec["timeoutMs"], "killLeftovers": spec["killLeftovers"]}
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", stdio))]
        try:
            data = LENGTH.pack(len(line)) + line
            sent = self.start.sendmsg([data], rights)
            if sent < len(data):
                self.start.sendall(data[sent:])
            self.ctl.sendall(json.dumps(watch).encode() + b"\n")
            return True
        except OSError:
            return False

    def close(self):
        self.ctl.close()
        self.start.close()
        os.waitpid(self.pid, 0)


class Supervisors:
    def __init__(self, settings):
        self.settings, self.idle = settings, []
        self.most_idle = max(1, min(MOST_IDLE, read_pids_limit() // PROCESSES_EACH))
        self.null = os.open("/dev/null", os.O_RDONLY)

    def start(self, spec):
        """Has a command started; raises OSError when there is no process to spare."""
        if "tty" in spec:
            return self.start_on_terminal(spec)
        pipes = make_pipes(spec["hasInput"])
        (in_r, in_w), (out_r, out_w), (err_r, err_w) = pipes
        stdio = (self.null if in_r is None else in_r, out_w, err_w)
        try:
            handle = self.hand_over(spec, stdio)
        except OSError:
            close_child_pipes(pipes)
            raise
        for fd in (in_r, out_w, err_w):
            if fd is not None:
                os.close(fd)
        handle.stdin, handle.stdout, handle.stderr = in_w, out_r, err_r
        return handle

    def start_on_terminal(self, spec):
        """As `start`; stdin and stdout are two descriptors of the near end, and there is no stderr."""
        near, far, path = open_terminal(self.settings, spec["tty"])
        ours = [near]
        try:
            ours.append(os.dup(near))
            handle = self.hand_over(dict(spec, terminal=path), (far, far, far))
        except OSError:
            for fd in ours:
                os.close(fd)
            raise
        finally:
            os.close(far)
        handle.stdout, handle.stdin = ours
        return handle

    def hand_over(self, spec, stdio):
        while True:
            handle = self.idle.pop() if self.idle else self.fork()
            if handle.hand_over(spec, stdio):
                return handle
            handle.close()

    def fork(self):
        ours, theirs = socket.socketpair()
        start, start_theirs = socket.socketpair()
        try:
            pid = fork_process(lambda: run_commands(self.settings, theirs, start_theirs), theirs,
                               (theirs.fileno(), start_theirs.fileno()))
        except OSError:
            for end in (ours, theirs, start, start_theirs):
                end.close()
            raise
        theirs.close()
        start_theirs.close()
        ours.setblocking(False)
        return SupervisorHandle(pid, ours, start)

    def give_back(self, handle):
        handle.stdin = handle.stdout = handle.stderr = None
        if len(self.idle) < self.most_idle:
            self.idle.append(handle)
        else:
            handle.close()

    def prepare(self):
        """Has some ready, so that a command need not wait for two forks."""
        while len(self.idle) < min(READY, self.most_idle):
            try:
                self.idle.append(self.fork())
            except OSError:
                return  # The next command tries again and says what is wrong.

    def trim(self):
        """After a busy time: back to the few that are worth their memory."""
        while len(self.idle) > READY:
            self.idle.pop(0).close()
