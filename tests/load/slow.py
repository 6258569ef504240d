"""Ten thousand slow clients in each of three ways: health answers each probe within 250 ms while they come and while all of them are
there, and who is not slow is served. Then all hang up at once, which the loop has to hear of eleven thousand times: a probe may wait
for that, though not for long. A mode may be named."""
import sys

from rig import SHORT, Probe, Rig, worst

HELD, SPARE = 10000, 1000  # the service ends some all the time, whose place others take
SECONDS = 10 if SHORT else 30  # with all of them, after they have come
WORST_MS, LEAVING_MS = 250, 1000
PAUSE_SECONDS, LIVELY = 2, 0.8  # a sign of life each (hold.c); the part of them that must have got through
LEAVING_SECONDS = 3
# How many come in a second. Half a head lives for ten seconds, so that fewer than 1,100 a second would not keep up; a slow reader begins
# with a whole request.
MODES = [("headers", 1500, "/health/live"), ("body", 1200, "/v1/accounts"), ("read", 500, "/v1/openapi.json")]


def play(rig, mode, per_second, target):
    before = rig.usage()
    with Probe(rig.world.port) as health, Probe(rig.world.port, "/v1/alliances?limit=5", pause=0.1, kept=True) as normal:
        held = rig.hold(mode, HELD + SPARE, HELD, per_second, SECONDS, target)
        after = rig.usage()
        health.ending.wait(LEAVING_SECONDS)
    if not held["full"]:
        rig.check(False, f"slow {mode}: {HELD} connections were held ({held['peak']} at most)")
        return
    start, full, end, gone = (held[name] / 1000 for name in ("start", "full", "end", "gone"))
    end -= WORST_MS / 1000  # what was asked before had its time
    print(f"slow {mode}: {HELD} connections {full - start:.1f} s after the first, from then on {held['least']} to {held['peak']}; "
          f"{held['begun']} begun, {held['cut']} cut by the service, {held['refused']} refused, {held['signs']} signs of life; resident "
          f"{before['resident'] // 1024} -> at most {after['highest'] // 1024} MB, {after['cpu'] - before['cpu']:.1f} s of CPU")
    parts = [("while they come", start, full), ("with all of them", full, end), ("all at once gone", end, gone + LEAVING_SECONDS)]
    print("  slowest health probe: " + ", ".join(f"{name} {worst(health.between(*span)):.1f} ms" for name, *span in parts) +
          f"; of {len(health.answers)} p50 {health.percentile(.5):.1f} ms, p99 {health.percentile(.99):.1f} ms; a normal client: "
          f"{len(normal.answers)} requests, p99 {normal.percentile(.99):.1f} ms, worst {normal.worst():.1f} ms")
    rig.check(held["least"] >= HELD, f"slow {mode}: {HELD} connections were held all the time ({held['least']})")
    expected = LIVELY * HELD * SECONDS / PAUSE_SECONDS
    rig.check(held["signs"] >= expected, f"slow {mode}: each of them went on, slowly ({held['signs']} signs of life, at least {expected:.0f})")
    asked = [len(probe.between(full, end)) for probe in (health, normal)]
    rig.check(min(asked) > SECONDS * 5, f"slow {mode}: both were asked all the time ({asked[0]} and {asked[1]} times with all of them)")
    slowest, leaving = worst(health.between(start, end)), worst(health.between(end, gone + LEAVING_SECONDS))
    rig.check(not health.bad() and slowest < WORST_MS,
              f"slow {mode}: each health probe answered 200 within {WORST_MS} ms (worst {slowest:.1f} ms, {len(health.bad())} without 200)")
    rig.check(leaving < LEAVING_MS, f"slow {mode}: when all hung up at once, within {LEAVING_MS} ms (worst {leaving:.1f} ms)")
    rig.check(not normal.bad() and normal.percentile(.99) < WORST_MS,
              f"slow {mode}: a normal client was served (p99 {normal.percentile(.99):.1f} ms, {len(normal.bad())} without 200)")


def main():
    with Rig() as rig:
        for mode in MODES:
            if sys.argv[-1] in ("--short", sys.argv[0], mode[0]):
                play(rig, *mode)


main()
