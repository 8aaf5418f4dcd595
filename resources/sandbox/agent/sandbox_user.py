"""The user that everything in the sandbox runs as, and the surroundings that it finds."""
import os


class Settings:
    uid = gid = 1000
    workspace = "/workspace"
    writable = ("/workspace", "/tmp", "/memo")
    env = {}
    shell = ["/bin/sh", "-c"]


class Fault(Exception):
    """Something the owner is told, with a stable code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def become_user(settings):
    os.setgroups([])
    os.setresgid(settings.gid, settings.gid, settings.gid)
    os.setresuid(settings.uid, settings.uid, settings.uid)


def can_write(settings):
    pid = os.fork()
    if pid == 0:
        become_user(settings)
        os._exit(0 if os.access(settings.workspace, os.W_OK | os.X_OK) else 1)
    return os.waitpid(pid, 0)[1] == 0
