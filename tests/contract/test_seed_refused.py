"""allianced seed at scale never touches what somebody has written, and leaves the schema as it found it."""
import pathlib
import re
import subprocess

from support import cluster as clusters
from support.process import environment
from support.world import START

TRIGGERS = "select tgrelid::regclass::text, tgname, tgenabled from pg_trigger where not tgisinternal order by 1, 2"
INDEXES = "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index where indrelid::regclass::text !~ '^pg_' order by 1"
CONSTRAINTS = "select conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated from pg_constraint where conrelid <> 0 order by 1, 2"

ROOT = pathlib.Path(__file__).resolve().parents[2]


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def test_the_tables_that_are_emptied_are_those_that_are_loaded():
    """By SEED_TABLES, without what a migration fills as well, and by what is made of the entries at the end: no more, no less."""
    listed = re.search(r"unnest\(array\[(.*?)\]\)", text_of("sql/seed/before.sql"), re.S).group(1)
    columns = set(re.findall(r"^\tTABLE\((\w+), ", text_of("service/seed_world.h"), re.M))
    kept = set(re.findall(r"i == TABLE_(\w+)", re.search(r"bool kept = (.*?);", text_of("service/seed.c"), re.S).group(1)))
    made = {name for name in re.findall(r"insert into (\w+)", text_of("sql/seed/after.sql")) if not name.startswith("seed_")}
    assert kept == {"recommender", "recommender_field", "seed_entry"} and made == {"journal_entry", "journal_line", "balance"}
    assert set(re.findall(r"'(\w+)'", listed)) == (columns - kept) | made


def seed(cluster, directory, checked, loaded):
    return subprocess.run([clusters.binary(), "seed", "--alliances", "3", "--clock", "fixed:" + START, "--state-dir", directory / "state",
                           "--database-url", cluster.url(checked), "--database-owner-url", cluster.url(loaded, clusters.OWNER)],
                          capture_output=True, text=True, env=environment(), check=False, timeout=120)


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
