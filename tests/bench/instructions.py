#!/usr/bin/python3
"""Instructions that the service runs for one request, counted by callgrind: steady on any machine, however busy it is.

For each workload the service runs twice under callgrind on a private cluster with a fixed clock, one connection, requests one after
the other: a short run and a long one. The difference divided by the number of requests more is the cost of one request; start, first
use and end fall out. Only the event loop's thread and the workers count, so the timers of the other threads, which follow the wall
clock, do not; a worker's own, that gives memory back when it had nothing to do for 100 ms, costs a hundredth of a request that
changes something. The figures depend on the versions of libc, libmicrohttpd and libpq as well as on the program.

    instructions.py BINARY              compare with instructions.json: growth of more than TOLERANCE fails; a gain is told, to be
                                        committed, since later growth would hide behind a figure that is too high
    instructions.py BINARY --update     write instructions.json
    instructions.py BINARY --keep DIR   leave callgrind's files in DIR (callgrind_annotate reads them)
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from support import journey, rows  # noqa: E402
from support.cluster import Cluster, control  # noqa: E402
from support.process import environment, free_ports  # noqa: E402
from support.recognised import Recognised  # noqa: E402
from support.world import START, World  # noqa: E402

FIGURES = HERE / "instructions.json"
TOLERANCE = 0.05
TRIES = 3  # a list varies by some percent with how its rows arrive, which is the machine's doing: what seems to have grown is counted again
LOOP, WORKER = "loop_lane_turn", "work"  # what the event loop's thread runs and nobody else does, and what each worker's does
FEW, MANY = (200, 600), (500, 1500)  # requests of the short and of the long run
ALLIANCES, APPLICATIONS = 120, sum(FEW)
CHECKLIST = {"form_complete": True, "attachments_complete": True, "members_verified": True, "agreement_verified": True,
             "endorsement_verified": True}


def clone(world, *words, **changes):
    rows.clone(lambda text: world.sql(text, user="postgres"), *words, **changes)


def numbered(base):
    """SQL for an id that follows from the row's number: the same in every run."""
    return f"('{base}' || lpad(n::text, 12, '0'))::uuid"


def fill_alliances(world):
    made = Recognised(world, status="recognised")
    one = numbered("00000000-0000-7000-8001-")
    clone(world, "alliance", f"t.id = '{made.alliance_id}'", ALLIANCES, id=one, number="'WNLM-2025-' || lpad(n::text, 4, '0')",
          name="t.name || n", name_key="t.name_key || n")
    clone(world, "recognition_term", f"t.alliance_id = '{made.alliance_id}'", ALLIANCES, id=numbered("00000000-0000-7000-8002-"),
          alliance_id=one)
    return made.alliance_id


def fill_applications(world):
    """Applications that wait for their acceptance; their ids."""
    made = journey.application(world, "endorsed")
    one = numbered("00000000-0000-7000-8003-")
    clone(world, "application", f"t.id = '{made.id}'", APPLICATIONS, id=one, number="'SQ2025-' || lpad(n::text, 4, '0')",
          name="t.name || n", name_key="t.name_key || n", alliance_id="null")
    clone(world, "application_revision", f"t.application_id = '{made.id}'", APPLICATIONS, application_id=one)
    clone(world, "endorsement", f"t.application_id = '{made.id}'", APPLICATIONS, id=numbered("00000000-0000-7000-8004-"),
          application_id=one)
    clone(world, "history", f"t.object_id = '{made.id}'", APPLICATIONS, object_id=one)
    kinds = world.sql(f"select id from attachment where subject_id = '{made.id}' order by kind, id")
    for number, (attachment,) in enumerate(kinds):
        clone(world, "attachment", f"t.id = '{attachment}'", APPLICATIONS, id=numbered(f"00000000-0000-7000-9{number:03d}-"),
              subject_id=one)
    return [row[0] for row in world.sql("select id from application where number like 'SQ2025-%' order by id")]


class Workload:
    """A request in bytes for each number, the status that answers it, and how many of them the two runs have."""

    def __init__(self, name, request, counts, status=200, flags=()):
        self.name, self.request, self.counts, self.status, self.flags = name, request, counts, status, flags


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n\r\n".encode()


def accept(token, etag, path, number):
    body = json.dumps({"action": "accept", "checklist": CHECKLIST}).encode()
    key = uuid.UUID(int=number)
    return (f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\nIf-Match: {etag}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def workloads(world):
    alliance, applications = fill_alliances(world), fill_applications(world)
    officer = world.client("officer")
    etag = officer.get(f"/v1/applications/{applications[0]}").headers["ETag"]
    world.sql("vacuum analyze", user="postgres")

    def status(_number):
        return get(f"/v1/alliances/{alliance}/status")

    def transition(number):
        return accept(officer.token, etag, f"/v1/applications/{applications[number]}/transitions", number)

    return [Workload("status_cached", status, MANY),
            Workload("status_uncached", status, MANY, flags=("--public-cache-mib=0",)),
            Workload("list_50", lambda _number: get("/v1/alliances?limit=50"), FEW),
            Workload("transition", transition, FEW, status=201)]


def answer(stream):
    """Status and body of the next answer."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            raise RuntimeError("the service ended the connection")
        head += line
    length = int(re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)[1])
    return int(head.split(b" ", 2)[1]), stream.read(length)


def play(port, workload, numbers):
    with socket.create_connection(("127.0.0.1", port), timeout=120) as peer, peer.makefile("rb") as stream:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in numbers:
            peer.sendall(workload.request(number))
            status, body = answer(stream)
            if status != workload.status:
                raise RuntimeError(f"{workload.name} {number}: {status} {body[:500]!r}")


def thread_cost(directory):
    """The instructions of the event loop's thread and of the workers, from callgrind's files: told apart by the functions that they
    ran. Not to find one would be to count nothing."""
    costs = {LOOP: [], WORKER: []}
    for path in directory.glob("callgrind.out-*"):
        text = path.read_text(errors="replace")
        totals = re.search(r"(?m)^(?:totals|summary): ([0-9]+)", text)
        for function, found in costs.items():
            if totals and f") {function}\n" in text:
                found.append(int(totals[1]))
    if len(costs[LOOP]) != 1 or not costs[WORKER]:
        raise RuntimeError(f"{directory}: {len(costs[LOOP])} threads ran {LOOP} and {len(costs[WORKER])} ran {WORKER}, in place of one and "
                           "at least one: whoever renames these functions, or makes them disappear into others, says here what to look for")
    return sum(costs[LOOP] + costs[WORKER])


def wait_until_ready(process, port, log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as peer, peer.makefile("rb") as stream:
                peer.sendall(get("/health/ready"))
                if answer(stream)[0] == 200:
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"the service does not start under callgrind: {log.read_text()[-2000:]}")


def count(binary, world, workload, numbers, directory):
    """The instructions of one run."""
    directory.mkdir(parents=True)
    port, admin = free_ports(2)
    words = ["valgrind", "-q", "--tool=callgrind", "--separate-threads=yes", f"--callgrind-out-file={directory}/callgrind.out",
             binary, "serve", "--port", str(port), "--admin-port", str(admin), *world.flags(), *workload.flags]
    log = directory / "service.log"
    with open(log, "wb") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out, start_new_session=True, env=environment())
    try:
        wait_until_ready(process, port, log)
        play(port, workload, numbers)
        process.send_signal(signal.SIGTERM)
        if process.wait(timeout=60):
            raise RuntimeError(f"the service ended with {process.returncode}: {log.read_text()[-2000:]}")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return thread_cost(directory)


def each(binary, world, workload, directory):
    """Instructions per request, from a short and a long run."""
    few, many = workload.counts
    short = count(binary, world, workload, range(few), directory / "short")
    return round((count(binary, world, workload, range(few, few + many), directory / "long") - short) / (many - few))


def least(binary, world, workload, directory, known):
    """The least of as many tries as it takes not to have grown. A request that changes something is possible once only, so it is
    counted once: it does not vary."""
    found = []
    for number in range(1 if workload.status == 201 else TRIES):
        found.append(each(binary, world, workload, directory / f"{workload.name}-{number}"))
        if found[-1] <= known * (1 + TOLERANCE):
            break
    return min(found)


def measure(binary, directory, wanted, known):
    """Instructions per request of each workload; known: the committed ones, {} to find new ones."""
    cluster = Cluster(directory / "cluster", "fast")
    world = None
    try:
        cluster.migrate()
        world = World(cluster, directory / "world", None, {"pool-connections": 1, "clock": "fixed:" + START})
        world.start()
        found = {}
        for workload in workloads(world):
            world.stop()
            if wanted and workload.name not in wanted:
                continue
            found[workload.name] = least(binary, world, workload, directory, known.get(workload.name, 0))
            print(f"{workload.name:<14}{found[workload.name]:>12,} instructions", flush=True)
        return found
    finally:
        if world:
            world.close()
        cluster.stop()
        control("remove", cluster.directory)


def judge(found, known):
    """Whether nothing has grown beyond the committed figures; says what differs. A fall is told and is no fault."""
    good = True
    for name in sorted(found.keys() | known.keys()):
        now, before = found.get(name), known.get(name)
        if before is None:
            print(f"{name}: no figure is committed; UPDATE=1 writes it")
        elif now is None:
            print(f"{name}: a figure is committed, and nothing measures it")
        elif now <= before * (1 + TOLERANCE):
            if now < before * (1 - TOLERANCE):
                print(f"{name}: {now / before - 1:+.1%} beside the committed {before:,}: make bench-instructions UPDATE=1, and the gain stays")
            continue
        else:
            print(f"{name}: {now / before - 1:+.1%}, more than {TOLERANCE:.0%} above the committed {before:,}")
        good = False
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--update", action="store_true", help="write the figures instead of comparing")
    parser.add_argument("--only", action="append", help="this workload alone; may be repeated")
    parser.add_argument("--keep", type=pathlib.Path, help="leave callgrind's files in this directory, which must not exist")
    options = parser.parse_args()
    os.environ["TEST_ALLIANCED"] = str(options.binary.resolve())
    directory = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="alliance-instructions-", dir="/tmp"))
    directory.mkdir(exist_ok=True)
    directory.chmod(0o711)
    known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    try:
        found = measure(options.binary.resolve(), directory, options.only, {} if options.update else known)
    finally:
        if not options.keep:
            shutil.rmtree(directory, ignore_errors=True)
    if options.update:
        FIGURES.write_text(json.dumps({**known, **found}, indent="\t") + "\n")
        return 0
    wanted = {name: known[name] for name in options.only or known if name in known}
    return 0 if judge(found, wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
