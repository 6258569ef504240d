"""make bench: the service beside its ceilings and its peers, in one command.

What runs: a private PostgreSQL with fsync on, data from allianced seed, two instances of the service with everything on (validation,
authentication, metrics, the request log to a file), one of them without the cache of public answers; nginx with "return 200" and an
equal body; pgbench with the statements that the service was seen to run; psql's COPY; and the smallest honest handlers over the same
statements in Go and in Node. Before anything is timed their answers are compared with the service's. Then rounds: every variant of a
workload once, again from the start, at least three times, so that what changes on the machine reaches all.

What a ratio means: above 1 is better than the other.
- Status, list and funding are bound by the processor. The judged ratio is CPU time per request of all that took part (client and
  database included): on a full machine that is the throughput, and it is steady when a neighbour makes noise.
- The durable writes wait for the disk, where several commits may share one flush, and an export runs one backend as fast as it can:
  there the judged ratio is throughput, from interleaved rounds. "psql copy" connects for each export, as one does by hand; "psql
  session" has done it before, as the service's connection has, and is what the database itself needs.
- What the service was seen to run is what one request at a time makes it run. Under load it also asks one statement about several things
  at once (:merge); the others ask the single statements. pgbench draws the objects that it asks about sixteen at a time, which is part of
  its figure: 2 to 3 us a statement.
- p99 is latency at the other's p99 of the same run (best peer), or under the mixture at its own p99 alone.
- Memory is the resident size, of the service with its cache full, at 64 connections and during exports.
The first column of the targets decides the exit code; the second is the goal and is told. QUICK=1 shows that all of it works and
judges nothing: its runs are too short. A ratio whose other side could not be measured is not met.

SCALE=1 is another measurement: p99 of status reads with 5,000, 50,000 and 1,000,000 alliances, each in a cluster of its own, in turn
(SCALE="5000 50000" chooses the sizes); loading the largest takes long.

EXPORT_ROWS=1000000 is one more: the rows of exports alone, of at least that many funding records. An export of few favours who is
connected already over psql, which connects each time; of a million nobody sees that. They are those of 5,000 alliances many times
over (data.multiply).

It installs nothing by itself (docker/local/bench does) and never touches another cluster."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import re
import signal
import sys
import time

from database import ROOT, Database  # first: it puts tests/support within reach of the others

import data
import load
import machine
import mixture
import record
import report
import scale
import variants
import workloads
from support import settings_table

LABELS = ("statuses", "industry_classes", "funding_record_kinds", "organisation_types")
HOT = 1000  # alliances that are asked for again and again: the row "from the cache"
SIZES = [5000, 50000, 1000000]


def sorted_most():
    """Funding records at most of which an export alone is sorted: so many entries a millisecond in a quarter of the time for an answer,
    of which some are no records."""
    default, = (value for name, _, _, value, *_ in settings_table.settings() if name == "write_timeout_ms")
    entries = int(re.search(r"#define SORTED_A_MS +(\d+)", (ROOT / "service/ledger.c").read_text(encoding="utf-8"))[1])
    return int(default) // 4 * entries * 19 // 20


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = pathlib.Path(os.environ.get("BUILD", "build"))
        self.build = self.build if self.build.is_absolute() else ROOT / self.build
        self.binary = self.build / "plain/allianced"
        self.directory = pathlib.Path(options.directory)
        self.parties, self.missing, self.runs, self.mixture, self.seed = {}, {}, {}, [], 0
        self.began = time.monotonic()
        self.database, self.workloads, self.built = None, {}, []

    def say(self, text):
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", file=sys.stderr, flush=True)

    def next_seed(self):
        self.seed += 1
        return self.seed

    # ---- setting up ----

    def key(self, role, name):
        """The key of a new account."""
        return json.loads(data.program(self.binary, self.database, self.directory, "account", "create", "--name", name, "--role", role,
                                       "--key"))["key"]

    def start_data(self):
        """The database with its data, the workloads and their statements."""
        self.say(f"data: {self.options.alliances} alliances")
        self.database = Database(self.directory)
        data.load(self.binary, self.database, self.directory, self.options.alliances)
        if self.options.export_rows:
            self.say(f"the journal until it has {self.options.export_rows} funding records")
            data.multiply(self.database, self.options.export_rows)
        self.say("accounts, and the statements of each workload")
        self.blocks = data.Blocks(self.database)
        self.officer = self.key("officer", "基准经办")
        self.auditor = self.key("auditor", "基准审计")
        self.make_workloads()
        self.record()

    def start(self):
        with concurrent.futures.ThreadPoolExecutor() as threads:  # what there is to build for the peers is built beside the data
            self.built = [threads.submit(build, self.build) for build in (variants.build_go, variants.install_node)]
            self.start_data()
        self.say("the parties")
        self.start_parties()
        self.say("comparing the answers")
        self.check()

    def make_workloads(self):
        officer, auditor = {"Authorization": f"Bearer {self.officer}"}, {"Authorization": f"Bearer {self.auditor}"}
        suspend = json.dumps({"action": "suspend", "comment": "回避声明不实"}, ensure_ascii=False)
        patch = json.dumps({"address": "蒲城县示例路2号"}, ensure_ascii=False)
        status = workloads.Read(self, "status", "status by id, public")
        listing = workloads.Read(self, "list", f"list of {self.options.limit}, filtered, keyset", drop=("next",))
        funding = workloads.Read(self, "funding", "funding records of an alliance, with totals", auditor)
        transition = workloads.Write(
            self, "transition", "status transition, durable", "expert", "POST", "/v1/experts/00000000-0000-7000-8000-@NUMBER@/transitions",
            {**officer, "Content-Type": "application/json", "If-Match": '"1.x"', "Idempotency-Key": "bench-@NUMBER@"}, suspend,
            {"key": "bench-@NUMBER@", "comment": "回避声明不实"})
        write = workloads.Write(
            self, "write", "simple durable write", "organisation", "PATCH", "/v1/organisations/00000000-0000-7000-8000-@NUMBER@",
            {**officer, "Content-Type": "application/merge-patch+json", "If-Match": '"1.x"'}, patch, {"address": "蒲城县示例路2号"})
        exports = [workloads.Export(self, accept, auditor) for accept in ("text/csv", "application/x-ndjson")]
        self.workloads = {one.name: one for one in (status, listing, funding, transition, write, *exports)}

    def service(self, name, **settings):
        return variants.service(self.binary, self.database, self.directory, name, data.CLOCK, **settings)

    def record(self):
        """The statements of each workload, seen from an instance without the cache; and from them the scripts and the peers' plans."""
        record.watching(self.database, True)
        party = self.service("recorded", public_cache_mib=0)
        try:
            plans = self.record_with(party)
        finally:
            party.stop()
            record.watching(self.database, False)
        for name in ("transition", "write"):
            self.workloads[name].make_pgbench(plans[name.title()])
        (self.directory / "plans.json").write_text(json.dumps(plans, ensure_ascii=False, indent=1), encoding="utf-8")

    def record_with(self, party):
        plans = {"Labels": {}, "Now": data.CLOCK.replace("+08:00", ".000+08:00"), "Account": "基准经办", "Limit": self.options.limit}
        for name in LABELS:
            _, text = workloads.ask_well(party, f"/v1/code-lists/{name}")
            plans["Labels"][name] = {item["code"]: item["zh"] for item in json.loads(text)["items"]}
        plans["Status"] = self.record_status(party)
        plans["List"] = self.record_list(party)
        plans["Funding"] = self.record_funding(party)
        for name in ("transition", "write"):
            plans[name.title()] = self.workloads[name].record(party)
        plans["Export"] = self.plan_export()
        return plans

    def record_read(self, party, workload, cases):
        """cases: two of (path, variables), asked in turn; once before it counts, so that what happens once has happened."""
        cases = cases * 3
        workloads.ask_well(party, cases[0][0], headers=workload.headers)
        return record.record(self.database, lambda index, _: workloads.ask_well(party, cases[index][0], headers=workload.headers),
                             [variables for _, variables in cases], False)

    def record_status(self, party):
        workload = self.workloads["status"]
        rows = data.table(self.database, "status", "id", "select id from alliance where is_public order by md5(id::text)")
        ids = [row[0] for row in self.database.sql("select id from bench.status order by n")]
        paths = [f"/v1/alliances/{one}/status" for one in ids]
        workload.write_paths("all", paths)
        workload.write_paths("hot", paths[:HOT])
        plan = self.record_read(party, workload, [(paths[i], {"id": ids[i]}) for i in (0, -1)])
        workload.make_pgbench(plan, rows, ["id"])
        return plan

    def record_list(self, party):
        """Pages that begin somewhere in the middle of a filtered list, by the cursors that the service gave."""
        workload, found, fields = self.workloads["list"], [], [row[0] for row in self.database.sql(
            "select industry_field from alliance where is_public and status = 'recognised' group by 1 order by count(*) desc, 1")]
        for field in fields:
            path = workloads.with_query("/v1/alliances", status="recognised", industry_field=field, limit=self.options.limit)
            for _ in range(self.options.pages):
                _, text = workloads.ask_well(party, path)
                page = json.loads(text)
                path = page["page"]["next"]
                if not path:
                    break
                last = page["items"][-1]
                found.append((path if path.startswith("/") else path[path.index("/v1/"):], field, last["recognised_on"], last["id"]))
        if len(found) < 2:
            load.fail("the data have no second page of a list; more alliances are needed")
        random.Random(3).shuffle(found)
        workload.write_paths("all", [path for path, *_ in found])
        workload.write_paths("peer", [workloads.with_query("/v1/alliances", status="recognised", industry_field=field, limit=self.options.limit,
                                                           cursor=workloads.cursor_of(key, one)) for _, field, key, one in found])
        values = ", ".join(f"('{field}', '{key}', '{one}')" for _, field, key, one in found)
        rows = data.table(self.database, "list", "*", f"select * from (values {values}) v(field, key, id)")  # shuffled above
        plan = self.record_read(party, workload, [(path, {"field": field, "key": key, "id": one}) for path, field, key, one in found[:2]])
        workload.make_pgbench(plan, rows, ["field", "key", "id"])
        return plan

    def record_funding(self, party):
        workload = self.workloads["funding"]
        rows = data.table(self.database, "funding", "id", "select alliance_id as id from (select alliance_id from award w where exists "
                          "(select from journal_entry e where e.award_id = w.id) group by 1) a order by md5(alliance_id::text) limit 50000")
        ids = [row[0] for row in self.database.sql("select id from bench.funding order by n")]
        paths = [workloads.with_query("/v1/funding-records", alliance=one, limit=self.options.limit) for one in ids]
        workload.write_paths("all", paths)
        plan = self.record_read(party, workload, [(paths[i], {"id": ids[i]}) for i in (0, -1)])
        workload.make_pgbench(plan, rows, ["id"])
        return plan

    def plan_export(self):
        """The statement of both formats; it travels as COPY or without a name, so it is taken from its file: no filter, all records."""
        name = "funding_record_export"
        count = max(int(number) for number in re.findall(r"[$]([0-9]+)", record.file_of(name)[1]))
        auditor = self.database.value("select id from account where name = '基准审计'")
        plan = [record.step(name, [[("text", auditor)], *[None] * (count - 1)])]
        for one in ("export_csv", "export_ndjson"):
            self.workloads[one].make_copy(plan)
        return plan

    def start_service(self):
        self.parties["service"] = self.service("service")

    def start_parties(self):
        self.start_service()
        cached = self.parties["service"]
        self.parties["uncached"] = self.service("uncached", public_cache_mib=0)
        path = self.workloads["status"].files["hot"].read_text(encoding="ascii").splitlines()[0]
        _, body = workloads.ask_well(cached, path)
        ceiling = variants.nginx(self.directory, body.decode())
        if ceiling:
            self.parties["nginx"] = ceiling
        (program, why), (folder, why_not) = (one.result() for one in self.built)
        if program:
            self.parties["go"] = variants.go_peer(self.database, self.directory, program)
        else:
            self.missing["go"] = why
        if folder:
            self.parties["node"] = variants.node_peer(self.database, self.directory, folder)
        else:
            self.missing["node"] = why_not
        for name, why in self.missing.items():
            self.say(f"the peer {name} is left out: {why}")
        self.peers = [self.parties[name] for name in ("go", "node") if name in self.parties]

    def check(self):
        handlers = [self.parties["service"], *self.peers]
        for name in self.measured():
            self.workloads[name].check([*handlers, self.parties["uncached"]] if name == "status" else handlers)

    def measured(self):
        return [name for name in self.workloads if name.startswith("export") or not self.options.export_rows]

    # ---- measuring ----

    def pgbench_best(self, workload):
        """The number of connections at which pgbench does most: two for each core, as all pools have, or twice that, rather than a backend for
        each request."""
        tried = (variants.POOL,) if self.options.quick else (variants.POOL, 2 * variants.POOL)
        for clients in tried:
            workload.pgbench.measure_start(clients)
        rates = {clients: workload.run_pgbench(clients, 1).rate for clients in tried[1:] and tried}
        return max(rates, key=rates.get, default=tried[0])

    def variants_of(self, name):
        """(variant, function that runs it for some seconds) of a workload, in the order of a round."""
        workload, service = self.workloads[name], self.parties["service"]
        peers = [(peer.name, lambda seconds, peer=peer: workload.run(peer, seconds)) for peer in self.peers]
        if name.startswith("export"):
            return [("psql copy", workload.run_copy), ("psql session", workload.run_copy_session),
                    ("service", lambda seconds: workload.run(service, seconds)), *peers]
        if name == "status":
            workload.pgbench.measure_start(self.options.connections)
        same_number = ("pgbench", lambda seconds: workload.run_pgbench(self.options.connections, seconds))
        if name in ("transition", "write"):
            return [same_number, ("service", lambda seconds: workload.run(service, seconds)), *peers]
        best = self.pgbench_best(workload)
        at_best = ("pgbench best", lambda seconds: workload.run_pgbench(best, seconds))
        if name != "status":
            return [at_best, ("service", lambda seconds: workload.run(service, seconds)), *peers]
        ceiling = [("nginx", lambda seconds: workload.run(self.parties["nginx"], seconds))] if "nginx" in self.parties else []
        return [*ceiling, ("service", lambda seconds: workload.run(service, seconds)),
                ("uncached", lambda seconds: workload.run(self.parties["uncached"], seconds)), same_number, at_best, *peers]

    def measure(self):
        self.say("warming up")
        rounds = {name: self.variants_of(name) for name in self.measured()}
        for name, functions in rounds.items():  # once unmeasured: caches, plans, code
            for variant, function in functions:
                if self.options.warm and not variant.startswith("p"):
                    function(self.options.warm)
        for number in range(1, self.options.rounds + 1):
            if not self.options.quick and not machine.wait_quiet(self.options.patience):
                self.say("the machine is not quiet; measuring all the same")
            if not self.options.export_rows and not self.options.quick:
                mixture.measure(self)  # and at its end: of a few thousand latencies some dozens decide
            for name, functions in rounds.items():
                self.say(f"round {number} of {self.options.rounds}: {self.workloads[name].title}")
                for variant, function in functions:
                    self.runs.setdefault(name, {}).setdefault(variant, []).append(function(self.options.seconds))
            if not self.options.export_rows:
                mixture.measure(self)
                self.measure_memory()

    def measure_memory(self):
        """Resident size at 64 connections; what it is during exports comes from those."""
        status = self.workloads["status"]
        for party in (self.parties["service"], *self.peers):
            found = status.run(party, max(1, self.options.seconds // 2), 64)
            self.runs.setdefault("memory", {}).setdefault(party.name, []).append(found)

    def stop(self):
        for party in self.parties.values():
            party.stop()
        if self.database:
            self.database.stop()


def options_of(words):
    quick = os.environ.get("QUICK", "") not in ("", "0")
    parser = argparse.ArgumentParser(description="make bench")
    parser.add_argument("--directory", required=True, help="an empty directory for the cluster and the logs")
    parser.add_argument("--output", required=True, help="where the JSON goes")
    exports = int(os.environ.get("EXPORT_ROWS") or 0)
    parser.add_argument("--alliances", type=int, default=int(os.environ.get("ALLIANCES") or (300 if quick else 5000 if exports else 50000)))
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS") or (1 if quick else 3)))
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("SECONDS_EACH") or (1 if quick else 3)))
    options = parser.parse_args(words)
    if exports > sorted_most():
        parser.error(f"EXPORT_ROWS: of more than {sorted_most()} the service makes another plan than the others are given")
    options.quick, options.export_rows = quick, exports
    wanted = os.environ.get("SCALE", "")
    options.scale = [] if wanted in ("", "0") else SIZES if wanted == "1" else [int(word) for word in wanted.split()]
    options.warm, options.patience, options.pages, options.limit, options.samples = (0, 0, 3, 20, 3) if quick else (1, 20, 25, 50, 20)
    # of each load; and of pgbench's sessions: transactions until all is planned (five for their values, one for all), and those to measure
    options.connections, options.warm_transactions, options.least = (8, 1, 1) if quick else (32, 8, 50)
    return options


def compare(bench):
    bench.start()
    bench.measure()
    return report.result(bench)


def main():
    options = options_of(sys.argv[1:])
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: sys.exit(130))
    benches = [Bench(options)] if not options.scale else [
        Bench(argparse.Namespace(**{**vars(options), "alliances": size, "directory": f"{options.directory}/{size}"})) for size in options.scale]
    try:
        result = scale.measure(benches) if options.scale else compare(benches[0])
    finally:
        for bench in benches:
            bench.stop()
    result["seconds"] = round(time.monotonic() - benches[0].began, 1)
    pathlib.Path(options.output).write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(scale.table(result) if options.scale else report.table(result))
    print(f"it took {result['seconds']:.0f} s")
    sys.exit(0 if options.quick or result["met"] else 1)


if __name__ == "__main__":
    main()
