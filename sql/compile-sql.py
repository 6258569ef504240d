#!/usr/bin/python3
"""Compiles sql/ into C: statements.h (enum statement), statements.c (their texts and shapes) and migrations.c (the
migration files with their checksums, and the scripts of the seed). Usage: compile-sql.py SQL-FOLDER OUTPUT-FOLDER

It refuses what the house forbids: a statement without its cardinality, schema-qualified names, the database's clock in
business SQL, casts that cut values silently, more than one statement a file. Files are rewritten only when they change.
"""

import hashlib
import pathlib
import re
import sys

CARDINALITIES = ("one", "optional", "many", "exec", "copy")
CLOCK = re.compile(r"\b(now\s*\(|current_date\b|current_timestamp\b|current_time\b|localtime\b|localtimestamp\b|transaction_timestamp\s*\()", re.I)
CUTTING = re.compile(r"(::|\bas)\s*(varchar|character\s+varying|char|character|bpchar|numeric|decimal)\s*\(", re.I)
SCHEMAS = re.compile(r"\b(public|pg_catalog|information_schema|pg_temp)\s*\.", re.I)
QUALIFIED = re.compile(r"\b(join|into|update|table)\s+(only\s+)?[a-z_]\w*\s*\.\s*[a-z_]\w*", re.I)
QUALIFIED_FROM = re.compile(r"(?<!distinct )\bfrom\s+[a-z_]\w*\s*\.\s*[a-z_]\w*", re.I)
FROM_ARGUMENT = re.compile(r"\b(extract|substring|trim|overlay|position)\s*\([^()]*$", re.I)
ONE_WORD = {"uuid", "date", "integer", "bigint", "boolean", "timestamptz"}


def fail(path, why):
    sys.exit(f"{path}: {why}")


def bare(text):
    """The text without comments, string literals and quoted names: what the checks look at."""
    text = re.sub(r"--[^\n]*", " ", text)
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"'(?:[^']|'')*'", "''", text)
    return re.sub(r'"[^"]*"', "q", text)


def check_common(path, code):
    if SCHEMAS.search(code) or QUALIFIED.search(code):
        fail(path, "schema-qualified name")
    for match in QUALIFIED_FROM.finditer(code):
        if not FROM_ARGUMENT.search(code[: match.start()]):
            fail(path, f"schema-qualified name: {match.group(0)}")
    if CLOCK.search(code):
        fail(path, f"the database's clock ({CLOCK.search(code).group(0).strip()}): pass the business time as a parameter")


def type_of(text, number):
    """What a parameter is cast to, where that is one word and the same in each place; otherwise text."""
    casts = set(re.findall(rf"\${number}\b(?:::(\w+)\b(?!\[))?", text))
    return casts.pop() if len(casts) == 1 and casts <= ONE_WORD else "text"


def merged(path, text, code, cardinality, count):
    """The statement asked for several callers at once: each parameter is an array with a value of each, the last column tells whose
    the row is (1 = the first). Callers' rows come one after the other, each in the statement's own order: a nested loop over the
    callers, because its order, or offset 0, keeps the statement a piece of its own that the planner may not turn round. The arrays are
    looked up in sub-selects, so that the plan does not depend on how many there are and is made once."""
    if re.search(r"\bfor\s+(no\s+key\s+)?(update|share)\b|\b(asked|told)\b", code, re.I):
        fail(path, ":merge is for reads without locks, which have nothing named asked or told")
    if cardinality == "many" and not re.search(r"\border by [^()]*$", code, re.I):
        fail(path, ":many :merge needs an order by at its end")
    if count == 0 or len(re.findall(r"\$\d+", text)) != len(re.findall(r"\$\d+", code)):
        fail(path, ":merge needs parameters, and $ stands before their numbers alone")
    names = [f"p{i}" for i in range(1, count + 1)]
    arrays = ", ".join(f"(select ${i}::{type_of(text, i)}[])" for i in range(1, count + 1))
    inner = re.sub(r"\$(\d+)", r"asked.p\1", text)
    return f"select told.*, asked.n as _asked from unnest({arrays}) with ordinality asked({', '.join(names)}, n) cross join lateral (\n{inner}\noffset 0\n) told"


def read_statement(path):
    if not re.fullmatch(r"[a-z][a-z0-9_]*\.sql", path.name):
        fail(path, "the name must be noun_verb.sql")
    first, _, text = path.read_text(encoding="utf-8").partition("\n")
    match = re.fullmatch(r"-- :([a-z]+)( :slow)?( :generic)?( :merge)?\s*", first)
    if not match or match.group(1) not in CARDINALITIES:
        fail(path, "the first line must be -- :one, :optional, :many, :exec (perhaps with :slow, then :generic; or with :merge) or :copy")
    text = text.strip()
    if text.endswith(";"):
        text = text[:-1].rstrip()
    code = bare(text)
    if not code.strip():
        fail(path, "no statement")
    if ";" in code:
        fail(path, "more than one statement")
    check_common(path, code)
    if match.group(3) and not match.group(2):
        fail(path, ":generic is for :slow statements: the lane runs each as it comes")
    if match.group(4) and (match.group(2) or match.group(1) not in ("one", "optional", "many")):
        fail(path, ":merge is for reads of the lane")
    if CUTTING.search(code):
        fail(path, "a cast with a length cuts silently: cast to text or numeric, let the column's constraint check")
    numbers = {int(n) for n in re.findall(r"\$(\d+)", code)}
    count = max(numbers, default=0)
    if numbers != set(range(1, count + 1)):
        fail(path, f"parameters must be $1 to ${count} without a gap")
    if match.group(1) == "copy" and len(re.findall(r"\$\d", text)) != len(re.findall(r"\$\d", code)):
        fail(path, "in a :copy statement no comment or text names a parameter: it would be put in there, too")
    if match.group(1) == "copy" and re.search(r"\$(?!\d)", text):
        fail(path, "in a :copy statement $ stands before the number of a parameter alone: they are put in as text")
    return {
        "name": path.stem,
        "text": text,
        "cardinality": match.group(1),
        "slow": bool(match.group(2)),
        "generic": bool(match.group(3)),
        "count": count,
        "merged": merged(path, text, code, match.group(1), count) if match.group(4) else None,
    }


def c_string(text):
    lines = text.split("\n")
    out = []
    for number, line in enumerate(lines):
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("??", '?" "?')
        end = "\\n" if number < len(lines) - 1 else ""
        out.append(f'"{escaped}{end}"')
    return "\n\t".join(out)


def write(path, text):
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def main():
    source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    statements = [read_statement(path) for path in sorted((source / "statements").glob("*.sql"))]
    note = "/* Made by sql/compile-sql.py; do not edit. */\n"
    lines = "".join(f"\tSQL_{s['name'].upper()},\n" for s in statements)
    write(out / "statements.h", f"{note}#ifndef STATEMENTS_H\n#define STATEMENTS_H\n\nenum statement {{\n{lines}\tSTATEMENT_COUNT\n}};\n\n"
        f"/* of any statement */\nenum {{ PARAMETERS_MAX = {max(s['count'] for s in statements)} }};\n\n#endif\n")

    rows = []
    for s in statements:
        rows.append(
            f"\t[SQL_{s['name'].upper()}] = {{\"{s['name']}\", CARDINALITY_{s['cardinality'].upper()}, "
            f"{'true' if s['slow'] else 'false'}, {'true' if s['generic'] else 'false'}, {s['count']},\n\t{c_string(s['text'])},\n"
            f"\t\"{s['name']}_merged\", {c_string(s['merged']) if s['merged'] else 'NULL'}}},\n"
        )
    write(out / "statements.c", f'{note}#include "statement.h"\n\nconst struct statement_text statements[STATEMENT_COUNT + 1] = {{\n{"".join(rows)}}};\n')

    rows, last = [], 0
    for path in sorted((source / "migrations").glob("*.sql")):
        match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)\.sql", path.name)
        if not match:
            fail(path, "the name must be NNNN_words.sql")
        last += 1
        if int(match.group(1)) != last:
            fail(path, f"the next migration is {last:04d}")
        raw = path.read_bytes()
        text = raw.decode("utf-8")
        check_common(path, bare(text))
        rows.append(f"\t{{{int(match.group(1))}, \"{match.group(2)}\", \"{hashlib.sha256(raw).hexdigest()}\",\n\t{c_string(text)}}},\n")
    scripts = []
    for path in sorted((source / "seed").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        check_common(path, bare(text))
        scripts.append(f"const char seed_{path.stem}_sql[] =\n\t{c_string(text)};\n")
    write(
        out / "migrations.c",
        f'{note}#include "statement.h"\n\nconst struct migration_text migrations[] = {{\n{"".join(rows)}\t{{0, NULL, NULL, NULL}},\n}};\n'
        f"const size_t migration_count = {len(rows)};\n{''.join(scripts)}",
    )


if __name__ == "__main__":
    main()
