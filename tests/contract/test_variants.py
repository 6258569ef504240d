"""Statements that answer the common case of another one sooner: on 5,000 alliances they give the very rows of the general statement, they
show what it shows, and they are planned once."""
import itertools
import pathlib
import re

import pytest

from support import seeded

ROOT = pathlib.Path(__file__).resolve().parents[2]
TURNS = 8   # by then the plan for all values is chosen, where it is as good
TODAY = "2026-11-15"


@pytest.fixture(scope="module")
def connection(session):
    database = session.cluster().create(seeded.template(session, "M")[0])
    made = seeded.as_the_service(session, database)
    yield made
    made.close()


def text_of(name):
    return (ROOT / f"sql/statements/{name}.sql").read_text(encoding="utf-8").split("\n", 1)[1]


def prepare(connection, *names):
    connection.run("deallocate all")
    for name in names:
        connection.run(f"prepare {name} as {text_of(name)}")


def execute(connection, name, values):
    given = ", ".join("null" if value is None else f"'{value}'" for value in values)
    return connection.run(f"execute {name}({given})")


# ---- lists of alliances ----

STATUSES = (None, "recognised", "recognised,failed", "failed")
LISTS = {
    "alliance_page": ({},),
    "alliance_field": ({6: "F04"}, {6: "F16"}, {6: "Z99"}),
    "alliance_division": ({7: "610526"}, {7: "610502"}, {7: "999999"}),
}


def pages(connection, name, before, after):
    """All rows of a list, read page by page."""
    rows, key, identity = [], None, None
    while True:
        page = execute(connection, name, [None, key, identity, "51", *before, *after])
        rows += page[:50]
        if len(page) < 51:
            return rows
        key, identity = page[49][-2:]


@pytest.mark.parametrize("name, status", itertools.product(LISTS, STATUSES))
def test_a_list_has_the_rows_of_the_search(connection, name, status):
    prepare(connection, name, "alliance_search")
    found = 0
    for given in LISTS[name]:
        search = [given.get(n) for n in range(6, 14)]
        rows = pages(connection, name, [TODAY, status], given.values())
        assert rows == pages(connection, "alliance_search", [TODAY, status], search)
        found += len(rows)
    assert (found > 0) is (status != "failed")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_planned_once(connection, name):
    prepare(connection, name)
    given = [None, "2024-06-30", "ffffffff-ffff-7fff-bfff-ffffffffffff", "51", TODAY, "recognised", *list(LISTS[name][0].values())]
    for _ in range(TURNS):
        execute(connection, name, given)
    assert connection.run("select generic_plans > 0 from pg_prepared_statements") == [("t",)]


def test_the_lists_differ_in_one_filter_alone():
    """Their texts are the same but for that filter and what the planner is told."""
    def shared(name):
        return [line for line in text_of(name).splitlines() if not re.search(r"^--|^         where y[.]|[$]7", line)]
    assert [line for line in text_of("alliance_field").splitlines() if "$7" in line] == ["           and x.industry_field = $7"]
    assert [line for line in text_of("alliance_division").splitlines() if "$7" in line] == ["           and x.division_code = $7::bpchar"]
    assert shared("alliance_page") == shared("alliance_field") == shared("alliance_division")


@pytest.mark.parametrize("limit", ["2", "6", "51"])
def test_the_plain_list_is_planned_once_however_short(connection, limit):
    prepare(connection, "alliance_page")
    for _ in range(TURNS):
        execute(connection, "alliance_page", [None, None, None, limit, TODAY, None])
    assert connection.run("select generic_plans > 0 from pg_prepared_statements") == [("t",)]


def test_the_bound_of_a_list_is_the_longest_page():
    """One row more than a page holds is asked for; a bound below that would end lists early."""
    longest, = re.findall(r"^#define LIMIT_MAX +(\d+)$", (ROOT / "service/reply.c").read_text(encoding="utf-8"), re.M)
    for name in LISTS:
        assert re.findall(r"limit (\d+)\) y", text_of(name)) == [str(int(longest) + 1)]


# ---- funding records of an alliance ----

EVERYWHERE = ("officer", "leader", "finance", "auditor")


def account(connection, role):
    return connection.run(f"select account_id from account_grant where role = '{role}' and revoked_at is null order by granted_at desc, id limit 1")[0][0]


def records_in_general(connection, who, alliance, limit, key=None, identity=None):
    page = execute(connection, "funding_record_page", [who, key, identity, limit, *[None] * 5, alliance, *[None] * 5])
    (totals,), = execute(connection, "funding_record_totals", [who, *[None] * 5, alliance, *[None] * 5])
    return page, totals


def records_of_alliance(connection, who, alliance, limit, key=None, identity=None):
    rows = execute(connection, "funding_record_of_alliance", [who, key, identity, limit, alliance])
    assert all(row[-1] is None for row in rows[1:])
    return [row[:-1] for row in rows], rows[0][-1] if rows else None


@pytest.fixture(scope="module")
def alliances(connection):
    """(id, number) of some that have awards, among them those with the most records and with a reversal."""
    return connection.run("""select n.id, n.number from alliance n join award w on w.alliance_id = n.id join journal_entry e on e.award_id = w.id
        group by n.id order by count(*) desc, bool_or(e.reverses_id is not null) desc, md5(n.id::text) limit 12""") + connection.run(
        """select n.id, n.number from alliance n join award w on w.alliance_id = n.id group by n.id order by md5(n.id::text) limit 25""")


@pytest.mark.parametrize("role", EVERYWHERE)
def test_an_alliances_records_are_those_of_the_general_statements(connection, alliances, role):
    prepare(connection, "funding_record_of_alliance", "funding_record_page", "funding_record_totals")
    who = account(connection, role)
    for identity, number in alliances:
        general = records_in_general(connection, who, identity, 51)
        assert general[0] and general[1]
        assert general == records_of_alliance(connection, who, identity, 51) == records_of_alliance(connection, who, number, 51)
    for no_alliance in ("WNLM-2026-9999", "x", "", alliances[0][0].upper(), account(connection, "lead")):
        assert records_of_alliance(connection, who, no_alliance, 51) == ([], None)
        assert records_in_general(connection, who, no_alliance, 51)[0] == []


def test_an_alliances_records_are_read_page_by_page(connection, alliances):
    prepare(connection, "funding_record_of_alliance", "funding_record_page", "funding_record_totals")
    who, (identity, _) = account(connection, "auditor"), alliances[0]
    place = (None, None)
    for number in range(4):
        general = records_in_general(connection, who, identity, 3, *place)
        assert len(general[0]) == 3 and general == records_of_alliance(connection, who, identity, 3, *place), number
        place = general[0][1][:2]


def test_who_does_not_reach_all_money_gets_nothing_by_the_short_way(connection, alliances):
    prepare(connection, "funding_record_of_alliance", "funding_record_page", "funding_record_totals")
    lead, = connection.run(f"""select g.account_id from account_grant g join alliance n on n.lead_organisation_id = g.organisation_id
        where g.role = 'lead' and g.revoked_at is null and n.id = '{alliances[0][0]}' limit 1""")[0]
    assert records_in_general(connection, lead, alliances[0][0], 51)[0]
    for who in (lead, account(connection, "county"), account(connection, "expert"), alliances[0][0]):
        assert records_of_alliance(connection, who, alliances[0][0], 51) == ([], None)


def test_the_sums_of_an_alliance_are_those_of_all(connection):
    def sums(name):
        return re.search(r"json_build_object\(.*?\)::text", text_of(name), re.S).group(0)
    assert sums("funding_record_of_alliance") == sums("funding_record_totals")


def test_an_alliances_records_are_planned_once(connection, alliances):
    prepare(connection, "funding_record_of_alliance")
    for _ in range(TURNS):
        records_of_alliance(connection, account(connection, "auditor"), alliances[0][0], 51)
    assert connection.run("select generic_plans > 0 from pg_prepared_statements") == [("t",)]
