"""What a folder takes up, also where somebody hides it: below closed folders, and deeper than any path is long."""
import os
import stat

LEAST = 4096
"""Bytes that everything with a name counts at least: file systems run out of names as well as of space."""


def op_usage(settings, spec):
    """Bytes on disk below a folder; a file with several names counts once."""
    os.chdir(spec["path"])
    usage = Usage()
    todo = [usage.count_here()]
    while todo:
        if todo[-1]:
            below = enter(todo[-1].pop())
            if below is not None:
                usage.closed.append(below)
                todo.append(usage.count_here())
        else:
            todo.pop()
            if not usage.leave():
                # Somebody moves or closes folders under us: what was counted so far is there at least.
                break
    return {"bytes": usage.bytes, "files": usage.files}


class Usage:
    def __init__(self):
        self.bytes, self.files, self.seen, self.closed = 0, 0, set(), []

    def count_here(self):
        """Counts what lies in the folder that we are in; gives back the names of the folders."""
        folders = []
        try:
            entries = os.scandir(".")
        except OSError:
            return folders
        with entries:
            for entry in entries:
                try:
                    info = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if stat.S_ISDIR(info.st_mode):
                    folders.append(entry.name)
                elif info.st_nlink > 1:
                    if info.st_ino in self.seen:
                        continue
                    self.seen.add(info.st_ino)
                self.bytes += max(info.st_blocks * 512, LEAST)
                self.files += 1
        return folders

    def leave(self):
        """Back to the folder above; one that was closed is closed again. False when there is no way back."""
        if not self.closed:
            return True
        mode = self.closed.pop()
        try:
            # The way up is opened first: nobody gets out of a folder that is closed.
            above = os.open("..", os.O_RDONLY | os.O_DIRECTORY)
            try:
                if mode >= 0:
                    os.chmod(".", mode)
                os.fchdir(above)
            finally:
                os.close(above)
            return True
        except OSError:
            return False


def enter(name):
    """Goes into a folder: gives back -1, or its rights when they had to be changed for it; None when it cannot be."""
    try:
        go_into(name)
        return -1
    except PermissionError:
        pass
    except OSError:
        return None
    try:
        mode = stat.S_IMODE(os.lstat(name).st_mode)
        os.chmod(name, mode | 0o700)
        go_into(name)
        return mode
    except OSError:
        return None


def go_into(name):
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.fchdir(fd)
    finally:
        os.close(fd)
