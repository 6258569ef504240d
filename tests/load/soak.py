"""Half an hour of mixed load (MINUTES of it): it is served, and after the warm-up memory is within its bound and does not grow,
and neither do descriptors and threads."""
import hashlib
import json
import os
import statistics
import subprocess
import threading

from rig import TOOLS, Rig

from support.client import Client

MINUTES = float(os.environ.get("MINUTES", "30"))
CONNECTIONS, RATE = 32, 300
SAMPLE_SECONDS, WARM_UP = 3, 0.25  # the part of the run that is not judged
STEADY = 2  # descriptors or threads by which the ends of the judged time may differ
EACH = (60 if MINUTES >= 5 else 15) // SAMPLE_SECONDS
SLOPE_KIB = 16
RESIDENT_KIB = 24 * 1024  # measured 21 MiB; with what the heaps kept of freed memory it was 26
SETTLING_KIB, LONG_ENOUGH = 4096, 10  # in less than ten minutes the heap is still finding its size: a bound on its growth is all
PART = 16384
EXPECTED = {"200", "201", "400", "401", "403", "503"}  # 400 to 403 are asked for; a busy machine may put off a few
GOOD_PART = 0.8


def with_header(request, line):
    return request.replace(b"Host: load\r\n", b"Host: load\r\n" + line.encode() + b"\r\n", 1)


def writes(rig):
    """Parts of an attachment, put again and again; and a transition that was carried out once and is asked for again."""
    lead, officer = (Client(rig.world.base, None, rig.tokens[who]) for who in ("lead", "officer"))
    owner = rig.world.value("select lead_organisation_id from application order by created_at, id limit 1")
    draft, gone = [lead.post("/v1/applications", {"lead_organisation_id": owner, "name": f"长稳测试{word}产业技术创新战略联盟（虚构）"})
                   for word in ("甲", "乙")]
    assert draft.status == gone.status == 201, (draft, gone)
    path, content = f"/v1/applications/{gone.id}", b"x" * PART
    scan = lead.post("/v1/attachments", {"subject_kind": "application", "subject_id": draft.id, "kind": "other", "title": "soak.pdf",
                                         "media_type": "application/pdf", "bytes": PART, "sha256": hashlib.sha256(content).hexdigest()})
    assert scan.status == 201, scan
    key, etag = "soak-transition-0001", lead.get(path).headers["ETag"]
    done = lead.post(f"{path}/transitions", {"action": "withdraw"}, key=key, etag=etag)
    assert done.status == 201 and officer.get(path).json["status"] == "withdrawn", done
    again = rig.bytes_of("POST", f"{path}/transitions", "lead", {"action": "withdraw"})
    head = f"PUT /v1/attachments/{scan.id}/parts/1 HTTP/1.1\r\nHost: load\r\nAuthorization: Bearer {rig.tokens['lead']}\r\n" \
           f"Content-Type: application/octet-stream\r\nContent-Length: {PART}\r\n\r\n"
    return [(5, with_header(with_header(again, f"Idempotency-Key: {key}"), f"If-Match: {etag}")), (5, head.encode() + content)]


def requests(rig):
    alliance = rig.world.value("select id from alliance order by id limit 1")
    application = rig.world.value("select id from application order by created_at, id limit 1")
    account = {"name": "soak", "kind": "machine"}
    return [(30, rig.bytes_of("GET", f"/v1/alliances/{alliance}/status")), (15, rig.bytes_of("GET", f"/v1/alliances/{alliance}")),
            (10, rig.bytes_of("GET", "/v1/alliances?limit=20")), (5, rig.bytes_of("GET", f"/v1/applications/{application}", "officer")),
            (5, rig.bytes_of("GET", "/v1/tasks", "officer")), (5, rig.bytes_of("GET", "/v1/funding-records", "auditor")),
            (5, rig.bytes_of("GET", "/v1/me", "lead")), (5, rig.bytes_of("GET", "/v1/alliances?nonsense=1")),
            (5, rig.bytes_of("GET", "/v1/tasks")), (2, rig.bytes_of("GET", "/v1/openapi.json")),
            (2, with_header(rig.bytes_of("GET", "/v1/funding-records", "auditor"), "Accept: text/csv")),
            (2, with_header(rig.bytes_of("GET", "/v1/funding-records", "auditor"), "Accept: application/x-ndjson")),
            (10, rig.bytes_of("POST", "/v1/accounts", "sysadmin", account, key=True)),
            (3, rig.bytes_of("POST", "/v1/accounts", "officer", account, key=True))] + writes(rig)


def slope(samples, name):
    """Least squares: units a minute."""
    minutes = [at / 60 for at, _ in samples]
    values = [usage[name] for _, usage in samples]
    middle, level = statistics.mean(minutes), statistics.mean(values)
    spread = sum((m - middle) ** 2 for m in minutes)
    return sum((m - middle) * (v - level) for m, v in zip(minutes, values)) / spread if spread else 0.0


def change(samples, name):
    """From the median of the first quarter to that of the last: what leaks slowly shows in it, and one sample does not."""
    quarter = max(1, len(samples) // 4)
    first, last = (statistics.median(usage[name] for _, usage in part) for part in (samples[:quarter], samples[-quarter:]))
    return last - first


def play(rig):
    path = rig.directory / "requests"
    path.write_bytes(b"\n".join(b"%d %d\n%b" % (weight, len(data), data) for weight, data in requests(rig)))
    samples, waiting, said = [], threading.Event(), rig.directory / "rate.json"
    with open(said, "wb") as output, \
         subprocess.Popen([TOOLS / "rate", str(rig.world.port), str(CONNECTIONS), path, f"{RATE}:{MINUTES * 60:.0f}"], stdout=output) as load:
        while load.poll() is None:
            if len(samples) * SAMPLE_SECONDS <= MINUTES * 60 - SAMPLE_SECONDS:
                samples.append((len(samples) * SAMPLE_SECONDS, rig.usage()))
            waiting.wait(SAMPLE_SECONDS)
            if len(samples) % 20 == 0:
                usage = samples[-1][1]
                print(f"  {samples[-1][0] // 60} min: {usage['resident']} KiB, {usage['descriptors']} descriptors, {usage['threads']} threads",
                      flush=True)
    return samples, load.returncode, json.loads(said.read_bytes() or "{}")


def judge_answers(rig, code, answers):
    statuses = answers.get("statuses", {})
    good, total = answers.get("good", 0), sum(statuses.values())
    print(f"soak of {MINUTES:g} min: {total} answers {statuses}, {answers.get('again')} sent again, p50 {answers.get('p50')} ms, "
          f"p99 {answers.get('p99')} ms")
    rig.check(code == 0 and answers.get("failed") == 0, f"every request was answered ({answers.get('failed')} failed, rate ended with {code})")
    rig.check(answers.get("bare_refusals") == 0, f"who was put off was told when to come again ({answers.get('bare_refusals')} were not)")
    rig.check(total > 0 and set(statuses) <= EXPECTED, f"no status but those that were asked for ({sorted(set(statuses) - EXPECTED)} beside them)")
    rig.check(good > GOOD_PART * total, f"more than {GOOD_PART:.0%} carried out ({good} of {total})")


def main():
    with Rig(**{"max-connections-per-ip": 0}) as rig:
        samples, code, answers = play(rig)
        judge_answers(rig, code, answers)
        judged = samples[int(len(samples) * WARM_UP):]
        first, last = judged[0][1], judged[-1][1]
        # What is never given back shows in the least of each minute; what one large answer took for a moment does not.
        least = [min(judged[at:at + EACH], key=lambda sample: sample[1]["resident"]) for at in range(0, len(judged), EACH)]
        growth = slope(least, "resident")
        limit = SLOPE_KIB if MINUTES >= LONG_ENOUGH else SETTLING_KIB / MINUTES
        print(f"  after the warm-up: resident {first['resident']} -> {last['resident']} KiB "
              f"(slope {growth:.1f} KiB/min), descriptors {first['descriptors']} -> {last['descriptors']} (slope "
              f"{slope(judged, 'descriptors'):.2f}/min), threads {first['threads']} -> {last['threads']} "
              f"(slope {slope(judged, 'threads'):.2f}/min), {last['cpu'] - first['cpu']:.0f} s of CPU")
        most = max(sample[1]["resident"] for sample in least)
        rig.check(most <= RESIDENT_KIB, f"resident memory stays within {RESIDENT_KIB} KiB ({most}, the least of its highest part)")
        rig.check(growth <= limit, f"memory grows by at most {limit:.0f} KiB a minute ({growth:.1f})")
        for name in ("descriptors", "threads"):
            rig.check(abs(slope(judged, name)) < 0.5 and abs(change(judged, name)) <= STEADY,
                      f"{name} stay the same ({change(judged, name):+.1f} from the first quarter to the last)")


main()
