"""A file that appears in its place as a whole, or leaves nothing, however its writer ends."""
import os


class WholeFile:
    """Has no name while it is written: the kernel takes it away when the sandbox ends in the middle."""

    def __init__(self, folder):
        self.folder = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        self.partial = os.path.join(folder, ".agentrail-%d-%s" % (os.getpid(), os.urandom(6).hex()))
        self.is_named = False
        try:
            self.fd = os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o600)
        except OSError:
            # This file system cannot, or nobody may write here: then the next line says so.
            self.fd = self.open_named()

    def open_named(self):
        fd = os.open(self.partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self.is_named = True
        return fd

    def give_name(self):
        try:
            # The folder's descriptor is what makes Python follow the link to the file itself.
            os.link("/proc/self/fd/%d" % self.fd, self.partial, src_dir_fd=self.folder, follow_symlinks=True)
            self.is_named = True
        except OSError:
            # No kernel of Linux, but something that does as if: it gives no name to what has none.
            written, self.fd = self.fd, self.open_named()
            os.lseek(written, 0, os.SEEK_SET)
            while True:
                data = os.read(written, 1 << 20)
                if not data:
                    break
                view = memoryview(data)
                while view:
                    view = view[os.write(self.fd, view):]

    def become(self, path, mode):
        if not self.is_named:
            self.give_name()
        os.fchmod(self.fd, mode)
        os.rename(self.partial, path)
        self.is_named = False

    def drop(self):
        if self.is_named:
            os.unlink(self.partial)
