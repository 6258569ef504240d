"""The pool while the database takes fewer connections than it wants: what there is serves, the instance is ready, and the rest is asked
for at its own pace, whoever asks meanwhile."""
import time
import uuid

import pytest
from support.client import Client
from support.raw import wait_until

LANES_OF_LOOP, SLOTS = 2, 3
HAD = LANES_OF_LOOP + 1  # those come first, then the pool's; the lane of the workers comes last
RETRY = 0.5  # RETRY_MAX_MS of service/db/pool.c

OURS = "from pg_stat_activity where datname = current_database() and application_name = 'allianced'"


def connections(world):
    return int(world.value(f"select count(*) {OURS}", user="postgres"))


def refusals(world):
    return world.cluster.log().count(f'too many connections for database "{world.database}"')


def limit(world, ours):
    """The service may have so many connections: those that there are beyond end."""
    others = int(world.value("select count(*) from pg_stat_activity where datname = current_database() and application_name <> 'allianced'",
                             user="postgres"))
    world.sql(f"alter database {world.database} connection limit {others + ours}; select pg_terminate_backend(pid) {OURS}", user="postgres")


def is_ready(world):
    return world.anonymous.get("/health/ready").status == 200


def bearer(world):
    """Whoever shows a token of ours is looked up by a worker, on the lane that is not there."""
    made = world.sysadmin.post(f"/v1/accounts/{world.officer.account_id}/credentials", {"kind": "oauth_client", "name": "bearer"})
    reply = world.anonymous.post("/oauth2/token", f"grant_type=client_credentials&client_id={made.json['client_id']}&client_secret={made.json['secret']}",
                                 content_type="application/x-www-form-urlencoded")
    return Client(world.base, world.recorder, reply.json["access_token"])


@pytest.fixture(scope="module")
def full(make_world):
    """A world whose database has no place for all of its connections, and has said so more than once."""
    world = make_world(pool_connections=SLOTS, public_cache_mib=0)
    world.officer, world.sysadmin = world.client("officer"), world.client("sysadmin")
    world.bearer = bearer(world)
    assert wait_until(lambda: connections(world) == LANES_OF_LOOP + SLOTS + 1)
    limit(world, HAD)
    assert wait_until(lambda: world.bearer.get("/v1/me").status == 200)
    assert wait_until(lambda: connections(world) == HAD and refusals(world) > 0, seconds=30)
    return world


def events(world):
    return [line.get("event") for line in world.log_lines()]


def test_a_full_database_leaves_an_instance_ready_that_has_connections(full):
    assert wait_until(lambda: is_ready(full))
    seen = refusals(full)
    while refusals(full) < seen + 4:
        assert is_ready(full)
        assert full.officer.get("/v1/me").status == 200
        assert full.sysadmin.post("/v1/accounts", {"name": "full", "kind": "machine"}, key=str(uuid.uuid4())).status == 201
    assert events(full).count("connection_missing") == 1
    assert events(full).count("database_unreachable") <= 1  # while none of its own was left


def test_it_is_not_asked_for_connections_more_often_because_somebody_reads(full):
    assert wait_until(lambda: refusals(full) > 4)  # from then on the pause does not grow
    start, before = time.monotonic(), refusals(full)
    for _ in range(40):
        assert full.bearer.get("/v1/me").status == 200
    assert refusals(full) - before <= (time.monotonic() - start) / RETRY + 2


def test_what_was_missing_is_there_soon_after_there_is_room(full):
    full.sql(f"alter database {full.database} connection limit -1", user="postgres")
    assert wait_until(lambda: connections(full) == LANES_OF_LOOP + SLOTS + 1, seconds=10)
    assert is_ready(full)
