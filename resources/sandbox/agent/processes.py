"""What runs in the sandbox, as its own user sees it."""
import json
import os

from file_ops import write_all

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
MOST = 1000


def op_processes(settings, spec):
    with open("/proc/uptime") as file:
        uptime = float(file.read().split()[0])
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid() and len(found) < MOST:
            entry = describe(int(name), uptime)
            if entry:
                found.append(entry)
    write_all(1, json.dumps(sorted(found, key=lambda entry: entry["pid"])).encode())
    return {}


def describe(pid, uptime):
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            head, _, tail = file.read().rpartition(b")")
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            line = file.read(2048)
        owner = os.stat("/proc/%d" % pid).st_uid
    except OSError:
        return None
    fields = tail.split()
    command = line.rstrip(b"\0").replace(b"\0", b" ") or b"[" + head.partition(b"(")[2] + b"]"
    return {
        "pid": pid, "parent": int(fields[1]), "state": fields[0].decode(), "uid": owner,
        "cpuMs": int((int(fields[11]) + int(fields[12])) * 1000 / TICKS),
        "ageMs": max(0, int((uptime - int(fields[19]) / TICKS) * 1000)),
        "memoryBytes": int(fields[21]) * PAGE, "command": command.decode("utf-8", "replace")[:500],
    }
