"""The latency of status reads at a steady, moderate rate: alone, and while an export runs all the time and 50 writes a second arrive
at the same instance. The reads are of all alliances, so that some come from the cache and some do not; the two runs ask about
another half of them each, for the first would fill the cache for the second.

The clients stand for other machines, so what they do here must not be part of what is measured: tests/load/rate.c sleeps until a request
is due, counts from that moment, and runs before everything else where it may (chrt); one curl reads all exports, since to start one takes
as long as many reads."""
import json
import random
import subprocess
import time

import load
import machine
from support import rate
from support.process import environment

CONNECTIONS, READS, WRITES = 16, 800, 50
EXPORTS = 10000  # more than there is time for
LONGER = 2  # seconds that the writes go on after the reads, whose last answers may be late


def generator(bench, party, name, connections, requests, phase):
    """The command that sends these requests, (weight, bytes), to the party: before all others, where that is allowed."""
    return [*rate.priority(), *rate.command(bench.build / "load", party.port, connections, bench.directory / f"{name}.requests", requests, phase)]


def told(text):
    """What rate.c printed; any answer but 2xx, any request that was due and never sent, ends the bench. One that had to wait for a
    connection counts with its wait."""
    found = json.loads(text)
    if found["shed"] or found["other"] or found["failed"] or found["late"] or not found["good"]:
        load.fail(f"the mixture: {text[:600]}")
    return found


class Background:
    """One export after the other over one connection, and WRITES changes of prepared organisations a second. Any refusal ends the bench."""

    def __init__(self, bench, party, seconds):
        count = WRITES * (seconds + LONGER)
        first = bench.blocks.take("organisation", count)
        template = bench.workloads["write"].file.read_bytes()
        requests = [(0, template.replace(b"@NUMBER@", b"%d" % number)) for number in range(first, first + count)]
        self.writes = generator(bench, party, "writes", 8, requests, f"{WRITES}:{seconds + LONGER}")
        headers = bench.workloads["export_ndjson"].headers
        settings = bench.directory / "exports.curl"
        settings.write_text("".join(f'header = "{key}: {value}"\n' for key, value in headers.items()) +
                            f'url = "{party.base}/v1/funding-records"\noutput = "/dev/null"\n' * EXPORTS, encoding="ascii")
        self.exports = ["curl", "-sS", "--fail-early", "--fail", "-w", "%{stderr}%{size_download}\\n", "-K", settings]
        self.size = bench.workloads["export_ndjson"].sizes.get(party.name)  # known where the answers were compared
        self.read = self.seconds = 0

    def __enter__(self):
        self.began = time.monotonic()
        self.exporter = subprocess.Popen(self.exports, env=environment(), stderr=subprocess.PIPE, text=True)
        self.writer = subprocess.Popen(self.writes, env=environment(), stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        with self.writer, self.exporter:
            text = self.writer.communicate()[0]
            code = self.exporter.poll()
            self.exporter.terminate()  # before anything is judged: it would go on for an hour
            said = self.exporter.stderr.read()
        told(text)
        if code is not None:
            load.fail(f"the mixture: an export ended with {code}: {said}")
        sizes = [int(line) for line in said.split()]
        self.seconds = time.monotonic() - self.began
        self.read = len(sizes)
        if len(set(sizes)) > 1 or (self.size and sizes and sizes[0] != self.size):
            load.fail(f"the mixture: exports of {set(sizes)} bytes in place of {self.size}")


def prepare(bench, party, seconds, half):
    """The command that reads statuses drawn from that half: what it takes to draw them from a million must not be part of a run."""
    paths = bench.workloads["status"].files["all"].read_text(encoding="ascii").splitlines()[half::2]
    drawn = random.Random(bench.next_seed()).choices(paths, k=READS * (seconds + 1))
    requests = [(0, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()) for path in drawn]
    return generator(bench, party, "reads", CONNECTIONS, requests, f"{READS}:{seconds}")


def reads(bench, party, seconds, command, background=None):
    with machine.Watch(party.pid, bench.database.postmaster) as watch:
        text, client = load.finish(command)
        if background and background.writer.poll() is not None:
            load.fail("the mixture: the writes ended before the reads")
    found = told(text)
    return load.cost(watch.spent(client), found["good"], found["good"] / seconds, found["p50"] * 1000, found["p99"] * 1000)


def measure(bench):
    party, seconds = bench.parties["service"], bench.options.seconds * (1 if bench.options.quick else 2)
    bench.say("status reads at a steady rate, alone and under an export and 50 writes a second")
    runs = bench.runs.setdefault("latency", {"alone": [], "under load": []})
    if bench.options.warm and not runs["alone"]:
        command = prepare(bench, party, bench.options.warm, 0)  # what "alone" asks first: its gain is no gain of the ratio
        with Background(bench, party, bench.options.warm) as background:
            reads(bench, party, bench.options.warm, command, background)
    half = len(runs["alone"]) % 2
    runs["alone"].append(reads(bench, party, seconds, prepare(bench, party, seconds, half)))
    command = prepare(bench, party, seconds, 1 - half)
    with Background(bench, party, seconds) as background:
        runs["under load"].append(reads(bench, party, seconds, command, background))
    bench.mixture.append({"exports_a_second": background.read / background.seconds, "clients_first": bool(rate.priority()),
                          "service_nice": machine.least_nice(party.pid)})
    bench.say(f"{background.read} exports in {background.seconds:.1f} s beside it")
