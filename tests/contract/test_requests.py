"""What the one wrapper gives every operation: one transaction with history, dry runs that keep nothing, repeats after a
serialization failure, time limits, and pages whose cursors cannot be made up."""
import concurrent.futures
import itertools

import pytest
from support import forms
from support.held import Held

FLAKY = """create sequence flaky;
    grant usage on sequence flaky to alliance_service;
    create function flaky() returns trigger language plpgsql as $$ begin
        if nextval('flaky') <= {failures} then raise exception 'flaky' using errcode = '{state}'; end if;
        return new; end $$;
    create trigger flaky before insert on account for each row when (new.name like 'flaky%') execute function flaky();"""


def account(name):
    return {"name": name, "kind": "person"}


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_transaction_is_repeated_as_a_whole(fresh_world, state):
    fresh_world.sql(FLAKY.format(failures=3, state=state))
    reply = fresh_world.client("sysadmin").post("/v1/accounts", account("flaky"))
    assert reply.status == 201, reply
    assert fresh_world.value("select count(*) from account where name = 'flaky'") == "1"
    assert fresh_world.value(f"select count(*) from history where object_id = '{reply.id}'") == "1"


def test_after_four_attempts_the_caller_is_told_to_come_back(fresh_world):
    fresh_world.sql(FLAKY.format(failures=4, state="40001"))
    sysadmin = fresh_world.client("sysadmin")
    reply = sysadmin.post("/v1/accounts", account("flaky"))
    assert (reply.status, reply.code) == (503, "overloaded") and "Retry-After" in reply.headers
    assert sysadmin.post("/v1/accounts", account("flaky")).status == 201


def test_a_slow_statement_and_a_held_lock_have_their_answers(make_world):
    world = make_world(statement_timeout_ms=700, lock_timeout_ms=300)
    world.sql("""create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(60); return new; end';
        create trigger slow before insert on account for each row when (new.name = 'slow') execute function slow();""")
    sysadmin = world.client("sysadmin")
    reply = sysadmin.post("/v1/accounts", account("slow"), timeout=30)
    assert (reply.status, reply.code) == (503, "overloaded") and "Retry-After" in reply.headers
    made = sysadmin.post("/v1/accounts", account("held"))
    path = "/v1/accounts/" + made.id
    etag = sysadmin.get(path).headers["ETag"]
    with Held(world, f"select 1 from account where id = '{made.id}' for update"):
        reply = sysadmin.patch(path, {"name": "renamed"}, etag=etag)
    assert (reply.status, reply.code) == (409, "locked") and "Retry-After" in reply.headers
    assert sysadmin.patch(path, {"name": "renamed"}, etag=etag).status == 200


@pytest.mark.concurrent
def test_a_full_pool_answers_503_and_reads_go_on(make_world):
    world = make_world(pool_connections=2, pool_wait_ms=200, lock_timeout_ms=60000, statement_timeout_ms=60000)
    world.sql("""create function slow() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock(77); return new; end';
        create trigger slow before insert on account for each row when (new.name = 'slow') execute function slow();""")
    sysadmin = world.client("sysadmin")
    with concurrent.futures.ThreadPoolExecutor(24) as threads:
        with Held(world, "select pg_advisory_xact_lock(77)"):
            writes = [threads.submit(sysadmin.post, "/v1/accounts", account("slow")) for _ in range(8)]
            # Two wait inside the database; the others are turned away while nothing moves.
            refused = [write.result() for write in itertools.islice(concurrent.futures.as_completed(writes), 6)]
            reads = [threads.submit(world.anonymous.get, "/v1/code-lists") for _ in range(50)]
            assert {read.result().status for read in reads} == {200}
        replies = [write.result() for write in writes]
    assert all((reply.status, reply.code) == (503, "overloaded") and "Retry-After" in reply.headers for reply in refused)
    assert sorted(reply.status for reply in replies) == [201] * 2 + [503] * 6


@pytest.mark.concurrent
def test_two_writers_with_one_etag(world):
    sysadmin = world.client("sysadmin")
    path = "/v1/accounts/" + sysadmin.post("/v1/accounts", account("two writers")).id
    etag = sysadmin.get(path).headers["ETag"]
    for round_ in range(10):
        etag = sysadmin.get(path).headers["ETag"]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            replies = list(pool.map(lambda n: sysadmin.patch(path, {"name": f"writer {n} {round_}"}, etag=etag), range(2)))
        assert sorted(reply.status for reply in replies) == [200, 412], replies


def test_the_order_of_refusals(world):
    sysadmin = world.client("sysadmin")
    path = "/v1/accounts/" + sysadmin.post("/v1/accounts", account("order")).id
    etag = sysadmin.get(path).headers["ETag"]
    missing = "/v1/accounts/01900000-0000-7000-8000-00000000abcd"
    assert sysadmin.patch(missing, {"name": "x"}, etag=None).status == 404
    assert sysadmin.patch(path, {"name": "x"}, etag=None).status == 428
    assert sysadmin.patch(path, {"name": "once"}, etag=etag).status == 200
    assert sysadmin.patch(path, {"name": "twice"}, etag=etag).status == 412
    assert sysadmin.patch(path, {"nickname": "x"}, etag=None).status == 400


def test_one_act_leaves_one_line(world):
    sysadmin = world.client("sysadmin")
    made = sysadmin.post("/v1/accounts", account("one line"))
    etag = sysadmin.get("/v1/accounts/" + made.id).headers["ETag"]
    sysadmin.patch("/v1/accounts/" + made.id, {"name": "one more"}, etag=etag)
    lines = world.sql(f"select account_id, role, action, operation, machine from history where object_id = '{made.id}' order by seq")
    assert lines == [(sysadmin.account_id, "sysadmin", "create_account", "create_account", None),
                     (sysadmin.account_id, "sysadmin", "update_account", "update_account", None)]


def organisation(number):
    return {"credit_code": forms.credit_code("91610526", 70000 + number), "name": f"试算单位{number}有限公司(虚构)", "type": "enterprise",
            "division_code": "610526", "independent_legal_person": True, "legal_representative": "张示例", "is_fictitious": True}


def test_a_dry_run_keeps_nothing_and_needs_no_key(world):
    officer = world.client("officer")
    before = world.sql("select (select count(*) from organisation), (select count(*) from history), (select count(*) from idempotency_key)")
    reply = officer.post("/v1/organisations", organisation(1), dry_run=True)
    assert reply.status == 200 and reply.json["name"] == organisation(1)["name"]
    assert "Location" not in reply.headers and "ETag" not in reply.headers
    keyed = officer.post("/v1/organisations", organisation(1), dry_run=True, key="a-key-that-is-not-used")
    assert keyed.status == 200
    assert world.sql("select (select count(*) from organisation), (select count(*) from history), (select count(*) from idempotency_key)") == before
    made = officer.post("/v1/organisations", organisation(1), key="a-key-that-is-not-used")
    assert made.status == 201
    taken = officer.post("/v1/organisations", organisation(1), dry_run=True)
    assert (taken.status, taken.code) == (409, "conflict") and taken.pointers == ["#/credit_code"]


def test_a_dry_run_meets_what_is_checked_at_commit(fresh_world):
    fresh_world.sql("""create function no() returns trigger language plpgsql as
            $$ begin raise exception 'no' using errcode = 'AL003'; end $$;
        create constraint trigger no after insert on organisation deferrable initially deferred for each row execute function no();""")
    officer = fresh_world.client("officer")
    assert officer.post("/v1/organisations", organisation(2), dry_run=True).status == 500
    assert officer.post("/v1/organisations", organisation(2)).status == 500
    assert fresh_world.value("select count(*) from history where operation = 'create_organisation'") == "0"


# Pages

@pytest.fixture(scope="module")
def many(world):
    world.sql("""insert into account (id, name, kind, created_at, updated_at)
        select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'page ' || n, 'person', clock_timestamp(), clock_timestamp()
        from generate_series(1, 230) n""")
    return world.client("sysadmin")


def test_pages_visit_everything_once(many, world):
    seen, path = [], "/v1/accounts?limit=40"
    while path:
        reply = many.get(path)
        assert reply.status == 200 and reply.json["page"]["limit"] == 40
        seen += [item["id"] for item in reply.json["items"]]
        path = reply.json["page"]["next"]
        assert path is None or path.startswith("/v1/accounts?limit=40&cursor=")
        assert (path is not None) == ('rel="next"' in reply.headers.get("Link", ""))
        if path:
            assert f"<{path}>" in reply.headers["Link"]
    assert len(seen) == len(set(seen)) == int(world.value("select count(*) from account"))


def test_a_limit_is_coerced_to_200(many):
    reply = many.get("/v1/accounts?limit=5000")
    assert reply.json["page"]["limit"] == 200 and len(reply.json["items"]) == 200
    assert many.get("/v1/accounts?limit=0").status == 400


def test_a_cursor_belongs_to_its_query_and_cannot_be_made_up(many):
    cursor = many.get("/v1/accounts?limit=40").json["page"]["next"].split("cursor=")[1]
    assert many.get(f"/v1/accounts?limit=40&cursor={cursor}").status == 200
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for wrong in (changed, cursor[:20], "AAAA", "%00", "A" * 999):
        assert many.get(f"/v1/accounts?limit=40&cursor={wrong}").status == 400, wrong
    other = many.get(f"/v1/organisations?limit=40&cursor={cursor}")
    assert (other.status, other.code) in ((400, "cursor_mismatch"), (403, "forbidden"))
