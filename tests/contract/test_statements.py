"""Every statement of sql/statements prepares on a fresh schema, is used by the program, and is run with as many parameters as it has."""
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "sql/statements").glob("*.sql"))
SOURCES = [path for folder in ("service", "api") for path in sorted((ROOT / folder).rglob("*.[ch]"))]
SOURCES += sorted((ROOT / "service").rglob("*.def"))
PROGRAM = {path: path.read_text(encoding="utf-8") for path in SOURCES}


def text_of(path):
    return path.read_text(encoding="utf-8").split("\n", 1)[1].strip().rstrip(";")


def parameter_count(text):
    return max((int(n) for n in re.findall(r"\$(\d+)", re.sub(r"--[^\n]*|'(?:[^']|'')*'", " ", text))), default=0)


def test_every_statement_prepares_on_a_fresh_schema(cluster):
    lines = []
    for path in FILES:
        lines.append(f"prepare {path.stem} as {text_of(path)};")
    database = cluster.create()
    try:
        cluster.sql(database, "\n".join(lines))
    finally:
        cluster.drop(database)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_statement_is_used(path):
    name = rf"\bSQL_{path.stem.upper()}\b"
    assert any(re.search(name, text) for text in PROGRAM.values()), f"{path.name} is used nowhere"


def arguments(text, start):
    """The arguments of the call whose opening bracket is before start, split at the top level."""
    depth, quoted, part, parts = 1, None, "", []
    for n in range(start, len(text)):
        c = text[n]
        if quoted:
            quoted = None if c == quoted and text[n - 1] != "\\" else quoted
        elif c in "\"'":
            quoted = c
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                return parts + ([part.strip()] if part.strip() else [])
        elif c == "," and depth == 1:
            parts.append(part.strip())
            part = ""
            continue
        part += c
    raise AssertionError("a call without an end")


def calls():
    """(file, function, statement, number of parameters) of every call that gives them as P(...) or P0."""
    for path, text in PROGRAM.items():
        for match in re.finditer(r"\b(db_run|reply_statement|reply_page|export_open)\(", text):
            found = arguments(text, match.end())
            for n, argument in enumerate(found[:-1]):
                given = re.fullmatch(r"P\((.*)\)", found[n + 1], re.S)
                if re.fullmatch(r"SQL_[A-Z0-9_]+", argument) and (given or found[n + 1] == "P0"):
                    count = len(arguments(given.group(1) + ")", 0)) if given else 0
                    yield path, match.group(1), argument[4:].lower(), count


def test_calls_give_as_many_parameters_as_the_statement_has():
    counts = {path.stem: parameter_count(text_of(path)) for path in FILES}
    wrong, seen = [], 0
    for path, function, statement, count in calls():
        seen += 1
        expected = counts[statement] - (4 if function == "reply_page" else 0)
        if count != expected:
            wrong.append(f"{path.name}: {function} of {statement} gives {count}, it has {expected}")
    assert not wrong, "\n".join(wrong)
    assert seen > 100


@pytest.mark.parametrize("text,why", [
    ("select 1", "the first line"),
    ("-- :all\nselect 1", "the first line"),
    ("-- :one\nselect now()", "clock"),
    ("-- :one\nselect current_date", "clock"),
    ("-- :one\nselect 1 from public.account", "schema-qualified"),
    ("-- :one\nselect 1 from a join other.account b on true", "schema-qualified"),
    ("-- :one\nselect $1::varchar(3)", "cuts"),
    ("-- :one\nselect cast($1 as numeric(10,2))", "cuts"),
    ("-- :one\nselect $2", "without a gap"),
    ("-- :one\nselect 1; select 2", "more than one"),
    ("-- :copy\nselect '$' || $1", "the number of a parameter alone"),
    ("-- :copy\n-- of $1\nselect $1", "no comment or text names a parameter"),
])
def test_the_compiler_refuses(tmp_path, text, why):
    (tmp_path / "sql/statements").mkdir(parents=True)
    (tmp_path / "sql/migrations").mkdir()
    (tmp_path / "sql/statements/thing_get.sql").write_text(text + "\n", encoding="utf-8")
    done = subprocess.run([sys.executable, ROOT / "sql/compile-sql.py", tmp_path / "sql", tmp_path / "out"],
                          capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert why in done.stderr


def test_the_compiler_leaves_unchanged_files_alone(tmp_path):
    words = [sys.executable, ROOT / "sql/compile-sql.py", ROOT / "sql", tmp_path]
    subprocess.run(words, check=True)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    subprocess.run(words, check=True)
    assert before == {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert set(before) == {"statements.h", "statements.c", "migrations.c"}
