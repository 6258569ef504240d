"""Answers are compressed where the client asks for it and where it pays; the packed bytes have a tag of their own."""
import gzip
import http.client

import pytest

LARGE, SMALL = "/v1/measures", "/v1/alliances"


def fetch(world, path, coding=None, method="GET", **headers):
    """Status, header fields and the bytes as they came."""
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=30)
    try:
        connection.request(method, path, headers={**({"Accept-Encoding": coding} if coding else {}), **headers})
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br, gzip;q=0.5", "*", "x-gzip", "deflate, gzip;q=1.0, *;q=0.1", "identity;q=0.5, gzip;q=0.5"])
def test_who_asks_for_gzip_gets_it(world, coding):
    plain, (status, headers, body) = fetch(world, LARGE), fetch(world, LARGE, coding)
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(body) == plain[2]
    assert len(body) == int(headers["Content-Length"]) < len(plain[2]) / 2
    assert headers["Content-Type"] == plain[1]["Content-Type"]


@pytest.mark.parametrize("coding", [None, "identity", "gzip;q=0", "br", "*;q=0", "identity, gzip;q=0.9", "gzip;q=nothing", "gzipped"])
def test_who_does_not_gets_the_bytes_as_they_are(world, coding):
    status, headers, body = fetch(world, LARGE, coding)
    assert (status, headers["Content-Encoding"]) == (200, None)
    assert body.startswith(b"{")


def test_whether_is_said_to_caches_either_way(world):
    for path in (LARGE, SMALL):
        for coding in (None, "gzip"):
            assert "Accept-Encoding" in fetch(world, path, coding)[1]["Vary"]


def test_a_small_answer_goes_as_it_is(world):
    _, headers, body = fetch(world, SMALL, "gzip")
    assert headers["Content-Encoding"] is None and len(body) < 1024


def test_head_says_what_get_would(world):
    _, get, body = fetch(world, LARGE, "gzip")
    status, head, nothing = fetch(world, LARGE, "gzip", method="HEAD")
    assert (status, nothing) == (200, b"")
    for name in ("Content-Encoding", "Content-Length", "ETag", "Content-Type", "Vary"):
        assert head[name] == get[name]
    assert int(head["Content-Length"]) == len(body)


def test_each_form_has_its_tag(world):
    plain, packed = fetch(world, LARGE)[1]["ETag"], fetch(world, LARGE, "gzip")[1]["ETag"]
    assert plain != packed
    for coding, tag in ((None, plain), ("gzip", packed)):
        assert fetch(world, LARGE, coding, **{"If-None-Match": tag})[0] == 304
    assert fetch(world, LARGE, "gzip", **{"If-None-Match": plain})[0] == 200


def test_either_tag_names_the_version_that_was_read(world):
    from support import journey
    made = journey.application(world, "draft")
    for coding in (None, "gzip"):
        status, headers, _ = fetch(world, made.path, coding, Authorization=f"Bearer {made.lead.token}")
        assert (status, headers["Content-Encoding"]) == (200, coding)
        assert made.lead.patch(made.path, {"name": f"渭南市示例压缩{coding}技术创新战略联盟"}, etag=headers["ETag"]).status == 200


def test_a_problem_and_an_export_go_as_they_are(world):
    assert fetch(world, "/v1/nothing", "gzip")[1]["Content-Encoding"] is None
    auditor = world.client("auditor")
    status, headers, body = fetch(world, "/v1/funding-records", "gzip", Accept="text/csv", Authorization=f"Bearer {auditor.token}")
    assert (status, headers["Content-Encoding"]) == (200, None) and body.startswith(b"\xef\xbb\xbf")
