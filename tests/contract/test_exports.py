"""Exports run on connections of their own, two at a time; the third is told to come back, and a place is given back whatever happens."""
import concurrent.futures

from support.held import Held
from support.raw import wait_until

PATH = "/v1/funding-records"


def export(client):
    return client.get(PATH, headers={"Accept": "text/csv"})


def waiting(world):
    """The exports that wait for the table that is locked."""
    return int(world.value("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' "
                           "and query like 'copy (%'", user="postgres"))


def test_the_third_export_at_once_is_told_to_come_back(world):
    auditor = world.client("auditor")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        with Held(world, "lock table award in access exclusive mode"):
            first_two = [pool.submit(export, auditor) for _ in range(2)]
            assert wait_until(lambda: waiting(world) == 2, seconds=20)
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
        assert wait_until(lambda: waiting(world) == 2, seconds=20)
        assert auditor.get("/v1/alliances").status == 200
        for one in both:
            assert one.result().status == 409  # the wait for the lock ends by itself
