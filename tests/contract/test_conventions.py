"""What every answer has in common: header fields, conditional reads, languages, problem documents, health, metrics, pages."""
import json
import pathlib
import re

import pytest

from support import raw, spec

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMON = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
          "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


@pytest.mark.parametrize("path, status", [("/v1", 200), ("/v1/nothing", 404), ("/v1/accounts", 401), ("/v1/alliances?limit=0", 400)])
def test_every_answer_carries_the_common_fields(world, path, status):
    reply = world.anonymous.get(path)
    assert reply.status == status
    for name, value in COMMON.items():
        assert reply.headers[name] == value
    assert re.fullmatch("[0-9a-f]{32}", reply.headers["Request-Id"])
    assert reply.headers["traceparent"].split("-")[1] == reply.headers["Request-Id"]
    assert reply.headers["API-Version"] == spec.load()["info"]["version"]
    assert {"Accept", "Accept-Language", "Authorization"} <= set(re.split(", *", reply.headers["Vary"]))


def test_a_trace_is_carried_on_into_reply_problem_and_log(world):
    trace = "0af7651916cd43dd8448eb211c80319c"
    reply = world.anonymous.get("/v1/nothing", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert reply.headers["Request-Id"] == trace and reply.json["trace_id"] == trace
    assert raw.wait_until(lambda: any(line.get("request_id") == trace for line in world.log_lines()))
    other = world.anonymous.get("/v1/nothing", headers={"traceparent": "00-nonsense"})
    assert other.headers["Request-Id"] != trace


def test_an_unchanged_read_is_304(world):
    reply = world.anonymous.get("/v1/alliances")
    tag = reply.headers["ETag"]
    assert re.fullmatch(r'"\d+\.[0-9a-f]{16}(-gzip)?"', tag)
    for sent in (tag, "W/" + tag, f'"0.x", {tag}', "*"):
        again = world.anonymous.get("/v1/alliances", headers={"If-None-Match": sent})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert world.anonymous.get("/v1/alliances", headers={"If-None-Match": '"0.00000000"'}).status == 200


def test_what_may_be_kept_depends_on_who_asks(world):
    assert world.anonymous.get("/v1/alliances").headers["Cache-Control"] == "public, no-cache"
    assert world.client("officer").get("/v1/alliances").headers["Cache-Control"] == "private, no-cache"
    assert world.anonymous.get("/v1/nothing").headers["Cache-Control"] == "no-store"


def test_problems_speak_the_language_asked_for(world):
    chinese = world.anonymous.get("/v1/nothing")
    english = world.anonymous.get("/v1/nothing", headers={"Accept-Language": "en-GB, zh;q=0.5"})
    assert (chinese.headers["Content-Language"], english.headers["Content-Language"]) == ("zh-CN", "en")
    assert (chinese.json["title"], english.json["title"]) == ("未找到", "Not found")
    assert chinese.json["code"] == english.json["code"] == "not_found"
    assert chinese.json["type"] == english.json["type"]


def test_a_problem_leads_to_its_page(world):
    reply = world.anonymous.get("/v1/nothing")
    assert reply.json["type"] == f"{world.base}/problems/not_found"
    assert reply.json["instance"] == "/v1/nothing"
    page = world.anonymous.get("/problems/not_found")
    assert page.json["status"] == 404 and page.json["remedy_zh"] and page.json["remedy_en"]
    html = world.anonymous.get("/problems/not_found", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert html.headers["Content-Type"] == "text/html; charset=utf-8" and "未找到" in html.text


def test_every_problem_has_a_page(world):
    text = (ROOT / "service/base/problem.def").read_text(encoding="utf-8")
    codes = re.findall(r"^PROBLEM\((\w+), (\d{3}),", text, re.M)
    assert len(codes) > 15
    for code, status in codes:
        page = world.anonymous.get(f"/problems/{code}")
        assert (page.status, page.json["status"]) == (200, int(status))
    assert world.anonymous.get("/problems/no_such_problem").status == 404


def test_a_bad_token_is_401_everywhere_but_where_nobody_is_asked(world):
    bad = {"Authorization": "Bearer wna_test_nonsense"}
    for path in ("/v1/me", "/v1/alliances"):
        reply = world.anonymous.get(path, headers=bad)
        assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, 'Bearer realm="alliance", error="invalid_token"')
    assert world.anonymous.get("/health/live", headers=bad).status == 200


NOWHERE = "/v1/applications/01890000-0000-7000-8000-000000000000"


def error_codes(reply):
    return [error["code"] for error in (reply.json or {}).get("errors", [])]


def test_nobody_gets_in_without_a_token_but_where_everybody_may(world):
    for _, template, method, operation, _ in spec.operations():
        if {} in operation["security"] or "x-www-form" in str(operation.get("requestBody")):
            continue
        path = re.sub(r"\{[^}]*\}", "01890000-0000-7000-8000-000000000000", template)
        reply = world.anonymous.request(method.upper(), path, "{" if method in ("post", "put", "patch") else None, key=None, etag=None)
        assert (reply.status, reply.code) == (401, "unauthenticated"), operation["operationId"]


def test_a_key_is_asked_for_where_a_repeat_would_harm(world):
    officer = world.client("officer")
    path, act = NOWHERE + "/transitions", {"action": "accept"}
    assert officer.post(path, act, key=None, etag='"1.x"').code == "idempotency_key_missing"
    for key in ("short", '"short"', "a" * 129, "with space", '"unfinished'):
        reply = officer.post(path, act, key=key, etag='"1.x"')
        assert (reply.status, error_codes(reply)) == (400, ["idempotency_key"])
    for key in ("12345678", '"12345678"', "a" * 128):
        assert officer.post(path, act, key=key, etag='"1.x"').status == 404
    assert officer.post(path, act, key=None, etag='"1.x"', dry_run=True).status == 404


def test_if_match_is_one_tag_that_was_read(world):
    officer = world.client("officer")
    for tag in ("*", "1.x", '"1.x", "2.y"'):
        reply = officer.post(NOWHERE + "/transitions", {"action": "accept"}, etag=tag)
        assert (reply.status, error_codes(reply)) == (400, ["if_match"])
    for tag in ('W/"1.x"', '"foreign"', '"1"'):
        assert officer.post(NOWHERE + "/transitions", {"action": "accept"}, etag=tag).status == 404


def test_a_patch_is_a_merge_patch(world):
    officer = world.client("officer")
    for kind in ("application/json", "application/json-patch+json", "text/plain"):
        reply = officer.patch(NOWHERE, "{}", etag='"1.x"', content_type=kind)
        assert (reply.status, reply.headers["Accept-Patch"]) == (415, "application/merge-patch+json")
    assert raw.get(world.port, NOWHERE, method="OPTIONS").header("accept-patch") == "application/merge-patch+json"


def test_all_faults_of_a_request_come_at_once(world):
    officer = world.client("officer")
    reply = officer.post(NOWHERE + "/transitions?nonsense=1", {"act": "accept", "comment": 7}, etag="*")
    assert reply.status == 400
    assert {"unknown_parameter", "if_match", "required", "unknown_member", "type"} <= set(error_codes(reply))
    assert {"#/action", "#/act", "#/comment"} <= {error.get("pointer") for error in reply.json["errors"]}


def test_a_filter_without_a_value_is_refused(world):
    """Where anything may stand, nothing may not: it would be a filter that nothing meets."""
    officer, asked = world.client("officer"), []
    for _, template, method, operation, _ in spec.operations():
        for parameter in map(spec.resolve, operation.get("parameters", [])):
            schema = spec.resolve(parameter["schema"])
            if (method, parameter["in"], schema["type"]) != ("get", "query", "string") or "{" in template or parameter["name"] == "cursor":
                continue
            asked.append(parameter["name"])
            reply = officer.get(f"{template}?{parameter['name']}=")
            assert (reply.status, reply.code) == (400, "invalid_request"), (template, asked[-1], reply)
            assert all(parameter["name"] in error["detail"] for error in reply.json["errors"])
    assert {"q", "industry_field", "alliance"} <= set(asked)


def test_strict_handling_refuses_unknown_preferences(world):
    assert world.anonymous.get("/v1", headers={"Prefer": "wait=5"}).status == 200
    reply = world.anonymous.get("/v1", headers={"Prefer": "handling=strict, wait=5"})
    assert [error["code"] for error in reply.json["errors"]] == ["unknown_preference"]


def test_minimal_replies_have_no_body(world):
    client = world.client("sysadmin")
    now = {"now": "2026-11-15T09:00:00+08:00"}
    reply = client.put("/v1/test-clock", now, etag=None, headers={"Prefer": "return=minimal"})
    assert (reply.status, reply.body, reply.headers["Preference-Applied"]) == (204, b"", "return=minimal")
    reply = client.put("/v1/test-clock", now, etag=None, headers={"Prefer": "return=representation"})
    assert (reply.status, reply.headers["Preference-Applied"]) == (200, "return=representation")


def test_health_says_whether_to_send_requests(world):
    live, ready = world.anonymous.get("/health/live"), world.anonymous.get("/health/ready")
    assert live.json == {"status": "pass"} and live.headers["Content-Type"] == "application/health+json"
    assert ready.status == 200 and ready.json["checks"]["postgresql:connection"][0]["status"] == "pass"


def test_the_description_is_served_to_every_origin(world):
    reply = world.anonymous.get("/v1/openapi.json")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert set(reply.json["paths"]) == set(spec.load()["paths"])
    assert "Access-Control-Allow-Origin" not in world.anonymous.get("/v1").headers


def test_the_index_leads_to_what_exists(world):
    links = world.anonymous.get("/v1").json["links"]
    assert links["alliances"] == "/v1/alliances"
    for path in links.values():
        assert raw.get(world.port, path, method="OPTIONS").status == 204


def test_the_page_needs_nothing_from_elsewhere(world):
    page = world.anonymous.get("/docs")
    assert page.status == 200 and page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "https://" not in page.text and "http://" not in page.text and "<script>" not in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "/v1/alliances" in page.text or "/docs/scalar.js" in page.text
    assert world.anonymous.get("/").text == page.text
    start = world.anonymous.get("/docs/init.js")
    assert start.headers["Content-Type"].startswith("text/javascript") and "withDefaultFonts:false" in start.text
    assert world.anonymous.get("/favicon.ico").status == 204


def test_scalar_is_served_when_it_is_installed(make_world, tmp_path):
    (tmp_path / "scalar.js").write_text("/* Scalar */", encoding="utf-8")
    world = make_world(docs_dir=str(tmp_path))
    assert '<script src="/docs/scalar.js">' in world.anonymous.get("/docs").text
    assert world.anonymous.get("/docs/scalar.js").text == "/* Scalar */"


def metrics(world):
    answer = raw.get(world.admin_port, "/metrics")
    assert answer.status == 200
    return answer.body.decode()


def test_metrics_count_by_route_and_never_by_path(world):
    world.anonymous.get("/problems/conflict")
    world.anonymous.get("/v1/accounts")
    world.anonymous.get("/v1/a-path-nobody-knows")
    assert raw.wait_until(lambda: 'route="/problems/{code}",status="200"' in metrics(world))
    assert raw.wait_until(lambda: 'http_requests_total{method="GET",route="none",status="404"}' in metrics(world))
    text = metrics(world)
    assert "a-path-nobody-knows" not in text and "/problems/conflict" not in text
    assert re.search(r'^auth_failures_total\{reason="missing"\} [1-9]', text, re.M)
    assert re.search(r'^http_request_duration_seconds_bucket\{method="GET",route="/problems/\{code\}",le="\+Inf"\} [1-9]', text, re.M)
    assert re.search(r'^alliance_build_info\{version="[0-9.]+",commit="[\w.]+"\} 1$', text, re.M)
    assert re.search(r'^db_pool_connections\{state="idle"\} \d+$', text, re.M)
    assert "http_requests_in_flight 0" in text
    for line in text.splitlines():
        assert line.startswith("#") or re.fullmatch(r'[a-z_]+(\{([a-z]+="[^"\n]*",?)+\})? [0-9.e+-]+', line), line


def test_the_admin_listener_knows_nothing_else(world):
    assert raw.get(world.admin_port, "/v1").status == 404
    assert raw.get(world.port, "/metrics").status == 404


def test_the_log_has_one_line_a_request_and_no_query(world):
    reply = world.anonymous.get("/v1/alliances?q=SECRETNAME")
    trace = reply.headers["Request-Id"]
    assert raw.wait_until(lambda: any(line.get("request_id") == trace for line in world.log_lines()))
    lines = [line for line in world.log_lines() if line.get("request_id") == trace]
    assert len(lines) == 1 and lines[0]["path"] == "/v1/alliances" and lines[0]["operation"] == "list_alliances"
    assert "SECRETNAME" not in world.log()
    assert json.dumps(lines[0])


def test_a_busy_port_is_one_clear_line(world):
    done = world.run("serve", "--port", str(world.port), "--admin-port", "0", check=False)
    assert done.returncode != 0
    assert "in use" in done.stderr and "Traceback" not in done.stderr
