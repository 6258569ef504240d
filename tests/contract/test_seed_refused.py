"""allianced seed at scale never touches what somebody has written, leaves the schema as it found it, and nothing at all of a load with a fault."""
import pathlib
import re
import subprocess

import pytest

from support import cluster as clusters
from support import seeded
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


def last_step(machine):
    return f"delete from history where seq = (select max(seq) from history where machine = '{machine}')"


BROKEN_WAY, WRONG_END = "a history that is no way through the lifecycle", "a status that its history does not end in"
PANEL, RESERVED = "a panel without what its status demands", "an award whose reservation is not that of its payments"
PAYMENT = "a payment without the hands or the entries of its status"
LINES, ONE_COMMIT, ONE_REVERSAL = "an entry with the wrong lines", *(f"(select id from journal_entry where type = '{one}' limit 1)" for one in ("COMMIT", "REVERSAL"))
OTHER_BUDGET = "(select id from budget_line b where b.id <> journal_line.budget_line_id limit 1)"
# (the check of verify.sql, what makes it speak, and it alone)
FAULTS = [
    (BROKEN_WAY, "delete from history where seq = (select min(seq) from history where machine = 'APP' and action = 'submit')"),
    (BROKEN_WAY, "delete from history where seq = (select min(seq) from history where machine = 'APP' and from_status = 'new')"),
    (BROKEN_WAY, "update history set at = '2015-05-19' where seq = (select max(seq) from history where machine = 'PAY' and action = 'book')"),
    *((WRONG_END, last_step(machine)) for machine in ("APP", "END", "PANEL", "SHEET", "DOC", "ALL", "EXP", "BUD", "AWD", "PAY")),
    (WRONG_END, "update application set status = 'withdrawn' where id = (select id from application where status = 'recognised' limit 1)"),
    (PANEL, "update panel set constituted_on = null where id = (select id from panel where status = 'scoring' limit 1)"),
    (PANEL, "update panel set due_on = null where id = (select id from panel where status = 'concluded' limit 1)"),
    (PANEL, "update panel set closed_at = null where id = (select id from panel where status = 'concluded' limit 1)"),
    (PANEL, "update panel set closed_at = created_at where id = (select id from panel where status = 'scoring' limit 1)"),
    (PANEL, "update panel set opinion = null where id = (select id from panel where status = 'concluded' limit 1)"),
    (PANEL, "update panel set concluded_on = null where id = (select id from panel where status = 'concluded' limit 1)"),
    ("an issued document without a number", "update document set document_no = null where id = (select id from document where status = 'issued' and type = 'recognition' limit 1)"),
    ("an agreement whose hash is not its revision's", "update alliance_agreement set snapshot_sha256 = repeat('0', 64) where application_id = (select application_id from alliance_agreement limit 1)"),
    (RESERVED, "update award set reserved = reserved - 1 where id = (select id from award where reserved > 0 limit 1)"),
    (PAYMENT, "update payment set confirmer_id = null where id = (select id from payment where status = 'confirmed' limit 1)"),
    (PAYMENT, "update payment set booker_id = null where id = (select id from payment where status = 'paid' limit 1)"),
    (PAYMENT, "update payment set reverser_id = maker_id where id = (select id from payment where status = 'paid' limit 1)"),
    (PAYMENT, "update journal_entry set payment_id = null where id = (select id from journal_entry where type = 'REVERSAL' limit 1)"),
    ("an entry that disburses another amount than its payment",
     "with one as (update payment set amount = amount + 1 where id = (select id from payment where status = 'paid' limit 1) returning award_id) "
     "update award set reserved = reserved + 1 where id = (select award_id from one)"),
    ("an entry whose payee is not its award's", "update journal_entry set payee_name = '他人' where id = (select id from journal_entry where type = 'COMMIT' limit 1)"),
    ("an entry without two lines that sum to zero", "update journal_line set amount = amount + 1 where (entry_id, position) = (select id, 1 from journal_entry where type = 'COMMIT' limit 1)"),
    ("an entry without two lines that sum to zero", "delete from journal_line where entry_id = (select id from journal_entry where type = 'COMMIT' limit 1)"),
    (LINES, f"update journal_line set account = 'SPENT' where account = 'COMMITTED' and entry_id = {ONE_COMMIT}"),
    (LINES, f"update journal_line set amount = -amount where entry_id = {ONE_COMMIT}"),
    (LINES, f"update journal_line set budget_line_id = {OTHER_BUDGET} where entry_id = {ONE_COMMIT}"),
    (LINES, f"update journal_line set budget_line_id = {OTHER_BUDGET} where entry_id = {ONE_REVERSAL}"),
    (LINES, f"update journal_line set account = 'SPENT' where account = 'ADVANCE' and entry_id = {ONE_REVERSAL}"),
    (LINES, f"update journal_entry set reverses_id = {ONE_COMMIT} where id = {ONE_REVERSAL}"),
    ("a budget entry that nobody approved", "update journal_entry set checker_id = (select account_id from account_grant where role = 'auditor' limit 1) where id = (select id from journal_entry where type = 'BUDGET' limit 1)"),
    ("a budget line whose cap is not what was booked", "update budget_line set cap = cap + 1 where id = (select id from budget_line where status = 'approved' limit 1)"),
]


@pytest.fixture(scope="module")
def loaded(session):
    name = session.cluster().create(seeded.template(session, "S")[0])
    yield name
    session.cluster().drop(name)


def found_after(session, database, change):
    """What verify.sql says after a change that nothing else could refuse, which is then taken back."""
    tables = set(re.findall(r"(?:update|delete from) (\w+)", change))
    checks = session.cluster().sql(database, "select conrelid::regclass::text, conname from pg_constraint where contype = 'c'")
    free = [f"alter table {table} disable trigger all" for table in tables] + [f"alter table {table} drop constraint {name}" for table, name in checks if table in tables]
    count = f"do $$ declare n bigint; begin {change}; get diagnostics n = row_count; assert n > 0, 'nothing was changed'; end $$" if change else "select"
    return [what for what, _ in session.cluster().sql(database, "; ".join(["begin", *free, count, text_of("sql/seed/verify.sql")]), user="postgres")]


@pytest.mark.parametrize("message, change", FAULTS)
def test_each_check_of_a_load_finds_its_fault(session, loaded, message, change):
    assert found_after(session, loaded, change) == [message]


def test_every_check_has_its_fault(session, loaded):
    said = {text.replace("''", "'") for text in re.findall(r"^    select '((?:[^']|'')+)'", text_of("sql/seed/verify.sql"), re.M)}
    assert {message for message, _ in FAULTS} == said
    assert found_after(session, loaded, "") == []


def test_a_fault_leaves_nothing_behind(session, tmp_path):
    """One that only the last look at everything can find: it is put in when the indexes come back."""
    cluster = session.cluster()
    database = cluster.create()
    schema = [cluster.sql(database, query) for query in (TRIGGERS, INDEXES, CONSTRAINTS)]
    cluster.sql(database, "create function spoil() returns event_trigger language plpgsql as $$ begin "
                          "update award set reserved = 0; end $$; "
                          "create event trigger spoil on ddl_command_end when tag in ('CREATE INDEX') execute function spoil()", user="postgres")
    done = seed(cluster, tmp_path, checked=database, loaded=database)
    assert done.returncode == 1 and RESERVED in done.stderr, done.stderr
    cluster.sql(database, "drop event trigger spoil; drop function spoil", user="postgres")
    assert [cluster.sql(database, query) for query in (TRIGGERS, INDEXES, CONSTRAINTS)] == schema
    tables = re.findall(r"'(\w+)'", re.search(r"unnest\(array\[(.*?)\]\)", text_of("sql/seed/before.sql"), re.S).group(1))
    assert len(tables) > 30 and [table for table in tables if cluster.sql(database, f"select exists (select from {table})") != [("f",)]] == []
    assert seed(cluster, tmp_path, checked=database, loaded=database).returncode == 0
