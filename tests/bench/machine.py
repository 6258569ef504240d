"""What the machine spent: CPU time and memory of a process with its children from /proc, and whether anybody else was busy.
It starts nothing and judges nothing."""
import dataclasses
import os
import pathlib
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count()


def stat_seconds(pid):
    """(own CPU, CPU of children that have ended) in seconds; zeros when the process is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    except OSError:
        return 0.0, 0.0
    user, system, child_user, child_system = map(int, fields[11:15])
    return (user + system) / TICKS, (child_user + child_system) / TICKS


def children(pid):
    try:
        return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def thread_seconds(pid):
    """CPU of a process of one thread to the nanosecond; a tick of 10 ms is much for 40 backends."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except (OSError, ValueError, IndexError):
        return stat_seconds(pid)[0]


def process_seconds(pid):
    """The same of all threads of a process."""
    try:
        return sum(int(path.read_text(encoding="ascii").split()[0]) for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
    except (OSError, ValueError, IndexError):
        return stat_seconds(pid)[0]


def family_seconds(pid):
    """CPU of a process, of its living children and of those that have ended: a backend that comes and goes is not lost."""
    own, ended = stat_seconds(pid)
    return own + ended + sum(thread_seconds(child) for child in children(pid))


def resident_mb(pid):
    total = 0
    for one in [pid, *children(pid)]:
        try:
            for line in pathlib.Path(f"/proc/{one}/status").read_text(encoding="ascii").splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1])
        except OSError:
            continue
    return total / 1024


def least_nice(pid):
    """The lowest nice value of a process's threads: below 0 it has one that comes before others."""
    return min(int(path.read_text(encoding="ascii").rsplit(")", 1)[1].split()[16]) for path in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"))


def busy_seconds():
    """CPU time of the whole machine that was not idle, what the host took (steal) included."""
    fields = pathlib.Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]
    user, nice, system, _idle, _wait, irq, soft, steal = map(int, fields)
    return (user + nice + system + irq + soft + steal) / TICKS


def wait_quiet(seconds, share=0.08):
    """Wait until a second passes in which less than that share of the cores was busy; False when none did in time."""
    until = time.monotonic() + seconds
    while True:
        before = busy_seconds()
        time.sleep(0.5)
        if (busy_seconds() - before) / (0.5 * CORES) < share:
            return True
        if time.monotonic() > until:
            return False


@dataclasses.dataclass
class Spent:
    """One run: seconds it took, CPU seconds of each party, the share of the machine that others used, resident MB at most."""
    seconds: float
    service: float
    database: float
    client: float
    foreign: float
    resident: float


class Watch:
    """Around a run: with Watch(service pid or None, postmaster pid) as watch, then watch.spent(client seconds). It is made while the
    run's clients have no backends yet."""

    def __init__(self, service, postmaster):
        self.service, self.postmaster = service, postmaster
        self.backends = len(children(postmaster))
        self.resident, self.stopping = 0.0, threading.Event()

    def snapshot(self):
        return (time.monotonic(), family_seconds(self.service) if self.service else 0.0, family_seconds(self.postmaster),
                busy_seconds(), sum(os.times()[:2]))

    def sample(self):
        while not self.stopping.wait(0.1):
            self.resident = max(self.resident, resident_mb(self.service))

    def __enter__(self):
        self.before = self.snapshot()
        if self.service:
            self.resident = resident_mb(self.service)
            self.sampler = threading.Thread(target=self.sample, daemon=True)
            self.sampler.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        # The backends of a client that has gone end a moment later; until then their time would be missing. A service keeps its own.
        until = time.monotonic() + 2
        ended = time.monotonic()
        while not self.service and len(children(self.postmaster)) > self.backends and time.monotonic() < until:
            time.sleep(0.005)
        self.after = self.snapshot()
        self.seconds = ended - self.before[0]

    def spent(self, client):
        elapsed, service, database, busy, harness = (after - before for after, before in zip(self.after, self.before))
        foreign = max(0.0, busy - service - database - client - harness) / (elapsed * CORES)
        return Spent(self.seconds, service, database, client, foreign, self.resident)
