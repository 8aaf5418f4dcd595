"""The agent inside a sandbox: runs commands and file operations for the owner of the container.

It is root without powers (SETUID, SETGID, KILL); everything it does for the owner happens in a child of the sandbox's
user, so nothing made inside the sandbox can borrow its rights. It needs Python 3.8 or later and nothing else.
"""
import gc
import os
import selectors
import sys
import time

from browse import BROWSE_OPS
from child import fork_child
from egress import Egress
from file_ops import FILE_OPS, run_file_op
from job import Job
from owner import Owner
from sandbox_user import Fault, Settings, can_write
from seccomp import deny_calls
from supervisors import Supervisors
from terminal import find_shells

PROTOCOL = 1
MAX_JOBS = 64
TRIM_SECONDS = 10.0
OPS = {**FILE_OPS, **BROWSE_OPS}


class Agent:
    def __init__(self):
        self.settings, self.jobs = Settings(), {}
        self.supervisors, self.trim_at = Supervisors(self.settings), None
        self.selector = selectors.DefaultSelector()
        self.owner = Owner(self.selector, self.handle)
        self.send = self.owner.send
        self.egress = Egress(self.selector, self.send)

    def run(self):
        while True:
            for key, _ in self.selector.select(self.next_wait()):
                # A handler earlier in this round may have closed what this one was about.
                if self.selector.get_map().get(key.fd) is key:
                    key.data(key.fd)
            now = time.monotonic()
            for job in list(self.jobs.values()):
                job.tick(now)
            self.rest(now)

    def rest(self, now):
        if self.jobs or not self.settings.env:
            self.trim_at = None
        elif self.trim_at is None:
            self.trim_at = now + TRIM_SECONDS
            self.supervisors.prepare()
        elif now >= self.trim_at:
            self.trim_at = float("inf")
            self.supervisors.trim()

    def next_wait(self):
        times = [job.next_time() for job in self.jobs.values()] or [self.trim_at]
        times = [at for at in times if at is not None]
        earliest = min(times, default=float("inf"))
        return None if earliest == float("inf") else max(0.0, earliest - time.monotonic())

    def handle(self, header, body):
        op, number = header["op"], header["id"]
        if op == "net":
            self.egress.handle(header, body)
            return
        job = self.jobs.get(number)
        try:
            if op == "hello":
                self.answer(number, self.greet(header))
            elif op == "ping":
                self.answer(number, {})
            elif op == "shells":
                self.answer(number, {"shells": find_shells(self.settings.uid)})
            elif op == "listen":
                self.egress.open(header["port"])
                self.answer(number, {})
            elif op == "exec" or op in OPS:
                self.start(number, op, header)
            elif job and op == "data":
                job.feed(body, header["end"])
            elif job and op == "credit":
                job.give_credit(header["bytes"])
            elif job and op == "resize":
                job.resize(header)
            elif job and op == "signal":
                job.signal(header["signal"])
            elif job and op == "kill":
                job.kill()
        except Fault as fault:
            self.send({"id": number, "ev": "error", "code": fault.code, "message": str(fault)})

    def answer(self, number, result):
        self.send({"id": number, "ev": "done", "result": result})

    def greet(self, header):
        settings = self.settings
        settings.uid, settings.gid = header["uid"], header["gid"]
        settings.env = dict(os.environ, HOME=header["home"], USER="agent", LOGNAME="agent")
        settings.env.setdefault("LANG", "C.UTF-8")
        for bash in ("/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"):
            if os.path.exists(bash):
                settings.shell = [bash, "-lc"]
                break
        python = "%d.%d.%d" % sys.version_info[:3]
        writable = can_write(settings)
        return {"protocol": PROTOCOL, "python": python, "shell": settings.shell[0], "workspaceWritable": writable}

    def start(self, number, op, spec):
        if len(self.jobs) >= MAX_JOBS:
            raise Fault("capacity", "Too many requests run in this sandbox at once. Wait for some of them to end.")
        folder = self.settings.workspace
        try:
            if op == "exec":
                spec["cwd"] = os.path.normpath(os.path.join(folder, spec["cwd"]))
                spec["argv"] = spec.get("argv") or self.settings.shell + [spec["shell"]]
                child = self.supervisors.start(spec)
            else:
                spec["path"] = os.path.normpath(os.path.join(folder, spec["path"]))
                child = fork_child(lambda ctl, stdio: run_file_op(OPS[op], self.settings, spec, ctl, stdio))
        except OSError:
            raise Fault("pids_exhausted", "The sandbox has no process to spare. End what runs in it.") from None
        job = Job(self, number, spec, child)
        if op == "exec":
            for other in self.jobs.values():
                other.is_alone = False
        self.jobs[number] = job


def main():
    deny_calls()
    agent = Agent()
    # Without collections forked children keep sharing their memory with us; there are no cycles to collect.
    gc.disable()
    gc.freeze()
    agent.run()
