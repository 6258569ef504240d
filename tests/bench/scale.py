"""p99 of status reads when there are many more alliances: one cluster and one instance of the service for each size, all at the same
time, measured in turn; alone and under an export and 50 writes a second. Flat means: no size, loaded or not, takes more than FLAT
times what the smallest takes alone. What the reads touch is in PostgreSQL's memory from the start, as it is after some hours of them."""
import time

import machine
import mixture
import report
import variants

FLAT = 1.3
TOUCHED = ("alliance", "recognition_term", "document")  # what a status is read from


def warm(database):
    """Else the first reading of each page would be measured, which is the disk's. Indexes for searches are not among what is touched."""
    database.sql("create extension if not exists pg_prewarm")
    names = ", ".join(f"'{name}'::regclass" for name in TOUCHED)
    touched = (f"(select oid from pg_class where oid in ({names}) union all select c.oid from pg_index i join pg_class c on c.oid = i.indexrelid "
               f"join pg_am a on a.oid = c.relam where i.indrelid in ({names}) and a.amname = 'btree') x")
    room = "(select setting::bigint * 8192 from pg_settings where name = 'shared_buffers')"
    if database.value(f"select sum(pg_relation_size(oid)) > {room} from {touched}") == "t":
        raise SystemExit("bench: what statuses are read from does not fit into PostgreSQL's memory")
    database.sql(f"select pg_prewarm(oid) from {touched}")


def measure(benches):
    for bench in benches:
        bench.start_data()
        bench.start_service()
        warm(bench.database)
    options = benches[0].options
    for number in range(1, options.rounds + 1):
        benches[0].say(f"round {number} of {options.rounds}")
        for bench in benches:
            if not machine.wait_quiet(options.patience):
                bench.say("the machine is not quiet; measuring all the same")
            mixture.measure(bench)
    sizes = {str(bench.options.alliances): {name: report.summary(runs) for name, runs in bench.runs["latency"].items()} for bench in benches}
    smallest = sizes[str(min(bench.options.alliances for bench in benches))]["alone"]["p99_us"]
    ratios = [{"alliances": int(size), "load": name, "value": one["p99_us"] / smallest, "first": FLAT, "first_met": one["p99_us"] / smallest <= FLAT}
              for size, found in sizes.items() for name, one in found.items()]
    return {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "versions": variants.versions(), "sizes": sizes, "ratios": ratios,
            "met": all(one["first_met"] for one in ratios)}


def table(found):
    lines = [f"p99 of status reads, {found['at']}, commit {found['versions']['commit']}",
             f"  {'alliances':>12}  {'load':<12}{'per second':>12}{'p50 us':>9}{'p99 us':>9}{'ratio':>8}"]
    for one in found["ratios"]:
        figures = found["sizes"][str(one["alliances"])][one["load"]]
        lines.append(f"  {report.number(one['alliances']):>12}  {one['load']:<12}{report.number(figures['requests_per_second']['median']):>12}"
                     f"{report.number(figures['p50_us']):>9}{report.number(figures['p99_us']):>9}{report.number(one['value'], 2):>8}  "
                     + ("met" if one["first_met"] else f"MISSED ({FLAT})") + (f", {figures['noisy_rounds']} noisy" if figures["noisy_rounds"] else ""))
    return "\n".join(lines)
