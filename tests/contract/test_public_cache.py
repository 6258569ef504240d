"""What the public answers are made of tells when it changes: every table that their statements read has the triggers, whatever the
statement that writes, and what they tell is heard by the session itself and by those who listen."""
import concurrent.futures
import json
import pathlib
import re

import pytest
from support.cluster import OWNER
from support.held import waiting
from support.libpq import DatabaseError, Session
from support.raw import wait_until
from support.recognised import Recognised

ROOT = pathlib.Path(__file__).resolve().parents[2]
STATEMENTS = ("alliance_card", "alliance_status")
ROW, INSERT, DELETE, UPDATE, TRUNCATE = 1, 4, 8, 16, 32  # of pg_trigger.tgtype


def session(world, options="", user=OWNER):
    return Session(f"{world.cluster.url(world.database, user)} options='{options}'")


def text_of(name):
    return (ROOT / "sql/statements" / f"{name}.sql").read_text(encoding="utf-8").split("\n", 1)[1]


def explained(world, name):
    """The relations in the plan of a statement; whatever the plan, the relations are those that it reads."""
    text, found = text_of(name), set()
    for number, value in enumerate(("null", "'WNLM-2026-0001'", "'2026-11-15'"), 1):
        text = text.replace(f"${number}", value)

    def walk(node):
        if isinstance(node, dict):
            if "Relation Name" in node:
                found.add(node["Relation Name"])
            node = list(node.values())
        if isinstance(node, list):
            for part in node:
                walk(part)

    walk(json.loads(world.value(f"explain (verbose, format json) {text}")))
    return found


def columns(name):
    """table -> the columns that the statement names; every column is named with the alias of its table."""
    text = re.sub(r'"[^"]*"|\'[^\']*\'', " ", text_of(name))
    tables = {alias: table for table, alias in re.findall(r"\b(?:from|join) (\w+) (\w+)", text)}
    found = {table: set() for table in tables.values()}
    for alias, column in re.findall(r"\b(\w+)\.(\w+)", text):
        if alias in tables:
            found[tables[alias]].add(column)
        else:
            assert alias == "t", alias  # the subselect of the last term
    return found


def triggers(world, table):
    """(type, old rows seen, new rows seen, definition)"""
    rows = world.sql(f"select tgtype, tgoldtable, tgnewtable, pg_get_triggerdef(oid) from pg_trigger where tgrelid = '{table}'::regclass "
                     "and tgname like 'public_card%' and tgenabled = 'O'")
    return [(int(kind), bool(old), bool(new), text) for kind, old, new, text in rows]


def sees_all_rows(found):
    """Statement triggers that see what was there before and what came: or that need not see anything, for all is told."""
    return {(INSERT, False, True), (UPDATE, False, True), (UPDATE, True, False), (DELETE, True, False)} <= found \
        or (INSERT + UPDATE + DELETE, False, False) in found


def guarded(text):
    """The columns whose change fires a trigger for each row."""
    when = re.search(r"WHEN \(\((.*)\)\) EXECUTE", text).group(1)
    parts = [re.fullmatch(r"\(?\(?old\.(\w+) IS DISTINCT FROM new\.(\w+)\)?\)?", part) for part in when.split(" OR ")]
    assert all(part and part.group(1) == part.group(2) for part in parts), text
    return {part.group(1) for part in parts}


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_column_of_a_public_answer_tells_when_it_changes(world, name):
    named = columns(name)
    assert explained(world, name) == set(named)
    assert {"alliance", "recognition_term", "document"} <= set(named)
    for table, read in named.items():
        assert read, table
        found = triggers(world, table)
        kinds = {one[:3] for one in found}
        assert (TRUNCATE, False, False) in kinds, table
        if sees_all_rows(kinds):
            continue
        # a row to which alliances hold a key: it comes before them, it cannot go; only its columns may change
        assert world.value(f"select count(*) from pg_constraint where conrelid = 'alliance'::regclass and confrelid = '{table}'::regclass "
                           "and contype = 'f' and confdeltype = 'a'") != "0", table
        [text] = [one[3] for one in found if one[0] == ROW + UPDATE]
        assert read <= guarded(text), (table, read - guarded(text))


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_public_answer_depends_on_nothing_that_does_not_tell(world, name):
    """No function that could read other tables, no clock, nothing of the caller."""
    text = (ROOT / "sql/statements" / f"{name}.sql").read_text(encoding="utf-8")
    assert max(map(int, re.findall(r"\$(\d+)", text))) == 3  # id, number, legal day
    own = {row[0] for row in world.sql("select proname from pg_proc where pronamespace = 'public'::regnamespace")}
    for function in set(re.findall(r"\b([a-z_]+)\(", text)) & own:
        assert world.value(f"select provolatile from pg_proc where proname = '{function}'") == "i", function
    views = {row[0] for row in world.sql("select viewname from pg_views where schemaname = 'public'")}
    assert not set(re.findall(r"\b[a-z_]+\b", text)) & views


@pytest.fixture(scope="module")
def alliance(world):
    return Recognised(world)


def test_the_public_card_is_what_the_full_one_says_to_a_stranger(world, alliance):
    """Two statements, so that the public one cannot give more; nor may it give less."""
    cards = []
    for name in ("alliance_card", "alliance_get"):
        text = text_of(name)
        for number, value in enumerate((f"'{alliance.alliance_id}'", "null", "'2026-11-15'", "null", "'1'"), 1):
            text = text.replace(f"${number}", value)
        cards.append(json.loads(world.value(f"select json_strip_nulls(row_to_json(q)) from ({text.rstrip().rstrip(';')}) q")))
    assert cards[0] == cards[1] and cards[0]["name"] == alliance.name


OWN = "{a.alliance_id} {a.number}"
CHANGES = {
    "alliance": ("update alliance set name = name || '改' where id = '{a.alliance_id}'", OWN),
    "alliance_member": ("update alliance_member set name = name || '改' where alliance_id = '{a.alliance_id}'", OWN),
    "a member more": ("insert into alliance_member (alliance_id, position, credit_code, name, type, joined_on) values "
                      "('{a.alliance_id}', 2, '{a.lead_code}', '成员', 'enterprise', '2026-11-02')", OWN),
    "a member less": ("delete from alliance_member where alliance_id = '{a.alliance_id}' and position = 2", OWN),
    "recognition_term": ("update recognition_term set due_on = due_on - 1 where alliance_id = '{a.alliance_id}'", OWN),
    "organisation": ("update organisation set name = name || '改' where id = '{a.lead_id}'", OWN),
    "recommender": ("update recommender set name = name || '改' where id = '{a.recommender_id}'", "*"),
    "industry_field": ("update industry_field set name = name || '改' where code = '{a.field}'", "*"),
    "division": ("update division set name = name || '改' where code = '{a.county}'", "*"),
}


@pytest.mark.parametrize("table", CHANGES)
def test_a_change_is_told_to_the_session_and_to_those_who_listen(world, alliance, table):
    change, names = (text.format(a=alliance) for text in CHANGES[table])
    listener, writer = session(world), session(world, "-c alliance.tell=on")
    try:
        listener.run("listen alliance_public")
        writer.run("begin; " + change)
        assert set(writer.notices()) == {("ALC00", names)}
        assert listener.notifications() == []
        writer.run("commit")
        assert listener.notifications() == [("alliance_public", names)]
    finally:
        listener.close()
        writer.close()


@pytest.mark.parametrize("change", [
    "update alliance set updated_at = updated_at + interval '1 second' where not is_public",
    "update organisation set legal_representative = '李示例', version = version + 1 where id = '{a.lead_id}'",
    "update organisation set name = name || '改' where id = '{a.host_id}'",
    "update document set updated_at = updated_at + interval '1 second'",
    "update account set name = name",
])
def test_what_is_in_no_public_answer_tells_nothing(world, alliance, change):
    writer = session(world, "-c alliance.tell=on")
    try:
        writer.run(change.format(a=alliance))
        assert writer.notices() == []
    finally:
        writer.close()


def test_who_does_not_ask_is_not_told(world, alliance):
    writer = session(world)
    try:
        writer.run(f"update alliance set name = name || '改' where id = '{alliance.alliance_id}'")
        assert writer.notices() == []
    finally:
        writer.close()


def test_a_change_of_very_many_is_told_in_one_word(world):
    like = Recognised(world)
    world.sql("begin; set local session_replication_role = replica; "
              "insert into alliance (id, number, name, name_key, industry_field, division_code, lead_organisation_id, host_organisation_id, "
              "recommender_id, recognised_on, recognition_document_id, application_id, status, created_at, updated_at) "
              "select gen_random_uuid(), 'WNLM-2025-' || lpad(n::text, 4, '0'), name, name_key, industry_field, division_code, "
              "lead_organisation_id, host_organisation_id, recommender_id, recognised_on, recognition_document_id, application_id, status, "
              f"created_at, updated_at from alliance, generate_series(1, 65) n where id = '{like.alliance_id}'; commit", user="postgres")
    writer = session(world, "-c alliance.tell=on")
    try:
        writer.run("update alliance set updated_at = updated_at + interval '1 second' where number like 'WNLM-2025-%' and number < 'WNLM-2025-0065'")
        assert len(writer.notices()[0][1].split()) == 2 * 64
        writer.run("update alliance set updated_at = updated_at + interval '1 second'")
        assert set(writer.notices()) == {("ALC00", "*")}
    finally:
        writer.close()


PARTS = {  # of an answer, by themselves
    "alliance_member": "update alliance_member set name = name || '改' where alliance_id = '{a.alliance_id}'",
    "recognition_term": "update recognition_term set due_on = due_on - 1 where alliance_id = '{a.alliance_id}'",
    "organisation": "update organisation set name = name || '改' where id = '{a.lead_id}'",
    "document": "update document set document_no = '{a.document_no}', issued_on = '{a.recognised_on}', issued_by = drafted_by "
                "where id = '{a.document_id}'",
}
PUBLISH = "update alliance set status = 'recognised' where id = '{a.alliance_id}'"


def recognised(world, status):
    """With a document that is not issued yet."""
    alliance = Recognised(world, status=status)
    world.sql("begin; set local session_replication_role = replica; update document set status = 'draft', document_no = null, "
              f"issued_on = null, issued_by = null where id = '{alliance.document_id}'; commit", user="postgres")
    return alliance


@pytest.mark.parametrize("table", PARTS)
def test_what_is_not_public_cannot_become_so_while_a_part_of_it_changes(world, table):
    """So it need not be told of: whoever reads it once it is public reads it as it was changed."""
    forming = recognised(world, "forming")
    writer, other = session(world, "-c alliance.tell=on"), session(world, user="postgres")
    try:
        writer.run("begin; " + PARTS[table].format(a=forming))
        assert writer.notices() == []
        other.run("begin; set local session_replication_role = replica; set local lock_timeout = 1")
        with pytest.raises(DatabaseError) as refused:
            other.run(PUBLISH.format(a=forming))
        assert refused.value.sqlstate == "55P03"
    finally:
        writer.close()
        other.close()


@pytest.mark.parametrize("table", PARTS)
def test_what_becomes_public_before_a_part_of_it_changes_is_told_of(world, table):
    """The change has begun while the publication was not committed; it waits for that, and sees it."""
    forming = recognised(world, "forming")
    publisher, writer = session(world, user="postgres"), session(world, "-c alliance.tell=on")
    try:
        publisher.run("begin; set local session_replication_role = replica; " + PUBLISH.format(a=forming))
        with concurrent.futures.ThreadPoolExecutor() as threads:
            change = threads.submit(writer.run, PARTS[table].format(a=forming))
            assert wait_until(lambda: waiting(world) == 1)
            publisher.run("commit")
            change.result()
        assert set(writer.notices()) == {("ALC00", OWN.format(a=forming))}
    finally:
        publisher.close()
        writer.close()


def test_nobody_can_come_to_bear_a_number_while_it_is_given(world):
    bearer, other = recognised(world, "recognised"), Recognised(world)
    writer, pointer = session(world, "-c alliance.tell=on"), session(world)
    try:
        writer.run("begin; " + PARTS["document"].format(a=bearer))
        assert set(writer.notices()) == {("ALC00", OWN.format(a=bearer))}
        pointer.run("begin; set local lock_timeout = 1")
        with pytest.raises(DatabaseError) as refused:
            pointer.run(f"update alliance set recognition_document_id = '{bearer.document_id}' where id = '{other.alliance_id}'")
        assert refused.value.sqlstate == "55P03"
    finally:
        writer.close()
        pointer.close()
