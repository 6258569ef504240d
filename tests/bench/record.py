"""Which statements a request runs, found by watching one: the database logs what a service instance sends, and what is logged under
the name of a file of sql/statements is that file's text. So pgbench and the peers always run what the service runs today.
A parameter is NULL (None) or a list of pieces, ("text", …) or ("variable", name); whatever is neither constant nor of the request
is an error, because then nobody else could repeat it."""
import re

from database import ROOT
from support.cluster import DATABASE, SERVICE

LINE = re.compile(r"^\S+ \S+ \S+ \[(\d+)\] (LOG|DETAIL):  (.*)", re.S)
COMMAND = re.compile("begin|commit|rollback|set local plan_cache_mode", re.I)
PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')", re.S)
# Who calls (the others have no authentication), and what the service does by itself meanwhile.
ASIDE = re.compile("ping|caller_by_key|credential_touch|sweep_.*|idempotency_key_purge")


def watching(database, on):
    database.sql(f"alter role {SERVICE} in database {DATABASE} " + ("set log_statement = 'all'" if on else "reset log_statement"))


def entries(text):
    """(pid, level, message) of each entry; a continued line begins with a tab."""
    found = []
    for line in text.split("\n"):
        match = LINE.match(line)
        if match:
            found.append([int(match.group(1)), match.group(2), match.group(3)])
        elif found:
            found[-1][2] += "\n" + line.removeprefix("\t")
    return found


def executed(text):
    """(pid, statement name, parameters) in the order of the log; name is None for a command such as begin, then with its text."""
    steps = []
    for pid, level, message in entries(text):
        if level == "LOG" and message.startswith("execute "):
            name, sql = message[8:].split(": ", 1)
            steps.append([pid, None if name == "<unnamed>" or COMMAND.match(sql) else name, sql, []])
        elif level == "LOG" and message.startswith("statement: "):
            steps.append([pid, None, message[11:].strip(), []])
        elif level == "DETAIL" and message.startswith("parameters: ") and steps:
            steps[-1][3] = [None if value == "NULL" else value[1:-1].replace("''", "'") for _, value in PARAMETER.findall(message)]
    return steps


def pieces(value, variables):
    if value is None:
        return None
    for name, text in variables.items():
        if value == text:
            return [("variable", name)]
    long = {name: text for name, text in variables.items() if text and len(text) >= 8}
    if not long:
        return [("text", value)]
    found, names = [], {text: name for name, text in long.items()}
    for part in re.split("(" + "|".join(re.escape(text) for text in sorted(names, key=len, reverse=True)) + ")", value):
        if part:
            found.append(("variable", names[part]) if part in names else ("text", part))
    return found or [("text", "")]


def file_of(name):
    """(the words of the first line, the statement) of a file of sql/statements."""
    marks, _, text = (ROOT / "sql/statements" / f"{name}.sql").read_text(encoding="utf-8").partition("\n")
    return marks.split(), text.strip().removesuffix(";").rstrip()


def step(name, parameters):
    """One statement of a plan. generic: it is planned once for all values, as the service has it planned."""
    marks, sql = file_of(name)
    return {"name": name, "sql": sql, "generic": ":generic" in marks, "parameters": parameters}


def plan(text, variables, writes):
    """The statements of one request: of a write all of its transaction, of a read what it sent anywhere."""
    named = [one for one in executed(text) if one[1] and not ASIDE.fullmatch(one[1])]
    if writes:
        touched = {one[0] for one in named if variables["id"] in one[3]}
        if len(touched) != 1:
            raise SystemExit(f"bench: a write ran on {len(touched)} connections:\n{text}")
        named = [one for one in named if one[0] in touched]
    if not named:
        raise SystemExit(f"bench: no statement was seen in\n{text}")
    return [step(name, [pieces(value, variables) for value in values]) for _, name, _, values in named]


def difference(one, other):
    for first, second in zip(one, other):
        if first != second:
            return f"{first['name']} cannot be repeated: {first['parameters']} against {second['parameters']}"
    return f"two requests ran {[first['name'] for first in one]} and {[second['name'] for second in other]}"


def record(database, request, variables, writes):
    """The plan that two requests in a row have in common; request(i, variables[i]) may add to the variables. More than two are there
    because now and then a request also refreshes what the service remembers."""
    last = None
    for i, one in enumerate(variables):
        offset = database.log_size()
        request(i, one)
        found = plan(database.log_since(offset), one, writes)
        if found == last:
            return found
        why, last = difference(found, last or []), found
    raise SystemExit(f"bench: {why}")


# ---- pgbench ----

PLACE = re.compile(r"'(?:[^']|'')*'|\$\d+")


class Script:
    """A plan as a pgbench script (text) with what its command line defines (definitions). A constant travels as a variable of the
    command line, so that it stays a parameter; NULL is a variable that is not defined. renamed: variable -> SQL that computes it in
    the script, else :v_<name>."""

    def __init__(self, plan_of, writes, renamed):
        self.renamed, self.definitions, self.names = renamed, {}, {}
        lines = [self.statement(one) for one in plan_of]
        self.text = "\n".join(["begin;", *lines, "commit;"] if writes else lines) + "\n"

    def constant(self, value):
        if value not in self.names:
            self.names[value] = f"c{len(self.names)}"
            self.definitions[self.names[value]] = value
        return f":{self.names[value]}"

    def value(self, parts):
        if parts is None:
            return ":nothing"
        texts = [self.constant(value) if kind == "text" else self.renamed.get(value, f":v_{value}") for kind, value in parts]
        return texts[0] if len(texts) == 1 else "(" + " || ".join(f"{text}::text" for text in texts) + ")"

    def statement(self, one):
        sql = re.sub(r"--[^\n]*", "", one["sql"])

        def place(match):
            if not match.group(0).startswith("$"):
                # pgbench would take the colon in a literal ('HH24:MI') for a variable
                text = re.sub(r":(?=\w)", "'||':'||'", match.group(0))
                return text if text == match.group(0) else f"({text})"
            value = self.value(one["parameters"][int(match.group(0)[1:]) - 1])
            # to pgbench each place is a parameter of its own: the type that is told at one place holds at all
            cast = re.search(re.escape(match.group(0)) + r"::(\w+)", sql)
            return f"{value}::{cast.group(1)}" if cast and not sql.startswith("::", match.end()) else value

        return PLACE.sub(place, sql) + ";"
