"""Running one load against one party and saying what it gave and what it cost: wrk, pgbench, and downloads of an export.
Any answer but 2xx, any error of a connection, any failed transaction ends the bench."""
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

from database import BIN
from machine import Watch, process_seconds, thread_seconds
from support.libpq import Session
from support.process import environment

HERE = pathlib.Path(__file__).resolve().parent
GATE = 20261115  # number of the advisory lock before which the sessions of pgbench gather
LONGEST = 60  # seconds; who needs more for so few transactions is not to be compared


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


def finish(command, started=None, **options):
    """(output, CPU seconds) of a process that must go well: wait4 tells what it used. started(process id) is called as soon as it runs."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([str(word) for word in command], stdout=options.pop("stdout", out), stderr=errors, env=environment(),
                                   **options)
        if started:
            started(process.pid)
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
    return cost(watch.spent(client - found.get("prepared", 0)), found["requests"], found["requests"] / (found["microseconds"] / 1e6), found["p50"],
                found["p99"])


def has_ended(pid):
    """Without taking note of it: wait4 still can."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


class Pgbench:
    """One script, measured when its sessions are warm, as those in the pools of the others are. A new session reads the catalogue for
    each statement (nothing of it is remembered yet), and plans each statement of the script and of the triggers anew for five
    executions, until the plan for all values is taken: for a write of six statements over the views of who reaches what, 40 ms of CPU
    for its first transaction and up to 10 ms for each of the next, where a later one takes one or two. So each session does warm
    transactions and waits at a gate, an advisory lock, which is opened when all have come: time, CPU and latencies count from there.
    least: transactions of a session that a run must have from there on; a run with fewer is repeated for longer.
    generic: its statements are planned once for all values."""

    def __init__(self, database, directory, name, text, definitions, warm, least, generic=False):
        self.database, self.directory, self.warm, self.least = database, pathlib.Path(directory), warm, least
        self.definitions = {"turn": 0, **definitions}
        self.path = self.directory / f"{name}.sql"
        gate = f"\\if :turn = {warm}\nselect pg_advisory_lock_shared({GATE});\n\\endif\n\\set turn :turn + 1\n"
        self.path.write_text(gate + text, encoding="utf-8")
        self.url, self.starts = database.url(generic=generic), {}

    def command(self, clients, limit, definitions):
        words = [BIN / "pgbench", "-n", "-M", "prepared", "-f", self.path, "-c", clients, "-j", min(2, clients), *limit]
        for key, value in {**self.definitions, **definitions}.items():
            words += ["-D", f"{key}={value}"]
        return [*words, self.url]

    @staticmethod
    def gather(gate, pid, clients, patience):
        """Wait for all sessions at the gate, but not for ever: where the time is up before, some never come. Whether all came."""
        waiting = f"select count(*) from pg_locks where locktype = 'advisory' and objid = {GATE} and not granted"
        until = time.monotonic() + patience
        while int(gate.run(waiting)[0][0]) < clients:
            if has_ended(pid) or time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def spend(self, clients, limit, definitions, patience):
        """(output, what was spent since the gate was opened; None when some had not come) of one run."""
        launched, before, all_came = time.monotonic(), 0.0, False
        with contextlib.closing(Session(self.database.url("postgres"))) as gate, contextlib.ExitStack() as watching:
            watch = Watch(None, self.database.postmaster)
            gate.run(f"select pg_advisory_lock({GATE})")

            def started(pid):
                nonlocal before, all_came
                all_came = self.gather(gate, pid, clients, patience)
                self.starts[clients] = time.monotonic() - launched
                before = process_seconds(pid)
                watching.enter_context(watch)
                gate.run(f"select pg_advisory_unlock({GATE})")

            text, client = finish(self.command(clients, limit, definitions), started, cwd=self.directory)
        failed = re.search(r"number of failed transactions: (\d+)", text)
        if failed and int(failed.group(1)):
            fail(f"pgbench: {text}")
        return text, watch.spent(client - before) if all_came else None

    def measure_start(self, clients, definitions=None):
        """How long the sessions need to be warm; and the script works."""
        text, spent = self.spend(clients, ["-t", self.warm + 1], definitions or {}, LONGEST)
        if not spent:
            fail(f"pgbench, {self.path.name}: {clients} sessions were not warm after {self.starts[clients]:.0f} s: {text}")

    def seconds_of(self, clients, seconds):
        """How long a run lasts in which that many are measured."""
        return round(seconds + 1.3 * self.starts[clients])

    def once(self, clients, seconds, definitions):
        """(transactions in all, the measured run; None when not all sessions were warm in time) for that many seconds, the warming up included."""
        prefix = self.directory / "pgbench_log"
        text, spent = self.spend(clients, ["-T", seconds, "--log", f"--log-prefix={prefix}", "--sampling-rate=0.2"], definitions,
                                 seconds + 1)
        done = int(re.search(r"number of transactions actually processed: (\d+)", text).group(1))
        times = []
        for path in self.directory.glob("pgbench_log.*"):
            for line in path.read_text(encoding="ascii").splitlines():
                _, number, microseconds, *_ = map(int, line.split())
                times += [microseconds] if number > self.warm + 1 else []  # the first of them waited at the gate
            path.unlink()
        measured = done - clients * self.warm
        if not spent or not times:
            return done, None
        times.sort()
        return done, cost(spent, measured, measured / spent.seconds, times[len(times) // 2], times[int(len(times) * 0.99)])

    def run(self, clients, seconds, prepare=None):
        """prepare(seconds) gives the definitions of a run and who is told how many transactions it had."""
        while True:
            time_of_all = self.seconds_of(clients, seconds)
            definitions, verify = prepare(time_of_all) if prepare else ({}, None)
            done, found = self.once(clients, time_of_all, definitions)
            if verify:
                verify(done)
            if found and found.requests >= self.least * clients:
                return found
            if seconds >= LONGEST:
                fail(f"pgbench, {self.path.name}: {found.requests / clients if found else 0:.0f} transactions for each of {clients} sessions "
                     f"in {time_of_all} s once they were warm; at least {self.least} are needed to compare with")
            seconds = min(LONGEST, 2 * seconds)


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
