"""The database itself refuses what the measures forbid, whatever the program does: raw SQL as the service's own role."""
import pytest
from support.cluster import SERVICE, DatabaseError

FORBIDDEN = "42501"  # insufficient privilege
APPEND_ONLY = "AL001"


def refused(world, text, *states, user=SERVICE):
    with pytest.raises(DatabaseError) as caught:
        world.sql(text, user)
    assert caught.value.sqlstate in states, caught.value
    return caught.value


def append_only(world):
    return [row[0] for row in world.sql("""
        select distinct c.relname from pg_class c join pg_trigger t on t.tgrelid = c.oid join pg_proc p on p.oid = t.tgfoid
        where p.proname = 'refuse_change' order by 1""")]


def test_history_journal_and_revisions_are_append_only(world):
    assert {"history", "journal_entry", "journal_line", "application_revision"} <= set(append_only(world))


@pytest.mark.parametrize("verb", ["update", "delete", "truncate"])
def test_the_service_role_cannot_change_them(world, verb):
    for table in append_only(world):
        column = world.value("select attname from pg_attribute where attrelid = '%s'::regclass and attnum > 0 "
                             "and attidentity = '' and attgenerated = '' order by attnum limit 1" % table)
        text = {"update": f"update {table} set {column} = {column}", "delete": f"delete from {table}",
                "truncate": f"truncate {table} cascade"}[verb]
        refused(world, text, FORBIDDEN)


def test_not_even_the_owner_changes_history(world):
    world.client("officer")
    world.sql("""insert into history (at, role, object_kind, action, request_id, operation)
                 values (clock_timestamp(), 'system', 'account', 'test', 'r', 'test')""", SERVICE)
    refused(world, "update history set reason = 'other'", APPEND_ONLY, user="alliance_owner")
    refused(world, "delete from history", APPEND_ONLY, user="alliance_owner")
    refused(world, "truncate history", APPEND_ONLY, user="alliance_owner")


def test_the_service_role_deletes_nothing_but_keys(world):
    deletable = world.sql("""select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p') and (has_table_privilege('alliance_service', c.oid, 'delete')
            or has_table_privilege('alliance_service', c.oid, 'truncate'))""")
    assert deletable == [("idempotency_key",)]


@pytest.mark.parametrize("table", ["lifecycle", "lifecycle_status", "schema_migration", "parameter", "policy_version", "policy_article",
                                   "calendar_day", "division", "industry_field"])
def test_the_service_role_cannot_change_what_the_law_fixes(world, table):
    for verb in ("insert", "update", "delete", "truncate"):
        assert world.value(f"select has_table_privilege('{SERVICE}', '{table}', '{verb}')") == "f"


EXPERT = """insert into expert (id, name, name_key, employer_credit_code, employer_name, title_rank, fields, kind, status, created_at, updated_at)
    values ('{id}', '专家甲', '专家甲', '12610500ABCDEFGH12', '某大学', 'senior', '{{}}', 'technical', '{status}', clock_timestamp(), clock_timestamp());"""
LINE = """insert into history (at, role, object_kind, object_id, machine, from_status, action, to_status, request_id, operation)
    values (clock_timestamp(), 'officer', 'expert', '{id}', 'EXP', '{old}', '{action}', '{new}', 'r', 'test');"""
ONE = "01900000-0000-7000-8000-000000000001"
TWO = "01900000-0000-7000-8000-000000000002"


def test_a_row_needs_its_history(world):
    refused(world, EXPERT.format(id=ONE, status="review"), "AL003")


def test_a_status_outside_the_lifecycle_is_refused(world):
    refused(world, EXPERT.format(id=ONE, status="famous"), "23503")


def test_a_history_line_outside_the_lifecycle_is_refused(world):
    refused(world, LINE.format(id=ONE, old="new", action="promote", new="active"), "23503")


def test_a_step_outside_the_lifecycle_or_without_history_is_refused(world):
    world.sql("begin;" + EXPERT.format(id=TWO, status="review") + LINE.format(id=TWO, old="new", action="register", new="review") + "commit;",
              SERVICE)
    refused(world, f"update expert set status = 'suspended' where id = '{TWO}'", "AL002")
    refused(world, f"update expert set status = 'rejected' where id = '{TWO}'", "AL003")
    # A line of an earlier transaction does not serve.
    world.sql(LINE.format(id=TWO, old="review", action="reject", new="rejected"), SERVICE)
    refused(world, f"update expert set status = 'rejected' where id = '{TWO}'", "AL003")
    world.sql("begin;" + LINE.format(id=TWO, old="review", action="reject", new="rejected")
              + f"update expert set status = 'rejected' where id = '{TWO}'; commit;", SERVICE)
    assert world.value(f"select status from expert where id = '{TWO}'") == "rejected"


def test_temporary_tables_deceive_no_guard(world):
    """Tables named like those that a guard reads stand before them in a session's search path, not in the guard's."""
    three = "01900000-0000-7000-8000-000000000003"
    world.sql("begin;" + EXPERT.format(id=three, status="review") + LINE.format(id=three, old="new", action="register", new="review")
              + "commit;", SERVICE)
    decoy = ("begin; create temporary table lifecycle (machine text, from_status text, to_status text) on commit drop;"
             "insert into lifecycle values ('EXP', 'review', 'suspended');"
             "create temporary table history (object_id uuid, machine text, from_status text, to_status text, transaction xid8) on commit drop;"
             f"insert into history values ('{three}', 'EXP', 'review', 'suspended', pg_current_xact_id()),"
             f"('{three}', 'EXP', 'review', 'rejected', pg_current_xact_id());")
    for status, state in (("suspended", "AL002"), ("rejected", "AL003")):
        refused(world, decoy + f"update expert set status = '{status}' where id = '{three}'; commit;", state)
        world.sql("rollback", SERVICE)
    assert world.value(f"select status from expert where id = '{three}'") == "review"


def test_every_guard_is_pinned_to_its_schema_and_to_its_tables(world):
    loose = world.sql("""select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = current_schema() and p.prorettype = 'trigger'::regtype
          and (p.proconfig is distinct from array['search_path=public, pg_temp'] or has_function_privilege('alliance_service', p.oid, 'execute'))""")
    assert loose == []


def test_the_service_role_makes_no_temporary_tables(world):
    world.cluster.migrate(world.database)
    assert world.value(f"select has_database_privilege('{SERVICE}', current_database(), 'temporary')") == "f"


def test_every_table_with_a_status_obeys_the_lifecycle(world):
    """Each has the foreign key and both triggers, so that no table can be forgotten."""
    rows = world.sql("""
        select c.relname,
            exists (select from pg_constraint k where k.conrelid = c.oid and k.confrelid = 'lifecycle_status'::regclass),
            exists (select from pg_trigger t join pg_proc p on p.oid = t.tgfoid where t.tgrelid = c.oid and p.proname = 'status_step'),
            exists (select from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                    where t.tgrelid = c.oid and p.proname = 'status_history' and t.tgdeferrable and t.tginitdeferred)
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'machine' and a.attgenerated = 's'
        where c.relkind = 'r' order by 1""")
    assert {row[0] for row in rows} == {"application", "endorsement", "panel", "sheet", "document", "alliance", "expert",
                                        "budget_line", "award", "payment"}
    assert all(row[1:] == ("t", "t", "t") for row in rows), rows


def test_the_lifecycle_in_the_database_is_the_programs(world):
    from pathlib import Path
    import re
    text = (Path(__file__).resolve().parents[2] / "service/policy/lifecycle.def").read_text(encoding="utf-8")
    rows = re.findall(r"^ROW\((\w+), (\w+), (\w+), ([\w|]+), (\w+), (\w+),", text, re.M)
    ours = {(machine, old, action, new, door.lower()) for machine, old, action, _, new, door in rows}
    assert set(world.sql("select machine, from_status, action, to_status, door from lifecycle")) == ours


def test_a_migrated_database_migrates_again_to_nothing(world):
    before = world.sql("select * from schema_migration order by version")
    world.cluster.migrate(world.database)
    assert world.sql("select * from schema_migration order by version") == before
    assert len(world.sql("select * from lifecycle")) > 50


def test_a_changed_migration_and_a_newer_schema_are_refused(world):
    world.sql("update schema_migration set sha256 = repeat('0', 64) where version = 2")
    with pytest.raises(RuntimeError, match="0002_reference was applied with other contents"):
        world.cluster.migrate(world.database)
    world.sql("update schema_migration set version = 9999 where version = 2")
    with pytest.raises(RuntimeError, match="newer"):
        world.cluster.migrate(world.database)
