"""More requests than there are places for: told so at once, while health answers and everybody else is let go on."""
import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import re
import socket
import urllib.request
import uuid

import pytest

from support import cluster as clusters
from support import journey, raw
from support.held import Held, waiting

pytestmark = pytest.mark.concurrent

SETTINGS = {"max-reads": 2, "max-writes": 2, "lock-timeout-ms": 20000, "statement-timeout-ms": 20000}
# Whoever shows a token waits for this lock, on the lane that reads of single rows share.
LOCK = "lock table account in access exclusive mode"


def metric(world, line):
    with urllib.request.urlopen(f"http://127.0.0.1:{world.admin_port}/metrics", timeout=10) as reply:
        for one in reply.read().decode().splitlines():
            if one.startswith(line + " "):
                return int(one.split()[-1])
    raise KeyError(line)


def at_work(world, kind, count):
    return raw.wait_until(lambda: metric(world, f'http_requests_at_work{{kind="{kind}"}}') == count)


def refused(reply):
    return (reply.status, reply.code, reply.headers["Content-Type"]) == (503, "overloaded", "application/problem+json") and \
        int(reply.headers["Retry-After"]) >= 1


def test_the_first_beyond_the_places_is_refused_at_once(make_world):
    world = make_world(**SETTINGS)
    officer, sysadmin = world.client("officer"), world.client("sysadmin")
    account, key = {"name": "held", "kind": "machine"}, str(uuid.uuid4())
    with concurrent.futures.ThreadPoolExecutor() as threads:
        with Held(world, LOCK):
            waiting = [threads.submit(officer.get, "/v1/me") for _ in range(2)]
            assert at_work(world, "read", 2)
            for client, path in ((officer, "/v1/me"), (officer, "/v1/tasks"), (world.anonymous, "/v1/alliances")):
                assert refused(client.get(path)), path  # before any question of who asks
            for path in ("/health/live", "/health/ready", "/v1", "/v1/openapi.json", "/problems/overloaded"):
                assert world.anonymous.get(path).status == 200, path
            assert world.anonymous.get("/v1/nothing").status == 404
            # nothing of that alliance is in memory: a place is needed to look
            assert refused(world.anonymous.get(f"/v1/alliances/{uuid.uuid4()}/status"))
            # reads in trouble leave the places of the writes alone
            writing = [threads.submit(sysadmin.post, "/v1/accounts", account, key=key) for _ in range(2)]
            assert at_work(world, "write", 2)
            assert refused(sysadmin.post("/v1/accounts", account, key=key))
            assert not any(one.done() for one in waiting + writing)
        assert [one.result().status for one in waiting] == [200, 200]
        # what was refused had no effect; the two that waited are one key, so one effect
        assert {one.result().status for one in writing} == {201}
    assert world.value("select count(*) from account where name = 'held'") == "1"
    assert at_work(world, "read", 0) and at_work(world, "write", 0)
    assert officer.get("/v1/me").status == 200
    assert (metric(world, 'http_requests_shed_total{kind="read"}'), metric(world, 'http_requests_shed_total{kind="write"}')) == (4, 1)


def get_from(address, world, path, token):
    """The answer to a request from that address of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=60, source_address=(address, 0))
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status


def test_one_address_cannot_take_the_places_of_all(make_world):
    world = make_world(**{**SETTINGS, "max-reads": 4, "max-connections-per-ip": 200})
    token = world.client("officer").token
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        with Held(world, LOCK):
            greedy = [threads.submit(get_from, "127.0.0.2", world, "/v1/me", token) for _ in range(2)]
            assert at_work(world, "read", 2)
            for _ in range(20):
                assert get_from("127.0.0.2", world, "/v1/me", token) == 503
            # half of the places are left to everybody else
            others = [threads.submit(get_from, f"127.0.0.{n}", world, "/v1/me", token) for n in (3, 4)]
            assert at_work(world, "read", 4)
            assert get_from("127.0.0.5", world, "/v1/me", token) == 503
        assert [one.result() for one in greedy + others] == [200] * 4
    assert at_work(world, "read", 0)
    # what was taken was given back, to the address, too
    for _ in range(5):
        assert get_from("127.0.0.2", world, "/v1/me", token) == 200


def test_behind_a_proxy_all_come_from_one_address(make_world):
    world = make_world(**{**SETTINGS, "max-connections-per-ip": 0})
    token = world.client("officer").token
    with concurrent.futures.ThreadPoolExecutor() as threads:
        with Held(world, LOCK):
            waiting = [threads.submit(get_from, "127.0.0.2", world, "/v1/me", token) for _ in range(2)]
            assert at_work(world, "read", 2)
        assert [one.result() for one in waiting] == [200, 200]


def test_a_place_is_given_back_whatever_the_answer(make_world):
    world = make_world(**{"max-reads": 1, "max-writes": 1})
    sysadmin = world.client("sysadmin")
    for _ in range(3):
        assert world.anonymous.get("/v1/tasks").status == 401
        assert world.anonymous.get("/v1/alliances?nonsense=1").status == 400
        assert world.anonymous.get(f"/v1/alliances/{uuid.uuid4()}").status == 404
        assert sysadmin.post("/v1/accounts", {"name": "x", "kind": "nothing"}).status == 400
        assert sysadmin.post("/v1/accounts", {"name": "place", "kind": "machine"}).status == 201
        assert raw.get(world.port, "/v1/funding-records", "Accept: text/csv").status in (200, 401, 403)


def test_a_refusal_keeps_the_connection(make_world):
    """Coming back costs the client no new connection."""
    world = make_world(**SETTINGS)
    officer = world.client("officer")
    request = b"GET %s HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer " + officer.token.encode() + b"\r\n\r\n"
    with concurrent.futures.ThreadPoolExecutor() as threads, raw.connect(world.port) as stream:
        with Held(world, LOCK):
            waiting = [threads.submit(officer.get, "/v1/me") for _ in range(2)]
            assert at_work(world, "read", 2)
            stream.sendall(request % b"/v1/me")
            answer = raw.parse(stream.recv(65536))
            assert (answer.status, answer.header("connection")) == (503, None)
        assert [one.result().status for one in waiting] == [200, 200]
        stream.sendall(request % b"/v1/me")
        answer = raw.parse(stream.recv(65536))
        assert answer.status == 200 and json.loads(answer.body)["roles"]


def test_few_descriptors_mean_few_connections(make_world, monkeypatch, tmp_path):
    """Whoever comes when all are taken waits to be accepted; nobody gets a descriptor that the database or the log needs."""
    wrapper = tmp_path / "allianced"
    wrapper.write_text(f'#!/bin/sh\nulimit -n 400\nexec "{clusters.binary()}" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("TEST_ALLIANCED", str(wrapper))
    world = make_world(max_connections_per_ip=0)
    warned = [line for line in world.log_lines() if line.get("event") == "few_descriptors"]
    assert [line["max_connections"] for line in warned] == ["272"]  # 400 - 128
    crowd = [raw.connect(world.port) for _ in range(350)]
    assert raw.wait_until(lambda: len(os.listdir(f"/proc/{world.process.pid}/fd")) > 272)
    assert metric(world, 'http_requests_at_work{kind="read"}') == 0  # the metrics have a door of their own
    for stream in crowd:
        stream.close()
    # the kernel still hands over those that waited; until they are seen to be gone, a newcomer may be turned away
    assert raw.wait_until(lambda: len(os.listdir(f"/proc/{world.process.pid}/fd")) < 200, seconds=30)
    assert world.anonymous.get("/v1/alliances").status == 200


def test_what_memory_answers_needs_no_place(make_world):
    """Strangers read the status of an alliance while all places are taken, as long as it was read before."""
    world = make_world(**SETTINGS)
    world.run("seed", "--tokens", world.directory / "tokens.json")
    officer = world.client("officer")
    path = f"/v1/alliances/{world.value('select id from alliance order by id limit 1')}/status"

    def given():
        before = metric(world, "public_cache_hits_total")
        return world.anonymous.get(path).status == 200 and metric(world, "public_cache_hits_total") > before

    assert raw.wait_until(given)
    with concurrent.futures.ThreadPoolExecutor() as threads:
        with Held(world, LOCK):
            waiting = [threads.submit(officer.get, "/v1/me") for _ in range(2)]
            assert at_work(world, "read", 2)
            assert world.anonymous.get(path).status == 200
            assert refused(officer.get(path))  # whoever shows a token must be looked up
        assert [one.result().status for one in waiting] == [200, 200]


# ---- bodies ----

MIB = 1 << 20


def resident(world):
    with open(f"/proc/{world.process.pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1]) << 10


def held(world):
    return metric(world, "http_request_body_bytes")


@contextlib.contextmanager
def all_but_a_byte(world, count, size, request, *lines):
    """So many connections on each of which a body of that size has come, without its last byte."""
    head = "\r\n".join([request + " HTTP/1.1", "Host: test", "Connection: close", f"Content-Length: {size}", *lines, "", ""]).encode()
    with contextlib.ExitStack() as stack:
        crowd = []
        for _ in range(count):
            client = stack.enter_context(raw.connect(world.port, timeout=60))
            client.sendall(head + b" " * (size - 1))
            crowd.append(client)
        assert raw.wait_until(lambda: raw.bytes_on_their_way(world.port) == 0, seconds=60)
        yield crowd


def end_of(client):
    """The answer after the last byte."""
    client.sendall(b" ")
    return raw.parse(raw.read_all(client))


@pytest.mark.parametrize("request_line, size, status", [
    ("POST /v1/accounts", MIB, 401), ("POST /v1/accounts", MIB + 1, 401), ("POST /v1/nothing", MIB, 404), ("POST /v1/alliances", MIB, 405),
    ("GET /v1/alliances", MIB, 400), ("GET /v1/alliances", MIB + 1, 413), ("POST /oauth2/token", MIB, 400)])
def test_the_service_holds_no_body_for_whom_it_does_not_depend_on_it(make_world, request_line, size, status):
    world = make_world(**{"body-timeout-ms": 120000})
    sysadmin, before = world.client("sysadmin"), resident(world)
    with all_but_a_byte(world, 60, size, request_line) as crowd:
        assert resident(world) - before < 30 * MIB, resident(world) - before
        assert held(world) == 0
        assert sysadmin.post("/v1/accounts", {"name": "meanwhile", "kind": "machine"}).status == 201
        assert {end_of(client).status for client in crowd} == {status}


def test_bodies_of_whoever_shows_a_token_have_a_bound_together(make_world):
    size = 65536
    world = make_world(**{"body-limit": size, "body-timeout-ms": 120000})
    sysadmin, most = world.client("sysadmin"), 64 * size
    account = {"name": "bound", "kind": "machine"}

    def large():
        return sysadmin.post("/v1/accounts", json.dumps({**account, "name": "large"}) + " " * (size // 2))

    with all_but_a_byte(world, 90, size, "POST /v1/accounts", "Authorization: Bearer made-up") as crowd:
        assert most - size < held(world) <= most
        assert sysadmin.post("/v1/accounts", account).status == 201  # what is small finds room
        refusals = [large() for _ in range(3)]
        assert all(map(refused, refusals)), refusals
        assert world.value("select count(*) from account where name = 'large'") == "0"
        # whether it was held or not, the answer is what it would have been
        assert {end_of(client).status for client in crowd[:10] + crowd[-10:]} == {401}
        for client in crowd[10:30]:
            raw.reset(client)
        assert raw.wait_until(lambda: held(world) < most - 20 * size)
        assert large().status == 201
    assert raw.wait_until(lambda: held(world) == 0)


def test_one_network_holds_half_of_the_bodies(make_world):
    """Where connections are limited by network: whoever needs no more than a made-up token keeps large bodies from his own network alone."""
    size = 65536
    world = make_world(**{"body-limit": size, "body-timeout-ms": 120000, "max-connections-per-ip": 200})
    sysadmin, half = world.client("sysadmin"), 32 * size
    body = json.dumps({"name": "large", "kind": "machine"}) + " " * (size // 2)
    request = (f"POST /v1/accounts HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {sysadmin.token}\r\n"
               f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()

    def large(source):
        with socket.create_connection(("127.0.0.1", world.port), timeout=20, source_address=(source, 0)) as client:
            client.sendall(request)
            return raw.parse(raw.read_all(client)).status

    with all_but_a_byte(world, 60, size, "POST /v1/accounts", "Authorization: Bearer made-up") as crowd:
        assert half - size < held(world) <= half + 28 * 8192
        assert large("127.0.0.1") == 503
        assert sysadmin.post("/v1/accounts", {"name": "small", "kind": "machine"}).status == 201
        assert 201 in (large("127.0.0.9"), large("127.0.0.10"))  # one of many thousand networks shares its half with another
        for client in crowd:
            raw.reset(client)
        assert raw.wait_until(lambda: held(world) == 0)
        assert large("127.0.0.1") == 201


def test_what_a_body_took_is_given_back_when_it_comes_too_late(make_world):
    world = make_world(**{"body-timeout-ms": 3000})
    with all_but_a_byte(world, 5, MIB, "POST /v1/accounts", "Authorization: Bearer made-up") as crowd:
        assert held(world) > 0
        for client in crowd:
            assert raw.is_closed_within(client, 20) is not None
    assert raw.wait_until(lambda: held(world) == 0)


def test_files_come_in_numbers(make_world):
    world = make_world(**{"lock-timeout-ms": 30000, "statement-timeout-ms": 30000, "pool-wait-ms": 60000})
    made = journey.application(world, attachments=())

    def upload(n):
        return journey.attach(made.lead, made.id, "other", content=bytes([n]) * MIB)

    with concurrent.futures.ThreadPoolExecutor(40) as threads:
        files = list(threads.map(upload, range(40)))
    for n in (0, 39):
        got = made.officer.get(f"/v1/attachments/{files[n]}/content")
        assert hashlib.sha256(got.body).digest() == hashlib.sha256(bytes([n]) * MIB).digest()
    assert held(world) == 0


# ---- downloads ----

DOWNLOADS = 64


def test_downloads_are_counted_and_hold_little(make_world):
    world = make_world(**{"pool-wait-ms": 60000})
    made = journey.application(world, attachments=())
    path = f"/v1/attachments/{journey.attach(made.lead, made.id, 'other', content=os.urandom(2 * MIB), parts=2)}/content"
    others = [made.officer, made.lead]
    requests = [f"GET {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {one.token}\r\n\r\n".encode() for one in others]
    third = world.client("leader")
    assert third.get(path).status == 200
    before = resident(world)
    with contextlib.ExitStack() as stack:
        slow = []
        for number in range(DOWNLOADS):
            if number == DOWNLOADS // 2:  # one account has no more than half
                reply = made.officer.get(path)
                assert refused(reply), reply
            client = stack.enter_context(raw.connect(world.port, receive_buffer=4096, timeout=60))
            client.sendall(requests[number * 2 // DOWNLOADS])
            assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
            slow.append(client)
        # half of three times a part for each, which a result, its text and its bytes come to; ThreadSanitizer adds to what is held
        assert resident(world) - before < 96 * MIB, resident(world) - before
        reply = third.get(path)
        assert refused(reply), reply
        assert third.get(path.removesuffix("/content")).status == 200
        slow.pop().close()
        assert raw.wait_until(lambda: third.get(path).status == 200)
    for _ in range(DOWNLOADS + 1):  # of those who ask for the head alone, nothing stays
        assert raw.get(world.port, path, f"Authorization: Bearer {made.officer.token}", method="HEAD").status in (200, 503)
    assert raw.wait_until(lambda: made.officer.get(path).status == 200)


def test_a_download_outlasts_a_moment_without_a_connection(make_world):
    """Its slices are read one by one, each on a connection of the pool; those are all held by writes that wait for a table."""
    world = make_world(**{"pool-connections": 2, "pool-wait-ms": 1000, "lock-timeout-ms": 30000, "statement-timeout-ms": 30000})
    made, sysadmin = journey.application(world, attachments=()), world.client("sysadmin")
    content = os.urandom(MIB)
    path = f"/v1/attachments/{journey.attach(made.lead, made.id, 'other', content=content)}/content"
    with concurrent.futures.ThreadPoolExecutor() as threads, raw.connect(world.port, receive_buffer=4096, timeout=60) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {made.officer.token}\r\n\r\n".encode())
        begin = client.recv(1000)
        with Held(world, "lock table account in share mode"):
            writing = [threads.submit(sysadmin.post, "/v1/accounts", {"name": f"waits {n}", "kind": "machine"}) for n in range(2)]
            assert raw.wait_until(lambda: waiting(world) == 2)
            rest = threads.submit(raw.read_all, client)
            assert raw.wait_until(lambda: metric(world, "db_pool_waiting") == 1)
            for _ in range(2):  # whoever asks now is refused in the end, so that the download's wait is over before
                assert refused(made.officer.get("/v1/funding-records"))
        assert [one.result().status for one in writing] == [201, 201]
        assert raw.parse(begin + rest.result()).body == content
