"""What the public answers are made of tells when it changes: every table that their statements read has the triggers, whatever the
statement that writes, and what they tell is heard by the session itself and by those who listen."""
import json
import pathlib
import re

import pytest
from support.cluster import OWNER
from support.libpq import Session
from support.recognised import Recognised

ROOT = pathlib.Path(__file__).resolve().parents[2]
STATEMENTS = ("alliance_card", "alliance_status")
# pg_trigger.tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate; whether it sees the old rows, the new ones
KINDS = {(4, False, True), (16, False, True), (16, True, False), (8, True, False), (32, False, False)}


def session(world, options=""):
    return Session(f"{world.cluster.url(world.database, OWNER)} options='{options}'")


def explained(world, name):
    """The relations in the plan of a statement; whatever the plan, the relations are those that it reads."""
    text = (ROOT / "sql/statements" / f"{name}.sql").read_text(encoding="utf-8").split("\n", 1)[1]
    for number, value in enumerate(("null", "'WNLM-2026-0001'", "'2026-11-15'"), 1):
        text = text.replace(f"${number}", value)
    found = set()

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


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_table_of_a_public_answer_tells_of_every_change(world, name):
    tables = explained(world, name)
    assert "alliance" in tables and "recognition_term" in tables and "document" in tables
    for table in tables:
        rows = world.sql(f"select tgtype, tgenabled, coalesce(tgoldtable::text, ''), coalesce(tgnewtable::text, '') from pg_trigger "
                         f"where tgrelid = '{table}'::regclass and tgname like 'public_card%'")
        kinds = {(int(kind), bool(old), bool(new)) for kind, enabled, old, new in rows if enabled == "O"}
        assert kinds == KINDS, table  # the old rows of an update, too: a row that leaves an alliance changes it as well


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


CHANGES = {
    "alliance": "update alliance set name = name || '改' where id = '{a.alliance_id}'",
    "alliance_member": "update alliance_member set name = name || '改' where alliance_id = '{a.alliance_id}'",
    "a member more": "insert into alliance_member (alliance_id, position, credit_code, name, type, joined_on) values "
                     "('{a.alliance_id}', 2, '{a.lead_code}', '成员', 'enterprise', '2026-11-02')",
    "a member less": "delete from alliance_member where alliance_id = '{a.alliance_id}' and position = 2",
    "recognition_term": "update recognition_term set due_on = due_on - 1 where alliance_id = '{a.alliance_id}'",
    "organisation": "update organisation set name = name || '改' where id = '{a.lead_id}'",
    "recommender": "update recommender set name = name || '改' where id = '{a.recommender_id}'",
    "industry_field": "update industry_field set name = name || '改' where code = '{a.field}'",
    "division": "update division set name = name || '改' where code = '{a.county}'",
    "document": "update document set updated_at = updated_at + interval '1 second' where id = '{a.document_id}'",
}


@pytest.mark.parametrize("table", CHANGES)
def test_a_change_is_told_to_the_session_and_to_those_who_listen(world, alliance, table):
    listener = session(world)
    writer = session(world, "-c alliance.tell=on")
    try:
        listener.run("listen alliance_public")
        writer.run("begin; " + CHANGES[table].format(a=alliance))
        names = f"{alliance.alliance_id} {alliance.number}"
        assert set(writer.notices()) == {("ALC00", names)}
        assert listener.notifications() == []
        writer.run("commit")
        assert listener.notifications() == [("alliance_public", names)]
    finally:
        listener.close()
        writer.close()


@pytest.mark.parametrize("change", [
    "update alliance set status = status, updated_at = updated_at + interval '1 second' where not is_public",
    "update organisation set legal_representative = '李示例' where id = '{a.host_id}'",
    "update document set title = title where id <> '{a.document_id}'",
    "update account set name = name",
])
def test_what_is_in_no_public_answer_tells_nothing(world, alliance, change):
    writer = session(world, "-c alliance.tell=on")
    try:
        writer.run(change.format(a=alliance))
        assert writer.notices() == []
    finally:
        writer.close()


def test_a_change_of_very_many_is_told_in_one_word(world):
    for _ in range(66):
        Recognised(world)
    writer = session(world, "-c alliance.tell=on")
    try:
        writer.run("update alliance set updated_at = updated_at + interval '1 second'")
        assert set(writer.notices()) == {("ALC00", "*")}
    finally:
        writer.close()
