"""PostgreSQL is gone for a while under load: every answer comes in time, nothing acknowledged is lost, what was unknown is settled.

Readers and writers go on as if nothing were wrong. Each write has an Idempotency-Key of its own; one that was not acknowledged is
sent again with the same key once the database is back, and must then have exactly one effect."""
import collections
import concurrent.futures
import http.client
import json
import threading
import time
import uuid

from rig import SHORT, Probe, Rig

BEFORE, AWAY, AFTER = (3, 8, 4) if SHORT else (10, 30, 10)
READERS, WRITERS, PAUSE = 8, 6, 0.005
PAUSE_REFUSED = 0.1  # shorter than Retry-After says: these clients are impatient
ANSWER_SECONDS, BACK_SECONDS = 5, 2

Answer = collections.namedtuple("Answer", "begun seconds status retry_after is_write")


class Caller:
    """One kept connection; every answer is noted."""

    def __init__(self, rig, token, note):
        self.port, self.note, self.connection = rig.world.port, note, None
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method, path, body=None, key=None):
        """status; 0 when the connection ended without an answer."""
        headers = {**self.headers, **({"Content-Type": "application/json", "Idempotency-Key": key} if key else {})}
        begun, status, retry_after = time.monotonic(), 0, None
        try:
            if not self.connection:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self.connection.request(method, path, body=json.dumps(body) if body else None, headers=headers)
            response = self.connection.getresponse()
            response.read()
            status, retry_after = response.status, response.headers["Retry-After"]
        except (OSError, http.client.HTTPException):
            self.connection = None
        self.note.append(Answer(begun, time.monotonic() - begun, status, retry_after, bool(key)))
        return status


class Load:
    def __init__(self, rig):
        self.rig, self.ending, self.notes = rig, threading.Event(), []
        self.acknowledged, self.unknown = [], []  # (name, key); lists are appended to by one call each

    def caller(self, who):
        self.notes.append([])
        return Caller(self.rig, self.rig.tokens[who], self.notes[-1])

    def read(self, number):
        caller = self.caller("officer")
        paths = ["/v1/tasks", "/v1/alliances?limit=20", "/v1/applications?limit=20", "/v1/me"]
        while not self.ending.wait(PAUSE):
            if caller.call("GET", paths[number % len(paths)]) != 200:
                self.ending.wait(PAUSE_REFUSED)

    def write(self, number):
        caller, count = self.caller("sysadmin"), 0
        while not self.ending.wait(PAUSE):
            count += 1
            name, key = f"outage {number} {count}", str(uuid.uuid4())
            status = caller.call("POST", "/v1/accounts", {"name": name, "kind": "machine"}, key)
            (self.acknowledged if status == 201 else self.unknown).append((name, key))
            if status != 201:
                self.ending.wait(PAUSE_REFUSED)

    def settle(self):
        """Each write that was not acknowledged, again with its key; how many never were."""
        caller = self.caller("sysadmin")
        return sum(caller.call("POST", "/v1/accounts", {"name": name, "kind": "machine"}, key) != 201 for name, key in self.unknown)

    def answers(self):
        return sorted(answer for note in self.notes for answer in note)


def first_good(answers, since, is_write):
    return min((a.begun + a.seconds - since for a in answers
                if a.begun >= since and a.is_write == is_write and a.status in (200, 201)), default=99.0)


def late(answers, back):
    """Refused or unanswered though it was asked when all should have been well again: one good answer is no recovery."""
    return [a for a in answers if a.begun > back + BACK_SECONDS and a.status not in (200, 201)]


def play(rig):
    load = Load(rig)
    with Probe(rig.world.port) as health, concurrent.futures.ThreadPoolExecutor(READERS + WRITERS) as threads:
        running = [threads.submit(load.read, n) for n in range(READERS)] + [threads.submit(load.write, n) for n in range(WRITERS)]
        try:
            time.sleep(BEFORE)
            gone = time.monotonic()
            rig.cluster.kill()
            time.sleep(AWAY)
            rig.cluster.start()
            back = time.monotonic()
            time.sleep(AFTER)
        finally:
            load.ending.set()
        for one in running:
            one.result()
    answers = load.answers()
    away = [a for a in answers if gone + 0.5 < a.begun and a.begun + a.seconds < back - 2]
    return load, answers, away, back, health


def judge(rig, load, answers, away, back, health):
    unanswered, unknown = [a for a in answers if a.status == 0], len(load.unknown)
    unsettled = load.settle()
    found = dict(rig.world.sql("select name, count(*) from account where name like 'outage %' group by name"))
    lost = [name for name, _ in load.acknowledged if name not in found]
    sent = {name for name, _ in load.acknowledged + load.unknown}
    slowest, statuses = max(a.seconds for a in answers), collections.Counter(a.status for a in answers)
    print(f"outage of {AWAY} s: {len(answers)} answers {dict(statuses)}, {len(away)} of them while it was away; slowest {slowest:.2f} s; "
          f"{len(load.acknowledged)} writes acknowledged at once, {unknown} settled later; first read {first_good(answers, back, False):.2f} s "
          f"and first write {first_good(answers, back, True):.2f} s after it was back; health worst {health.worst():.0f} ms")
    rig.check(slowest <= ANSWER_SECONDS and not unanswered, f"every answer came within {ANSWER_SECONDS} s ({len(unanswered)} came not at all)")
    rig.check(away and all(a.status == 503 and a.retry_after for a in away), "while it was away: 503 with Retry-After")
    rig.check(max(first_good(answers, back, False), first_good(answers, back, True)) <= BACK_SECONDS,
              f"reads and writes were answered again within {BACK_SECONDS} s")
    bad = late(answers, back)
    rig.check(not bad, f"whatever was asked later than that was answered well ({len(bad)} not)")
    rig.check(load.acknowledged and not lost, f"nothing acknowledged is lost ({len(lost)} of {len(load.acknowledged)})")
    rig.check(unknown and not unsettled, f"each of {unknown} others was acknowledged when it was sent again ({unsettled} not)")
    rig.check(set(found) == sent and set(found.values()) == {"1"}, "each write had exactly one effect")
    rig.check(not health.bad(), f"health answered 200 throughout ({len(health.answers)} probes)")
    rig.check(rig.world.process.poll() is None, "the service is the same process")


def main():
    with Rig() as rig:
        judge(rig, *play(rig))


main()
