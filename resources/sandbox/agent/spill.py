"""A file inside the sandbox for an output that is too long to be held."""
import os


class Spill:
    """Holds up to `afterBytes` of the output; of a longer one the first `maxBytes` go into the file."""

    def __init__(self, settings, wish):
        self.settings, self.wish = settings, wish
        self.held, self.size = [], 0
        self.fd, self.written, self.is_over = None, 0, wish is None

    def add(self, data):
        if self.is_over:
            return
        self.held.append(data)
        self.size += len(data)
        if self.size <= self.wish["afterBytes"]:
            return
        try:
            if self.fd is None:
                self.fd = self.open()
            for part in self.held:
                self.write(part[:self.wish["maxBytes"] - self.written])
        except OSError:
            self.is_over = True  # No space, or no folder: the file has what it has.
        self.held = []
        if self.written >= self.wish["maxBytes"]:
            self.is_over = True

    def open(self):
        """With the rights of the sandbox's user, and never what lies there already."""
        path = os.path.normpath(os.path.join(self.settings.workspace, self.wish["path"]))
        os.setegid(self.settings.gid)
        os.seteuid(self.settings.uid)
        try:
            os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            return os.open(path, flags, 0o644)
        finally:
            os.seteuid(0)
            os.setegid(0)

    def write(self, data):
        while data:
            written = os.write(self.fd, data)
            self.written += written
            data = data[written:]

    def close(self):
        """How many bytes lie in the file; 0 when there is none."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None
        self.held, self.is_over = [], True
        return self.written
