"""Statements marked :merge, asked for several at once as sql/compile-sql.py puts them: on 5,000 alliances each gets the very rows that it gets
alone, in their order and behind one another; they are planned once, by the indexes that a single one goes by."""
import importlib.util

import pytest

from test_plans import FILES, LEDGER, ROOT, Values, connection, database, faults, large, nodes, plans, read, variants  # noqa: F401 (fixtures)

MERGED = [path for path in FILES if ":merge" in path.read_text(encoding="utf-8").split("\n", 1)[0]]
TURNS = 8
LISTS = {"alliance_page": [()], "alliance_field": [("F04",), ("F16",)], "alliance_division": [("610526",), ("610502",)]}
AT_ONCE = 32  # BATCH of service/db/loop_lane.c


def compiler():
    spec = importlib.util.spec_from_file_location("compile_sql", ROOT / "sql/compile-sql.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COMPILER = compiler()


def literal(value):
    return "null" if value is None else "'" + str(value).replace("'", "''") + "'"


def array(values):
    return "array[" + ", ".join(map(literal, values)) + "]::text[]"


def real(connection, name):
    """Values that exist, beside those that the judge of plans thinks of."""
    accounts = [row[0] for row in connection.run("select account_id from account_grant where role = 'auditor' and revoked_at is null order by account_id limit 2")]
    alliances = connection.run("select id, number from alliance where is_public and number is not null order by md5(id::text) limit 12")
    if name in ("alliance_status", "alliance_card"):
        return [row for identity, number in alliances for row in ((identity, None, "2026-11-15"), (None, number, "2024-02-29"))]
    if name == "funding_record_of_alliance":
        return [(account, None, None, limit, one) for account in accounts for limit in ("3", "51") for row in alliances[:6] for one in row]
    if name in LISTS:
        return [(None, *place, limit, "2026-11-15", status, *one) for one in LISTS[name] for status in (None, "recognised", "recognised,failed")
                for place, limit in (((None, None), "51"), (("2022-06-30", "ffffffff-ffff-7fff-bfff-ffffffffffff"), "3"))]
    if name == "caller_by_identity":
        return [("https://id.example", f"subject {n}") for n in (3, 1, 9, 3)]
    if name == "caller_by_client":
        return [(f"client who {n}",) for n in (3, 1, 9, 3)]
    if name == "caller_by_key":
        return [row for row in connection.run("select encode(secret_sha256, 'hex') from credential where kind = 'api_key' order by 1 limit 20")]
    return []


@pytest.fixture(scope="module", autouse=True)
def people(session, database):  # noqa: F811
    """Callers of the kinds that a load does not make."""
    session.cluster().sql(database, """
        insert into account (id, name, kind, issuer, subject, created_at, updated_at)
            select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'who ' || n, 'person', 'https://id.example', 'subject ' || n, '2026-01-01', '2026-01-01'
              from generate_series(1, 5) n;
        insert into credential (id, account_id, kind, name, client_id, prefix, secret_sha256, created_at)
            select a.id, a.id, 'oauth_client', 'c', 'client ' || a.name, 'wna_live_', sha256(a.id::text::bytea), '2026-01-01' from account a where issuer is not null""")


@pytest.fixture(name="cases", params=MERGED, ids=lambda path: path.stem)
def prepared(request, connection):  # noqa: F811
    """(name, text, merged text, values of each who asks)."""
    path = request.param
    _, text = read(path)
    made = COMPILER.read_statement(path)
    connection.run(f"deallocate all; prepare one as {text}; prepare several as {made['merged']}")
    types = [kind for kind, in connection.run("select unnest(parameter_types)::text from pg_prepared_statements where name = 'one'")]
    asked = [tuple(given) for _, given in variants(path, text, types, Values(connection))] + real(connection, path.stem)
    return path.stem, made["merged"], asked


def run_one(connection, values):  # noqa: F811
    return connection.run(f"execute one({', '.join(map(literal, values))})")


def run_several(connection, asked):  # noqa: F811
    return connection.run(f"execute several({', '.join(array(column) for column in zip(*asked))})")


def test_each_gets_the_rows_that_it_gets_alone(connection, cases):  # noqa: F811
    name, _, asked = cases
    alone = [run_one(connection, values) for values in asked]
    assert sum(map(bool, alone)) > 1, f"{name} finds nothing"
    for start in range(0, len(asked), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        expected = [(*row, str(number)) for number, rows in enumerate(alone[part], 1) for row in rows]
        for _ in range(TURNS if start == 0 else 1):
            assert run_several(connection, asked[part]) == expected
    assert connection.run("select generic_plans > 0 from pg_prepared_statements where name = 'several'") == [("t",)]


def test_several_read_no_large_table_whole(connection, large, cases):  # noqa: F811
    name, merged, asked = cases
    connection.run("deallocate all")
    columns = ["{" + ",".join("NULL" if value is None else f'"{value}"' for value in column) + "}" for column in zip(*asked[:3])]
    plan = plans(connection, name, merged, columns, True)
    assert not [fault for fault in faults(name, plan, large, True) if "end to end" in fault]
    assert {node["Node Type"] for node in nodes(plan)} >= {"Nested Loop", "Function Scan"}


@pytest.mark.parametrize("text, why", [
    ("-- :exec :merge\nupdate a set b = $1", ":merge is for reads"),
    ("-- :many :slow :merge\nselect $1", ":merge is for reads"),
    ("-- :many :merge\nselect 1", ":merge needs parameters"),
    ("-- :many :merge\nselect '$1', $1", "$ stands before their numbers alone"),
])
def test_the_compiler_refuses(tmp_path, text, why):
    path = tmp_path / "thing_get.sql"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(SystemExit) as found:
        COMPILER.read_statement(path)
    assert why in str(found.value)
