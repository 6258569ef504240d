"""Requests that a proxy and the service might read differently, and header fields that stand twice."""
import json

import pytest

from support import raw

BODY = b'{"now":"2026-11-15T09:00:00+08:00"}'
HEAD = b"PUT /v1/test-clock HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"


def put(world, *lines, body=BODY):
    token = world.client("sysadmin").token.encode()
    return raw.send(world.port, HEAD + b"Authorization: Bearer " + token + b"\r\n" + b"".join(
        line + b"\r\n" for line in lines) + b"\r\n" + body)


def test_the_plain_form_is_taken(world):
    answer = put(world, b"Content-Length: %d" % len(BODY))
    assert answer.status == 200
    answer = put(world, b"Transfer-Encoding: chunked", body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY))
    assert answer.status == 200


@pytest.mark.parametrize("lines, body", [
    ([b"Content-Length: 35", b"Transfer-Encoding: chunked"], b"23\r\n" + BODY + b"\r\n0\r\n\r\n"),
    ([b"Content-Length: 35", b"Content-Length: 35"], BODY),
    ([b"Content-Length: 35", b"content-length: 10"], BODY),
    ([b"Content-Length: 35", b"Content-Length: 36"], BODY),
    ([b"Content-Length : 35"], BODY),
    ([b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"], b"23\r\n" + BODY + b"\r\n0\r\n\r\n"),
    ([b"Content-Length: 35", b"Host: other"], BODY),
    ([b"Content-Length: 35", b"host: other"], BODY),
])
def test_what_could_be_read_in_two_ways_is_refused_and_the_connection_closed(world, lines, body):
    answer = put(world, *lines, body=body)
    assert answer.status == 400
    assert answer.header("connection") == "close"
    # what comes behind such a request is not taken for another one
    assert b"HTTP/1.1 200" not in answer.rest


def test_a_body_of_unknown_coding_is_never_run(world):
    """The library takes it to last until the client closes: then there is nobody left to answer."""
    with pytest.raises(AssertionError, match="no answer"):
        put(world, b"Transfer-Encoding: gzip, chunked", body=b"23\r\n" + BODY + b"\r\n0\r\n\r\n")


def test_a_request_hidden_in_the_body_is_not_answered(world):
    hidden = b"GET /v1 HTTP/1.1\r\nHost: test\r\n\r\n"
    answer = put(world, b"Content-Length: %d" % (5 + len(hidden)), b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + hidden)
    assert answer.status == 400
    assert b"HTTP/1.1" not in answer.rest


@pytest.mark.parametrize("lines", [
    [b"Authorization: Bearer a", b"Authorization: Bearer b"],
    [b"Authorization: Bearer a", b"authorization: Bearer a"],
    [b"Authorization: Bearer a, Bearer b"],
    [b"If-Match: \"1\"", b"If-Match: \"2\""],
    [b"Idempotency-Key: 12345678", b"idempotency-key: 12345679"],
    [b"Content-Type: application/json", b"Content-Type: text/plain"],
])
def test_a_field_of_one_value_stands_once(world, lines):
    answer = raw.send(world.port, b"GET /v1 HTTP/1.1\r\nHost: test\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n")
    assert answer.status == 400


def test_compressed_bodies_are_not_read(world):
    answer = put(world, b"Content-Length: %d" % len(BODY), b"Content-Encoding: gzip")
    assert answer.status == 415


def test_requests_that_the_library_itself_refuses_do_no_harm(world):
    for data in (b"\x00" * 100 + b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\n\r\n",
                 b"GET /v1 HTTP/1.1\r\nHost: test\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(3000)) + b"\r\n",
                 b"GET /v1 HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
        client = raw.connect(world.port, timeout=30)
        with client:
            try:
                client.sendall(data)
                client.shutdown(1)
                raw.read_all(client)
            except OSError:
                pass
    assert raw.get(world.port, "/health/live").status == 200


def form(world, body):
    return raw.send(world.port, b"POST /oauth2/token HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(body) + body)


def test_a_form_is_small_and_few_faults_are_told(world):
    """Anybody may send one: a megabyte of pairs must cost no more than it tells."""
    for large in (b"a&" * 500000 + b"a", b"a=" + b"b" * 8191):
        answer = form(world, large)
        assert answer.status == 400 and b"at most 8192 bytes" in answer.body
    many = form(world, b"&".join(b"a%d" % n for n in range(33)))
    assert (many.status, len(many.body) < 1000) == (400, True)
    assert form(world, b"&".join(b"a%d" % n for n in range(32))).status == 400


def test_a_query_has_no_more_pairs_than_anybody_needs(world):
    assert raw.get(world.port, "/v1/alliances?" + "&".join(["a"] * 33)).status == 400
    answer = raw.get(world.port, "/v1/alliances?" + "&".join(["a"] * 32))
    assert answer.status == 400 and len(json.loads(answer.body)["errors"]) == 32
    # a list parameter stops at its bound, too
    answer = raw.get(world.port, "/v1/alliances?status=" + ",".join(["x"] * 900))
    assert answer.status == 400 and len(json.loads(answer.body)["errors"]) <= 100


def test_one_address_gets_so_many_connections(make_world):
    world = make_world(max_connections_per_ip=6)
    held = [raw.connect(world.port) for _ in range(12)]
    answers = []
    for one in held:  # those beyond are closed at once
        try:
            one.sendall(b"GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n")
            answers.append(one.recv(12))
        except ConnectionError:
            answers.append(b"")
    for one in held:
        one.close()
    assert set(answers) == {b"HTTP/1.1 200", b""} and answers.count(b"") >= 6, answers


def test_a_target_that_is_too_long_is_414(world):
    assert raw.get(world.port, "/v1/alliances?q=" + "a" * 2100).status == 414
    assert raw.get(world.port, "/v1/alliances?nonsense=" + "a" * 1900).status == 400


@pytest.mark.parametrize("kind", [
    "text/plain", "text/plain;application/json", "application/json; charset=utf-16", "application/merge-patch+json", "json",
    "application/json/x", "multipart/form-data", "multipart/form-data; boundary=", "application/x-www-form-urlencoded",
])
def test_another_media_type_is_not_read(world, kind):
    answer = put(world, b"Content-Length: %d" % len(BODY), b"X-Note: " + kind.encode())
    assert answer.status == 200
    client = world.client("sysadmin")
    reply = client.put("/v1/test-clock", BODY.decode(), etag=None, content_type=kind)
    assert (reply.status, reply.code) == (415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON", "application/json; charset=UTF-8", 'application/json;charset="utf-8"'])
def test_the_media_type_is_read_as_the_standard_says(world, kind):
    assert world.client("sysadmin").put("/v1/test-clock", BODY.decode(), etag=None, content_type=kind).status == 200


@pytest.mark.parametrize("body", [
    '{"now":"2026-11-15T09:00:00+08:00","now":"2026-11-15T09:00:00+08:00"}',
    '{"now":"2026-11-15T09:00:00+08:00","n\\u006fw":"2026-11-15T09:00:00+08:00"}',
    '{"now":"2026-11-15T09:00:00+08:00"} x', '{"now":"\\u0000"}', "{", "", "[" * 20000, "\ufeff{}", '{"now":"a\nb"}', '"now"', "nul",
])
def test_what_is_no_json_is_400(world, body):
    reply = world.client("sysadmin").put("/v1/test-clock", body, etag=None, content_type="application/json")
    assert reply.status == 400


def test_bytes_that_are_no_utf8_are_400(world):
    reply = world.client("sysadmin").put("/v1/test-clock", b'{"now":"\xff\xfe"}', etag=None, content_type="application/json")
    assert (reply.status, reply.code) == (400, "malformed_json")


def test_who_is_asked_before_what(world):
    """401 comes before any 400 of the body."""
    reply = world.anonymous.put("/v1/test-clock", {"nonsense": 1}, etag=None)
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="alliance"'
    reply = world.client("officer").put("/v1/test-clock", {"nonsense": 1}, etag=None)
    assert reply.status == 400, "400 comes before 403"
    reply = world.client("officer").put("/v1/test-clock", {"now": "2026-11-15T09:00:00+08:00"}, etag=None)
    assert reply.status == 403
