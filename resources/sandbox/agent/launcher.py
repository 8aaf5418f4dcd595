"""Starts commands for one supervisor, over and over.

A command starts by `posix_spawn`, because a fork copies what the Python of its parent has in memory, and costs twice as
much as the command itself. For that moment the launcher is the sandbox's user, and something inside could kill it.
Nothing depends on it: its command then becomes a child of the supervisor, which ends it as ever.
"""
import array
import errno
import json
import os
import signal
import socket
import struct

from child import close_all_but, report

LENGTH = struct.Struct(">I")
PID = struct.Struct("=i")
RECEIVED = 64 * 1024
STDIO_SIZE = 3 * array.array("i").itemsize
RESET_SIGNALS = [signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD]


class Launcher:
    """`start` brings orders from the agent, `told` takes endings to the supervisor, `memory` shows it the command's pid."""

    def __init__(self, settings, start, told, memory):
        self.settings, self.start, self.told, self.memory = settings, start, told, memory

    def run(self):
        # Inherited by the commands: what a person asked for goes before what keeps the sandbox up.
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
        close_all_but((self.start.fileno(), self.told.fileno()))
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.setgroups([])
        os.setresgid(self.settings.gid, self.settings.gid, self.settings.gid)
        os.umask(0o022)
        while True:
            spec, stdio = self.receive()
            report(self.told, self.launch(spec, stdio))

    def receive(self):
        """An order and the streams of its command, straight from the agent."""
        data, rights, _, _ = self.start.recvmsg(RECEIVED, socket.CMSG_SPACE(STDIO_SIZE), socket.MSG_CMSG_CLOEXEC)
        while data and (len(data) < LENGTH.size or len(data) < LENGTH.size + LENGTH.unpack_from(data)[0]):
            more = self.start.recv(RECEIVED)
            data = data + more if more else b""
        if not data:
            os._exit(0)
        stdio = array.array("i")
        stdio.frombytes(rights[0][2][:STDIO_SIZE])
        return json.loads(data[LENGTH.size:]), stdio

    def launch(self, spec, stdio):
        """Starts the command and waits for its end, but not for what it leaves behind."""
        uid = self.settings.uid
        os.setresuid(uid, uid, 0)
        step = "cwd"
        try:
            os.chdir(spec["cwd"])
            step = "start"
            pid = self.spawn(spec, stdio)
            PID.pack_into(self.memory, 0, pid)
        except (OSError, ValueError) as fault:
            return refuse(step, fault, spec, stdio[2])
        finally:
            os.setresuid(0, 0, 0)
            for fd in stdio:
                os.close(fd)
        # Known to be over before its number can become another's: nobody signals it from here on.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        PID.pack_into(self.memory, 0, 0)
        return {"status": os.waitpid(pid, 0)[1]}

    def spawn(self, spec, stdio):
        env = {**self.settings.env, "PWD": spec["cwd"], **spec["env"]}
        actions = [(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate(stdio)]
        if "terminal" in spec:
            # The first that the leader of a new session opens becomes its terminal.
            actions = [(os.POSIX_SPAWN_OPEN, 0, spec["terminal"], os.O_RDWR, 0)]
            actions += [(os.POSIX_SPAWN_DUP2, 0, target) for target in (1, 2)]
        refusal = None
        for path in candidates(spec["argv"][0], env):
            try:
                return os.posix_spawn(path, spec["argv"], env, file_actions=actions, setsid=True,
                                      setsigdef=RESET_SIGNALS)
            except OSError as fault:
                if fault.errno not in (errno.EACCES, errno.ENOENT, errno.ENOTDIR):
                    raise
                refusal = refusal or fault
        raise refusal or FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def candidates(program, env):
    """The program itself when it is a path, else every file of that name on PATH."""
    if b"/" in os.fsencode(program):
        return [program]
    folders = env.get("PATH", os.defpath).split(":")
    return [path for path in (os.path.join(folder, program) for folder in folders) if os.path.exists(path)]


def refuse(step, fault, spec, stderr):
    """How a command ends that could not be started: the way a shell tells it, where a shell has words for it."""
    number = fault.errno if isinstance(fault, OSError) else 0
    words = os.strerror(number) if number else str(fault)
    if step == "cwd":
        return {"error": "directory_not_found", "message": "%s: %s" % (spec["cwd"], words)}
    if number == errno.EAGAIN:
        return {"error": "pids_exhausted", "message": "The sandbox has no process to spare. End what runs in it."}
    write_once(stderr, "%s: %s\n" % (spec["argv"][0], words))
    return {"status": (127 if number in (errno.ENOENT, errno.ENOTDIR) else 126) << 8}


def write_once(fd, text):
    try:
        os.write(fd, text.encode("utf-8", "backslashreplace"))
    except OSError:
        return  # Nobody reads it.
