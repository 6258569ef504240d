"""Running one load against one party and saying what it gave and what it cost: wrk, pgbench, and downloads of an export.
Any answer but 2xx, any error of a connection, any failed transaction ends the bench."""
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

from database import BIN
from machine import Spent, Watch, thread_seconds
from support.process import environment

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Run:
    """Of one run: requests (rows of an export), requests a second, latency in us, CPU in us a request of each party, resident MB at
    most, the share of the machine that others used."""
    requests: int
    rate: float
    p50: float | None
    p99: float | None
    service: float
    database: float
    client: float
    resident: float
    foreign: float

    @property
    def cpu(self):
        return self.service + self.database + self.client


def fail(text):
    raise SystemExit(f"bench: {text}")


def finish(command, **options):
    """(output, CPU seconds) of a process that must go well: wait4 tells what it used."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([str(word) for word in command], stdout=options.pop("stdout", out), stderr=errors, env=environment(),
                                   **options)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        text = out.read().decode("utf-8", "replace")
        if process.returncode:
            fail(f"{' '.join(map(str, command[:4]))} … ended with {process.returncode}: {text[-500:]} {errors.read().decode('utf-8', 'replace')[-1500:]}")
        return text, usage.ru_utime + usage.ru_stime


def cost(spent, requests, rate, p50, p99):
    each = 1e6 / max(requests, 1)
    return Run(requests, rate, p50, p99, spent.service * each, spent.database * each, spent.client * each, spent.resident, spent.foreign)


def wrk(party, database, connections, seconds, script, *arguments):
    """Each connection as fast as it can."""
    found = None
    while not found or (script == "reads.lua" and not found["requests"] and not found["errors"] and seconds <= 60):  # too slow for that time
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", HERE / script, party.base, "--", *arguments]
        with Watch(party.pid, database.postmaster) as watch:
            text, client = finish(command)
        found = json.loads(re.search(r"^\{.*\}$", text, re.M).group(0))
        seconds *= 4
    if found["errors"] or not found["requests"]:
        fail(f"{party.name}, {arguments[0].name}: {found['errors']} of {found['requests']} requests failed; see {party.log_path}")
    return cost(watch.spent(client), found["requests"], found["requests"] / (found["microseconds"] / 1e6), found["p50"], found["p99"])


class Pgbench:
    """One script. Connecting and preparing is no part of the statements: what a run of one transaction a client costs is taken off.
    starts: how many of these runs there are. generic: its statements are planned once for all values."""

    def __init__(self, database, directory, name, text, definitions, starts, generic=False):
        self.database, self.directory, self.definitions, self.count = database, pathlib.Path(directory), definitions, starts
        self.path = self.directory / f"{name}.sql"
        self.path.write_text(text, encoding="utf-8")
        self.url, self.starts = database.url(generic=generic), {}

    def command(self, clients, limit, definitions):
        words = [BIN / "pgbench", "-n", "-M", "prepared", "-f", self.path, "-c", clients, "-j", min(2, clients), *limit]
        for key, value in {**self.definitions, **definitions}.items():
            words += ["-D", f"{key}={value}"]
        return [*words, self.url]

    def spend(self, clients, limit, definitions):
        with Watch(None, self.database.postmaster) as watch:
            text, client = finish(self.command(clients, limit, definitions), cwd=self.directory)
        failed = re.search(r"number of failed transactions: (\d+)", text)
        if failed and int(failed.group(1)):
            fail(f"pgbench: {text}")
        return text, watch.spent(client)

    def measure_start(self, clients, definitions=None):
        """What connecting and preparing costs, from runs of one transaction a client; without any, a second that costs nothing."""
        runs = [self.spend(clients, ["-t", 1], definitions or {})[1] for _ in range(self.count)]
        self.starts[clients] = min(runs, key=lambda spent: spent.seconds, default=Spent(1.0, 0.0, 0.0, 0.0, 0.0, 0.0))

    def run(self, clients, seconds, definitions=None):
        start, prefix = self.starts[clients], self.directory / "pgbench_log"
        limit = ["-T", seconds + round(start.seconds), "--log", f"--log-prefix={prefix}", "--sampling-rate=0.2"]
        text, spent = self.spend(clients, limit, definitions or {})
        done = int(re.search(r"number of transactions actually processed: (\d+)", text).group(1))
        times = []
        for path in self.directory.glob("pgbench_log.*"):
            times += [int(line.split()[2]) for line in path.read_text(encoding="ascii").splitlines()]
            path.unlink()
        if done <= 2 * clients or not times:
            fail(f"pgbench did next to nothing in {limit[1]} s: {text}")
        times.sort()
        for name in ("seconds", "database", "client"):
            setattr(spent, name, max(0.0, getattr(spent, name) - getattr(start, name)))
        measured = cost(spent, done - clients, (done - clients) / spent.seconds, times[len(times) // 2], times[int(len(times) * 0.99)])
        return dataclasses.replace(measured, requests=done)


def repeat(watch, rows, seconds, once):
    """Run once() until that time has passed; each gives the CPU seconds of its client."""
    client = times = 0
    with watch:
        began = time.monotonic()
        while not times or time.monotonic() - began < seconds:
            client += once()
            times += 1
    spent = watch.spent(client)
    return cost(spent, rows * times, rows * times / spent.seconds, None, None)


def download(party, database, rows, size, headers, seconds):
    """Exports read to their end by curl, one after the other; each must have the size that the checked one had."""
    command = ["curl", "-sS", "--fail", "-o", "/dev/null", "-w", "%{size_download}"]
    for header in headers:
        command += ["-H", header]

    def once():
        text, client = finish([*command, f"{party.base}/v1/funding-records"])
        if int(text) != size:
            fail(f"{party.name}: an export of {text} bytes in place of {size}")
        return client

    return repeat(Watch(party.pid, database.postmaster), rows, seconds, once)


def copy(database, rows, statement, seconds):
    """The same rows by psql's COPY, connecting each time, as one does it by hand."""
    command = [BIN / "psql", "-qX", "-d", database.url(), "-v", "ON_ERROR_STOP=1", "-c", statement]
    with open(os.devnull, "wb") as sink:
        return repeat(Watch(None, database.postmaster), rows, seconds, lambda: finish(command, stdout=sink)[1])


def copy_session(database, rows, statement, seconds):
    """The same by one psql in a session that has done it before: what the database itself needs."""
    command = [BIN / "psql", "-qX", "-d", database.url(), "-v", "ON_ERROR_STOP=1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()) as psql:
        def once():
            before = thread_seconds(psql.pid)
            psql.stdin.write(f"{statement} \\g /dev/null\n\\echo done\n")
            psql.stdin.flush()
            if psql.stdout.readline() != "done\n":
                fail("psql's COPY failed")
            return thread_seconds(psql.pid) - before

        once()
        return repeat(Watch(None, database.postmaster), rows, seconds, once)
