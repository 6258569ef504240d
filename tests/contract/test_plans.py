"""Every statement of sql/statements on 5,000 alliances: none reads a large table from end to end, and none touches more of the
database than its answer needs. Judged by the plans that the program gets (five for their values, then the general one when it
is as good) and by the pages that a read touches, never by the clock."""
import json
import pathlib
import re

import pytest
import yaml

from support import cluster as clusters
from support import seeded

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "sql/statements").glob("*.sql"))
LARGE = 4000   # rows
OTHERS = r"(?!ledger by).*"
PAGES = 1000   # 8 kB each, touched by one execution of a read
TURNS = 6      # the sixth plan is the one that stays
# What has to look at all of something, and why that is right: (statement, the variants by their names).
WHOLE = {
    ("funding_record_export", OTHERS): "the export of everything that was booked",
    ("funding_record_totals", OTHERS): "the sums over everything that was booked, on a connection of its own (:slow)",
    ("funding_record_page", r".*, by \$.*"): "a filter over everything that was booked, as the sums beside it, on a connection of its own (:slow)",
    ("ledger_verify", OTHERS): "the verification of the whole chain, on a connection of its own (:slow)",
    ("ledger_balances", OTHERS): "the balances of all accounts, on a connection of its own (:slow)",
    ("audit_list", r".*, by \$.*"): "a date alone: the log is read backwards to it, on a connection of its own (:slow)",
    ("account_export", OTHERS): "the list of every account for the command line",
    ("seed_is_empty", OTHERS): "asked once, of an empty database",
    ("seed_account_list", OTHERS): "asked once, at the end of a load",
}
# More pages than PAGES, none of them a table from end to end: how many, and why.
WIDE = {
    "account_find": (1500, "a name by itself, for the command line"),
    "account_list": (1500, "by a role: accounts in the list's order until the page is full"),
    "application_list": (3000, "all that reached a recommending unit are put in order"),
    "application_revisions": (1800, "each revision with its whole form, kept out of line"),
    "audit_list": (6000, "each line about a score sheet is asked whether that is sealed still, and passed over if so"),
    "award_list": (1400, "the money of each of 51 awards is the sum of its balances"),
    "budget_line_list": (3000, "the money of each of 51 lines is the sum of its balances; which way depends on the planner's sample"),
    "document_page": (3000, "who is no official is asked about each document of the list's order"),
    "endorsement_list": (3500, "all that reached a unit are put in order; a filter passes over what does not match"),
    "organisation_list": (3500, "all that a unit administers or brought are put in order"),
    "panel_list": (3500, "all of a recommending unit are put in order"),
    "panel_seats": (3000, "the open seats of each expert of the panel"),
    "task_list": (3000, "everything that waits for an officer, of every kind, is put in order of its date"),
}
MUST_BE_LARGE = {"account", "alliance", "alliance_member", "application", "attachment", "award", "bank_account", "endorsement", "history", "journal_entry",
                 "journal_line", "notice", "organisation", "panel", "payment", "sheet"}


@pytest.fixture(scope="module")
def database(session):
    return session.cluster().create(seeded.template(session, "M")[0])


@pytest.fixture(scope="module")
def connection(session, database):
    made = seeded.as_the_service(session, database)
    yield made
    made.close()


@pytest.fixture(scope="module")
def large(connection):
    return {name for name, in connection.run(f"select relname from pg_class where relkind = 'r' and reltuples > {LARGE}")}


def rare_pair(text, table, rows="true"):
    """Two Chinese characters that fewest rows have beside each other."""
    return (f"select p from (select unnest(text_pairs({text})) as p from {table} where {rows}) x where p ~ '^[一-龥]{{2}}$' group by 1 order by count(*), 1 limit 1")


# The searches by a part of a name or number: (parameters with the text, the index, two characters for it).
SEARCHES = {
    "account_list": ((6,), "account_name_pairs", rare_pair("lower(name)", "account")),
    "alliance_search": ((11,), "alliance_name_pairs", rare_pair("name_key", "alliance", "is_public")),
    "application_list": ((8, 9), "application_text_pairs", rare_pair("name_key || ' ' || lower(number)", "application")),
    "expert_list": ((8,), "expert_name_pairs", rare_pair("lower(name) || ' ' || lower(employer_name)", "expert")),
    "organisation_list": ((8,), "organisation_name_pairs", rare_pair("name_key", "organisation")),
}


class Values:
    """Values for parameters, taken from the data: by the column that a parameter is compared with, else by its type."""

    def __init__(self, connection):
        self.connection = connection
        self.tables = {name for name, in connection.run("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")}
        self.columns = set(connection.run("select table_name, column_name from information_schema.columns where table_schema = 'public'"))
        self.kept = {}

    def one(self, query):
        if query not in self.kept:
            rows = self.connection.run(query)
            self.kept[query] = rows[0][0] if rows else None
        return self.kept[query]

    def id_of(self, table):
        if (table, "id") not in self.columns:
            return None
        return self.one(f"select id from {table} order by id offset (select count(*) / 2 from {table}) limit 1")

    def account(self, role):
        return self.one(f"select account_id from account_grant where role = '{role}' order by granted_at desc, id limit 1")

    BY_COLUMN = {
        "object_id": "select id from application order by id limit 1", "subject_id": "select id from application order by id limit 1",
        "lead_organisation_id": "select lead_organisation_id from application limit 1", "credit_code": "select credit_code from organisation limit 1",
        "document_no": "select document_no from document where document_no is not null limit 1", "machine": "select 'APP'",
        "bank_reference": "select bank_reference from payment where bank_reference is not null limit 1",
        "alliance_number": "select number from alliance where number is not null limit 1", "object_kind": "select 'application'",
        "industry_field": "select 'F03'", "division_code": "select '610523'", "fiscal_year": "select 2020", "revision": "select 1",
        "position": "select 1", "subject_kind": "select 'application'", "kind": "select 'recognition'", "type": "select 'enterprise'",
        "role": "select 'officer'", "prefix": "select 'wna_'", "n": "select 1", "key": "select 'abcdefgh'",
        "fields": "select 'F03'", "status": "select 'accepted'", "code": "select 'F03'", "x": "select 1",
    }
    BY_TYPE = {"date": "2026-11-15", "timestamp with time zone": "2026-11-15 09:00:00+08", "integer": "1", "bigint": "1", "boolean": "true",
               "numeric": "1000", "jsonb": "{}", "json": "[]", "text": "联盟", "bytea": "\\x00", "name": "x"}

    def noun(self, statement):
        words = statement.split("_")
        for n in range(len(words), 0, -1):
            if "_".join(words[:n]) in self.tables:
                return "_".join(words[:n])
        return {"caller": "account", "grant": "account_grant", "issued_document": "document", "funding": "journal_entry"}.get(words[0])

    def value(self, statement, text, number, kind, role):
        """One value for $number of a statement."""
        column = re.search(rf"(?:(\w+)\.)?(\w+)\s*(?:=|<|>|<=|>=|is distinct from)\s*\(?\${number}(?!\d)", text)
        if column and kind == "uuid":
            name = column.group(2)
            if name == "account_id":
                return self.account(role)
            if name == "id":
                alias = column.group(1)
                table = re.search(rf"\b(?:from|join|update)\s+(\w+)\s+(?:as\s+)?{alias}\b", text) if alias else None
                return self.id_of(table.group(1) if table and table.group(1) in self.tables else self.noun(statement))
            if name in self.BY_COLUMN:
                return self.one(self.BY_COLUMN[name])
            if name.endswith("_id"):
                return self.id_of(name[:-3]) or self.id_of({"maker": "account", "payee": "organisation", "lead_organisation": "organisation"}.get(name[:-3], ""))
        if statement in SEARCHES and number in SEARCHES[statement][0]:
            return self.one(SEARCHES[statement][2])
        if re.search(rf"decode\(\${number}\b", text):
            return "00" * 32
        if column and kind == "text" and column.group(2) in self.BY_COLUMN:
            return self.one(self.BY_COLUMN[column.group(2)])
        if kind == "uuid":
            return self.account(role) if re.search(rf"account_id[^,;]*\${number}\b", text) else self.id_of(self.noun(statement) or "account")
        return self.BY_TYPE.get(kind)


def read(path):
    first, text = path.read_text(encoding="utf-8").split("\n", 1)
    return first, re.sub(r"--[^\n]*", "", text).strip().rstrip(";")


def is_harmless(first, text):
    """Whether it may be run to look at what it touches: whatever writes is only planned."""
    return ":exec" not in first and not re.search(r"\b(insert into|delete from|advisory)\b|^\s*update |\bupdate \w+ (set|\w+ set)|journal_post", text, re.M)


def is_page(text):
    return "limit $4::integer" in text


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def literal(value):
    return "null" if value is None else "'" + str(value).replace("'", "''") + "'"


def plans(connection, name, text, values, analyze):
    """The plan that stays after some turns with these values."""
    connection.run(f"deallocate all; prepare p as {text}")
    call = "p" + (f"({', '.join(map(literal, values))})" if values else "")
    for _ in range(TURNS - 1):
        connection.run(f"explain (format json) execute {call}")
    how = "analyze, buffers, timing off, " if analyze else ""
    connection.run("begin")
    try:
        rows = connection.run(f"explain ({how}format json) execute {call}")
    finally:
        connection.run("rollback")
    return json.loads(rows[0][0])[0]["Plan"]


def faults(name, plan, large, analyze):
    found = [f"reads {node['Relation Name']} from end to end" for node in nodes(plan)
             if node["Node Type"] == "Seq Scan" and node["Relation Name"] in large and node.get("Actual Loops", 1) > 0]
    pages = plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0)
    if analyze and pages > WIDE.get(name, (PAGES,))[0]:
        found.append(f"touches {pages} pages")
    return found


ROLES = ("officer", "lead", "county", "auditor", "expert")


# The ledger by an alliance or a payee goes by their awards: (number of parameters, payee, alliance) of each statement.
LEDGER = {"funding_record_totals": (12, 6, 7), "funding_record_export": (12, 6, 7), "funding_record_page": (15, 9, 10),
          "funding_record_of_alliance": (5, None, 5)}
AWARD = "from award w join alliance n on n.id = w.alliance_id order by w.id limit 1"


def ledger_variants(name, values):
    count, payee, alliance = LEDGER[name]
    for role in ("officer", "auditor", "lead"):
        for what, at, column in (("number of the alliance", alliance, "n.number"), ("alliance", alliance, "n.id"), ("payee", payee, "w.payee_organisation_id"),
                                 ("code of the payee", payee, "w.payee_credit_code")):
            if not at:
                continue
            given = [values.account(role)] + [None] * (count - 1)
            if is_page(read(ROOT / f"sql/statements/{name}.sql")[1]):
                given[3] = "51"
            given[at - 1] = values.one(f"select {column} {AWARD}")
            assert given[0] and given[at - 1]
            yield f"ledger by {what}, {role}", given


def is_excused(name, which):
    return any(name == statement and re.fullmatch(variant, which) for statement, variant in WHOLE)


def variants(path, text, types, values):
    """(which, values): as every kind of caller; of a list also the page after, and each filter by itself."""
    name, count = path.stem, len(types)
    if name in LEDGER:
        yield from ledger_variants(name, values)
    roles = ROLES if any("account_id" in part for part in re.findall(r"\S*account_id\s*=\s*\$\d+", text)) or "live_grant" in text else ROLES[:1]
    for role in roles:
        full = [values.value(name, text, n + 1, kind, role) for n, kind in enumerate(types)]
        if not is_page(text):
            yield role, full
            continue
        full[0], head = values.account(role), [values.account(role), None, None, "51"]
        dated = [4] if types[4:5] == ["date"] and (count == 5 or name.startswith("alliance_")) else []
        base = head + [full[n] if n in dated else None for n in range(4, count)]
        if name in ("attachment_list", "bank_account_list"):
            base = head + full[4:]
        yield f"{role}, first page", base
        key = re.search(r"\$2::(date|timestamptz|integer)", text)
        after = {"date": "2020-06-30", "timestamptz": "2020-06-30 00:00:00+08", "integer": "2020", None: "ZF2020-0100"}[key and key.group(1)]
        if types[1] == "bigint":
            after = "1000"
        middle = "100000" if types[2] == "bigint" else values.id_of(values.noun(name) or "") or "ffffffff-ffff-7fff-bfff-ffffffffffff"
        yield f"{role}, next page", [base[0], after, middle, "51"] + base[4:]
        for n in range(4, count):
            if n in dated or base[n] is not None:
                continue
            one = list(base)
            one[n] = full[n]
            yield f"{role}, by ${n + 1}", one


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_statement_reads_a_large_table_whole(connection, large, path):
    first, text = read(path)
    name = path.stem
    analyze = is_harmless(first, text)
    connection.run(f"deallocate all; prepare p as {text}")
    types = connection.run("select unnest(parameter_types)::text from pg_prepared_statements where name = 'p'")
    values = Values(connection)
    wrong = []
    for which, given in variants(path, text, [kind for kind, in types], values):
        if is_excused(name, which):
            continue
        plan = plans(connection, name, text, given, analyze)
        wrong += [f"{name} ({which}): {fault}" for fault in faults(name, plan, large, analyze)]
        if name in LEDGER and which.endswith(", officer"):
            assert plan["Actual Rows"] > 0, f"{name} ({which}) finds nothing"
    assert not wrong, "\n".join(wrong)


def test_plans_are_judged_as_the_service_makes_them():
    text = (ROOT / "service/db/connection.c").read_text(encoding="utf-8")
    assert [name for name, value in clusters.PLANNING.items() if f"-c {name}={value} " not in text] == []


def test_the_exceptions_are_statements():
    assert {name for name, _ in WHOLE} | set(WIDE) | set(LEDGER) <= {path.stem for path in FILES}


def test_the_tables_that_matter_are_large(large):
    assert MUST_BE_LARGE <= large, MUST_BE_LARGE - large


@pytest.mark.parametrize("which, excused", [("officer, by $7", True), ("ledger by payee, officer", False), ("officer, first page", False)])
def test_an_exception_is_of_a_variant(which, excused):
    assert is_excused("funding_record_page", which) is excused


def test_a_sequential_scan_would_be_seen(connection, large):
    """The judge itself: a statement without an index is told."""
    plan = plans(connection, "x", "select id from application where proposal = $1", ["recognise"], True)
    assert any("application" in fault for fault in faults("x", plan, large, True))


@pytest.mark.parametrize("name", ["funding_record_export", "funding_record_totals"])
def test_small_functions_of_every_row_are_part_of_their_statement(connection, name):
    """A call of a SQL function that is not put into the statement costs several times its work."""
    _, text = read(ROOT / f"sql/statements/{name}.sql")
    connection.run(f"deallocate all; prepare p as {text}")
    count = connection.run("select cardinality(parameter_types) from pg_prepared_statements")[0][0]
    plan = "\n".join(line for line, in connection.run(f"explain (verbose) execute p({', '.join(['null'] * int(count))})"))
    assert "amount" in plan and not re.search(r"\b(money_text|money_json|export_text)\(", plan), plan


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_for_two_characters_is_answered_from_its_index(connection, name):
    """Of those that fewest rows have: what every name has in it says nothing about an index."""
    parameters, index, query = SEARCHES[name]
    _, text = read(ROOT / f"sql/statements/{name}.sql")
    values = Values(connection)
    pair = values.one(query)
    given = [None] * len(set(re.findall(r"\$(\d+)", text)))
    given[0], given[3] = values.account("officer"), "51"
    given[4] = "2026-11-15" if name == "alliance_search" else None
    for parameter in parameters:
        given[parameter - 1] = pair
    plan = plans(connection, name, text, given, True)
    used = {node["Index Name"] for node in nodes(plan) if node["Node Type"] == "Bitmap Index Scan" and node["Actual Loops"] > 0}
    assert index in used and plan["Actual Rows"] > 0, (pair, used, plan["Actual Rows"])


def test_every_search_is_known(connection):
    spec = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    asked = [operation["operationId"] for path in spec["paths"].values() for operation in path.values() if isinstance(operation, dict)
             and any(parameter.get("name") == "q" for parameter in operation.get("parameters", []))]
    assert len(asked) == len(SEARCHES), asked
    assert {name for name, in connection.run("select indexname from pg_indexes where indexdef like '%text_pairs(%'")} == {index for _, index, _ in SEARCHES.values()}


def test_money_is_written_with_two_digits(connection):
    assert connection.run("select money_text(-123), money_text(5), money_text(null), money_json(100005)::text, money_json(null)") == [
        ("-1.23", "0.05", None, '{"amount":"1000.05","currency":"CNY"}', None)]


@pytest.mark.parametrize("format_, guarded", [("csv", True), ("ndjson", False), ("", False)])
def test_what_a_spreadsheet_takes_for_a_formula_is_guarded_in_csv_alone(connection, format_, guarded):
    connection.run(f"set export.format = '{format_}'")
    for first in "=+-@\t\r":
        assert connection.run(f"select export_text('{first}1')") == [(f"'{first}1" if guarded else f"{first}1",)]
    for harmless in ("", "1", "a=", "联盟", " =1", "'=1".replace("'", "''")):
        assert connection.run(f"select export_text('{harmless}')") == [(harmless.replace("''", "'"),)]
    assert connection.run("select export_text(null)") == [(None,)]


@pytest.mark.parametrize("filter_, index", [("$7", "alliance_field"), ("$8", "alliance_division")])
def test_one_field_or_division_is_found_by_its_index(connection, filter_, index):
    """One value stands in an index condition as one, so that the rows come in the list's order."""
    _, text = read(ROOT / "sql/statements/alliance_search.sql")
    connection.run(f"deallocate all; prepare p as {text}")
    given = ["null"] * 14
    given[int(filter_[1:]) - 1], given[3] = {"$7": "'F04'", "$8": "'610526'"}[filter_], "51"
    connection.run("set enable_bitmapscan = off; set enable_sort = off")
    plan = "\n".join(line for line, in connection.run(f"explain execute p({', '.join(given)})"))
    connection.run("reset enable_bitmapscan; reset enable_sort")
    assert f"using {index} " in plan and re.search(r"(industry_field|division_code) = '\w+'::", plan), plan
