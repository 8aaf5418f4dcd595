"""What the kernel tells of the container in its own cgroup files: version 2, else 1."""
import os
import re

ROOT = "/sys/fs/cgroup/"
KILLS = re.compile(rb"^oom_kill (\d{1,18})$", re.MULTILINE)


def read_text(*paths):
    for path in paths:
        try:
            with open(ROOT + path) as file:
                return file.read()
        except OSError:
            continue
    return ""


def open_events():
    for path in ("memory.events", "memory/memory.oom_control"):
        try:
            return os.open(ROOT + path, os.O_RDONLY)
        except OSError:
            continue
    return None


class OomCounter:
    """How many processes of the container the kernel has killed for lack of memory; asked twice per command."""

    def __init__(self):
        self.fd = open_events()

    def read(self):
        found = KILLS.search(os.pread(self.fd, 4096, 0)) if self.fd is not None else None
        return int(found.group(1)) if found else 0


def read_pids_limit():
    text = read_text("pids.max", "pids/pids.max").strip()
    return int(text) if text.isdigit() else 4096
