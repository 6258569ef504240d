"""What the load tests share: a durable PostgreSQL of their own, a service with the demo on it, the generators, probes, checks.

Each part is a program: it prints its figures, one line for each promise, and ends in "N passed, N failed". --short is the form
for every change."""
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support import cluster as clusters  # noqa: E402
from support import rate as rates  # noqa: E402
from support.world import World  # noqa: E402

TOOLS = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve() / "load"
SHORT = "--short" in sys.argv[1:]


def is_running(pid):
    """Where nobody collects the dead (a container without an init) they stay in /proc as zombies."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class DurableCluster(clusters.Cluster):
    """As in production: with fsync, and started and stopped as often as the test wants."""

    def start(self):
        clusters.control("start", self.directory)

    def kill(self):
        """Gone at once, as when the machine loses it: no checkpoint, no goodbye."""
        pid = int((pathlib.Path(clusters.control("home", self.directory), "data/postmaster.pid")).read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        while is_running(pid):
            time.sleep(0.01)
        self.connections.clear()


class Rig:
    """with Rig(settings) as rig: rig.world is the service, rig.tokens the demo's tokens by role."""

    def __init__(self, **settings):
        self.settings = {"pool-connections": 8, "max-connections-per-ip": 200, **settings}  # as it comes
        self.passed = self.failed = 0
        self.cluster = self.world = None

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="alliance-load-", dir="/tmp"))
        self.directory.chmod(0o711)
        try:
            self.cluster = DurableCluster(self.directory / "cluster")
            self.cluster.migrate()
            self.world = World(self.cluster, self.directory / "world", None, self.settings)
            tokens = self.directory / "tokens.json"
            self.world.run("seed", "--tokens", tokens)
            self.tokens = json.loads(tokens.read_text())
            self.world.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.check(*self.stop_in_order())
        self.close()
        if kind is None:
            print(f"{self.passed} passed, {self.failed} failed")
            sys.exit(1 if self.failed else 0)

    def stop_in_order(self):
        """Whether the service ends as it should after all that it went through, and what to say."""
        try:
            self.world.stop()
        except AssertionError as error:
            return False, f"it ended in order: {error}"
        return True, "it ended in order"

    def close(self):
        with contextlib.suppress(Exception):
            if self.world:
                self.world.stop()
        if self.cluster:
            self.cluster.stop()
            if not os.environ.get("TEST_KEEP"):
                clusters.control("remove", self.cluster.directory)
        if not os.environ.get("TEST_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)

    def check(self, good, text):
        self.passed, self.failed = self.passed + bool(good), self.failed + (not good)
        print(f"  {'good' if good else 'NOT GOOD'}: {text}", flush=True)

    # Requests as bytes, for the generators

    def bytes_of(self, method, path, who=None, body=None, key=False):
        lines = [f"{method} {path} HTTP/1.1", "Host: load"]
        if who:
            lines.append(f"Authorization: Bearer {self.tokens[who]}")
        if key:
            lines.append("Idempotency-Key: " + "@" * 36)
        data = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + data

    def rate(self, connections, requests, *phases):
        """tests/load/rate.c with [(weight, bytes)] and phases like "0:5" or "1000:10", before all others where that is allowed, since
        clients are other machines; what it printed."""
        words = rates.priority() + rates.command(TOOLS, self.world.port, connections, self.directory / "requests", requests, *phases)
        done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def hold(self, mode, connections, held, per_second, seconds, target):
        """tests/load/hold.c; what it printed."""
        words = [TOOLS / "hold", mode, self.world.port, connections, held, per_second, seconds, target]
        return json.loads(subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, check=True).stdout)

    # What the service uses

    def usage(self):
        """resident KiB, the most there ever was, threads, descriptors, CPU seconds of the service."""
        process = f"/proc/{self.world.process.pid}"
        with open(f"{process}/status", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        with open(f"{process}/stat", encoding="ascii") as file:
            times = file.read().rsplit(")", 1)[1].split()[11:13]
        return {"resident": int(fields["VmRSS"].split()[0]), "highest": int(fields["VmHWM"].split()[0]),
                "threads": int(fields["Threads"]), "descriptors": len(os.listdir(f"{process}/fd")),
                "cpu": sum(map(int, times)) / os.sysconf("SC_CLK_TCK")}


def worst(answers):
    return max((answer[2] for answer in answers), default=0.0)


class Probe(threading.Thread):
    """A request on a new connection, again and again; answers are [(seconds since it began, status, milliseconds)]."""

    def __init__(self, port, path="/health/live", pause=0.05, headers=None, kept=False):
        super().__init__(daemon=True)
        self.port, self.path, self.pause, self.headers, self.kept = port, path, pause, headers or {}, kept
        self.answers, self.ending = [], threading.Event()
        self.began = time.monotonic()

    def once(self, connection):
        connection.request("GET", self.path, headers=self.headers)
        response = connection.getresponse()
        response.read()
        return response.status

    def run(self):
        connection = None
        while not self.ending.is_set():
            begun, status = time.monotonic(), 0
            connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=10,
                                                                  source_address=("127.3.0.1", 0))
            with contextlib.suppress(OSError, http.client.HTTPException):
                status = self.once(connection)
            self.answers.append((begun - self.began, status, (time.monotonic() - begun) * 1000))
            if not self.kept or status == 0:
                connection.close()
                connection = None
            self.ending.wait(self.pause)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()

    def between(self, begin, end):
        """The answers to what was asked from then to then, in seconds of the monotonic clock."""
        return [answer for answer in self.answers if begin <= self.began + answer[0] < end]

    def bad(self):
        return [answer for answer in self.answers if answer[1] != 200]

    def worst(self):
        return worst(self.answers)

    def percentile(self, part):
        values = sorted(answer[2] for answer in self.answers)
        return values[int((len(values) - 1) * part)] if values else 0.0
