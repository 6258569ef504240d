"""The upgrade of the schema happens whole or not at all, and never stands in a queue for long before a service that is at work."""
import subprocess
import types

import pytest

from support.cluster import OWNER, ROOT, binary, environment
from support.held import Held

FILES = sorted(path.stem for path in (ROOT / "sql/migrations").glob("*.sql"))
PATIENCE = 120  # seconds; three waits of five are what it should take


def begin(cluster, database, *words):
    return subprocess.Popen([binary(), "migrate", "--database-owner-url", cluster.url(database, OWNER), *words], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())


def end(process):
    """(exit code, lines on stderr)"""
    try:
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, said.splitlines()


def migrate(cluster, database, *words):
    return end(begin(cluster, database, *words))


@pytest.fixture
def make_database(cluster):
    made = []

    def make(**options):
        made.append(cluster.create(**options))
        return made[-1]

    yield make
    for name in made:
        cluster.drop(name)


def objects(cluster, database):
    return cluster.sql(database, "select 'relation', relname from pg_class where relnamespace = 'public'::regnamespace union all "
                                 "select 'function', proname from pg_proc where pronamespace = 'public'::regnamespace order by 1, 2")


def test_a_file_that_fails_takes_all_before_it_with_it(cluster, make_database):
    database = make_database(template=None)
    cluster.sql(database, "create table bank_account ()")  # in the way of 0006_money
    code, said = migrate(cluster, database)
    assert code == 1 and len(said) == 1 and "migration 0006_money" in said[0] and "bank_account" in said[0]
    assert objects(cluster, database) == [("relation", "bank_account")]
    cluster.sql(database, "drop table bank_account")
    code, said = migrate(cluster, database)
    assert (code, said) == (0, [f"applied {name}" for name in FILES])


def test_rights_that_cannot_be_granted_take_everything_with_them(cluster, make_database):
    empty, old = make_database(template=None), make_database()
    loosen = "alter function status_step() reset search_path; update lifecycle set articles = 'none' where machine = 'APP'"
    look = "select proconfig is null, (select count(*) > 0 from lifecycle where articles = 'none') from pg_proc where proname = 'status_step'"
    cluster.sql(old, loosen)
    for database in (empty, old):
        code, said = migrate(cluster, database, "--service-role", "nobody_at_all")
        assert code == 1 and len(said) == 1 and "granting rights" in said[0] and "nobody_at_all" in said[0]
    assert objects(cluster, empty) == []
    assert cluster.sql(old, look) == [("t", "t")]
    assert migrate(cluster, old) == (0, [])
    assert cluster.sql(old, look) == [("f", "f")]


def test_what_others_hold_is_waited_for_some_seconds_and_then_it_is_to_be_tried_again(cluster, make_database):
    """A long transaction in the way of a file that is to come, and another migration that does not end."""
    written, alone = make_database(), make_database()
    cluster.sql(written, "drop index panel_status; delete from schema_migration where name = 'panel_status'")
    cluster.sql(alone, "alter function status_step() reset search_path")
    before = {database: objects(cluster, database) for database in (written, alone)}
    holds = {written: "lock table panel in row exclusive mode", alone: "select pg_advisory_lock(7305201562)"}
    worlds = {database: types.SimpleNamespace(cluster=cluster, database=database) for database in holds}
    with Held(worlds[written], holds[written]), Held(worlds[alone], holds[alone]):
        runs = {database: begin(cluster, database) for database in holds}
        ends = {database: end(process) for database, process in runs.items()}
    for database, what in ((written, "migration 0013_panel_status"), (alone, "waiting for another migration")):
        code, said = ends[database]
        assert code == 75 and len(said) == 1 and "run it again" in said[0] and what in said[0]
        assert objects(cluster, database) == before[database]
    assert cluster.sql(written, "select count(*) from schema_migration where name = 'panel_status'") == [("0",)]
    assert cluster.sql(alone, "select proconfig from pg_proc where proname = 'status_step'") == [(None,)]
    assert migrate(cluster, written) == (0, ["applied 0013_panel_status"])
    assert migrate(cluster, alone) == (0, [])


def test_migrations_at_once_come_one_after_the_other(cluster, make_database):
    database = make_database(template=None)
    runs = [begin(cluster, database) for _ in range(3)]
    ends = [end(process) for process in runs]
    assert {code for code, _ in ends} <= {0, 75} and 0 in {code for code, _ in ends}
    assert [line for code, said in ends for line in said if not code] == [f"applied {name}" for name in FILES]
