"""Twice what the service can do, for a minute: it does what it can, tells the rest to come back, and is itself again at once.

The rates are fixed and latencies count from the moment a request was due (tests/load/rate.c). The peak is measured first, by as
many clients as get an answer each before they ask again."""
import statistics

from rig import SHORT, Probe, Rig

PEAK_SECONDS, CALM_SECONDS, OVER_SECONDS, AFTER_SECONDS = (5, 4, 12, 8) if SHORT else (15, 10, 60, 15)
PEAK_CONNECTIONS, CONNECTIONS = 64, 512
BACK_SECONDS = 5


def reads(rig):
    application = rig.world.value("select id from application order by created_at, id limit 1")
    return [(4, rig.bytes_of("GET", f"/v1/applications/{application}", "officer")),
            (3, rig.bytes_of("GET", "/v1/alliances?limit=50", "auditor")),
            (3, rig.bytes_of("GET", "/v1/funding-records", "auditor")),
            (2, rig.bytes_of("GET", "/v1/tasks", "officer"))]


def mixed(rig):
    account = {"name": "load", "kind": "machine"}
    return [(3, data) for _, data in reads(rig)] + [(4, rig.bytes_of("POST", "/v1/accounts", "sysadmin", account, key=True))]


def mean(seconds, name):
    return statistics.mean(second[name] for second in seconds) if seconds else 0.0


def median(seconds, name):
    return statistics.median(second[name] for second in seconds) if seconds else 0.0


def play(rig, name, requests):
    closed = rig.rate(PEAK_CONNECTIONS, requests, "0:2", f"0:{PEAK_SECONDS}")
    peak = mean(closed["seconds"][2:], "good")
    with Probe(rig.world.port) as health:
        run = rig.rate(CONNECTIONS, requests, f"{peak / 2:.0f}:{CALM_SECONDS}", f"{peak * 2:.0f}:{OVER_SECONDS}",
                       f"{peak / 2:.0f}:{AFTER_SECONDS}")
    seconds = run["seconds"]
    calm = seconds[1:CALM_SECONDS]
    over = seconds[CALM_SECONDS + 1:CALM_SECONDS + OVER_SECONDS]
    after = seconds[CALM_SECONDS + OVER_SECONDS:]
    goodput, slow = mean(over, "good"), median(over, "p99")
    print(f"overload of {name}: peak {peak:.0f}/s with p99 {closed['p99']:.1f} ms at {PEAK_CONNECTIONS} connections; offered twice: "
          f"{goodput:.0f}/s answered, {mean(over, 'shed'):.0f}/s told to come back, p99 of the answered {slow:.1f} ms; half the peak "
          f"before: p99 {median(calm, 'p99'):.1f} ms, after: {median(after[BACK_SECONDS:], 'p99'):.1f} ms")
    print(f"  statuses {run['statuses']}, failed {run['failed']}, late {run['late']}; health: worst {health.worst():.0f} ms")
    rig.check(goodput >= 0.9 * peak, f"{name}: goodput is at least 0.9 of the peak ({goodput / peak:.2f})")
    rig.check(set(run["statuses"]) <= {"200", "201", "503"} and not run["failed"] and not run["bare_refusals"],
              f"{name}: all others were told 503 with Retry-After in a problem document")
    rig.check(slow <= 4 * closed["p99"], f"{name}: p99 of the answered is at most 4 times that at the peak ({slow / closed['p99']:.1f})")
    back = [second for second in after[BACK_SECONDS:] if second["shed"] or second["failed"] or
            second["p99"] > max(3 * median(calm, "p99"), closed["p99"])]
    rig.check(not back and len(after) > BACK_SECONDS, f"{name}: back to normal {BACK_SECONDS} s after")
    rig.check(not health.bad(), f"{name}: health answered 200 throughout ({len(health.answers)} probes)")


def main():
    with Rig(**{"max-connections-per-ip": 0, "lock-timeout-ms": 2000}) as rig:
        play(rig, "reads", reads(rig))
        play(rig, "reads and writes", mixed(rig))


main()
