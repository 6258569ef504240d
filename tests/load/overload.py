"""Twice what the service can do, for a minute: it does what it can, tells the rest to come back, and is itself again at once.

The rates are fixed and latencies count from the moment a request was due (tests/load/rate.c). The peak is measured first: by ever
more clients who get an answer each before they ask again, until more of them are not answered more. Should the service then do more
than this peak, that is the peak, and twice of it is offered anew. Where the generator cannot send twice the peak in time, because it
has no processor to do it with, nothing is shown, and that is no success."""
import statistics

from rig import SHORT, Probe, Rig

PEAK_SECONDS, CALM_SECONDS, OVER_SECONDS, AFTER_SECONDS = (5, 4, 12, 8) if SHORT else (15, 10, 60, 15)
PEAK_CONNECTIONS, CONNECTIONS = (64, 128, 256, 512), 512
MORE = 1.05  # what counts as more of a peak: less is what two runs differ by
TIMES = 4  # that the peak is looked for by offering twice of it
SENT, LATE = 1.9, 0.02  # times the peak that were really sent; the part of all requests that was not sent in time
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


def find_peak(rig, requests):
    """The most good answers a second, and the run of the fewest clients."""
    runs, peak = [], 0.0
    for connections in PEAK_CONNECTIONS:
        runs.append(rig.rate(connections, requests, "0:2", f"0:{PEAK_SECONDS}"))
        found = mean(runs[-1]["seconds"][2:], "good")
        print(f"  {connections} clients in turn: {found:.0f}/s, p99 {runs[-1]['p99']:.1f} ms", flush=True)
        if found <= peak * MORE:
            return max(peak, found), runs[0]
        peak = found
    return peak, runs[0]


def offer(rig, requests, peak):
    """Half the peak, twice the peak, half the peak: the answers of the three, and the run."""
    run = rig.rate(CONNECTIONS, requests, f"{peak / 2:.0f}:{CALM_SECONDS}", f"{peak * 2:.0f}:{OVER_SECONDS}",
                   f"{peak / 2:.0f}:{AFTER_SECONDS}")
    seconds = run["seconds"]
    return (seconds[1:CALM_SECONDS], seconds[CALM_SECONDS + 1:CALM_SECONDS + OVER_SECONDS], seconds[CALM_SECONDS + OVER_SECONDS:]), run


def play(rig, name, requests):
    peak, closed = find_peak(rig, requests)
    for times in range(TIMES):
        with Probe(rig.world.port) as health:
            (calm, over, after), run = offer(rig, requests, peak)
        goodput, sent, slow = mean(over, "good"), mean(over, "sent"), median(over, "p99")
        print(f"overload of {name}: peak {peak:.0f}/s, with p99 {closed['p99']:.1f} ms at {PEAK_CONNECTIONS[0]} connections; offered twice: "
              f"{sent:.0f}/s sent, {goodput:.0f}/s answered, {mean(over, 'shed'):.0f}/s told to come back, p99 of the answered {slow:.1f} ms; "
              f"half the peak before: p99 {median(calm, 'p99'):.1f} ms, after: {median(after[BACK_SECONDS:], 'p99'):.1f} ms", flush=True)
        if goodput <= MORE * peak or times == TIMES - 1:
            break
        peak = goodput
    print(f"  statuses {run['statuses']}, failed {run['failed']}, late {run['late']}, behind {run['behind']}; health: worst "
          f"{health.worst():.0f} ms")
    total = sum(second["sent"] for second in run["seconds"]) + run["late"]
    rig.check(goodput <= MORE * peak, f"{name}: the peak is the most that it does ({goodput / peak:.2f} of it when twice was offered)")
    rig.check(sent >= SENT * peak, f"{name}: at least {SENT} times the peak was sent ({sent / peak:.2f})")
    rig.check(run["late"] + run["behind"] <= LATE * total,
              f"{name}: the generator was in time ({run['late']} of {total} not sent, {run['behind']} sent too late)")
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
