"""A relay between the service and PostgreSQL that understands where messages begin, so that a test can cut, change or colour
the answer to a COMMIT. trouble names what happens to the next COMMIT of a transaction that ran the statement named by only (the
service has commits of its own, such as when a credential was last used); once:

lost        it is executed, but the connection ends before its answer
unsent      the connection ends before it is executed
rolled_back it is sent as ROLLBACK: the server answers ROLLBACK without an error
warned      its answer comes with warning 01000, as when the wait for a standby is cancelled

While silent, what the server says to a connection that listens for notifications goes nowhere, and nobody says so.
"""
import os
import socket
import struct
import threading


def receive(peer, size):
    data = b""
    while len(data) < size:
        part = peer.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def message(peer):
    head = receive(peer, 5)
    return head[:1], head + receive(peer, struct.unpack("!I", head[1:])[0] - 4)


def bind(statement):
    """The Bind of a prepared statement without parameters."""
    body = b"\0" + statement.encode() + b"\0" + struct.pack("!HHHH", 0, 0, 1, 0)
    return b"B" + struct.pack("!I", len(body) + 4) + body


def warning():
    body = b"SWARNING\0VWARNING\0C01000\0Mcanceling wait for synchronous replication\0\0"
    return b"N" + struct.pack("!I", len(body) + 4) + body


class Relay:
    def __init__(self, directory, server, only):
        self.directory, self.server = str(directory), f"{server}/.s.PGSQL.5432"
        self.only = b"\0" + only.encode() + b"\0"  # in a Bind: the portal's empty name, then the statement's
        os.makedirs(self.directory, exist_ok=True)
        self.trouble, self.commits, self.troubled = None, 0, 0
        self.silent = False
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{self.directory}/.s.PGSQL.5432")
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def take(self):
        """The trouble for this COMMIT."""
        with self.lock:
            self.commits += 1
            trouble, self.trouble = self.trouble, None
            self.troubled += trouble is not None
            return trouble

    def serve(self, client):
        server = socket.socket(socket.AF_UNIX)
        state = {"trouble": None, "listens": False}
        wanted = False
        try:
            server.connect(self.server)
            size = receive(client, 4)
            server.sendall(size + receive(client, struct.unpack("!I", size)[0] - 4))
            threading.Thread(target=self.answers, args=(client, server, state), daemon=True).start()
            while True:
                kind, data = message(client)
                wanted = wanted or (kind == b"B" and data[5:].startswith(self.only))
                state["listens"] = state["listens"] or (kind == b"Q" and b"listen " in data)
                if kind == b"B" and data[5:].startswith(b"\0commit\0"):
                    state["trouble"] = self.take() if wanted else None
                    wanted = False
                    if state["trouble"] == "unsent":
                        break
                    if state["trouble"] == "rolled_back":
                        data = bind("rollback")
                server.sendall(data)
        except (EOFError, OSError):
            pass
        finally:
            self.end(client, server)

    def answers(self, client, server, state):
        try:
            while True:
                kind, data = message(server)
                if self.silent and state["listens"]:
                    continue
                ends = kind == b"C" and data[5:] in (b"COMMIT\0", b"ROLLBACK\0")
                if state["trouble"] == "lost" and ends:
                    break
                if state["trouble"] == "warned" and ends:
                    data = warning() + data
                    state["trouble"] = None
                client.sendall(data)
        except (EOFError, OSError):
            pass
        finally:
            self.end(client, server)

    @staticmethod
    def end(*peers):
        for peer in peers:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            peer.close()
