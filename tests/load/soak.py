"""Half an hour of mixed load (MINUTES of it): after the warm-up memory does not grow, and neither do descriptors and threads."""
import os
import statistics
import subprocess
import threading

from rig import TOOLS, Rig

MINUTES = float(os.environ.get("MINUTES", "30"))
CONNECTIONS, RATE = 32, 300
SAMPLE_SECONDS, WARM_UP = 3, 0.25  # the part of the run that is not judged
SLOPE_KIB = 16


def requests(rig):
    alliance = rig.world.value("select id from alliance order by id limit 1")
    application = rig.world.value("select id from application order by created_at, id limit 1")
    account = {"name": "soak", "kind": "machine"}
    return [(30, rig.bytes_of("GET", f"/v1/alliances/{alliance}/status")), (15, rig.bytes_of("GET", f"/v1/alliances/{alliance}")),
            (10, rig.bytes_of("GET", "/v1/alliances?limit=20")), (5, rig.bytes_of("GET", f"/v1/applications/{application}", "officer")),
            (5, rig.bytes_of("GET", "/v1/tasks", "officer")), (5, rig.bytes_of("GET", "/v1/funding-records", "auditor")),
            (5, rig.bytes_of("GET", "/v1/me", "lead")), (5, rig.bytes_of("GET", "/v1/alliances?nonsense=1")),
            (5, rig.bytes_of("GET", "/v1/tasks")), (2, rig.bytes_of("GET", "/v1/openapi.json")),
            (10, rig.bytes_of("POST", "/v1/accounts", "sysadmin", account, key=True)),
            (3, rig.bytes_of("POST", "/v1/accounts", "officer", account, key=True))]


def slope(samples, name):
    """Least squares: units a minute."""
    minutes = [at / 60 for at, _ in samples]
    values = [usage[name] for _, usage in samples]
    middle, level = statistics.mean(minutes), statistics.mean(values)
    spread = sum((m - middle) ** 2 for m in minutes)
    return sum((m - middle) * (v - level) for m, v in zip(minutes, values)) / spread if spread else 0.0


def play(rig):
    path = rig.directory / "requests"
    path.write_bytes(b"\n".join(b"%d %d\n%b" % (weight, len(data), data) for weight, data in requests(rig)))
    samples, waiting = [], threading.Event()
    with subprocess.Popen([TOOLS / "rate", str(rig.world.port), str(CONNECTIONS), path, f"{RATE}:{MINUTES * 60:.0f}"],
                          stdout=subprocess.PIPE) as load:
        while load.poll() is None:
            if len(samples) * SAMPLE_SECONDS <= MINUTES * 60 - SAMPLE_SECONDS:
                samples.append((len(samples) * SAMPLE_SECONDS, rig.usage()))
            waiting.wait(SAMPLE_SECONDS)
            if len(samples) % 20 == 0:
                usage = samples[-1][1]
                print(f"  {samples[-1][0] // 60} min: {usage['resident']} KiB, {usage['descriptors']} descriptors, {usage['threads']} threads",
                      flush=True)
        return samples, load.stdout.read()


def main():
    with Rig(**{"max-connections-per-ip": 0}) as rig:
        samples, output = play(rig)
        judged = samples[int(len(samples) * WARM_UP):]
        first, last = judged[0][1], judged[-1][1]
        growth = slope(judged, "resident")
        print(f"soak of {MINUTES:g} min: {output.decode()[:160]}…\n  after the warm-up: resident {first['resident']} -> {last['resident']} KiB "
              f"(slope {growth:.1f} KiB/min), descriptors {first['descriptors']} -> {last['descriptors']} (slope "
              f"{slope(judged, 'descriptors'):.2f}/min), threads {first['threads']} -> {last['threads']} "
              f"(slope {slope(judged, 'threads'):.2f}/min), {last['cpu'] - first['cpu']:.0f} s of CPU")
        rig.check(growth <= SLOPE_KIB, f"memory grows by at most {SLOPE_KIB} KiB a minute ({growth:.1f})")
        for name in ("descriptors", "threads"):
            rig.check(abs(slope(judged, name)) < 0.5, f"{name} stay the same")


main()
