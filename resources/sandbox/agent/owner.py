"""The connection to the owner of the container: frames over stdin and stdout.

Both ways `u32 header length, u32 body length, JSON header, body`, big endian. The owner sends {"op": ...} and the agent
{"ev": ...}, tied together by "id". Per id WINDOW bytes of input and OUTPUT_WINDOW bytes of output may be on their way;
whoever consumes bytes gives them back with a "credit", so a slow reader on either side never makes the other one hold
more than that.
"""
import collections
import json
import os
import selectors
import struct

WINDOW = 256 * 1024
OUTPUT_WINDOW = 1024 * 1024
MAX_TAIL = 256 * 1024
MAX_HEADER = 1024 * 1024
MAX_BODY = 256 * 1024
LENGTHS = struct.Struct(">II")


class Owner:
    def __init__(self, selector, handle):
        self.selector, self.handle = selector, handle
        self.input, self.output = bytearray(), collections.deque()
        os.set_blocking(0, False)
        os.set_blocking(1, False)
        selector.register(0, selectors.EVENT_READ, self.read)

    def read(self, _):
        try:
            data = os.read(0, 256 * 1024)
        except BlockingIOError:
            return
        if not data:
            # The owner is gone. PID 1 ends with us, and the kernel takes along whatever else runs here.
            os._exit(0)
        self.input += data
        start = 0
        while len(self.input) - start >= LENGTHS.size:
            header_size, body_size = LENGTHS.unpack_from(self.input, start)
            if header_size > MAX_HEADER or body_size > MAX_BODY:
                os._exit(3)
            body_start = start + LENGTHS.size + header_size
            if len(self.input) < body_start + body_size:
                break
            header = json.loads(self.input[start + LENGTHS.size:body_start])
            start = body_start + body_size
            self.handle(header, bytes(self.input[body_start:start]))
        del self.input[:start]

    def send(self, header, body=b""):
        text = json.dumps(header, separators=(",", ":")).encode()
        self.output.append(LENGTHS.pack(len(text), len(body)) + text + body)
        if len(self.output) == 1:
            self.write(1)

    def write(self, _):
        while self.output:
            data = self.output[0]
            try:
                written = os.write(1, data)
            except BlockingIOError:
                written = 0
            except OSError:
                os._exit(0)
            if written < len(data):
                self.output[0] = data[written:]
                if 1 not in self.selector.get_map():
                    self.selector.register(1, selectors.EVENT_WRITE, self.write)
                return
            self.output.popleft()
        if 1 in self.selector.get_map():
            self.selector.unregister(1)
