"""From runs to figures, ratios and a verdict: medians over the rounds, the targets with their two columns, a table for a terminal and
one object for build/bench.json. What each ratio means is told in run.py."""
import os
import pathlib
import statistics
import time

import variants

NOISE = 0.10  # a run in which others used more of the machine than that is marked

# (row, variant, against, by, first column, goal). against: a variant, "best peer", or None for an absolute figure.
# by: cpu, rate (higher is better for us), p99 and resident (ours through the other's, lower is better), or MB.
TARGETS = (
    ("status", "service", "nginx", "cpu", 0.7, 1.2),
    ("status", "service", "best peer", "cpu", 3, 5),
    ("status", "uncached", "pgbench", "cpu", 1.4, 2.5),
    ("status", "uncached", "pgbench best", "cpu", None, 1.2),
    ("status", "uncached", "best peer", "cpu", 1.2, 2),
    ("list", "service", "pgbench best", "cpu", 0.6, 0.9),
    ("list", "service", "best peer", "cpu", 1.6, 2.5),
    ("funding", "service", "pgbench best", "cpu", 1.0, 1.4),
    ("funding", "service", "best peer", "cpu", 1.6, 2.5),
    ("transition", "service", "pgbench", "rate", 0.8, 2),
    ("transition", "service", "best peer", "rate", 1.5, 3),
    ("write", "service", "pgbench", "rate", None, 3.5),
    ("write", "service", "best peer", "rate", None, 4),
    ("export_csv", "service", "psql copy", "rate", 1.0, 1.2),
    ("export_csv", "service", "psql session", "rate", None, 1.0),
    ("export_csv", "service", "best peer", "rate", 1.4, 1.4),
    ("export_ndjson", "service", "psql copy", "rate", 0.9, 1.0),
    ("export_ndjson", "service", "psql session", "rate", None, 1.0),
    ("export_ndjson", "service", "best peer", "rate", 1.4, 1.4),
    ("latency", "under load", "alone", "p99", 1.3, 1.3),
    ("status", "service", "best peer", "p99", 0.5, 0.5),
    ("status", "uncached", "best peer", "p99", 0.5, 0.5),
    ("memory", "service", None, "MB", 24, 16),
    ("memory", "service", "go", "resident", 1.5, 1.5),
    ("export_ndjson", "service", None, "MB", 32, 16),
    ("export_csv", "service", None, "MB", 32, 16),
)
LOWER = ("p99", "resident", "MB")
PEERS = ("go", "node")
MEANING = {"cpu": "CPU per request", "rate": "throughput", "p99": "p99", "resident": "resident memory", "MB": "resident MB"}


def middle(values):
    found = [value for value in values if value is not None]
    return statistics.median(found) if found else None


def summary(runs):
    """Medians, and the ends of what was measured."""
    value = lambda name: middle([getattr(run, name) for run in runs])  # noqa: E731
    return {
        "rounds": len(runs), "noisy_rounds": sum(run.foreign > NOISE for run in runs),
        "requests": sum(run.requests for run in runs),
        "requests_per_second": {"median": value("rate"), "min": min(run.rate for run in runs), "max": max(run.rate for run in runs)},
        "p50_us": value("p50"), "p99_us": value("p99"),
        "cpu_us": {"service": value("service"), "database": value("database"), "client": value("client"), "all": value("cpu")},
        "resident_mb": max(run.resident for run in runs) or None,
    }


def figure(found, by):
    if found is None:
        return None
    return {"cpu": found["cpu_us"]["all"], "rate": found["requests_per_second"]["median"], "p99": found["p99_us"],
            "resident": found["resident_mb"], "MB": found["resident_mb"]}[by]


def ratio(row, variant, against, by):
    """(ratio or figure, name of the other side); None when a side was not measured, or when a peer is missing."""
    ours = figure(row.get(variant), by)
    if by == "MB":
        return ours, None
    if against == "best peer":
        figures = {name: figure(row.get(name), by) for name in PEERS}
        if None in figures.values():
            return None, against
        against = max(figures, key=figures.get) if by == "rate" else min(figures, key=figures.get)
    other = figure(row.get(against), by)
    if not ours or not other:
        return None, against
    return (other / ours if by == "cpu" else ours / other), against


def verdict(value, target, by):
    if target is None:
        return None
    return value is not None and (value <= target if by in LOWER else value >= target)


def result(bench):
    rows = {name: {variant: summary(runs) for variant, runs in found.items()} for name, found in bench.runs.items()}
    ratios = []
    for name, variant, against, by, first, goal in TARGETS:
        if bench.options.export_rows and not name.startswith("export"):
            continue
        value, other = ratio(rows.get(name, {}), variant, against, by)
        ratios.append({"workload": name, "variant": variant, "against": against, "other": other, "by": MEANING[by], "value": value,
                       "first": first, "first_met": verdict(value, first, by), "goal": goal, "goal_met": verdict(value, goal, by)})
    model = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
             if line.startswith("model name")]
    return {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "quick": bench.options.quick, "alliances": bench.options.alliances,
            "funding_records": bench.workloads["export_csv"].rows, "seconds_per_run": bench.options.seconds,
            "machine": {"cores": os.cpu_count(), "model": model[0] if model else "unknown"}, "versions": variants.versions(),
            "missing": bench.missing, "mixture": bench.mixture, "titles": {name: one.title for name, one in bench.workloads.items()}, "workloads": rows, "ratios": ratios,
            "met": all(one["first_met"] is not False for one in ratios)}


# ---- for the terminal ----

TITLES = {"latency": "status reads at a steady rate", "memory": "status by id at 64 connections"}


def number(value, places=0):
    return "-" if value is None else f"{value:,.{places}f}".replace(",", " ")



def table(found):
    lines = [f"{found['at']}, {found['machine']['cores']} cores ({found['machine']['model']}), commit {found['versions']['commit']}, "
             f"{number(found['alliances'])} alliances, {number(found['funding_records'])} funding records"]
    head = f"  {'':<14}{'per second':>12}{'min':>10}{'max':>10}{'p50 us':>11}{'p99 us':>11}   CPU us: {'service':>8}{'database':>9}{'client':>8}{'all':>8}{'MB':>8}  rounds"
    for name, variants_found in found["workloads"].items():
        lines += ["", found["titles"].get(name, TITLES.get(name, name)), head]
        for variant, one in variants_found.items():
            rate, cpu = one["requests_per_second"], one["cpu_us"]
            places = 2 if name.startswith("export") else 0
            lines.append(f"  {variant:<14}{number(rate['median']):>12}{number(rate['min']):>10}{number(rate['max']):>10}{number(one['p50_us']):>11}"
                         f"{number(one['p99_us']):>11}           {number(cpu['service'], places):>8}{number(cpu['database'], places):>9}"
                         f"{number(cpu['client'], places):>8}{number(cpu['all'], places):>8}{number(one['resident_mb'], 1):>8}  {one['rounds']}"
                         + (f", {one['noisy_rounds']} noisy" if one["noisy_rounds"] else ""))
    lines += ["", f"{'ratio':<58}{'by':<18}{'value':>8}{'target':>8}  {'':<14}{'goal':>6}"]
    for one in found["ratios"]:
        other = f" / {one['other']}" if one["other"] else ""
        what = f"{one['workload']}, {one['variant']}{other}" + (f" ({one['against']})" if one["against"] == "best peer" and one["other"] != "best peer" else "")
        state = "" if one["first"] is None else "not measured" if one["value"] is None else "met" if one["first_met"] else "MISSED"
        goal = "" if one["value"] is None else "met" if one["goal_met"] else "not yet"
        lines.append(f"{what:<58}{one['by']:<18}{number(one['value'], 2):>8}{number(one['first'], 1):>8}  {state:<14}{number(one['goal'], 1):>6}  {goal}")
    for name, why in found["missing"].items():
        lines.append(f"the peer {name} was left out ({why}): ratios against the best peer are not measured")
    noisy = sum(one["noisy_rounds"] for row in found["workloads"].values() for one in row.values())
    if noisy:
        lines.append(f"{noisy} runs were noisy: others used more than {NOISE:.0%} of the machine meanwhile")
    if found["quick"]:
        lines.append("QUICK=1: everything works; runs this short judge nothing")
    else:
        lines.append("every target of the first column is met" if found["met"] else "a target of the first column is missed")
    return "\n".join(lines)
