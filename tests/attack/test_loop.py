"""The event loop while reads and writes wait: who fails fails alone, who hangs up leaves nothing behind, and the end of the service
waits for those who are at work."""
import concurrent.futures
import os
import re
import signal
import socket
import threading
import time
import urllib.parse
import uuid

import pytest

from support import cluster as clusters
from support import raw, seeded
from support.client import Client
from support.held import Held
from support.world import make_key
from test_overload import LOCK, SETTINGS, at_work, metric, refused

pytestmark = pytest.mark.concurrent

# As the service's own role, which sees its sessions and may cancel what they do.
WAITING = "select {} from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
MANY = {**SETTINGS, "max-reads": 32, "max-writes": 8, "pool-connections": 2}
CONNECTIONS = 5  # the two and three lanes


def connected(world):
    """With every connection of the service made, and its statements prepared (one that prepares is idle only for moments between
    two): they would wait for the locks, too."""
    idle = "select count(*) from pg_stat_activity where state = 'idle' and application_name = 'allianced' and datname = current_database() " \
           "and state_change < clock_timestamp() - interval '300 ms'"
    assert raw.wait_until(lambda: int(world.value(idle, user=clusters.SERVICE)) >= CONNECTIONS, seconds=30)
    return world


def waiting(world, count):
    return raw.wait_until(lambda: world.value(WAITING.format("count(*)"), user=clusters.SERVICE) == str(count))


def cancel(world):
    """How many statements that wait for a lock were cancelled."""
    return int(world.value(WAITING.format("count(pg_cancel_backend(pid))"), user=clusters.SERVICE))


def ask(world, token, request, body=b""):
    """A request that nobody has answered yet, on a connection of its own."""
    client = raw.connect(world.port)
    client.sendall(request + b" HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer " + token.encode() + b"\r\n"
                   b"Content-Type: application/json\r\nContent-Length: %d\r\nIdempotency-Key: %s\r\n\r\n" % (
                       len(body), uuid.uuid4().hex.encode()) + body)
    return client


def sessions(world):
    """The processes of the service's sessions on this database: the log is that of all."""
    return {row[0] for row in world.sql(f"select pid from pg_stat_activity where datname = current_database() and usename = '{clusters.SERVICE}'",
                                        user=clusters.SERVICE)}


def counted(world, line):
    """How often the service's sessions on this database have left such a line in the database's log."""
    processes = sessions(world)
    return sum(pid in processes for pid in re.findall(rf"\[(\d+)\] {line}", world.cluster.log()))


def executions(world, statement):
    """How often they have run a statement since log_statement was set for them."""
    return counted(world, rf"LOG:  execute {statement}: ")


def failures(world, text):
    """How often one that begins so has failed."""
    return counted(world, rf"STATEMENT:  {text}")


def logged(world):
    """The world, started again, with its statements in the database's log."""
    world.sql(f"alter role {clusters.SERVICE} in database \"{world.database}\" set log_statement = 'all'", user="postgres")
    world.stop()
    world.start()
    return connected(world)


def watched(make_world):
    return logged(connected(make_world(**MANY)))


def test_a_read_that_fails_takes_none_of_its_batch_along(make_world):
    """Every question is another one, so that none is shared: those behind the one that fails are passed over by the server."""
    world = connected(make_world(**MANY))
    officers = [world.client("officer") for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        with Held(world, LOCK):
            first = threads.submit(officers[0].get, "/v1/me")  # alone on its way, so that the others wait for one another
            assert waiting(world, 1)
            failing, well = [first], []
            for number in range(1, 4):
                failing.append(threads.submit(officers[number].get, "/v1/me"))
                assert at_work(world, "read", len(failing) + len(well))
                for day in (10, 20):
                    well.append(threads.submit(world.anonymous.get, f"/v1/measures?as_of=2026-{number:02}-{day}"))
            assert at_work(world, "read", 10)
            assert world.anonymous.get("/v1/alliances").status == 200  # a list goes its own way
            assert raw.wait_until(lambda: cancel(world) == 0 and all(one.done() for one in failing))
            assert [one.result().status for one in well] == [200] * 6
        assert {(one.result().status, one.result().code) for one in failing} == {(503, "overloaded")}
    assert officers[0].get("/v1/me").status == 200
    assert at_work(world, "read", 0)


def test_what_many_ask_alike_while_it_waits_is_asked_once(make_world):
    world = watched(make_world)
    officer = world.client("officer")
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        before = executions(world, "caller_by_key")
        with Held(world, LOCK + "; update account set name = name || ' anew'; ", ends="commit"):
            first = threads.submit(officer.get, "/v1/me")
            assert waiting(world, 1)
            alike = [threads.submit(officer.get, "/v1/me") for _ in range(12)]
            assert at_work(world, "read", 13)
        assert all(one.result().json["account"]["name"].endswith(" anew") for one in [first, *alike])
        assert raw.wait_until(lambda: executions(world, "caller_by_key") == before + 2)


def test_what_many_ask_about_different_things_is_asked_at_once(make_world):
    world = watched(make_world)
    officers = [world.client("officer", name=name) for name in ("first", 'q"uote', "back\\slash", "{brace,s}", "NULL", "联盟", "sp ace")]
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        with Held(world, LOCK):
            first = threads.submit(officers[0].get, "/v1/me")
            assert waiting(world, 1)
            others = [threads.submit(one.get, "/v1/me") for one in officers[1:]]
            assert at_work(world, "read", 7)
        names = [one.result().json["account"]["name"] for one in [first, *others]]
    assert names == ["first", 'q"uote', "back\\slash", "{brace,s}", "NULL", "联盟", "sp ace"]
    assert raw.wait_until(lambda: (executions(world, "caller_by_key"), executions(world, "caller_by_key_merged")) == (1, 1))


def test_who_finds_nothing_is_given_nothing_of_those_beside_him(make_world):
    """A key that nobody has, in one execution with keys that are known: its rows are none of theirs."""
    world = watched(make_world)
    officers = [world.client("officer", name=f"officer {number}") for number in range(4)]
    strangers = [Client(world.base, world.recorder, make_key(), None) for _ in range(3)]
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        with Held(world, LOCK):
            first = threads.submit(officers[0].get, "/v1/me")
            assert waiting(world, 1)
            others = []
            for officer, stranger in zip(officers[1:], strangers):  # one after the other, so that they stand by turns
                for one in (stranger, officer):
                    others.append(threads.submit(one.get, "/v1/me"))
                    assert at_work(world, "read", 1 + len(others))
        assert first.result().status == 200
        assert [one.result().status for one in others] == [401, 200] * 3
        assert [one.result().json["account"]["name"] for one in others[1::2]] == [f"officer {number}" for number in (1, 2, 3)]
    assert raw.wait_until(lambda: executions(world, "caller_by_key_merged") == 1)


def test_lists_that_are_asked_together_are_each_ones_own(session):
    world = seeded.world(session, "S")
    world.settings.update(MANY)
    try:
        auditor = Client(logged(world).base, world.recorder, world.keys["auditor"], None)
        alliances = [row[0] for row in world.sql("select number from alliance where id in (select alliance_id from award) order by number limit 6")]
        paths = [f"/v1/funding-records?alliance={number}&limit=20" for number in [*alliances[:3], "none", *alliances[3:], alliances[0] + "0"]]
        alone = [auditor.get(path).json for path in paths]
        assert [bool(one["items"]) for one in alone] == [True] * 3 + [False] + [True] * 3 + [False]
        with concurrent.futures.ThreadPoolExecutor(16) as threads:
            with Held(world, "lock table award in access exclusive mode"):
                first = threads.submit(auditor.get, paths[0])
                assert waiting(world, 1)
                together = [threads.submit(auditor.get, path) for path in paths[1:]]
                assert at_work(world, "read", len(paths))
            assert [one.result().json for one in [first, *together]] == alone
        assert raw.wait_until(lambda: executions(world, "funding_record_of_alliance_merged") >= 1)
    finally:
        world.close()


def asked_about(world, statement, parameter):
    """The values of a parameter in the executions of a statement: of the form for several, those of all of them."""
    found = re.findall(rf"\[(\d+)\] LOG:  execute {statement}(_merged)?: .*?\n[^\n]*DETAIL:  parameters: ([^\n]*(?:\n\t[^\n]*)*)", world.cluster.log(), re.S)
    processes, values = sessions(world), []
    for process, merged, parameters in found:
        if process not in processes:
            continue
        literal = re.search(rf"\${parameter} = ('(?:[^']|'')*')", parameters).group(1)
        values += [row[0] for row in world.sql(f"select unnest({literal}::text[])" if merged else f"select {literal}")]
    return values


def test_whatever_text_is_asked_about_reaches_the_database_as_it_is(make_world):
    world = watched(make_world)
    auditor = world.client("auditor")
    texts = ["x", '"', "\\", "{a,b}", "}", "NULL", "null", " ", "'", ",", '联盟"\\"', "%", "\\\"", "a" * 36]
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        with Held(world, "lock table award in access exclusive mode"):
            first = threads.submit(auditor.get, "/v1/funding-records?alliance=first")
            assert waiting(world, 1)
            others = [threads.submit(auditor.get, "/v1/funding-records?" + urllib.parse.urlencode({"alliance": text})) for text in texts]
            assert at_work(world, "read", 1 + len(texts))
        assert [(one.result().status, one.result().json["items"]) for one in [first, *others]] == [(200, [])] * (1 + len(texts))
    assert raw.wait_until(lambda: sorted(asked_about(world, "funding_record_of_alliance", 5)) == sorted(["first", *texts]))
    assert executions(world, "funding_record_of_alliance_merged") >= 1


def together_behind_a_failure(world, threads, officer, others):
    """The reads of the others, on their way as one execution that waits for the lock: they gathered behind one that has failed."""
    first = threads.submit(officer.get, "/v1/me")
    assert waiting(world, 1)
    asked = [threads.submit(one.get, "/v1/me") for one in others]
    assert at_work(world, "read", 1 + len(others))
    assert cancel(world) == 1 and first.result().status == 503
    assert waiting(world, 1)
    return asked


def test_an_execution_for_several_whose_connection_is_lost_fails_none_of_them(make_world):
    """They find another way, and those who asked the same with them."""
    world = watched(make_world)
    officers = [world.client("officer", name=f"officer {number}") for number in range(4)]
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        with Held(world, LOCK):
            others = together_behind_a_failure(world, threads, officers[0], officers[1:] * 2)
            assert world.value(WAITING.format("count(pg_terminate_backend(pid))"), user=clusters.SERVICE) == "1"
            assert raw.wait_until(lambda: int(world.value(WAITING.format("count(*)"), user=clusters.SERVICE)) > 0)
            assert not any(one.done() for one in others)
        assert [one.result().json["account"]["name"] for one in others] == [f"officer {number}" for number in (1, 2, 3)] * 2
    assert at_work(world, "read", 0)


def test_an_execution_for_several_that_fails_fails_none_of_them(make_world):
    """They go again, each by itself."""
    world = watched(make_world)
    officers = [world.client("officer", name=f"officer {number}") for number in range(5)]
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        with Held(world, LOCK):
            others = together_behind_a_failure(world, threads, officers[0], officers[1:])
            assert cancel(world) == 1
            assert raw.wait_until(lambda: failures(world, "select told[.][*], asked[.]n as _asked from ") == 1) and waiting(world, 1)
            assert not any(one.done() for one in others)
        assert [one.result().json["account"]["name"] for one in others] == [f"officer {number}" for number in range(1, 5)]
    # what is cancelled while it waits for its lock has not been executed
    assert raw.wait_until(lambda: (executions(world, "caller_by_key"), executions(world, "caller_by_key_merged")) == (4, 0))


def test_a_failure_that_many_wait_for_is_that_of_one(make_world):
    """The others go again by themselves, and not to the connections that writes need."""
    world = connected(make_world(**MANY))
    officer, sysadmin = world.client("officer"), world.client("sysadmin")
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        with Held(world, LOCK):
            first = threads.submit(officer.get, "/v1/me")
            assert waiting(world, 1)
            alike = [threads.submit(officer.get, "/v1/me") for _ in range(6)]
            assert at_work(world, "read", 7)
            for count in range(1, 4):  # the first, then one of those alike at a time
                assert raw.wait_until(lambda: cancel(world) == 1)
                assert raw.wait_until(lambda count=count: sum(one.done() for one in [first, *alike]) == count)
            assert waiting(world, 1)  # of all who are left
        assert sorted(one.result().status for one in [first, *alike]) == [200] * 4 + [503] * 3
    assert sysadmin.get("/v1/me").status == 200


def timed(call, *arguments):
    start = time.monotonic()
    return call(*arguments), time.monotonic() - start


def locked(reply):
    return (reply.status, reply.code) == (409, "locked") and int(reply.headers["Retry-After"]) >= 1


def test_a_locked_table_is_in_nobodys_way_who_does_not_read_it(make_world):
    """One after the other they would wait forty times as long for the lock."""
    world = connected(make_world(**{**MANY, "max-reads": 64, "lock-timeout-ms": 500, "public-cache-mib": 0}))
    officers = [world.client("officer") for _ in range(20)]
    paths = [path.format(n=number) for number in range(10, 30)
             for path in ("/v1/alliances/by-number/WNLM-2026-00{n}/status", "/v1/measures?as_of=2026-01-{n}")]
    with concurrent.futures.ThreadPoolExecutor(64) as threads:
        with Held(world, "lock table account, alliance in access exclusive mode"):
            asked = [threads.submit(timed, one, path) for officer, *two in zip(officers, paths[::2], paths[1::2])
                     for one, path in ((officer.get, "/v1/me"), *((world.anonymous.get, path) for path in two))]
            replies = [one.result() for one in asked]
    assert all(locked(reply) for reply, _ in replies[::3] + replies[1::3])
    assert [reply.status for reply, _ in replies[2::3]] == [200] * 20
    assert max(seconds for _, seconds in replies) < 5
    # one has waited for the others, and nobody is sent to wait again right after
    assert 2 <= counted(world, "ERROR:  canceling statement due to lock timeout") <= 12
    assert raw.wait_until(lambda: officers[0].get("/v1/me").status == 200)
    assert raw.wait_until(lambda: world.anonymous.get(paths[0]).status == 404)


def bearer(world):
    """An officer who shows a token of ours: what he reads, workers ask for, on a lane of their own."""
    officer = world.client("officer")
    made = world.client("sysadmin").post(f"/v1/accounts/{officer.account_id}/credentials", {"kind": "oauth_client", "name": "bearer"})
    form = f"grant_type=client_credentials&client_id={made.json['client_id']}&client_secret={made.json['secret']}"
    reply = world.anonymous.post("/oauth2/token", form, content_type="application/x-www-form-urlencoded")
    return Client(world.base, world.recorder, reply.json["access_token"])


def test_a_locked_table_holds_up_workers_for_one_wait(make_world):
    world = connected(make_world(**{**MANY, "lock-timeout-ms": 500, "public-cache-mib": 0}))
    officer = bearer(world)
    paths = [path.format(n=number) for number in range(10, 26)
             for path in ("/v1/alliances/by-number/WNLM-2026-00{n}/status", "/v1/measures?as_of=2026-01-{n}")]
    with concurrent.futures.ThreadPoolExecutor(32) as threads:
        with Held(world, "lock table alliance in access exclusive mode"):
            asked = [threads.submit(timed, officer.get, path) for path in paths]
            replies = [one.result() for one in asked]
    # those that find the lane gone and no connection free in time are told so
    assert all(locked(reply) or refused(reply) for reply, _ in replies[::2])
    assert {reply.status for reply, _ in replies[1::2]} <= {200, 503}
    assert max(seconds for _, seconds in replies) < 5
    assert raw.wait_until(lambda: officer.get(paths[0]).status == 404)


def test_nobody_waits_longer_for_his_turn_than_for_a_lock(make_world):
    """The one before them hangs: its process at the database stands still."""
    world = connected(make_world(**{**MANY, "lock-timeout-ms": 2000}))
    officers = [world.client("officer", name=f"officer {number}") for number in range(6)]
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        with Held(world, LOCK):
            first = threads.submit(officers[0].get, "/v1/me")
            assert waiting(world, 1)
            process = int(world.value(WAITING.format("max(pid)"), user=clusters.SERVICE))
            os.kill(process, signal.SIGSTOP)
        try:
            others = [threads.submit(timed, officer.get, "/v1/me") for officer in officers[1:] * 2]
            assert [one.result()[0].json["account"]["name"] for one in others] == [f"officer {number}" for number in range(1, 6)] * 2
            assert max(one.result()[1] for one in others) < 10 and not first.done()
        finally:
            os.kill(process, signal.SIGCONT)
        assert first.result().status in (200, 409)


def test_what_many_ask_alike_is_never_older_than_a_write_acknowledged_before(world):
    """Reads that wait together and ask the same are asked once: each must see what was acknowledged before it was sent."""
    sysadmin = world.client("sysadmin")
    path = "/v1/accounts/" + sysadmin.post("/v1/accounts", {"name": "0", "kind": "machine"}).id
    etag, acknowledged, stale = sysadmin.get(path).headers["ETag"], 0, []
    done = threading.Event()

    def read():
        count = 0
        while not done.is_set():
            least = acknowledged
            seen = int(sysadmin.get(path).json["name"])
            count += 1
            if seen < least:
                stale.append((least, seen))
        return count

    with concurrent.futures.ThreadPoolExecutor(12) as threads:
        readers = [threads.submit(read) for _ in range(12)]
        try:
            for number in range(1, 101):
                reply = sysadmin.patch(path, {"name": str(number)}, etag=etag)
                assert reply.status == 200
                etag, acknowledged = reply.headers["ETag"], number
        finally:
            done.set()
        assert sum(one.result() for one in readers) > 100 and not stale


def test_a_client_that_hangs_up_while_its_read_waits_leaves_nothing_behind(make_world):
    world = connected(make_world(**MANY))
    officer = world.client("officer")
    with concurrent.futures.ThreadPoolExecutor() as threads:
        with Held(world, LOCK):
            gone = [ask(world, officer.token, b"GET /v1/me") for _ in range(5)]
            assert at_work(world, "read", 5)
            for client in gone:
                raw.reset(client)
            # gone for the one who counts connections, while the reads are still on their way
            assert raw.wait_until(lambda: metric(world, "http_requests_in_flight") == 0)
            patient = threads.submit(officer.get, "/v1/me")
            assert at_work(world, "read", 6)
            assert world.anonymous.get("/health/live").status == 200
        assert patient.result().status == 200
    assert at_work(world, "read", 0)
    assert [line["status"] for line in world.log_lines() if line.get("path") == "/v1/me"] == [0] * 5 + [200]


def test_a_client_that_hangs_up_while_its_write_waits_has_written(make_world):
    world = connected(make_world(**MANY))
    token = world.client("sysadmin").token
    with Held(world, "lock table account in share mode"):  # may be read, not written
        gone = ask(world, token, b"POST /v1/accounts", b'{"name": "hung up", "kind": "machine"}')
        assert waiting(world, 1)
        raw.reset(gone)
        assert world.anonymous.get("/health/live").status == 200
    assert at_work(world, "write", 0)
    assert raw.wait_until(lambda: metric(world, "http_requests_in_flight") == 0)
    assert world.value("select count(*) from account where name = 'hung up'") == "1"


def test_an_export_whose_client_hung_up_before_it_began_gives_its_place_back(make_world):
    world = connected(make_world(**MANY))
    auditor = world.client("auditor")
    for _ in range(3):  # there are two places
        with Held(world, LOCK):
            gone = raw.connect(world.port)
            gone.sendall(b"GET /v1/funding-records HTTP/1.1\r\nHost: test\r\nAccept: text/csv\r\nAuthorization: Bearer " +
                         auditor.token.encode() + b"\r\n\r\n")
            assert waiting(world, 1)
            raw.reset(gone)
            assert raw.wait_until(lambda: metric(world, "http_requests_in_flight") == 0)
        assert at_work(world, "read", 0)
    assert auditor.get("/v1/funding-records", headers={"Accept": "text/csv"}).status == 200


@pytest.mark.parametrize("lines", [b"", b"Expect: 100-continue\r\n"])
def test_a_whole_request_is_answered_though_its_client_sends_no_more(world, lines):
    body = b'{"now":"2026-11-15T09:00:00+08:00"}'
    request = b"PUT /v1/test-clock HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nConnection: close\r\n" + lines + \
        b"Authorization: Bearer " + world.client("sysadmin").token.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    for _ in range(20):
        client = raw.connect(world.port)
        with client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            assert b" 200 OK\r\n" in raw.read_all(client)


def test_the_end_waits_for_those_at_work_and_cuts_the_rest(make_world):
    world = connected(make_world(**{**MANY, "lock-timeout-ms": 1500, "statement-timeout-ms": 3000, "drain-seconds": 0}))
    officer, sysadmin = world.client("officer"), world.client("sysadmin")
    with Held(world, LOCK):
        clients = [ask(world, officer.token, b"GET /v1/me") for _ in range(3)]
        clients.append(ask(world, sysadmin.token, b"POST /v1/accounts", b'{"name": "late", "kind": "machine"}'))
        assert at_work(world, "read", 3) and at_work(world, "write", 1)
        start = time.monotonic()
        world.stop()
        assert time.monotonic() - start < 30
    for client in clients:
        client.close()
    world.start()
    assert world.value("select count(*) from account where name = 'late'") == "0"
