"""A commit is acknowledged only when the server confirmed it. What remains in doubt is answered 503 with Retry-After, and the
same Idempotency-Key settles it: exactly one effect, whatever happened."""
import concurrent.futures
import time
import uuid

import pytest
from support.held import Held
from support.raw import wait_until
from support.relay import Relay


@pytest.fixture(scope="module")
def relayed(session):
    """A world whose service reaches PostgreSQL through a relay."""
    world = session.world({"pool_connections": 4, "pool_wait_ms": 2000})
    relay = Relay(session.directory / "relay", world.cluster.socket, only="account_insert")
    world.relay = relay
    plain_flags = world.flags
    world.flags = lambda: [word.replace(world.cluster.socket, relay.directory) for word in plain_flags()]
    world.start()
    world.sysadmin = world.client("sysadmin")
    yield world
    world.close()
    relay.close()


def account(name):
    return {"name": name, "kind": "person"}


def count(world, name):
    return int(world.value(f"select count(*) from account where name = '{name}'"))


@pytest.mark.parametrize("trouble,kept", [("lost", 1), ("rolled_back", 0), ("warned", 1)])
def test_an_unknown_outcome_is_never_a_success_and_the_key_settles_it(relayed, trouble, kept):
    name, key = f"unknown {trouble}", str(uuid.uuid4())
    relayed.relay.trouble = trouble
    reply = relayed.sysadmin.post("/v1/accounts", account(name), key=key)
    assert (reply.status, reply.code) == (503, "outcome_unknown"), reply
    assert int(reply.headers["Retry-After"]) >= 1
    assert count(relayed, name) == kept
    settled = relayed.sysadmin.post("/v1/accounts", account(name), key=key)
    assert settled.status == 201, settled
    again = relayed.sysadmin.post("/v1/accounts", account(name), key=key)
    assert (again.status, again.body) == (201, settled.body)
    assert count(relayed, name) == 1
    assert relayed.value(f"select count(*) from history where object_id = '{settled.id}'") == "1"


def test_a_connection_that_ends_before_the_commit_is_sent_leaves_nothing(relayed):
    relayed.relay.trouble = "unsent"
    name, key = "unsent", str(uuid.uuid4())
    reply = relayed.sysadmin.post("/v1/accounts", account(name), key=key)
    # From outside nobody can tell whether a COMMIT arrived.
    assert (reply.status, reply.code) == (503, "outcome_unknown"), reply
    assert count(relayed, name) == 0
    assert relayed.sysadmin.post("/v1/accounts", account(name), key=key).status == 201
    assert count(relayed, name) == 1


def test_many_unknown_outcomes_each_end_in_one_effect(relayed):
    troubles = ["lost", "rolled_back", "warned", "unsent"] * 10
    for n, trouble in enumerate(troubles):
        name, key = f"many {n}", str(uuid.uuid4())
        relayed.relay.trouble = trouble
        assert relayed.sysadmin.post("/v1/accounts", account(name), key=key).code == "outcome_unknown"
        # "overloaded" while the lost connections are being replaced: nothing was begun, the key is free
        assert wait_until(lambda: relayed.sysadmin.post("/v1/accounts", account(name), key=key).status == 201, seconds=30)
        assert count(relayed, name) == 1


def test_reads_survive_a_lost_connection(relayed):
    """Every connection is cut; the next reads are answered as if nothing had been."""
    for _ in range(5):
        relayed.cluster.sql(relayed.database, "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                            f"where datname = '{relayed.database}' and pid <> pg_backend_pid()", user="postgres")
        deadline = time.monotonic() + 5
        while (reply := relayed.sysadmin.get("/v1/accounts")).status != 200:
            assert reply.status == 503 and time.monotonic() < deadline, reply
        assert reply.status == 200


def test_a_backend_that_dies_while_the_commit_checks_is_an_unknown_outcome(relayed):
    """The server itself ends the connection inside COMMIT: a deferred trigger terminates its own backend."""
    relayed.cluster.sql(relayed.database, """
        create function die() returns trigger language plpgsql security definer as
            'begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); return null; end';
        create constraint trigger zz_die after insert on account deferrable initially deferred
            for each row when (new.name = 'dies') execute function die();""", user="postgres")
    key = str(uuid.uuid4())
    reply = relayed.sysadmin.post("/v1/accounts", account("dies"), key=key)
    assert (reply.status, reply.code) == (503, "outcome_unknown"), reply
    assert count(relayed, "dies") == 0
    relayed.cluster.sql(relayed.database, "drop trigger zz_die on account", user="postgres")
    assert relayed.sysadmin.post("/v1/accounts", account("dies"), key=key).status == 201
    assert count(relayed, "dies") == 1


@pytest.mark.concurrent
def test_one_key_sent_many_times_at_once_has_one_effect(world):
    sysadmin, key = world.client("sysadmin"), str(uuid.uuid4())
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        replies = list(pool.map(lambda _: sysadmin.post("/v1/accounts", account("storm"), key=key), range(64)))
    good = [reply for reply in replies if reply.status == 201]
    # The twins wait for the first, or are told to come back: nothing else is possible.
    assert good and {reply.body for reply in good} == {good[0].body}
    assert all(reply.status == 201 or (reply.status in (409, 503) and "Retry-After" in reply.headers) for reply in replies)
    assert world.value("select count(*) from account where name = 'storm'") == "1"


def test_a_key_belongs_to_one_payload_one_account_and_one_path(world):
    one, other, key = world.client("sysadmin"), world.client("sysadmin"), str(uuid.uuid4())
    first = one.post("/v1/accounts", account("mine"), key=key)
    assert first.status == 201
    reused = one.post("/v1/accounts", account("not mine"), key=key)
    assert (reused.status, reused.code) == (422, "idempotency_key_reused")
    assert other.post("/v1/accounts", account("mine"), key=key).id != first.id


def test_a_refusal_is_not_kept_under_the_key(world):
    sysadmin, key = world.client("sysadmin"), str(uuid.uuid4())
    assert sysadmin.post("/v1/accounts", {"name": "x", "kind": "nothing"}, key=key).status == 400
    assert sysadmin.post("/v1/accounts", account("after a refusal"), key=key).status == 201


def test_a_twin_that_is_still_at_work_answers_409(world):
    """Another transaction holds the key: the twin waits as long as the lock time-out, then is told to come back."""
    sysadmin, key = world.client("sysadmin"), str(uuid.uuid4())
    with Held(world, f"""insert into idempotency_key (account_id, method, path, key, body_sha256)
            values ('{sysadmin.account_id}', 'POST', '/v1/accounts', '{key}', repeat('0', 64))"""):
        reply = sysadmin.post("/v1/accounts", account("twin"), key=key)
    assert (reply.status, reply.code) == (409, "locked"), reply
    assert int(reply.headers["Retry-After"]) >= 1
    assert sysadmin.post("/v1/accounts", account("twin"), key=key).status == 201
