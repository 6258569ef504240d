"""The latency of status reads at a steady, moderate rate: alone, and while an export runs all the time and 50 writes a second arrive
at the same instance. The reads are of all alliances, so that some come from the cache and some do not."""
import http.client
import subprocess
import threading
import time

import load
from support.process import environment

CONNECTIONS, PAUSE_MS, WRITES = 16, 20, 50


class Background:
    """One export after the other, and WRITES changes of prepared organisations a second. Any refusal ends the bench."""

    def __init__(self, bench, party, seconds):
        self.bench, self.party, self.stopping, self.faults = bench, party, threading.Event(), []
        self.write, self.count = bench.workloads["write"], int(WRITES * (seconds + 5)) + 100
        self.first = bench.blocks.take("organisation", self.count)
        self.exports = self.writes = 0
        self.export = None

    def run_writes(self):
        connection, number, due = http.client.HTTPConnection("127.0.0.1", self.party.port, timeout=30), self.first, time.monotonic()
        while not self.stopping.is_set() and number < self.first + self.count:
            connection.request(self.write.method, self.write.path.replace("@NUMBER@", str(number)), self.write.body.encode(), self.write.headers)
            reply = connection.getresponse()
            text = reply.read()
            if reply.status != 200:
                self.faults.append(f"write: {reply.status} {text[:300]}")
                return
            number, due, self.writes = number + 1, due + 1 / WRITES, self.writes + 1
            self.stopping.wait(max(0.0, due - time.monotonic()))

    def run_exports(self):
        headers = self.bench.workloads["export_ndjson"].headers
        command = ["curl", "-sS", "--fail", "-o", "/dev/null", *[word for key, value in headers.items() for word in ("-H", f"{key}: {value}")],
                   f"{self.party.base}/v1/funding-records"]
        while not self.stopping.is_set():
            with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE) as self.export:
                _, errors = self.export.communicate()
            if self.export.returncode and not self.stopping.is_set():
                self.faults.append(f"export: {errors.decode()}")
                return
            self.exports += 1

    def __enter__(self):
        self.threads = [threading.Thread(target=one, daemon=True) for one in (self.run_writes, self.run_exports)]
        for one in self.threads:
            one.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        if self.export and self.export.poll() is None:
            self.export.terminate()
        for one in self.threads:
            one.join(timeout=30)
        if self.faults:
            load.fail("; ".join(self.faults))


def reads(bench, party, seconds):
    status = bench.workloads["status"]
    return load.wrk(party, bench.database, CONNECTIONS, seconds, "reads.lua", status.files["all"], bench.next_seed(), pause_ms=PAUSE_MS)


def measure(bench):
    party, seconds = bench.parties["service"], bench.options.seconds * (1 if bench.options.quick else 2)
    bench.say("status reads at a steady rate, alone and under an export and 50 writes a second")
    runs = bench.runs.setdefault("latency", {})
    runs.setdefault("alone", []).append(reads(bench, party, seconds))
    with Background(bench, party, seconds):
        runs.setdefault("under load", []).append(reads(bench, party, seconds))
