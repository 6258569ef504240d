"""Statements marked :merge, asked for several at once as sql/compile-sql.py puts them: on 5,000 alliances and on 50 each gets the very rows
that it gets alone, in their order and behind one another; they are planned once, as a loop over those who ask."""
import importlib.util

import pytest

from support import seeded
from test_plans import FILES, LARGE, ROOT, Values, faults, literal, plans, read, variants

MERGED = [path for path in FILES if ":merge" in path.read_text(encoding="utf-8").split("\n", 1)[0]]
TURNS = 8
AT_ONCE = 32  # BATCH of service/db/loop_lane.c


def compiler():
    spec = importlib.util.spec_from_file_location("compile_sql", ROOT / "sql/compile-sql.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COMPILER = compiler()


def array(values):
    return "{" + ",".join("NULL" if value is None else f'"{value}"' for value in values) + "}"


def real(connection, name):
    """Values that exist, beside those that the judge of plans thinks of."""
    accounts = [row[0] for row in connection.run("select account_id from account_grant where role = 'auditor' and revoked_at is null order by account_id limit 2")]
    alliances = connection.run("select id, number from alliance where is_public and number is not null order by md5(id::text) limit 12")
    if name in ("alliance_status", "alliance_card"):
        return [row for identity, number in alliances for row in ((identity, None, "2026-11-15"), (None, number, "2024-02-29"))]
    if name == "funding_record_of_alliance":
        return [(account, None, None, limit, one) for account in accounts for limit in ("3", "51") for row in alliances[:6] for one in row]
    if name == "caller_by_key":
        return [row for row in connection.run("select encode(secret_sha256, 'hex') from credential where kind = 'api_key' order by 1 limit 20")]
    return []


@pytest.fixture(scope="module", params=["M", "S"])
def connection(session, request):
    """As the service connects; the planner knows how large the tables are."""
    database = session.cluster().create(seeded.template(session, request.param)[0])
    session.cluster().sql(database, "analyze", user="postgres")
    made = seeded.as_the_service(session, database)
    yield made
    made.close()


@pytest.fixture(name="cases", params=MERGED, ids=lambda path: path.stem)
def prepared(request, connection):
    """(name, text, merged text, values of each who asks)."""
    path = request.param
    _, text = read(path)
    made = COMPILER.read_statement(path)
    connection.run(f"deallocate all; prepare one as {text}; prepare several as {made['merged']}")
    types = [kind for kind, in connection.run("select unnest(parameter_types)::text from pg_prepared_statements where name = 'one'")]
    asked = [tuple(given) for _, given in variants(path, text, types, Values(connection))] + real(connection, path.stem)
    return path.stem, made["merged"], asked


def run_one(connection, values):
    return connection.run(f"execute one({', '.join(map(literal, values))})")


def run_several(connection, asked):
    return connection.run(f"execute several({', '.join(literal(array(column)) for column in zip(*asked))})")


def test_each_gets_the_rows_that_it_gets_alone(connection, cases):
    name, _, asked = cases
    alone = [run_one(connection, values) for values in asked]
    assert sum(map(bool, alone)) > 1, f"{name} finds nothing"
    for start in range(0, len(asked), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        expected = [(*row, str(number)) for number, rows in enumerate(alone[part], 1) for row in rows]
        for _ in range(TURNS if start == 0 else 1):
            assert run_several(connection, asked[part]) == expected
    assert connection.run("select generic_plans > 0 from pg_prepared_statements where name = 'several'") == [("t",)]


def test_several_are_a_loop_over_those_who_ask(connection, cases):
    name, merged, asked = cases
    large = {table for table, in connection.run(f"select relname from pg_class where relkind = 'r' and reltuples > {LARGE}")}
    connection.run("deallocate all")
    columns = [array(column) for column in zip(*asked[:3])]
    plan = plans(connection, "", merged, columns, True)
    assert not [fault for fault in faults(name, "several", plan, large, True) if "end to end" in fault]
    outer, = [node["Node Type"] for node in plan["Plans"] if node["Parent Relationship"] == "Outer"]
    assert (plan["Node Type"], outer) == ("Nested Loop", "Function Scan")


def test_an_array_has_the_type_that_its_parameter_is_cast_to_wherever_it_stands(tmp_path):
    path = tmp_path / "thing_get.sql"
    path.write_text("-- :one :merge\nselect a from b where c = $1::uuid and d = $2 and (e = $3::date or f < $3) and g = any ($4::text[]) and h < $1::uuid "
                    "and i = $5::timestamp with time zone and j = $6::character varying\n", encoding="utf-8")
    arrays = ", ".join(f"(select ${number}::{kind}[])" for number, kind in enumerate(["uuid", "text", "text", "text", "text", "text"], 1))
    assert f"unnest({arrays})" in COMPILER.read_statement(path)["merged"]


@pytest.mark.parametrize("text, why", [
    ("-- :exec :merge\nupdate a set b = $1", ":merge is for reads"),
    ("-- :many :slow :merge\nselect $1", ":merge is for reads"),
    ("-- :one :merge\nselect 1", ":merge needs parameters"),
    ("-- :one :merge\nselect '$1', $1", "$ stands before their numbers alone"),
    ("-- :one :merge\nselect a from b where c = $1 for update", ":merge is for reads without locks"),
    ("-- :one :merge\nselect asked.a from b asked where c = $1", "nothing named asked"),
    ("-- :many :merge\nselect a from b where c = $1", "needs an order by at its end"),
    ("-- :many :merge\nselect a from (select a from b order by a) c where a = $1", "needs an order by at its end"),
])
def test_the_compiler_refuses(tmp_path, text, why):
    path = tmp_path / "thing_get.sql"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(SystemExit) as found:
        COMPILER.read_statement(path)
    assert why in str(found.value)
