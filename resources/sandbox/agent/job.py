"""One request that has a child: its streams, its windows, and what is known of its end."""
import collections
import fcntl
import json
import os
import selectors
import signal
import struct
import termios
import time

from cgroup import OomCounter
from owner import OUTPUT_WINDOW
from spill import Spill
from tail import Tail
from terminal import send_to_foreground, set_size

CHUNK = 64 * 1024
DRAIN_SECONDS = 0.05
OOM = OomCounter()


class Job:
    def __init__(self, agent, number, spec, child):
        self.agent, self.selector, self.id, self.spec, self.child = agent, agent.selector, number, spec, child
        self.stdin = child.stdin
        self.streams = {fd: name for fd, name in ((child.stdout, "out"), (child.stderr, "err")) if fd is not None}
        self.credit, self.left = OUTPUT_WINDOW, spec.get("maxOutputBytes")
        self.tail, self.spill = Tail(spec.get("tailBytes", 0)), Spill(agent.settings, spec.get("spill"))
        self.input, self.input_ended = collections.deque(), False
        self.message, self.result = b"", None
        # Set when the result is known; from `tails` on only what already lies in the pipes counts, whoever still writes.
        self.drain_until, self.tails = None, None
        self.is_answered, self.is_child_gone = False, False
        self.oom = OOM.read()
        # Whom a lack of memory is put down to when it shows no other way.
        self.is_alone = all(job.spec["op"] != "exec" for job in agent.jobs.values())
        self.selector.register(child.ctl, selectors.EVENT_READ, self.read_child)
        self.listen()

    # Output

    def listen(self):
        """Output is read while the owner has room for it, or when nobody wants it any more."""
        wanted = self.is_discarding() or self.credit > 0
        for fd in self.streams:
            known = fd in self.selector.get_map()
            if wanted and not known:
                self.selector.register(fd, selectors.EVENT_READ, self.read_stream)
            elif known and not wanted:
                self.selector.unregister(fd)

    def is_discarding(self):
        return self.is_answered or self.left == 0

    def give_credit(self, size):
        self.credit += size
        self.listen()

    def read_stream(self, fd):
        size = CHUNK
        if not self.is_discarding():
            size = min(size, self.credit, size if self.left is None else self.left)
        if self.tails is not None and not self.is_answered:
            size = min(size, self.tails[fd])
        try:
            data = os.read(fd, size)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # So a terminal tells that nobody has its far end any more.
        if not data:
            self.close_stream(fd)
        elif not self.is_answered:
            self.take(fd, data)
        self.listen()
        self.finish()

    def take(self, fd, data):
        self.spill.add(data)
        if self.left == 0:
            self.tail.add(self.streams[fd], data)
        else:
            self.credit -= len(data)
            if self.left is not None:
                self.left -= len(data)
            self.agent.send({"id": self.id, "ev": self.streams[fd]}, data)
        if self.tails is not None:
            self.tails[fd] -= len(data)

    def close_stream(self, fd):
        self.forget(fd)
        os.close(fd)
        del self.streams[fd]

    def forget(self, fd):
        if fd in self.selector.get_map():
            self.selector.unregister(fd)

    # Input

    def feed(self, body, end):
        if self.stdin is None:
            self.agent.send({"id": self.id, "ev": "credit", "bytes": len(body)})
            return
        if body:
            self.input.append(body)
        self.input_ended = self.input_ended or end
        self.write_input(self.stdin)

    def write_input(self, fd):
        while self.input:
            data = self.input[0]
            try:
                written = os.write(fd, data)
            except BlockingIOError:
                written = 0
            except OSError:
                # The child closed its stdin; what is left has no reader.
                self.close_stdin()
                return
            if written:
                self.agent.send({"id": self.id, "ev": "credit", "bytes": written})
            if written < len(data):
                self.input[0] = data[written:]
                if fd not in self.selector.get_map():
                    self.selector.register(fd, selectors.EVENT_WRITE, self.write_input)
                return
            self.input.popleft()
        self.forget(fd)
        if self.input_ended:
            self.close_stdin()

    def close_stdin(self):
        if self.stdin is not None:
            self.forget(self.stdin)
            os.close(self.stdin)
            self.stdin = None
            self.input.clear()

    # Terminal

    def resize(self, size):
        if "tty" in self.spec and self.child.stdout in self.streams:
            set_size(self.child.stdout, size)

    def signal(self, name):
        if "tty" in self.spec and self.child.stdout in self.streams:
            send_to_foreground(self.agent.settings, self.child.stdout, name)

    # End

    def kill(self):
        if self.is_child_gone:
            return  # Its supervisor may be at another command already.
        if self.spec["op"] == "exec":
            try:
                self.child.ctl.send(b"k")
            except OSError:
                return  # It has just ended.
        elif self.spec["op"] in ("write", "store"):
            # It finds less than it was promised, takes its partial file away and says so.
            self.close_stdin()
        else:
            os.kill(self.child.pid, signal.SIGKILL)

    def read_child(self, _):
        try:
            data = self.child.ctl.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.message += data
        while b"\n" in self.message:
            line, self.message = self.message.split(b"\n", 1)
            self.take_line(json.loads(line))
        if not data and not self.is_child_gone:
            self.reap()
        if self.result is not None and self.drain_until is None:
            self.drain_until = time.monotonic() + DRAIN_SECONDS
            self.read_rest()
        self.finish()

    def take_line(self, message):
        """The first word on the result counts; a supervisor that is ready again serves the next command."""
        is_ready = message.pop("isReady", False)
        if self.result is None:
            self.result = message
        if is_ready:
            self.selector.unregister(self.child.ctl)
            self.is_child_gone = True
            self.agent.supervisors.give_back(self.child)

    def read_rest(self):
        """Mostly the streams are at their end by now, and the answer need not wait for the next round."""
        for fd in list(self.streams):
            if fd in self.streams and (self.credit > 0 or self.is_discarding()):
                self.read_stream(fd)

    def reap(self):
        self.selector.unregister(self.child.ctl)
        self.child.close()
        self.is_child_gone = True
        if self.result is not None:
            return
        if self.spec["op"] == "exec":
            # Without its supervisor nobody knows what the command left behind: better no sandbox than a haunted one.
            os._exit(4)
        if OOM.read() > self.oom:
            self.result = {"error": "out_of_memory", "message": "The sandbox ran out of memory."}
        else:
            self.result = {"error": "interrupted", "message": "It was interrupted."}

    def next_time(self):
        return self.drain_until if self.tails is None else None

    def tick(self, now):
        if self.drain_until is not None and self.tails is None and now >= self.drain_until:
            self.tails = {fd: waiting_bytes(fd) for fd in self.streams}
            self.finish()

    def is_drained(self):
        return not any(self.tails is None or self.tails[fd] > 0 for fd in self.streams)

    def finish(self):
        """Answers once the result is known and the output is complete; ends once the child is gone, too."""
        if self.result is None or not self.is_drained():
            return
        if not self.is_answered:
            self.is_answered = True
            self.close_stdin()
            self.answer()
            # Whoever runs on in the background keeps its pipe, or its next word would kill it.
            self.listen()
        if self.is_child_gone:
            for fd in list(self.streams):
                self.close_stream(fd)
            if self.agent.jobs.pop(self.id, None) and self.result.get("background"):
                self.agent.send({"id": self.id, "ev": "gone"})

    def answer(self):
        result = self.result
        if "error" in result:
            self.spill.close()
            self.agent.send({"id": self.id, "ev": "error", "code": result["error"], "message": result["message"]})
        elif self.spec["op"] == "exec":
            is_killed = result["signal"] == "SIGKILL" or result["code"] == 137
            if result["endedBy"] == "exit" and (is_killed or self.is_alone) and OOM.read() > self.oom:
                result["endedBy"] = "oom"
            self.send_tail()
            kept = {"dropped": self.tail.dropped, "spilled": self.spill.close()}
            self.agent.send({"id": self.id, "ev": "done", "result": dict(result, **kept)})
        else:
            self.agent.send({"id": self.id, "ev": "done", "result": result["result"]})

    def send_tail(self):
        if self.tail.dropped > 0:
            self.agent.send({"id": self.id, "ev": "gap", "bytes": self.tail.dropped})
        while self.tail.parts:
            stream, data = self.tail.parts.popleft()
            self.agent.send({"id": self.id, "ev": stream}, data)


def waiting_bytes(fd):
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"))[0]
