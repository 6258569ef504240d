"""Exports run on connections of their own, two at a time; the third is told to come back, and a place is given back whatever happens.
A connection that was read to its end waits for the next export, as it was when it was new. Who exports alone is given what COPY gives,
who does it while others ask is given the same from a cursor."""
import concurrent.futures
import contextlib
import threading
import urllib.request

import pytest

from support import seeded
from support.client import Client
from support.held import Held, waiting
from support.raw import wait_until

PATH = "/v1/funding-records"


def export(client, accept="text/csv"):
    return client.get(PATH, headers={"Accept": accept})


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
    done = threading.Event()

    def ask():
        while not done.is_set():
            assert world.anonymous.get("/v1/measures").status == 200

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        others = pool.submit(ask)
        try:
            yield
        finally:
            done.set()
        others.result()


@pytest.fixture(scope="module")
def large(session):
    """A world with 30,000 records, some of which have a text that no format takes as it is; and its auditor."""
    world = seeded.world(session, "M")
    try:
        world.sql("update account set name = 'a\\N\t\\t\"b\\\\\n{},\r\v/渭\\' where id = (select maker_id from journal_entry order by entry_no limit 1)", user="postgres")
        yield world, Client(world.base, world.recorder, world.keys["auditor"], None)
    finally:
        world.close()


def way_of_the_next(world, auditor, accept):
    """The command by which an export begins, and its answer: while a table is locked it can be seen."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with Held(world, "lock table award in access exclusive mode"):
            reply = pool.submit(export, auditor, accept)
            assert wait_until(lambda: exports_waiting(world) == 1, seconds=20)
            way = "cursor" if waiting(world, "declare export ") else "copy"
        return way, reply.result()


@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson"])
def test_an_export_in_company_is_read_by_a_cursor_and_gives_the_same_bytes(large, accept):
    world, auditor = large
    way, alone = "", None
    while way != "copy" or alone.status != 200:  # 409: the lock was held for too long
        way, alone = way_of_the_next(world, auditor, accept)
    way, in_company = "", None
    with asking(world):
        while way != "cursor" or in_company.status != 200:
            way, in_company = way_of_the_next(world, auditor, accept)
    assert alone.body.count("渭\\".encode()) > 0 and alone.body.count(b"\n") > 29000
    assert in_company.body == alone.body


def test_an_export_rests_while_others_ask_and_only_then(large):
    world, auditor = large
    alone, before = export(auditor), rests(world)
    assert alone.status == 200 and rests(world) == before
    with asking(world):
        in_company = export(auditor)
    assert in_company.status == 200 and in_company.body == alone.body
    assert rests(world) > before
