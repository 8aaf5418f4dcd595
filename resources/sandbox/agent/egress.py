"""The way out: what connects to a port of the sandbox's own loopback is tunnelled to the owner, who decides about it.

Each connection is a tunnel of "net" frames in either direction, numbered by the agent: "open", "data", "credit", "end"
(one direction is complete) and "close" (all of it, at once). A tunnel is over when both ends were said. Per tunnel and
direction NET_WINDOW bytes may be on their way. Timeouts are the owner's; what goes through is none of our business.
"""
import collections
import selectors
import socket

from sandbox_user import Fault

NET_WINDOW = 128 * 1024
CHUNK = 32 * 1024
MOST_TUNNELS = 64
"""Whoever comes later waits in the kernel's queue, which is as long again and then refuses."""


class Egress:
    def __init__(self, selector, send):
        self.selector, self.send = selector, send
        self.server, self.is_listening = None, False
        self.tunnels, self.last_id = {}, 0

    def open(self, port):
        if self.server is not None:
            return
        try:
            self.server = socket.create_server(("127.0.0.1", port), backlog=MOST_TUNNELS)
        except OSError as fault:
            raise Fault("port_taken", "Port %d of the sandbox is taken: %s" % (port, fault.strerror)) from None
        self.server.setblocking(False)
        self.watch()

    def watch(self):
        wanted = len(self.tunnels) < MOST_TUNNELS
        if wanted and not self.is_listening:
            self.selector.register(self.server, selectors.EVENT_READ, self.accept)
        elif self.is_listening and not wanted:
            self.selector.unregister(self.server)
        self.is_listening = wanted

    def accept(self, _):
        try:
            connection, _ = self.server.accept()
        except OSError:
            return
        connection.setblocking(False)
        self.last_id += 1
        self.tunnels[self.last_id] = Tunnel(self, self.last_id, connection)
        self.watch()

    def handle(self, header, body):
        tunnel = self.tunnels.get(header["id"])
        if tunnel is not None:
            tunnel.handle(header["kind"], header, body)

    def forget(self, number):
        del self.tunnels[number]
        self.watch()


class Tunnel:
    def __init__(self, egress, number, connection):
        self.egress, self.selector, self.id, self.connection = egress, egress.selector, number, connection
        self.credit, self.pending = NET_WINDOW, collections.deque()
        self.is_read_ended = self.is_write_ended = self.is_shut = False
        self.events = 0
        self.tell("open")
        self.listen()

    def tell(self, kind, body=b"", **more):
        self.egress.send(dict(more, ev="net", id=self.id, kind=kind), body)

    def handle(self, kind, header, body):
        if kind == "data":
            self.pending.append(body)
            self.write()
        elif kind == "credit":
            self.credit += header["bytes"]
        elif kind == "end":
            self.is_write_ended = True
            self.write()
        elif kind == "close":
            self.drop()
        self.settle()

    def listen(self):
        events = 0
        if self.credit > 0 and not self.is_read_ended:
            events |= selectors.EVENT_READ
        if self.pending:
            events |= selectors.EVENT_WRITE
        if events == self.events:
            return
        if self.events == 0:
            self.selector.register(self.connection, events, self.serve)
        elif events == 0:
            self.selector.unregister(self.connection)
        else:
            self.selector.modify(self.connection, events, self.serve)
        self.events = events

    def serve(self, _):
        if self.credit > 0 and not self.is_read_ended:
            self.read()
        if self.connection is not None:
            self.write()
        self.settle()

    def read(self):
        try:
            data = self.connection.recv(min(CHUNK, self.credit))
        except BlockingIOError:
            return
        except OSError:
            self.abandon()
            return
        if data:
            self.credit -= len(data)
            self.tell("data", data)
        else:
            self.is_read_ended = True
            self.tell("end")

    def write(self):
        while self.connection is not None and self.pending:
            data = self.pending[0]
            try:
                sent = self.connection.send(data)
            except BlockingIOError:
                return
            except OSError:
                self.abandon()
                return
            self.tell("credit", bytes=sent)
            if sent < len(data):
                self.pending[0] = data[sent:]
                return
            self.pending.popleft()

    def settle(self):
        """Passes an end on once everything before it is out; forgets what is over."""
        if self.connection is None:
            return
        if self.is_write_ended and not self.pending and not self.is_shut:
            self.is_shut = True
            try:
                self.connection.shutdown(socket.SHUT_WR)
            except OSError:
                self.abandon()
                return
        if self.is_shut and self.is_read_ended:
            self.drop()
        else:
            self.listen()

    def abandon(self):
        """The program inside is gone in the middle."""
        self.tell("close")
        self.drop()

    def drop(self):
        if self.connection is None:
            return
        if self.events:
            self.selector.unregister(self.connection)
        self.connection.close()
        self.connection, self.events = None, 0
        self.pending.clear()
        self.egress.forget(self.id)
