"""The end of an output that is longer than the owner wants it."""
import collections

from owner import MAX_TAIL


class Tail:
    """Of what is added the last `size` bytes, both streams together; `dropped` counts the others."""

    def __init__(self, size):
        self.size, self.kept, self.dropped = min(size, MAX_TAIL), 0, 0
        self.parts = collections.deque()

    def add(self, stream, data):
        self.parts.append((stream, data))
        self.kept += len(data)
        while self.kept > self.size:
            over = self.kept - self.size
            stream, first = self.parts.popleft()
            if len(first) > over:
                self.parts.appendleft((stream, first[over:]))
            self.kept -= min(over, len(first))
            self.dropped += min(over, len(first))
