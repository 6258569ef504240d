"""The workloads: for each what the service is asked, which statements that takes (recorded), what the others are asked, and that all
answer the same. A workload knows how to run one round of one variant; it does not judge."""
import base64
import csv
import io
import json
import random
import re
import urllib.error
import urllib.parse
import urllib.request

import data
import load
import record

DRAWN = 16  # objects that pgbench draws at once, since drawing is a statement too; each statement takes the next


def ask(party, path, method="GET", headers=None, body=None):
    """(status, headers, body) of one request."""
    request = urllib.request.Request(party.base + path, data=body.encode() if body else None, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def ask_well(party, path, method="GET", headers=None, body=None):
    status, heads, text = ask(party, path, method, headers, body)
    if not 200 <= status <= 299:
        load.fail(f"{party.name}: {method} {path}: {status} {text[:600].decode('utf-8', 'replace')}")
    return heads, text


def canonical(text, drop=()):
    """JSON with sorted members; what differs by design (drop) is kept only as whether it is there."""
    def strip(value):
        if isinstance(value, dict):
            return {name: (inner is not None) if name in drop else strip(inner) for name, inner in value.items()}
        return [strip(inner) for inner in value] if isinstance(value, list) else value
    return json.dumps(strip(json.loads(text)), sort_keys=True, ensure_ascii=False)


def same(party, other, what):
    if party != other:
        at = next((i for i, (a, b) in enumerate(zip(party, other)) if a != b), min(len(party), len(other)))
        load.fail(f"{what}: the answers differ at {at}:\n  {party[max(0, at - 200):at + 200]}\n  {other[max(0, at - 200):at + 200]}")


class Read:
    """GET of random paths, of another object each time for every party (of HOT ones for the instance with the cache). columns: what pgbench draws, by the names of the plan's variables;
    the rows of its table stand in a random order."""

    def __init__(self, bench, name, title, headers=None, drop=()):
        self.bench, self.name, self.title, self.headers, self.drop = bench, name, title, headers or {}, drop
        self.files, self.pgbench = {}, None

    def write_paths(self, kind, paths):
        path = self.bench.directory / f"{self.name}-{kind}.txt"
        path.write_text("".join(line + "\n" for line in paths), encoding="ascii")
        self.files[kind] = path

    def make_pgbench(self, plan, rows, columns):
        drawn = min(DRAWN, rows)
        widths = {column: self.width(column) for column in columns}
        script = record.Script(plan, False, {column: f"substr(:v_{column}, :k * {width} + 1, {width})" for column, width in widths.items()})
        names = ", ".join(f"string_agg({column}::text, '' order by n) as v_{column}" for column in columns)
        drawable = data.table(self.bench.database, f"{self.name}_drawn", "*", f"select {names} from bench.{self.name} group by (n - 1) / {drawn} "
                              f"having count(*) = {drawn}")
        pick = (f"\\if :i % {drawn} = 0\n\\set r random(1, {drawable})\nselect {', '.join(f'v_{column}' for column in columns)} "
                f"from bench.{self.name}_drawn where n = :r \\gset\n\\endif\n\\set k :i % {drawn}\n\\set i :i + 1\n")
        self.pgbench = load.Pgbench(self.bench.database, self.bench.directory, self.name, pick + script.text, {"i": 0, **script.definitions},
                                    self.bench.options.warm_transactions, self.bench.options.least, any(one["generic"] for one in plan))

    def width(self, column):
        """The values stand in one text, each where its number says."""
        (least, most), = self.bench.database.sql(f"select min(length({column}::text)), max(length({column}::text)) from bench.{self.name}")
        if least != most:
            load.fail(f"{self.title}: the values of {column} differ in length")
        return int(most)

    def file_of(self, party):
        """The paths for a party: "all"; for the peers "peer" where their cursors are others; for the instance with the cache "hot", where it fits."""
        wanted = {"service": "hot", "go": "peer", "node": "peer"}.get(party.name)
        return self.files.get(wanted, self.files["all"])

    def check(self, parties):
        """Every party answers the same to the same."""
        lines = {party.name: self.file_of(party).read_text(encoding="ascii").splitlines() for party in parties}
        count = min(map(len, lines.values()))
        for line in random.Random(7).sample(range(count), min(self.bench.options.samples, count)):
            answers = {}
            for party in parties:
                _, text = ask_well(party, lines[party.name][line], headers=self.headers)
                answers[party.name] = canonical(text, self.drop)
            first = next(iter(answers.values()))
            for name, answer in answers.items():
                same(first, answer, f"{self.title}, {name}")

    def run(self, party, seconds, connections=None):
        headers = [f"{name}: {value}" for name, value in self.headers.items()]
        return load.wrk(party, self.bench.database, connections or self.bench.options.connections, seconds, "reads.lua", self.file_of(party), self.bench.next_seed(), *headers)

    def run_pgbench(self, clients, seconds):
        return self.pgbench.run(clients, seconds)


class Write:
    """One request about each prepared object. head: the request line and headers with @NUMBER@ for the object's digits."""

    def __init__(self, bench, name, title, table, method, path, headers, body, variables):
        self.bench, self.name, self.title, self.table = bench, name, title, table
        self.method, self.path, self.headers, self.body, self.variables = method, path, headers, body, variables
        self.pgbench, self.rate = None, 0.0  # the most that any has done in a second
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{key}: {value}" for key, value in headers.items()),
                 f"Content-Length: {len(body.encode())}", "", body]
        self.file = bench.directory / f"{name}.http"
        self.file.write_bytes("\r\n".join(lines).encode())

    def one(self, party, number):
        fill = lambda text: text.replace("@NUMBER@", str(number))  # noqa: E731
        return ask_well(party, fill(self.path), self.method, {key: fill(value) for key, value in self.headers.items()}, self.body)

    def variables_of(self, number):
        fill = lambda text: text.replace("@NUMBER@", str(number))  # noqa: E731
        return {"id": data.object_id(number), **{name: fill(value) for name, value in self.variables.items()}}

    def record(self, party):
        first = self.bench.blocks.take(self.table, 8)
        self.one(party, first)

        def request(index, variables):
            heads, _ = self.one(party, first + 1 + index)
            variables["request_id"] = heads["Request-Id"]

        return record.record(self.bench.database, request, [self.variables_of(first + i) for i in range(1, 8)], True)

    def make_pgbench(self, plan):
        renamed = {"id": "('00000000-0000-7000-8000-' || :n::text)", "request_id": "('00000000000000000000' || :n::text)",
                   "key": "('bench-' || :n::text)"}
        fixed = {name: value for name, value in self.variables.items() if name != "key"}
        script = record.Script(plan, True, renamed)
        self.pgbench = load.Pgbench(self.bench.database, self.bench.directory, self.name,
                                    "\\set i :i + 1\n\\set n :first + :client_id * :share + :i\n" + script.text,
                                    {"i": -1, **{f"v_{name}": value for name, value in fixed.items()}, **script.definitions},
                                    self.bench.options.warm_transactions, self.bench.options.least)
        clients, share = self.bench.options.connections, self.bench.options.warm_transactions + 1
        self.pgbench.measure_start(clients, {"first": self.bench.blocks.take(self.table, share * clients), "share": share})

    def check(self, parties):
        first = self.bench.blocks.take(self.table, len(parties))
        answers = {}
        for number, party in enumerate(parties, first):
            _, text = self.one(party, number)
            answers[party.name] = canonical(text, ("request_id",)).replace(str(number), "@NUMBER@")
        reference = next(iter(answers.values()))
        # only the service tells what can be done next: that is work of its own
        for name, answer in answers.items():
            same(reference, answer, f"{self.title}, {name}")

    def block(self, seconds):
        """More objects than anybody needs in that time: three times what was seen, and at first more than so many connections can do."""
        some, connections = min(seconds, 3), self.bench.options.connections  # a longer time is of sessions that have to get warm
        count = int(max(3000.0 * some, 3 * self.rate * seconds) if self.rate else 600.0 * connections * some) + 4 * connections
        first = self.bench.blocks.take(self.table, count)
        if not self.bench.options.quick:
            self.bench.database.sql("checkpoint")
        return first, count

    def verify(self, who, first, count, done):
        """What was acknowledged is there; what was begun when the time was up may be there too."""
        changed = self.bench.blocks.changed(self.table, first, count)
        if not done <= changed <= done + self.bench.options.connections:
            load.fail(f"{self.title}, {who}: {done} acknowledged, {changed} in the database")

    def run(self, party, seconds):
        first, count = self.block(seconds)
        found = load.wrk(party, self.bench.database, self.bench.options.connections, seconds, "writes.lua", self.file, first)
        self.verify(party.name, first, count, found.requests)
        self.rate = max(self.rate, found.rate)
        return found

    def run_pgbench(self, clients, seconds):
        def prepare(time_of_all):
            first, count = self.block(time_of_all)
            return {"first": first, "share": count // clients}, lambda done: self.verify("pgbench", first, count, done)

        found = self.pgbench.run(clients, seconds, prepare)
        self.rate = max(self.rate, found.rate)
        return found


class Export:
    """All funding records as CSV or NDJSON, one reader."""

    def __init__(self, bench, accept, headers):
        self.bench, self.accept = bench, accept
        self.name = "export_csv" if accept == "text/csv" else "export_ndjson"
        self.title = f"export, {'CSV' if accept == 'text/csv' else 'NDJSON'}"
        self.headers = {**headers, "Accept": accept}
        self.sizes, self.rows, self.statement = {}, 0, None

    def read(self, text):
        if self.accept == "text/csv":
            rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
            return rows[1:]
        return [canonical(line) for line in text.splitlines()]

    def check(self, parties):
        """The first rows of each are equal, and the numbers of rows and the sizes of each are known from here on."""
        firsts = {}
        for party in parties:
            size, rows, head = 0, 0, []
            request = urllib.request.Request(party.base + "/v1/funding-records", headers=self.headers)
            with urllib.request.urlopen(request, timeout=600) as reply:
                for line in reply:
                    size += len(line)
                    rows += 1
                    if rows <= 2000:
                        head.append(line)
            self.sizes[party.name] = size
            firsts[party.name] = (rows - (self.accept == "text/csv"), self.read(b"".join(head)))
        reference = next(iter(firsts.values()))
        for name, found in firsts.items():
            if found[0] != reference[0]:
                load.fail(f"{self.title}, {name}: {found[0]} rows in place of {reference[0]}")
            for a, b in zip(reference[1], found[1]):
                same(json.dumps(a, ensure_ascii=False), json.dumps(b, ensure_ascii=False), f"{self.title}, {name}")
        self.rows = reference[0]

    def make_copy(self, plan):
        def literal(match):
            pieces = plan[0]["parameters"][int(match.group(1)) - 1]
            return "null" if pieces is None else "'" + "".join(value for _, value in pieces).replace("'", "''") + "'"
        self.statement = f"copy ({re.sub(r'[$]([0-9]+)', literal, plan[0]['sql'])}) to stdout (format csv, header)"

    def run(self, party, seconds):
        headers = [f"{key}: {value}" for key, value in self.headers.items()]
        return load.download(party, self.bench.database, self.rows, self.sizes[party.name], headers, self.time(seconds))

    def run_copy(self, seconds):
        return load.copy(self.bench.database, self.rows, self.statement, self.time(seconds))

    def run_copy_session(self, seconds):
        return load.copy_session(self.bench.database, self.rows, self.statement, self.time(seconds))

    def time(self, seconds):
        """Of one round; where nothing is judged, one export will do."""
        return 0 if self.bench.options.quick else seconds


def cursor_of(key, identity):
    return base64.urlsafe_b64encode(f"{key},{identity}".encode()).decode()


def with_query(path, **values):
    return path + "?" + urllib.parse.urlencode(values)
