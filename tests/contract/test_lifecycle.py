"""The lifecycle table of the program is that of transitions.tsv, the independent copy of what was agreed, row for row."""
import csv
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOORS = {"call": "CALL", "effect": "EFFECT", "timer or effect": "SYSTEM"}


def agreed_rows():
    with open(ROOT / "tests/contract/transitions.tsv", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["stage"] == "journey":
                start = "new" if row["from"] == "(new)" else row["from"]
                yield (row["machine"], start, row["action"]), (
                    frozenset(row["roles"].split(",")), row["to"], DOORS[row["door"]], row["article"])


def program_rows():
    text = (ROOT / "service/policy/lifecycle.def").read_text(encoding="utf-8")
    pattern = r'ROW\((\w+), (\w+), (\w+), ([^,]+), (\w+), (\w+), "([^"]+)"'
    for machine, start, action, roles, to, door, articles in re.findall(pattern, text):
        names = frozenset(role.strip().removeprefix("ROLE_") for role in roles.split("|"))
        yield (machine, start, action), (names, to, door, articles)


def test_every_row_of_the_journey_is_in_the_program_and_no_other():
    expected, actual = dict(agreed_rows()), dict(program_rows())
    assert len(expected) == 99
    assert sorted(expected) == sorted(actual)
    for step, row in expected.items():
        assert actual[step] == row, step


def test_every_rule_has_both_languages_and_an_article():
    text = (ROOT / "service/policy/rules.def").read_text(encoding="utf-8")
    pattern = r'RULE\((\w+), "([A-Z]+-\d+)", (\w+), "([^"]+)",\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",\s*(\w+)\)'
    rules = re.findall(pattern, text)
    assert len(rules) == len(re.findall(r"^RULE\(", text, re.M))
    for symbol, code, level, articles, chinese, english, guard in rules:
        assert symbol == code.replace("-", "_")
        assert re.search("[一-龥]", chinese), f"{code} has no Chinese text"
        assert re.search("[a-z]", english), f"{code} has no English text"
        assert level in ("error", "warn", "info", "flag", "calc") and articles
        if guard != "NULL":
            assert guard == "rule_" + symbol.lower()


def test_every_rule_of_the_lifecycle_has_a_guard():
    text = (ROOT / "service/policy/lifecycle.def").read_text(encoding="utf-8")
    rules = (ROOT / "service/policy/rules.def").read_text(encoding="utf-8")
    guarded = set(re.findall(r"\brule_(\w+)\)", rules))
    for listed in re.findall(r"RULES\(([^)]*)\)", text):
        for symbol in (s.strip() for s in listed.split(",")):
            if symbol not in ("RULE_NONE", "rule list"):
                assert symbol.lower() in guarded or " " in symbol, symbol
