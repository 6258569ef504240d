"""What breaks a naive service on this HTTP library, tried on the running one."""
import concurrent.futures
import json
import signal
import socket
import threading
import time

import pytest

from support import raw


def is_alive(world):
    return world.process.poll() is None and raw.get(world.port, "/health/live").status == 200


def test_a_path_of_format_directives_with_a_reset_is_only_logged(make_world):
    """The library logs the decoded path when it cannot send; its own logger would use it as a format string."""
    world = make_world(**{"log-level": "debug"})
    faults = "&".join("x%d" % number for number in range(90))  # an answer that takes its time
    request = f"GET /problems/%25n%25s%25n%25s%25n%25s?{faults} HTTP/1.1\r\nHost: test\r\n\r\n".encode()

    def failed():
        return [line for line in world.log_lines() if line.get("event") == "http_library" and "%n%s" in line["line"]]

    for attempt in range(2000):
        client = raw.connect(world.port)
        client.sendall(request)
        time.sleep(attempt % 25 / 5000)  # the reset must come while the answer is being made: sooner or later one does
        raw.reset(client)
        if attempt % 50 == 49 and failed():
            break
    assert raw.wait_until(failed), "the attack did not reach the library's log"
    assert is_alive(world)


def limit_of(world):
    return int(world.settings.get("body-limit", 1048576))


def put_clock(client, body):
    return client.put("/v1/test-clock", body, etag=None, content_type="application/json")


def test_a_body_over_the_limit_is_refused_and_never_cut(world):
    client = world.client("sysadmin")
    body = json.dumps({"now": "2026-11-15T09:00:00+08:00"})
    exact = body + " " * (limit_of(world) - len(body))
    assert put_clock(client, exact).status == 200
    for surplus in ("x", "garbage" * 1000, " "):
        reply = put_clock(client, exact + surplus)
        assert (reply.status, reply.code) == (413, "body_too_large")


VALUES, CONTAINERS = 75000, 20000


@pytest.mark.parametrize("body, status", [
    ("[" + ",".join(["{}"] * (CONTAINERS - 1)) + "]", 400), ("[" + ",".join(["{}"] * CONTAINERS) + "]", 413), ("[" * (CONTAINERS + 1), 413),
    ("[" + ",".join(["0"] * (VALUES - 1)) + "]", 400), ("[" + ",".join(["0"] * VALUES) + "]", 413),
    ('{"name": "' + r'\",{[' * VALUES + '"}', 400), ("[" + "{}," * 349524 + "1]", 413), ("[" + "0," * 524280 + "1]", 413)])
def test_a_body_of_too_many_values_is_refused_before_any_is_made(world, body, status):
    reply = world.client("sysadmin").post("/v1/accounts", body)
    assert (reply.status, reply.code == "body_too_large") == (status, status == 413)


def test_a_chunked_body_over_the_limit_is_refused_too(world):
    client = world.client("sysadmin")
    with raw.connect(world.port) as stream:
        stream.sendall(b"PUT /v1/test-clock HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer "
                       + client.token.encode() + b"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(48):
            stream.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
        stream.sendall(b"0\r\n\r\n")
        assert raw.parse(raw.read_all(stream)).status == 413


def test_a_query_does_not_reach_a_path_parameter(world):
    reply = world.anonymous.get("/problems/not_found?code=conflict")
    assert reply.status == 400
    assert [error["code"] for error in reply.json["errors"]] == ["unknown_parameter"]
    assert world.anonymous.get("/problems/not_found").json["code"] == "not_found"


@pytest.mark.parametrize("target, status", [
    ("/problems/not%5Ffound", 200),          # an escape of a plain character is that character
    ("/%70roblems/not_found", 200),          # in a literal segment too
    ("/problems/not_found%00conflict", 400), # a zero byte ends nothing
    ("/problems/not%zzfound", 400),
    ("/problems/not_found%", 400),
    ("/problems/not_found%4", 400),
    ("/problems/%ff%fe", 400),               # no UTF-8
    ("/problems/%c0%ae", 400),               # an overlong form
    ("/problems/not_found%2Fx", 404),        # an escaped slash separates nothing and names nothing
    ("/problems/not+found", 400),            # a plus in a path is a plus
    ("/problems/not_found/", 404),
    ("//problems/not_found", 404),
    ("/problems//not_found", 404),
    ("/problems/./not_found", 404),
    ("/problems/x/../not_found", 404),
    ("/Problems/not_found", 404),
    ("/problems/not_found?a%00b=1", 400),
    ("/problems/not_found?a=%ff", 400),
    ("/problems/not_found?a=%zz", 400),
    ("/problems/not_found?&", 400),
    ("/problems/not_found?", 200),
    ("/problems/n\udcc3\udca9", 400),        # bytes beyond ASCII must be escaped
    ("http://elsewhere/problems/not_found", 200),
    ("/problems/not_found#part", 400),
])
def test_targets_are_decoded_strictly(world, target, status):
    answer = raw.get(world.port, target)
    assert answer.status == status
    if status != 200:
        assert answer.header("content-type") == "application/problem+json"


def test_a_parameter_that_stands_twice_is_refused(world):
    reply = world.anonymous.get("/v1/alliances?limit=1&limit=2")
    assert reply.status == 400
    assert [error["code"] for error in reply.json["errors"]] == ["duplicate_parameter"]


def test_all_faults_of_a_query_are_told_at_once(world):
    reply = world.anonymous.get("/v1/alliances?limit=zero&nonsense=1&more=2", headers={"Accept-Language": "en"})
    assert sorted(error["code"] for error in reply.json["errors"]) == ["type", "unknown_parameter", "unknown_parameter"]
    assert all("limit" in error["detail"] for error in reply.json["errors"])


def test_what_does_not_exist_is_a_problem_document(world):
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
        answer = raw.get(world.port, "/v1/nothing", method=method)
        assert answer.status == 404
        assert answer.header("content-type") == "application/problem+json"


def test_a_wrong_method_names_the_right_ones(world):
    for method in ("DELETE", "PATCH", "get", "FETCH", "TRACE"):
        answer = raw.get(world.port, "/v1", method=method)
        assert (answer.status, answer.header("allow")) == (405, "GET, HEAD, OPTIONS")
    answer = raw.get(world.port, "/v1/test-clock")
    assert (answer.status, answer.header("allow")) == (405, "PUT, OPTIONS")


def test_head_is_get_without_its_body(world):
    got, head = raw.get(world.port, "/v1"), raw.get(world.port, "/v1", method="HEAD")
    assert head.status == 200 and not head.rest and not head.body
    for name in ("etag", "content-type", "content-length", "cache-control"):
        assert head.header(name) == got.header(name)


def test_options_says_what_is_possible(world):
    answer = raw.get(world.port, "/v1", method="OPTIONS")
    assert (answer.status, answer.header("allow"), answer.body) == (204, "GET, HEAD, OPTIONS", b"")
    assert raw.get(world.port, "*", method="OPTIONS").status == 204
    assert raw.get(world.port, "/v1/nothing", method="OPTIONS").status == 404


def test_an_answer_in_flight_is_sent_when_the_service_is_told_to_stop(make_world):
    world = make_world()
    client = world.client("officer")
    process, port = world.process, world.port
    with concurrent.futures.ThreadPoolExecutor() as threads:
        lock = threads.submit(world.sql, "begin; lock table account in access exclusive mode; select pg_sleep(1.5); commit")
        waiting = "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 'account'::regclass"
        assert raw.wait_until(lambda: world.value(waiting) == "1")
        reply = threads.submit(raw.get, port, "/v1/me", f"Authorization: Bearer {client.token}")
        time.sleep(0.3)  # the request is on its way to the lock: nothing outside shows that moment
        process.send_signal(signal.SIGTERM)
        assert raw.wait_until(lambda: refuses(port), 5), "new connections are still taken"
        answer = reply.result()
        assert answer.status == 200 and isinstance(json.loads(answer.body), dict)
        lock.result()
    assert process.wait(timeout=20) == 0


def refuses(port):
    try:
        raw.connect(port).close()
    except ConnectionError:  # a reset when it was in the queue of the socket that is closed
        return True
    return False


def test_a_client_of_ipv6_is_logged_whole(make_world):
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 here")
    world = make_world(bind="::")
    assert raw.get(world.port, "/v1", host="::1").status == 200
    assert raw.wait_until(lambda: any(line.get("peer") == "::1" for line in world.log_lines()))
    assert raw.get(world.port, "/v1").status == 200
    assert raw.wait_until(lambda: any(line.get("peer") == "127.0.0.1" for line in world.log_lines()))


@pytest.fixture(scope="module")
def hasty(make_world):
    return make_world(header_timeout_ms=1000, body_timeout_ms=2500, idle_timeout_ms=1500, write_timeout_ms=3000)


def drip(client, byte, seconds=12):
    """A byte every tenth of a second until the other side has had enough; how long that took."""
    start = time.monotonic()
    try:
        while time.monotonic() - start < seconds:
            client.sendall(byte)
            time.sleep(0.1)
    except OSError:
        return time.monotonic() - start
    return None


def test_a_slow_head_is_cut(hasty):
    for start in (b"GET /v1?", b"GET /v1 HTTP/1.1\r\nHost: test\r\nX: "):
        with raw.connect(hasty.port) as client:
            client.sendall(start)
            took = drip(client, b"a")
            assert took is not None and 0.8 < took < 2.4


def test_a_slow_body_is_cut_later(hasty):
    with raw.connect(hasty.port) as client:
        client.sendall(b"PUT /v1/test-clock HTTP/1.1\r\nHost: test\r\nContent-Length: 5000\r\n\r\n")
        took = drip(client, b" ")
        assert took is not None and 1.5 < took < 5


def test_a_silent_connection_is_closed(hasty):
    with raw.connect(hasty.port) as client:
        assert raw.is_closed_within(client, 6) is not None
    with raw.connect(hasty.port) as client:
        client.sendall(b"GET /v1 HTTP/1.1\r\nHost: test\r\n\r\n")
        assert 0.8 < raw.is_closed_within(client, 6) < 4


def test_a_reader_that_does_not_read_is_cut(hasty):
    """The answers of many requests at once fill every buffer on the way; the writing thread must not wait for ever."""
    with raw.connect(hasty.port, receive_buffer=2048) as client:
        client.settimeout(0.5)
        try:
            for _ in range(2000):
                client.sendall(b"GET /v1/openapi.json HTTP/1.1\r\nHost: test\r\n\r\n" * 10)
        except OSError:
            pass
        assert raw.wait_until(lambda: raw.sockets_in_state(hasty.port, "01") == 0, 15)


def test_clients_that_leave_in_the_middle_leave_nothing_behind(hasty):
    clients = []
    for _ in range(40):
        client = raw.connect(hasty.port)
        client.sendall(b"PUT /v1/test-clock HTTP/1.1\r\nHost: test\r\nContent-Length: 5000\r\n\r\n{")
        clients.append(client)
    for client in clients:
        client.close()
    assert raw.wait_until(lambda: raw.sockets_in_state(hasty.port, "08") == 0, 10)
    metrics = raw.get(hasty.admin_port, "/metrics").body.decode()
    assert raw.wait_until(lambda: "http_requests_in_flight 0" in raw.get(hasty.admin_port, "/metrics").body.decode()), metrics


def test_many_idle_connections_do_not_keep_others_out(world):
    idle = [raw.connect(world.port) for _ in range(100)]
    try:
        start = time.monotonic()
        assert raw.get(world.port, "/health/live").status == 200
        assert time.monotonic() - start < 15
    finally:
        for client in idle:
            client.close()


@pytest.mark.concurrent
def test_a_hundred_clients_at_once_all_get_whole_answers(world):
    def ask(_):
        return raw.get(world.port, "/docs").status

    with concurrent.futures.ThreadPoolExecutor(32) as threads:
        assert set(threads.map(ask, range(100))) == {200}
    assert threading.active_count() < 100
