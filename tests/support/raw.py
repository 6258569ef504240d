"""Requests as bytes: what no proper client would send, and what it would not show."""
import contextlib
import socket
import struct
import time


class Answer:
    """status, headers (names in lower case, a list of values each), body; rest is what came after it."""

    def __init__(self, head, body, rest):
        lines = head.decode("latin-1").split("\r\n")
        self.version, status, *_ = lines[0].split(" ", 2)
        self.status = int(status)
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers.setdefault(name.strip().lower(), []).append(value.strip())
        self.body, self.rest = body, rest

    def header(self, name):
        return ", ".join(self.headers.get(name.lower(), [])) or None

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:300]}>"


def connect(port, host="127.0.0.1", receive_buffer=None, timeout=20):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    client = socket.socket(family, socket.SOCK_STREAM)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(timeout)
    client.connect((host, port))
    return client


def reset(client):
    """Close with RST instead of FIN."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def read_all(client):
    """What comes until the other side closes; a reset ends it too."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while True:
            block = client.recv(65536)
            if not block:
                break
            data += block
    return data


def parse(data, method="GET"):
    head, found, rest = data.partition(b"\r\n\r\n")
    assert found, f"no answer: {data[:300]!r}"
    answer = Answer(head, b"", b"")
    if method == "HEAD" or answer.status in (204, 304):
        length = 0
    elif answer.header("transfer-encoding") == "chunked":
        return parse_chunks(head, rest)
    else:
        length = int(answer.header("content-length") or len(rest))
    assert len(rest) >= length, f"the body is cut: {len(rest)} of {length}"
    return Answer(head, rest[:length], rest[length:])


def parse_chunks(head, rest):
    body = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        body, rest = body + rest[:length], rest[length + 2:]
        if not length:
            return Answer(head, body, rest)


def send(port, data, host="127.0.0.1", method="GET", timeout=20):
    """Send the bytes, close our half, read everything, and give the first answer."""
    client = connect(port, host, timeout=timeout)
    with client:
        client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)
        return parse(read_all(client), method)


def get(port, target, *lines, method="GET", host="127.0.0.1"):
    """One request with that target exactly and those further header lines; the connection is closed after it."""
    head = "\r\n".join([f"{method} {target} HTTP/1.1", "Host: test", "Connection: close", *lines])
    return send(port, head.encode("utf-8", "surrogateescape") + b"\r\n\r\n", host, method)


def is_closed_within(client, seconds):
    """Whether the other side closes within that time; how long it took, else None."""
    start = time.monotonic()
    client.settimeout(seconds)
    try:
        while client.recv(65536):
            pass
    except ConnectionError:
        pass
    except socket.timeout:
        return None
    return time.monotonic() - start


def sockets_in_state(port, state):
    """How many sockets with that local port are in that state of /proc/net/tcp (01 established, 08 close wait)."""
    count = 0
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(FileNotFoundError), open(name, encoding="ascii") as file:
            for line in file.readlines()[1:]:
                words = line.split()
                count += int(words[1].rsplit(":", 1)[1], 16) == port and words[3] == state
    return count


def bytes_on_their_way(port):
    """What one side has sent and the other has not read, of all connections with that port at either end."""
    count = 0
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(FileNotFoundError), open(name, encoding="ascii") as file:
            for line in file.readlines()[1:]:
                words = line.split()
                if words[3] == "01" and port in [int(end.rsplit(":", 1)[1], 16) for end in words[1:3]]:
                    count += sum(int(queue, 16) for queue in words[4].split(":"))
    return count


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()
