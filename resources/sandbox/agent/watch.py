"""Tells which files of the workspace change: by inotify, and where that cannot be had by looking every second."""
import ctypes
import json
import os
import select
import struct
import time

from file_ops import write_all

LIBC = ctypes.CDLL(None, use_errno=True)
EVENT = struct.Struct("iIII")
MODIFY, ATTRIB, CLOSE_WRITE, MOVED, CREATE, DELETE = 0x2, 0x4, 0x8, 0xC0, 0x100, 0x200
ONLYDIR, DONT_FOLLOW, ISDIR, OVERFLOW, IGNORED = 0x1000000, 0x2000000, 0x40000000, 0x4000, 0x8000
MASK = ATTRIB | CLOSE_WRITE | MODIFY | MOVED | CREATE | DELETE | ONLYDIR | DONT_FOLLOW
UNSEEN = (".git", ".agentrail", "node_modules")
MOST_FOLDERS = 2000
MOST_PATHS = 200
GATHER_SECONDS = 0.1
LOOK_SECONDS = 1.0


def op_watch(settings, spec):
    root = settings.workspace
    fd = -1 if spec.get("polls") else LIBC.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if fd >= 0:
        watches = {}
        add_below(fd, watches, root, "")
        if watches:
            tell({"ready": "inotify"})
            return follow(fd, watches, root)
    tell({"ready": "polling"})
    return look_again(root)


def add_below(fd, watches, root, prefix):
    """False when not everything can be watched."""
    todo = [prefix]
    while todo:
        prefix = todo.pop()
        folder = os.path.join(root, prefix) if prefix else root
        if len(watches) >= MOST_FOLDERS:
            return
        number = LIBC.inotify_add_watch(fd, os.fsencode(folder), MASK)
        if number < 0:
            continue
        watches[number] = prefix
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False) and entry.name not in UNSEEN:
                        todo.append(prefix + entry.name + "/")
        except OSError:
            continue


def follow(fd, watches, root):
    poll, changed, is_whole = select.poll(), set(), True
    poll.register(fd, select.POLLIN)
    while True:
        if not poll.poll(GATHER_SECONDS * 1000 if changed or not is_whole else None):
            tell_changes(changed, is_whole)
            changed, is_whole = set(), True
            continue
        data, at = os.read(fd, 64 * 1024), 0
        while at < len(data):
            number, mask, _, size = EVENT.unpack_from(data, at)
            name = os.fsdecode(data[at + EVENT.size:at + EVENT.size + size].rstrip(b"\0"))
            at += EVENT.size + size
            if mask & OVERFLOW:
                is_whole = False
            elif mask & IGNORED:
                watches.pop(number, None)
            elif number in watches:
                if len(changed) < MOST_PATHS:
                    changed.add(watches[number] + name)
                else:
                    is_whole = False
                if mask & ISDIR and mask & (CREATE | MOVED) and name not in UNSEEN:
                    add_below(fd, watches, root, watches[number] + name + "/")
        # A flood is told now and then, not at its end only.
        if len(changed) >= MOST_PATHS:
            time.sleep(GATHER_SECONDS)
            tell_changes(changed, is_whole)
            changed, is_whole = set(), True


def look_again(root):
    before = snapshot(root)
    while True:
        time.sleep(LOOK_SECONDS)
        now = snapshot(root)
        changed = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
        if changed:
            tell_changes(changed, len(changed) <= MOST_PATHS)
        before = now


def snapshot(root):
    found, todo = {}, [""]
    while todo and len(found) < 20000:
        prefix = todo.pop()
        try:
            with os.scandir(os.path.join(root, prefix)) as entries:
                for entry in entries:
                    info = entry.stat(follow_symlinks=False)
                    found[prefix + entry.name] = (info.st_mtime_ns, info.st_size, info.st_mode)
                    if entry.is_dir(follow_symlinks=False) and entry.name not in UNSEEN:
                        todo.append(prefix + entry.name + "/")
        except OSError:
            continue
    return found


def tell_changes(changed, is_whole):
    tell({"paths": sorted(changed)[:MOST_PATHS], "isWhole": is_whole})


def tell(message):
    write_all(1, json.dumps(message).encode() + b"\n")
