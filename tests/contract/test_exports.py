"""Exports run on connections of their own, two at a time; the third is told to come back, and a place is given back whatever happens.
A connection that was read to its end waits for the next export, as it was when it was new. Who exports alone is given what COPY gives,
who does it while others ask is given the same from a cursor."""
import concurrent.futures
import contextlib
import csv
import datetime
import io
import json
import os
import re
import signal
import threading
import urllib.request

import pytest

from support import seeded
from support.client import Client
from support.held import Held
from support.raw import connect, read_all, wait_until

pytestmark = pytest.mark.concurrent

PATH = "/v1/funding-records"


def export(client, accept="text/csv", query=""):
    return client.get(PATH + query, headers={"Accept": accept})


def exports_waiting(world):
    """How many exports wait for a lock, in whatever statement: one that comes soon after another is in company."""
    return int(world.value("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' "
                           "and application_name = 'allianced export'", user="postgres"))


def test_the_third_export_at_once_is_told_to_come_back(world):
    auditor = world.client("auditor")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        with Held(world, "lock table award in access exclusive mode"):
            first_two = [pool.submit(export, auditor) for _ in range(2)]
            assert wait_until(lambda: exports_waiting(world) == 2, seconds=20)
            third = export(auditor)
        assert (third.status, third.code) == (503, "overloaded"), third
        assert int(third.headers["Retry-After"]) >= 1
        for one in first_two:  # the lock outlasts them or not: either way their places are free again
            assert one.result().status in (200, 409)
    for _ in range(3):
        assert export(auditor).status == 200


def test_a_reading_beside_two_exports_is_answered(world):
    auditor = world.client("auditor")
    with concurrent.futures.ThreadPoolExecutor(2) as pool, Held(world, "lock table award in access exclusive mode"):
        both = [pool.submit(export, auditor) for _ in range(2)]
        assert wait_until(lambda: exports_waiting(world) == 2, seconds=20)
        assert auditor.get("/v1/alliances").status == 200
        for one in both:
            assert one.result().status == 409  # the wait for the lock ends by itself


def sessions(world):
    """(process, state, transaction) of the connections of exports, running or waiting for one."""
    return world.sql("select pid, state, xact_start from pg_stat_activity where datname = current_database() and application_name = 'allianced export'",
                     user="postgres")


def end(world):
    world.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'allianced export'",
              user="postgres")
    assert wait_until(lambda: not sessions(world))


def test_an_export_leaves_its_connection_to_the_next(world):
    end(world)
    auditor = world.client("auditor")
    assert export(auditor).status == 200
    first = sessions(world)
    assert [tuple(row[1:]) for row in first] == [("idle", None)], "outside of any transaction"
    for _ in range(3):
        assert export(auditor).status == 200
        assert sessions(world) == first


def test_a_lost_connection_is_not_handed_on(world):
    auditor = world.client("auditor")
    assert export(auditor).status == 200
    before = sessions(world)
    end(world)
    assert export(auditor).status == 200
    after = sessions(world)
    assert len(after) == 1 and after != before


def test_an_export_that_failed_leaves_nothing(world):
    end(world)
    auditor = world.client("auditor")
    assert export(auditor).status == 200
    with Held(world, "lock table award in access exclusive mode"):
        assert export(auditor).status == 409
        assert wait_until(lambda: not sessions(world))
    assert export(auditor).status == 200


def rests(world):
    with urllib.request.urlopen(f"http://127.0.0.1:{world.admin_port}/metrics", timeout=10) as reply:
        return next(int(line.split()[-1]) for line in reply.read().decode().splitlines() if line.startswith("stream_rests_total "))


@contextlib.contextmanager
def asking(world):
    """Somebody else asks all the time."""
    begun, done = threading.Event(), threading.Event()

    def ask():
        while not done.is_set():
            assert world.anonymous.get("/v1/measures").status == 200
            begun.set()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        others = pool.submit(ask)
        try:
            assert begun.wait(20)
            yield
        finally:
            done.set()
        others.result()


@pytest.fixture(scope="module")
def large(session):
    """A world with 30,000 records, which lie in another order than they were booked in and some of which have a text that no format takes
    as it is; and its auditor."""
    world = seeded.world(session, "M")
    try:
        world.sql("update account set name = 'a\\N\t\\t\"b\\\\\n{},\r\v/渭\\' where id = (select maker_id from journal_entry order by entry_no limit 1)",
                  user="postgres")
        world.sql("cluster journal_entry using journal_entry_award_no", user="postgres")
        world.sql("cluster journal_line using journal_line_pkey; analyze journal_entry; analyze journal_line", user="postgres")
        log_statements(world)
        yield world, Client(world.base, world.recorder, world.keys["auditor"], None)
    finally:
        world.close()


def log_statements(world):
    """Of connections that come from here on."""
    world.sql(f"alter database {world.database} set log_statement = 'all'", user="postgres")


def asked(world, auditor, accept="text/csv", query=""):
    """How the export that is asked for now is read and whether its first rows are to come at once, and its answer: by the log, which has
    statements whole."""
    before = len(world.cluster.log())
    reply = export(auditor, accept, query)
    assert reply.status == 200
    way, = re.findall(r"(copy \(|declare export)[\s\S]*?limit case when ('true'|null)::boolean then", world.cluster.log()[before:])
    return way, reply


def is_asked(world, auditor, way, query=""):
    """Whether it was, soon: which way it is depends on who asked in the moments before."""
    return wait_until(lambda: asked(world, auditor, query=query)[0] == way)


def exported(world, auditor, way, accept, query):
    """The body of an export that was read that way, which one soon is."""
    taken = reply = None

    def is_read_so():
        nonlocal taken, reply
        (taken, _), reply = asked(world, auditor, accept, query)
        return taken == way

    assert wait_until(is_read_so), taken
    return reply.body


@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson"])
@pytest.mark.parametrize("which", ["all", "whole pages", "nothing"])
def test_an_export_in_company_is_read_by_a_cursor_and_gives_the_same_bytes(large, accept, which):
    world, auditor = large
    query, count = "", int(world.value("select count(*) from funding_record"))
    if which == "nothing":
        query, count = "?amount_gte=999999999", 0
    if which == "whole pages":  # of 25: the last one is followed by one that is empty
        day, count = world.sql("select booked_on, total from (select booked_on, sum(count(*)) over (order by booked_on) as total from funding_record "
                               "group by booked_on) t where total % 25 = 0 order by booked_on limit 1")[0]
        query, count = f"?booked_on_lt={datetime.date.fromisoformat(day) + datetime.timedelta(1)}", int(count)
    alone = exported(world, auditor, "copy (", accept, query)
    with asking(world):
        assert exported(world, auditor, "declare export", accept, query) == alone
    rows = list(csv.reader(io.StringIO(alone.decode("utf-8-sig"), newline="")))[1:] if accept == "text/csv" else alone.splitlines()
    assert len(rows) == count and (which != "whole pages" or count % 25 == 0)
    numbers = [int(row[0]) if accept == "text/csv" else json.loads(row)["entry_no"] for row in rows]
    assert numbers == sorted(numbers)
    assert ("渭\\".encode() in alone) == (which != "nothing")


def commands(world, besides=()):
    """(process, command) of the exports in a transaction, besides those processes."""
    rows = world.sql("select pid, query from pg_stat_activity where datname = current_database() and application_name = 'allianced export' "
                     "and xact_start is not null", user="postgres")
    return [row for row in rows if row[0] not in besides]


def slow_export(world, command="fetch 25 ", besides=()):
    """A connection on which an export by that command has begun to come, to a reader who takes little."""
    for _ in range(10):
        client = connect(world.port, receive_buffer=4096)
        client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: test\r\nAccept: application/x-ndjson\r\nAuthorization: Bearer {world.keys['auditor']}\r\n\r\n".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        if [running for _, running in commands(world, besides) if running.startswith(command)]:
            return client
        client.close()
        assert wait_until(lambda: not commands(world, besides))
    raise AssertionError(f"no export by {command}")


def test_an_export_in_company_that_fails_in_the_middle_is_not_ended_and_leaves_nothing(large):
    world, auditor = large
    with asking(world):
        client = slow_export(world)
        (process, _), = commands(world)
        end(world)
        assert not read_all(client).endswith(b"0\r\n\r\n")
        client.close()
        assert export(auditor).status == 200
    assert process not in [row[0] for row in sessions(world)]


def test_an_export_rests_while_others_ask_and_only_then(large):
    world, auditor = large
    before = rests(world)
    alone = export(auditor)
    assert alone.status == 200 and rests(world) == before
    with asking(world):
        in_company = export(auditor)
    assert in_company.status == 200 and in_company.body == alone.body
    assert rests(world) > before


def test_an_export_in_company_takes_large_pages_when_a_quarter_of_its_time_is_over(session):
    world = seeded.world(session, "M")
    try:
        world.stop()
        world.settings["write-timeout-ms"] = 20000
        world.start()
        with asking(world):
            client = slow_export(world)
            assert wait_until(lambda: client.recv(16384) and [one for _, one in commands(world) if one.startswith("fetch 1000 ")], seconds=20)
            client.close()
    finally:
        world.close()


def test_a_database_that_falls_silent_ends_an_export_and_nothing_waits_for_it(session):
    """Its machine still answers for it, so no connection breaks. Each silence takes one of the two places, until it is noticed."""
    world, silent = seeded.world(session, "M"), []

    def silence(command):
        client = slow_export(world, command, silent)
        (process, _), = commands(world, silent)
        os.kill(int(process), signal.SIGSTOP)
        silent.append(process)
        assert not read_all(client).endswith(b"0\r\n\r\n")
        client.close()

    try:
        world.restart(write_timeout_ms=30000)  # of which silence may take a quarter
        auditor = Client(world.base, world.recorder, world.keys["auditor"], None)
        silence("copy (")
        with asking(world):
            silence("fetch ")
        assert len(silent) == 2
        assert wait_until(lambda: export(auditor).status == 200, seconds=60)
        world.stop()
    finally:
        for process in silent:
            os.kill(int(process), signal.SIGCONT)
        world.close()


def test_a_long_journal_is_not_sorted_before_its_first_row(session):
    world = seeded.world(session, "M")
    try:
        log_statements(world)
        auditor = Client(world.base, world.recorder, world.keys["auditor"], None)
        assert is_asked(world, auditor, ("copy (", "null")), "one that is short and alone"
        with asking(world):
            assert is_asked(world, auditor, ("declare export", "'true'")), "one in company"
            assert is_asked(world, auditor, ("declare export", "null"), "?kind=budget"), "one of few in company"
        world.sql("set session_replication_role = replica; update journal_entry set entry_no = 2000001 where entry_no = (select max(entry_no) from journal_entry)",
                  user="postgres")
        assert is_asked(world, auditor, ("copy (", "'true'")), "one that is long, and alone"
        assert is_asked(world, auditor, ("copy (", "null"), "?kind=budget"), "one of few from a long journal"
    finally:
        world.close()


def test_a_backend_ends_when_nobody_waits_for_its_export_any_more(session):
    """The service is killed while PostgreSQL works for minutes on what it would send."""
    world = seeded.world(session, "M")
    try:
        world.sql("create or replace function export_text(text) returns text language plpgsql as 'begin perform pg_sleep(60); return $1; end'")
        client = connect(world.port)
        client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {world.keys['auditor']}\r\nAccept: text/csv\r\n\r\n".encode())
        asleep = "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
        assert wait_until(lambda: world.value(asleep, user="postgres") == "1", seconds=20)
        process, world.process = world.process, None
        process.kill()
        process.wait()
        assert wait_until(lambda: not sessions(world), seconds=20)
        client.close()
    finally:
        world.close()
