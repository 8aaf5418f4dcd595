"""Terminals: pseudo terminals whose far end belongs to the commands' user.

The agent holds the near end as an ordinary stream of its job. Keys that mean signals are the kernel's affair; what is
asked for by name goes to the terminal's foreground group, with no more rights than the commands' user has.
"""
import ctypes
import fcntl
import os
import signal
import struct
import termios

LIBC = ctypes.CDLL(None, use_errno=True)
TIOCGPTN = 0x80045430
TIOCSPTLCK = 0x40045431
SHELLS = ("bash", "zsh", "fish", "ash", "dash", "sh")
FOLDERS = ("/bin", "/usr/bin", "/usr/local/bin")
SIGNALS = ("SIGINT", "SIGQUIT", "SIGTSTP", "SIGCONT", "SIGTERM", "SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2")


def open_terminal(settings, size):
    """(near end, far end, path of the far end). Raises OSError when there is none to spare."""
    near = far = None
    # For files only: who opens a terminal owns it, and the right to give things away was dropped.
    LIBC.setfsgid(settings.gid)
    LIBC.setfsuid(settings.uid)
    try:
        near = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(near, TIOCSPTLCK, struct.pack("i", 0))
        path = "/dev/pts/%d" % struct.unpack("i", fcntl.ioctl(near, TIOCGPTN, b"\0\0\0\0"))
        far = os.open(path, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        if near is not None:
            os.close(near)
        raise
    finally:
        LIBC.setfsuid(0)
        LIBC.setfsgid(0)
    set_size(near, size)
    os.set_blocking(near, False)
    return near, far, path


def set_size(near, size):
    fcntl.ioctl(near, termios.TIOCSWINSZ, struct.pack("HHHH", size["rows"], size["cols"], 0, 0))


def send_to_foreground(settings, near, name):
    """Whoever reads the keyboard of this terminal now. Nobody there, or not the user's: nothing happens."""
    if name not in SIGNALS:
        return
    try:
        group = struct.unpack("i", fcntl.ioctl(near, termios.TIOCGPGRP, b"\0\0\0\0"))[0]
    except OSError:
        return
    if group <= 1:
        return
    # The saved id stays root's, so that nothing inside can reach us meanwhile.
    os.seteuid(settings.uid)
    try:
        os.killpg(group, getattr(signal, name))
    except OSError:
        pass
    finally:
        os.seteuid(0)


def find_shells(uid):
    """Paths of shells that a person may want, the user's own first."""
    found = []
    try:
        with open("/etc/passwd", encoding="utf-8", errors="replace") as file:
            for line in file:
                fields = line.rstrip("\n").split(":")
                if len(fields) == 7 and fields[2] == str(uid):
                    found.append(fields[6])
    except OSError:
        pass
    for name in SHELLS:
        found.extend("%s/%s" % (folder, name) for folder in FOLDERS)
    names, shells = set(), []
    for path in found:
        name = os.path.basename(path)
        if name in SHELLS and name not in names and os.access(path, os.X_OK):
            names.add(name)
            shells.append(path)
    return shells or ["/bin/sh"]
