"""Answers are compressed where the client asks for it and where it pays; the packed bytes have a tag of their own."""
import gzip
import http.client
import json

import pytest

from support.money import Desk

LARGE, SMALL = "/v1/measures", "/v1/alliances"
LIMIT = 1024  # below it an answer goes as it is in any case
SCRIPT = "".join(f"var line{n} = 'a text of the page';\n" for n in range(5000))


@pytest.fixture(scope="module")
def paid(make_world):
    """The desk of a world whose ledger has several records."""
    desk = Desk(make_world())
    award = desk.committed()
    for amount in ("10000.00", "20000.00", "30000.00"):
        desk.payment(award, amount)
    return desk


def fetch(world, path, coding=None, method="GET", sent=None, **headers):
    """Status, header fields and the bytes as they came."""
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=30)
    try:
        connection.request(method, path, sent, {**({"Accept-Encoding": coding} if coding else {}), **headers})
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


# What is above the limit and yet goes as it is

def test_a_problem_goes_as_it_is(world):
    wrong = "&".join(f"{name}=x" for name in ("limit", "status", "industry_class", "division_code", "recommender_id", "q", "recognised_on_gte",
                                              "recognised_on_lt", "mine", *(f"unknown{n}" for n in range(8))))
    status, headers, body = fetch(world, f"/v1/alliances?{wrong}", "gzip")
    assert (status, headers["Content-Encoding"]) == (400, None)
    assert len(json.loads(body)["errors"]) > 5 and len(body) > LIMIT


@pytest.mark.parametrize("form, begins", [("text/csv", b"\xef\xbb\xbf"), ("application/x-ndjson", b"{")])
def test_an_export_goes_as_it_is(paid, form, begins):
    status, headers, body = fetch(paid.world, "/v1/funding-records", "gzip", Accept=form, Authorization=f"Bearer {paid.auditor.token}")
    assert (status, headers["Content-Encoding"]) == (200, None)
    assert body.startswith(begins) and len(body) > LIMIT


def test_what_bears_a_secret_goes_as_it_is(world):
    """A compressor would tell by the length how much of the secret is like the rest of the answer."""
    admin = world.client("sysadmin")
    account = world.client("officer").account_id
    scopes = " ".join(["access:read"] * 80)  # 959 characters, so that the answer is above the limit
    made = json.dumps({"kind": "api_key", "name": "办公室电脑" * 20, "scopes": scopes}, ensure_ascii=False).encode()
    status, headers, body = fetch(world, f"/v1/accounts/{account}/credentials", "gzip", "POST", made, Authorization=f"Bearer {admin.token}",
                                  **{"Content-Type": "application/json"})
    assert (status, headers["Content-Encoding"], headers["Cache-Control"]) == (201, None, "no-store")
    assert json.loads(body)["secret"] and len(body) > LIMIT


# Long texts that never change: packed once, at start

@pytest.fixture(scope="module")
def documented(make_world, tmp_path_factory):
    directory = tmp_path_factory.mktemp("docs")
    directory.chmod(0o755)
    (directory / "scalar.js").write_text(SCRIPT, encoding="utf-8")
    return make_world(docs_dir=directory)


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/docs/scalar.js"])
def test_a_fixed_text_has_both_forms(documented, path):
    status, plain, text = fetch(documented, path)
    assert (status, plain["Content-Encoding"], int(plain["Content-Length"])) == (200, None, len(text))
    if path.endswith(".js"):
        assert text == SCRIPT.encode()
    status, packed, body = fetch(documented, path, "gzip")
    assert (status, packed["Content-Encoding"], int(packed["Content-Length"])) == (200, "gzip", len(body))
    assert gzip.decompress(body) == text and len(body) < len(text) / 4
    assert fetch(documented, path, "gzip")[2] == body
    assert plain["ETag"] != packed["ETag"]
    for headers, coding, other in ((plain, None, packed), (packed, "gzip", plain)):
        assert "Accept-Encoding" in headers["Vary"]
        assert fetch(documented, path, coding, **{"If-None-Match": headers["ETag"]})[0] == 304
        assert fetch(documented, path, coding, **{"If-None-Match": other["ETag"]})[0] == 200
        status, head, nothing = fetch(documented, path, coding, "HEAD")
        assert (status, nothing) == (200, b"")
        for name in ("Content-Encoding", "Content-Length", "ETag", "Content-Type"):
            assert head[name] == headers[name]
