"""What a person does with the files of the workspace, each in a child of the sandbox's user.

Folders are opened one in the other and links never followed, so that nothing done to names meanwhile leads elsewhere;
only plain files are opened, and without waiting, so that a pipe or a device holds nothing up.
"""
import json
import os
import stat
import time

from file_ops import CHUNK, kind_of, write_all
from processes import op_processes
from sandbox_user import Fault
from watch import op_watch

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
PLAIN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
UNSEEN = (".git", ".agentrail")
MOST_HASHED = 16 * 1024 * 1024
MOST_HASHED_TOGETHER = 512 * 1024 * 1024


def parts_of(settings, path):
    root = settings.workspace
    if path != root and not path.startswith(root + "/"):
        raise Fault("path_outside_workspace", "%s is not below %s." % (path, root))
    return [part for part in path[len(root):].split("/") if part]


def open_folder(settings, parts):
    fd = os.open(settings.workspace, FOLDER)
    for part in parts:
        try:
            inner = os.open(part, FOLDER, dir_fd=fd)
        finally:
            os.close(fd)
        fd = inner
    return fd


def open_parent(settings, path):
    """(descriptor of the folder, name in it). The workspace itself has none."""
    parts = parts_of(settings, path)
    if not parts:
        raise Fault("invalid_path", "This cannot be done to the workspace itself.")
    return open_folder(settings, parts[:-1]), parts[-1]


def open_plain(name, folder, path):
    fd = os.open(name, PLAIN, dir_fd=folder)
    info = os.fstat(fd)
    if not stat.S_ISREG(info.st_mode):
        os.close(fd)
        kind = "is_directory" if stat.S_ISDIR(info.st_mode) else "not_a_file"
        raise Fault(kind, "%s is not a regular file." % path)
    return fd, info


def describe(name, info):
    return {"name": name, "type": kind_of(info), "sizeBytes": info.st_size if stat.S_ISREG(info.st_mode) else 0,
            "modifiedAt": int(info.st_mtime * 1000)}


def op_list(settings, spec):
    fd = open_folder(settings, parts_of(settings, spec["path"]))
    names = sorted(os.listdir(fd))
    entries = []
    for name in names[:spec["limit"]]:
        try:
            entries.append(describe(name, os.stat(name, dir_fd=fd, follow_symlinks=False)))
        except FileNotFoundError:
            continue
    write_all(1, json.dumps({"entries": entries, "hasMore": len(names) > spec["limit"]}).encode())
    return {}


def op_fetch(settings, spec):
    """At most the size that the file was announced with; one that became shorter is a fault, not a shorter file."""
    folder, name = open_parent(settings, spec["path"])
    fd, _ = open_plain(name, folder, spec["path"])
    left = spec["maxBytes"]
    while left > 0:
        data = os.read(fd, min(CHUNK, left))
        if not data:
            break
        left -= len(data)
        write_all(1, data)
    return {"size": spec["maxBytes"] - left}


def op_facts(settings, spec):
    folder, name = open_parent(settings, spec["path"])
    write_all(1, json.dumps(describe(name, os.stat(name, dir_fd=folder, follow_symlinks=False))).encode())
    return {}


def op_store(settings, spec):
    """A new file takes the place of the old one whole, or not at all."""
    parts = parts_of(settings, spec["path"])
    if not parts:
        raise Fault("is_directory", "This is the workspace itself.")
    folder, name = make_folders(settings, parts[:-1]), parts[-1]
    mode = 0o644
    try:
        info = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISDIR(info.st_mode):
            raise Fault("is_directory", "%s is a directory." % spec["path"])
        mode = stat.S_IMODE(info.st_mode) if stat.S_ISREG(info.st_mode) else mode
    except FileNotFoundError:
        pass
    partial = ".agentrail-" + os.urandom(8).hex()
    fd = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    try:
        total = 0
        while True:
            data = os.read(0, CHUNK)
            if not data:
                break
            write_all(fd, data)
            total += len(data)
        if total != spec["size"]:
            raise Fault("interrupted", "The upload ended early. The file is as it was before.")
        os.fchmod(fd, mode)
        os.rename(partial, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(partial, dir_fd=folder)
        raise
    return {"size": total}


def make_folders(settings, parts):
    fd = os.open(settings.workspace, FOLDER)
    for part in parts:
        try:
            os.mkdir(part, 0o755, dir_fd=fd)
        except FileExistsError:
            pass
        try:
            inner = os.open(part, FOLDER, dir_fd=fd)
        finally:
            os.close(fd)
        fd = inner
    return fd


def op_make(settings, spec):
    parts = parts_of(settings, spec["path"])
    if not parts:
        raise Fault("file_exists", "This is the workspace itself.")
    os.mkdir(parts[-1], 0o755, dir_fd=make_folders(settings, parts[:-1]))
    return {}


def op_remove(settings, spec):
    folder, name = open_parent(settings, spec["path"])
    try:
        remove_tree(name, folder)
    except RecursionError:
        raise Fault("tree_too_deep", "The folders are too deep. Remove the inner ones first.") from None
    return {}


def remove_tree(name, folder):
    try:
        os.unlink(name, dir_fd=folder)
        return
    except IsADirectoryError:
        inner = os.open(name, FOLDER, dir_fd=folder)
    try:
        for each in os.listdir(inner):
            remove_tree(each, inner)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=folder)


def op_rename(settings, spec):
    folder, name = open_parent(settings, spec["path"])
    to = os.path.normpath(os.path.join(settings.workspace, spec["to"]))
    new_folder, new_name = open_parent(settings, to)
    try:
        os.stat(new_name, dir_fd=new_folder, follow_symlinks=False)
        raise Fault("file_exists", "%s exists already." % to)
    except FileNotFoundError:
        pass
    os.rename(name, new_name, src_dir_fd=folder, dst_dir_fd=new_folder)
    return {}


def walk(settings, parts, unseen=()):
    """(parts, descriptor of the folder, name, facts) of everything below; a folder comes before what is in it."""
    todo = [parts]
    while todo:
        at = todo.pop()
        try:
            fd = open_folder(settings, at)
        except OSError:
            continue
        try:
            below = []
            for name in sorted(os.listdir(fd)):
                try:
                    info = os.stat(name, dir_fd=fd, follow_symlinks=False)
                except OSError:
                    continue
                if name in unseen and stat.S_ISDIR(info.st_mode):
                    continue
                if stat.S_ISDIR(info.st_mode):
                    below.append(at + [name])
                yield at + [name], fd, name, info
            todo.extend(reversed(below))
        finally:
            os.close(fd)


class ZipOutput:
    def write(self, data):
        write_all(1, data)
        return len(data)

    def flush(self):
        pass


def op_zip(settings, spec):
    import zipfile
    parts = parts_of(settings, spec["path"])
    os.close(open_folder(settings, parts))
    with zipfile.ZipFile(ZipOutput(), "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=3) as archive:
        for at, fd, name, info in walk(settings, parts):
            inner = "/".join(at[len(parts):]).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            when = max(time.localtime(info.st_mtime)[:6], (1980, 1, 1, 0, 0, 0))
            member = zipfile.ZipInfo(inner + ("/" if stat.S_ISDIR(info.st_mode) else ""), min(when, (2107, 12, 31, 0, 0, 0)))
            member.external_attr = (info.st_mode & 0xFFFF) << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            try:
                if stat.S_ISDIR(info.st_mode):
                    archive.writestr(member, b"")
                elif stat.S_ISLNK(info.st_mode):
                    archive.writestr(member, os.fsencode(os.readlink(name, dir_fd=fd)))
                elif stat.S_ISREG(info.st_mode):
                    add_file(archive, member, fd, name, inner)
            except (PermissionError, FileNotFoundError, Fault):
                continue  # Kept from its own user, or gone meanwhile.
    return {}


def add_file(archive, member, folder, name, path):
    fd, info = open_plain(name, folder, path)
    try:
        with archive.open(member, "w", force_zip64=info.st_size > 1 << 30) as target:
            while True:
                data = os.read(fd, CHUNK)
                if not data:
                    return
                target.write(data)
    finally:
        os.close(fd)


def op_scan(settings, spec):
    """One line of JSON for each entry; what was touched since `since` (ms) comes with its hash."""
    from hashlib import sha256  # Not at the start of every sandbox.
    count, hashed = 0, 0
    for at, fd, name, info in walk(settings, [], UNSEEN):
        if count == spec["limit"]:
            return {"hasMore": True}
        count += 1
        entry = {"path": "/".join(at), "type": kind_of(info), "sizeBytes": info.st_size,
                 "modifiedAt": int(info.st_mtime * 1000)}
        is_touched = info.st_ctime * 1000 >= spec["since"]
        if is_touched and stat.S_ISREG(info.st_mode) and info.st_size <= MOST_HASHED and hashed <= MOST_HASHED_TOGETHER:
            hashed += info.st_size
            entry["sha256"] = hash_of(sha256(), fd, name)
        elif stat.S_ISLNK(info.st_mode):
            entry["sha256"] = sha256(os.fsencode(os.readlink(name, dir_fd=fd))).hexdigest()
        write_all(1, json.dumps(entry).encode() + b"\n")
    return {"hasMore": False}


def hash_of(digest, folder, name):
    try:
        fd, _ = open_plain(name, folder, name)
    except (OSError, Fault):
        return None
    left = MOST_HASHED
    try:
        while left > 0:
            data = os.read(fd, min(CHUNK, left))
            if not data:
                break
            left -= len(data)
            digest.update(data)
    finally:
        os.close(fd)
    return digest.hexdigest()


BROWSE_OPS = {"list": op_list, "facts": op_facts, "fetch": op_fetch, "store": op_store, "make": op_make,
              "remove": op_remove, "rename": op_rename, "zip": op_zip, "scan": op_scan, "watch": op_watch, "processes": op_processes}
