"""allianced seed at scale never touches what somebody has written, and leaves the schema as it found it."""
import subprocess

from support import cluster as clusters
from support.world import START

TRIGGERS = "select tgrelid::regclass::text, tgname, tgenabled from pg_trigger where not tgisinternal order by 1, 2"
INDEXES = "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index where indrelid::regclass::text !~ '^pg_' order by 1"
CONSTRAINTS = "select conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated from pg_constraint where conrelid <> 0 order by 1, 2"


def seed(cluster, directory, checked, loaded):
    return subprocess.run([clusters.binary(), "seed", "--alliances", "3", "--clock", "fixed:" + START, "--state-dir", directory / "state",
                           "--database-url", cluster.url(checked), "--database-owner-url", cluster.url(loaded, clusters.OWNER)],
                          capture_output=True, text=True, env=clusters.environment(), check=False, timeout=120)


def test_another_database_under_the_owners_url_is_not_emptied(session, tmp_path):
    cluster = session.cluster()
    empty, live = cluster.create(), cluster.create()
    cluster.sql(live, "insert into account (id, kind, name, created_at, updated_at) values (gen_random_uuid(), 'person', '张三', '2026-11-01', '2026-11-01')")
    done = seed(cluster, tmp_path, checked=empty, loaded=live)
    assert done.returncode == 1 and "account" in done.stderr and "not empty" in done.stderr, done.stderr
    assert cluster.sql(live, "select name from account") == [("张三",)]


def test_the_schema_is_what_it_was(session, tmp_path):
    cluster = session.cluster()
    database = cluster.create()
    before = [cluster.sql(database, query) for query in (TRIGGERS, INDEXES, CONSTRAINTS)]
    done = seed(cluster, tmp_path, checked=database, loaded=database)
    assert done.returncode == 0, done.stderr
    assert [cluster.sql(database, query) for query in (TRIGGERS, INDEXES, CONSTRAINTS)] == before
    assert "A" in [enabled for _, _, enabled in before[0]]
