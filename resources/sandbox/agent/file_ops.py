"""File operations, each in a child of the sandbox's user: what that user may not do, the owner may not either."""
import errno
import json
import os
import re
import stat

from child import report
from patterns import compile_pattern, glob_regex
from sandbox_user import Fault, become_user
from usage import op_usage
from whole_file import WholeFile

CHUNK = 64 * 1024


def file_fault(fault, path):
    codes = {
        errno.ENOENT: "file_not_found", errno.ENOTDIR: "file_not_found", errno.EISDIR: "is_directory",
        errno.EACCES: "permission_denied", errno.EPERM: "permission_denied", errno.EROFS: "permission_denied",
        errno.ENOSPC: "disk_full", errno.EDQUOT: "disk_full", errno.ELOOP: "file_not_found",
        errno.ENAMETOOLONG: "invalid_path", errno.EEXIST: "file_exists", errno.ENXIO: "not_a_file",
    }
    return Fault(codes.get(fault.errno, "file_failed"), "%s: %s" % (path, os.strerror(fault.errno or 0)))


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def op_read(settings, spec):
    path, limit = spec["path"], spec["maxBytes"]
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    info = os.fstat(fd)
    if stat.S_ISDIR(info.st_mode):
        raise Fault("is_directory", "%s is a directory." % path)
    if not stat.S_ISREG(info.st_mode):
        raise Fault("not_a_file", "%s is not a regular file." % path)
    if info.st_size > limit:
        raise Fault("file_too_large", "%s has %d bytes; the limit is %d." % (path, info.st_size, limit))
    total = 0
    while True:
        data = os.read(fd, CHUNK)
        if not data:
            return {"size": total}
        total += len(data)
        if total > limit:
            raise Fault("file_too_large", "%s is larger than %d bytes." % (path, limit))
        write_all(1, data)


def op_write(settings, spec):
    real = os.path.realpath(spec["path"])
    if not any(real.startswith(root + "/") for root in settings.writable):
        raise Fault("path_outside_workspace", "%s is not below %s." % (spec["path"], " or ".join(settings.writable)))
    if os.path.isdir(real):
        raise Fault("is_directory", "%s is a directory." % spec["path"])
    folder = os.path.dirname(real)
    os.makedirs(folder, exist_ok=True)
    if spec.get("append"):
        return append_input(real, spec["size"])
    try:
        mode = stat.S_IMODE(os.stat(real).st_mode)
    except FileNotFoundError:
        mode = 0o644
    file = WholeFile(folder)
    try:
        total = 0
        while True:
            data = os.read(0, CHUNK)
            if not data:
                break
            write_all(file.fd, data)
            total += len(data)
        if total != spec["size"]:
            raise Fault("interrupted", "The write was interrupted; the file is unchanged.")
        file.become(real, mode)
    except BaseException:
        file.drop()
        raise
    return {"size": total}


def append_input(path, size):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        raise Fault("not_a_file", "%s is not a regular file." % path)
    total = 0
    while total < size:
        data = os.read(0, CHUNK)
        if not data:
            raise Fault("interrupted", "The write was interrupted.")
        write_all(fd, data)
        total += len(data)
    return {"size": total}


def kind_of(info):
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink"}
    return kinds.get(stat.S_IFMT(info.st_mode), "other")


def op_stat(settings, spec):
    try:
        info = os.lstat(spec["path"])
    except (FileNotFoundError, NotADirectoryError):
        write_all(1, b"null")
        return {}
    entry = {"path": relative(settings, spec["path"]), "type": kind_of(info),
             "sizeBytes": info.st_size, "modifiedAt": int(info.st_mtime * 1000)}
    write_all(1, json.dumps(entry).encode())
    return {}


def relative(settings, path):
    path = os.path.normpath(path)
    return os.path.relpath(path, settings.workspace) if path.startswith(settings.workspace + "/") else path


def walk(root):
    """(path relative to root, entry) of every file below, without following links and without .git."""
    todo = [("", root)]
    while todo:
        prefix, folder = todo.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        below = []
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != ".git":
                    below.append((prefix + entry.name + "/", entry.path))
            else:
                yield prefix + entry.name, entry
        todo.extend(reversed(below))


def op_glob(settings, spec):
    if not os.path.isdir(spec["path"]):
        raise Fault("directory_not_found", "%s is not a directory." % spec["path"])
    matches = glob_regex(spec["pattern"]).match
    found = []
    for name, entry in walk(spec["path"]):
        if matches(name):
            try:
                found.append((-entry.stat(follow_symlinks=False).st_mtime_ns, relative(settings, entry.path)))
            except OSError:
                continue
    found.sort()
    paths = [path for _, path in found[:spec["limit"]]]
    write_all(1, json.dumps({"paths": paths, "hasMore": len(found) > len(paths)}).encode())
    return {}


def op_grep(settings, spec):
    regex = compile_pattern(spec["pattern"], re.IGNORECASE if spec["ignoreCase"] else 0)
    wanted = None
    if spec.get("glob"):
        wanted = glob_regex(spec["glob"] if "/" in spec["glob"] else "**/" + spec["glob"]).match
    if os.path.isdir(spec["path"]):
        files = ((entry.path, entry) for name, entry in walk(spec["path"]) if wanted is None or wanted(name))
    else:
        os.stat(spec["path"])
        files = iter([(spec["path"], None)])
    matches = []
    for path, entry in files:
        for number, line in matching_lines(path, regex, spec["maxFileBytes"]):
            if len(matches) == spec["limit"]:
                write_all(1, json.dumps({"matches": matches, "hasMore": True}).encode())
                return {}
            matches.append({"path": relative(settings, path), "line": number, "text": line[:1000]})
    write_all(1, json.dumps({"matches": matches, "hasMore": False}).encode())
    return {}


def matching_lines(path, regex, limit):
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return
            data = file.read(limit)
    except OSError:
        return
    if b"\0" in data[:8192]:
        return
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if regex.search(line):
            yield number, line.rstrip("\r")


FILE_OPS = {"usage": op_usage, "read": op_read, "write": op_write, "stat": op_stat, "glob": op_glob, "grep": op_grep}


def run_file_op(operation, settings, spec, ctl, stdio):
    for target, fd in enumerate(stdio):
        os.dup2(fd, target)
        os.close(fd)
    try:
        become_user(settings)
        os.umask(0o022)
        answer = {"result": operation(settings, spec)}
    except Fault as fault:
        answer = {"error": fault.code, "message": str(fault)}
    except OSError as fault:
        fault = file_fault(fault, spec["path"])
        answer = {"error": fault.code, "message": str(fault)}
    except ValueError as fault:
        answer = {"error": "invalid_path", "message": "The path cannot be used: %s." % fault}
    except MemoryError:
        answer = {"error": "out_of_memory", "message": "The sandbox has no memory left for this."}
    report(ctl, answer)
