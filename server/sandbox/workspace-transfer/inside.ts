/**
 * The end inside the container, in Python, run as the commands' user below /workspace. Paths travel as base64, because
 * names need not be text. `list`: one JSON line per entry. `get`: ranges of files, each with its length before it.
 * `put`: entries with parts of files; a file appears under its name when its last part has come.
 */
export const transferScript = `
import base64, errno, json, os, stat, sys
MISSING = 0xFFFFFFFF
OTHER = 0xFFFFFFFE
def name(text): return base64.b64decode(text)
def text(name): return base64.b64encode(name).decode()
def take(size):
    data = bytearray()
    while len(data) < size:
        part = sys.stdin.buffer.read(size - len(data))
        if not part: sys.exit(4)
        data += part
    return bytes(data)
def header(): return json.loads(take(int.from_bytes(take(4), "big")))
def opened(path, info):
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except PermissionError:
        os.chmod(path, stat.S_IMODE(info.st_mode) | 0o400)
        try:
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        finally:
            os.chmod(path, stat.S_IMODE(info.st_mode))
def listing():
    out, todo = sys.stdout, [b""]
    while todo:
        below = todo.pop()
        folder = below or b"."
        mode = stat.S_IMODE(os.lstat(folder).st_mode)
        if mode & 0o700 != 0o700: os.chmod(folder, mode | 0o700)
        entries = list(os.scandir(folder))
        for entry in entries:
            path = os.path.join(below, entry.name)
            info = entry.stat(follow_symlinks=False)
            kind = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l"}.get(stat.S_IFMT(info.st_mode))
            if kind is None: continue
            row = {"p": text(path), "t": kind, "m": stat.S_IMODE(info.st_mode) & 0o777, "u": int(info.st_mtime * 1000)}
            if kind == "f": row["s"] = info.st_size
            if kind == "l": row["l"] = text(os.readlink(path))
            if kind == "d": todo.append(path)
            out.write(json.dumps(row) + "\\n")
def get():
    out = sys.stdout.buffer
    for path, offset, length in header():
        path = name(path)
        try:
            fd = opened(path, os.lstat(path))
        except (FileNotFoundError, NotADirectoryError):
            out.write(MISSING.to_bytes(4, "big"))
            continue
        except OSError as fault:
            out.write((MISSING if fault.errno == errno.ELOOP else OTHER).to_bytes(4, "big"))
            continue
        data = bytearray()
        while len(data) < length:
            part = os.pread(fd, length - len(data), offset + len(data))
            if not part: break
            data += part
        os.close(fd)
        out.write(len(data).to_bytes(4, "big") + data)
def put():
    for entry in header():
        path, kind = name(entry["p"]), entry["t"]
        if kind == "d":
            if not os.path.isdir(path): os.mkdir(path, 0o700)
        elif kind == "D":
            os.chmod(path, entry["m"])
        elif kind == "l":
            if not os.path.lexists(path): os.symlink(name(entry["l"]), path)
        else:
            data = take(entry["n"])
            if os.path.lexists(path): continue
            part = os.path.join(os.path.dirname(path), b".agentrail-part-" + entry["k"].encode())
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | (os.O_TRUNC if entry["o"] == 0 else 0), 0o600)
            view = memoryview(data)
            while view: view = view[os.pwrite(fd, view, entry["o"] + len(data) - len(view)):]
            os.close(fd)
            if entry["e"]:
                os.utime(part, (entry["u"] / 1000, entry["u"] / 1000))
                os.chmod(part, entry["m"])
                os.rename(part, path)
os.umask(0o022)
{"list": listing, "get": get, "put": put}[sys.argv[1]]()
sys.stdout.flush()
`;
