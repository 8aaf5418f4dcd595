"""What the kernel tells of the container in its own cgroup files: version 2, else 1."""
import os


def read_text(*paths):
    for path in paths:
        try:
            with open("/sys/fs/cgroup/" + path) as file:
                return file.read()
        except OSError:
            continue
    return ""


def open_events():
    for path in ("memory.events", "memory/memory.oom_control"):
        try:
            return os.open("/sys/fs/cgroup/" + path, os.O_RDONLY)
        except OSError:
            continue
    return None


class OomCounter:
    """How many processes of the container the kernel has killed for lack of memory; asked twice per command."""

    def __init__(self):
        self.fd = open_events()

    def read(self):
        lines = os.pread(self.fd, 4096, 0).splitlines() if self.fd is not None else []
        return next((int(line[9:]) for line in lines if line.startswith(b"oom_kill ")), 0)


def read_pids_limit():
    text = read_text("pids.max", "pids/pids.max").strip()
    return int(text) if text.isdigit() else 4096
