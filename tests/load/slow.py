"""Ten thousand slow clients in each of three ways: health answers each probe within 250 ms, and who is not slow is served. A mode may be named."""
import sys

from rig import SHORT, Probe, Rig

CONNECTIONS = 10000
SECONDS = 10 if SHORT else 30  # with all of them, after they have come
WORST_MS = 250
# How many come in a second. Half a head lives for ten seconds, so fewer than a thousand a second would never be ten thousand; a slow
# reader begins with a whole request.
MODES = [("headers", 1200, "/health/live"), ("body", 1000, "/v1/accounts"), ("read", 500, "/v1/openapi.json")]


def play(rig, mode, per_second, target):
    seconds = CONNECTIONS // per_second + SECONDS
    before = rig.usage()
    with Probe(rig.world.port) as health, Probe(rig.world.port, "/v1/alliances?limit=5", pause=0.1, kept=True) as normal:
        with rig.hold(mode, CONNECTIONS, per_second, seconds, target) as held:
            pass
        after = rig.usage()
    print(f"slow {mode}: {held['peak']} connections at once (all after {held['full_after_ms']} ms), {held['begun']} begun, "
          f"{held['cut']} cut by the service, {held['refused']} refused; resident {before['resident'] // 1024} -> at most "
          f"{after['highest'] // 1024} MB, {after['cpu'] - before['cpu']:.1f} s of CPU")
    print(f"  health: {len(health.answers)} probes, p50 {health.percentile(.5):.1f} ms, p99 {health.percentile(.99):.1f} ms, worst "
          f"{health.worst():.1f} ms; a normal client: {len(normal.answers)} requests, p99 {normal.percentile(.99):.1f} ms, worst "
          f"{normal.worst():.1f} ms")
    slowest = sorted(health.answers, key=lambda answer: -answer[2])[:3]
    print("  the slowest probes: " + ", ".join(f"{ms:.0f} ms at {at:.1f} s" for at, _, ms in slowest))
    rig.check(held["peak"] >= CONNECTIONS, f"slow {mode}: {CONNECTIONS} connections were held at once ({held['peak']})")
    rig.check(min(len(health.answers), len(normal.answers)) > seconds * 5,
              f"slow {mode}: both were asked all the time ({len(health.answers)} and {len(normal.answers)} times)")
    rig.check(not health.bad() and health.worst() < WORST_MS,
              f"slow {mode}: each health probe answered 200 within {WORST_MS} ms (worst {health.worst():.1f} ms, {len(health.bad())} "
              "without 200)")
    rig.check(not normal.bad() and normal.percentile(.99) < WORST_MS,
              f"slow {mode}: a normal client was served (p99 {normal.percentile(.99):.1f} ms, {len(normal.bad())} without 200)")


def main():
    with Rig() as rig:
        for mode in MODES:
            if sys.argv[-1] in ("--short", sys.argv[0], mode[0]):
                play(rig, *mode)


main()
