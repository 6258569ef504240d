"""Public cards and statuses from memory, over two services and one database: never older than a write that the same service has
acknowledged, never older than the bound against the other's, off while the other's writes are not heard."""
import http.client
import json
import os
import random
import threading
import time
import uuid

import pytest
from support import raw
from support.pair import Pair, is_listening, metrics, wait_listening
from support.recognised import Recognised

BOUND = 1.0  # seconds; public_cache_bound_ms as it comes
PLAY = float(os.environ.get("TEST_CACHE_SECONDS", "8"))


@pytest.fixture(scope="module")
def pair(session):
    pair = Pair(session, "cache-relay")
    try:
        yield pair.start()
    finally:
        pair.close()


@pytest.fixture
def alliance(pair):
    return Recognised(pair.first)


@pytest.fixture(scope="module")
def officers(pair):
    """The officer at the first service and at the second."""
    first = pair.first.client("officer", name="officer")
    second = type(first)(pair.second.base, pair.second.recorder, first.token, first.account_id)
    return first, second


def paths(alliance):
    return [f"/v1/alliances/{alliance.alliance_id}", f"/v1/alliances/by-number/{alliance.number}",
            f"/v1/alliances/{alliance.alliance_id}/status", f"/v1/alliances/by-number/{alliance.number}/status"]


def warm(world, alliance):
    """Everything that is kept of the alliance, read twice."""
    for path in 2 * paths(alliance):
        assert world.anonymous.get(path).status == 200


def rename(officer, organisation_id, name, **options):
    path = f"/v1/organisations/{organisation_id}"
    return officer.patch(path, {"name": name}, etag=officer.get(path).headers["ETag"], **options)


# What is given from memory


def test_what_is_given_from_memory_is_what_was_read(pair, alliance):
    world = pair.second
    for path in paths(alliance):
        before = metrics(world)
        read = world.anonymous.get(path)
        kept = world.anonymous.get(path)
        after = metrics(world)
        assert after["hits_total"] - before["hits_total"] == 1 and after["misses_total"] - before["misses_total"] == 1
        assert (kept.status, kept.body) == (200, read.body)
        for name in ("ETag", "Cache-Control", "Content-Type", "Content-Language", "Vary"):
            assert kept.headers[name] == read.headers[name]
        assert kept.headers["Cache-Control"] == "public, no-cache"
        unchanged = world.anonymous.get(path, headers={"If-None-Match": read.headers["ETag"]})
        assert (unchanged.status, unchanged.body, unchanged.headers["ETag"]) == (304, b"", read.headers["ETag"])
        head = world.anonymous.request("HEAD", path)
        assert (head.status, head.headers["ETag"], head.body) == (200, read.headers["ETag"], b"")
        assert metrics(world)["hits_total"] == after["hits_total"] + 2


def test_each_language_has_its_own_words(pair, alliance):
    world = pair.second
    english = {"Accept-Language": "en"}
    for path in paths(alliance):
        chinese = world.anonymous.get(path)
        assert chinese.json["status_label"] == "已认定"
        for _ in range(2):
            assert world.anonymous.get(path, headers=english).json["status_label"] == "recognised"
            assert world.anonymous.get(path).body == chinese.body


def test_who_sees_more_is_never_answered_from_memory_and_leaves_nothing_there(pair, alliance, officers):
    officer = officers[1]
    world = pair.second
    path = paths(alliance)[0]
    assert "governance" in officer.get(path).json
    public = world.anonymous.get(path)
    assert "governance" not in public.json and "actions" not in public.json
    assert "governance" in officer.get(path).json and world.anonymous.get(path).body == public.body
    lead = type(officer)(world.base, world.recorder, alliance.client("lead").token)
    assert lead.get(path).json["lead"]["organisation_id"] == alliance.lead_id
    # the status is the same for all, but not for a shared cache
    status = officer.get(paths(alliance)[2])
    assert status.body == world.anonymous.get(paths(alliance)[2]).body
    assert status.headers["Cache-Control"] == "private, no-cache"


def test_an_id_in_capitals_is_the_same_and_what_does_not_exist_is_not_kept(pair, alliance):
    world = pair.second
    path = paths(alliance)[2]
    assert world.anonymous.get(path).body == world.anonymous.get(path.replace(alliance.alliance_id, alliance.alliance_id.upper())).body
    entries = metrics(world)["entries"]
    for _ in range(3):
        assert world.anonymous.get(f"/v1/alliances/{uuid.uuid4()}/status").status == 404
        assert world.anonymous.get("/v1/alliances/by-number/WNLM-2026-9999").status == 404
    assert metrics(world)["entries"] == entries


# Who writes


def test_a_write_is_seen_by_the_next_read_of_the_same_service(pair, alliance, officers):
    for number in range(5):
        for world, officer in zip(pair.both, officers):
            warm(world, alliance)
            name = f"渭南示例改名{number}{world.port}有限公司(虚构)"
            assert rename(officer, alliance.lead_id, name).status == 200
            for path in paths(alliance)[:2]:
                assert world.anonymous.get(path).json["lead"]["name"] == name


def test_a_write_is_seen_also_while_nothing_is_heard(pair, alliance, officers):
    """The service forgets by itself what it wrote: its listener need not tell it."""
    world, officer, name = pair.first, officers[0], "渭南示例自知有限公司(虚构)"
    etag = officer.get(f"/v1/organisations/{alliance.lead_id}").headers["ETag"]
    warm(world, alliance)
    pair.relay.silent = True
    try:
        assert officer.patch(f"/v1/organisations/{alliance.lead_id}", {"name": name}, etag=etag).status == 200
        for path in paths(alliance)[:2]:
            assert world.anonymous.get(path).json["lead"]["name"] == name
    finally:
        pair.relay.silent = False
        wait_listening(world)


def test_a_refusal_changes_nothing(pair, alliance, officers):
    world, officer = pair.second, officers[1]
    warm(world, alliance)
    path, body = f"/v1/organisations/{alliance.lead_id}", {"name": "渭南示例试改有限公司(虚构)"}
    before = world.anonymous.get(paths(alliance)[0])
    assert officer.patch(path, body, etag='"999.x"').status == 412
    assert world.anonymous.get(paths(alliance)[0]).body == before.body


CHANGES = {
    "name": ("update alliance set name = name || '改' where id = '{a.alliance_id}'", 0, lambda card: card["name"].endswith("改")),
    "term": ("update recognition_term set due_on = '2029-10-08', submit_deadline_on = '2029-10-09' where alliance_id = '{a.alliance_id}'",
             3, lambda card: card["due_on"] == "2029-10-08"),
    "member": ("update alliance_member set name = '改名研究院(虚构)' where alliance_id = '{a.alliance_id}'",
               1, lambda card: card["members"][0]["name"] == "改名研究院(虚构)"),
    "field": ("update industry_field set name = name || '改' where code = '{a.field}'", 0, lambda card: card["industry_field_name"].endswith("改")),
    "division": ("update division set name = name || '改' where code = '{a.county}'", 0, lambda card: card["division_name"].endswith("改")),
    "recommender": ("update recommender set name = name || '改' where id = '{a.recommender_id}'", 0,
                    lambda card: card["recommender"]["name"].endswith("改")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_others_write_is_seen_within_the_bound(pair, alliance, what):
    text, number, is_seen = CHANGES[what]
    for world in pair.both:
        warm(world, alliance)
    pair.first.sql(text.format(a=alliance))
    done = time.monotonic()
    for world in pair.both:
        while True:
            asked = time.monotonic()
            if is_seen(world.anonymous.get(paths(alliance)[number]).json):
                break
            assert asked < done + BOUND


def test_tomorrow_does_not_say_what_was_true_today(pair, alliance):
    world = pair.second
    path = paths(alliance)[2]
    try:
        assert [world.anonymous.get(path).json["next_deadline"]["days_left"] for _ in range(2)] == [1083, 1083]
        world.clock("2026-11-16T00:00:00+08:00")
        assert [world.anonymous.get(path).json["next_deadline"]["days_left"] for _ in range(2)] == [1082, 1082]
        world.clock("2029-11-03T09:00:00+08:00")
        assert [world.anonymous.get(path).json["qualified"] for _ in range(2)] == [False, False]
        assert world.anonymous.get(paths(alliance)[0]).json["qualified"] is False
    finally:
        world.clock("2026-11-15T09:00:00+08:00")
    assert world.anonymous.get(path).json["next_deadline"]["days_left"] == 1083


# Whether the writes of others are heard


def hits(world, alliance):
    before = metrics(world)["hits_total"]
    warm(world, alliance)
    return metrics(world)["hits_total"] - before


def test_a_listener_that_falls_silent_is_given_up_within_the_bound(pair, alliance):
    """The connection stays, but nothing comes any more: nobody says that it is gone."""
    world = pair.first
    warm(world, alliance)
    silent = time.monotonic()
    pair.relay.silent = True
    try:
        pair.second.sql(f"update alliance set name = name || '改' where id = '{alliance.alliance_id}'")
        done = time.monotonic()
        while True:
            asked = time.monotonic()
            if world.anonymous.get(paths(alliance)[0]).json["name"].endswith("改"):
                break
            assert asked < done + BOUND
        wait_listening(world, False)
        assert time.monotonic() < silent + 20
        raw.wait_until(lambda: metrics(world)["entries"] == 0)
        assert metrics(world)["entries"] == 0
        assert hits(world, alliance) == 0 and metrics(world)["entries"] == 0
    finally:
        pair.relay.silent = False
    wait_listening(world)
    assert hits(world, alliance) > 0


def test_a_listener_that_is_ended_comes_back_with_nothing_kept(pair, alliance):
    ended = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'allianced listener' and datname = '{}'"
    lost = [world.log().count("listener_lost") for world in pair.both]
    for world in pair.both:
        warm(world, alliance)
    pair.first.sql(ended.format(pair.first.database) + "; " + f"update alliance set name = name || '改' where id = '{alliance.alliance_id}'",
                   user="postgres")
    done = time.monotonic()
    for world, before in zip(pair.both, lost):
        while True:
            asked = time.monotonic()
            if world.anonymous.get(paths(alliance)[0]).json["name"].endswith("改"):
                break
            assert asked < done + BOUND
        assert raw.wait_until(lambda: world.log().count("listener_lost") > before)
        wait_listening(world)
        assert hits(world, alliance) > 0


def write_in_doubt(pair, alliance, officers):
    """A change of the lead's name whose commit is executed, but answered 503; the new name."""
    world, officer = pair.first, officers[0]
    name, path = "渭南示例存疑有限公司(虚构)", f"/v1/organisations/{alliance.lead_id}"
    warm(world, alliance)
    etag = officer.get(path).headers["ETag"]
    pair.relay.trouble = "lost"
    reply = officer.patch(path, {"name": name}, etag=etag)
    assert (reply.status, reply.code) == (503, "outcome_unknown"), reply
    assert officer.get(path).json["name"] == name
    return name


def test_a_write_of_unknown_fate_is_not_covered_up(pair, alliance, officers):
    name = write_in_doubt(pair, alliance, officers)
    assert pair.first.anonymous.get(paths(alliance)[0]).json["lead"]["name"] == name


def test_after_a_doubt_a_replay_is_no_older_than_what_it_says(pair, alliance, officers):
    """The commit may have come after everything was forgotten for it; the replay says that it came."""
    world = pair.first
    write_in_doubt(pair, alliance, officers)
    sysadmin, key = world.client("sysadmin"), str(uuid.uuid4())
    made = [sysadmin.post("/v1/accounts", {"name": "重放(虚构)", "kind": "person"}, key=key)]
    warm(world, alliance)
    assert metrics(world)["entries"] > 0
    made.append(sysadmin.post("/v1/accounts", {"name": "重放(虚构)", "kind": "person"}, key=key))
    assert made[1].headers["Idempotency-Replayed"] == "true" and made[1].body == made[0].body
    assert metrics(world)["entries"] == 0


@pytest.fixture(scope="module")
def slow_to_hear(session):
    """Two services that keep what they remember for seconds after the last word of the others."""
    pair = Pair(session, "slow-relay", public_cache_bound_ms=6000)
    try:
        yield pair.start()
    finally:
        pair.close()


def test_a_replay_of_what_another_service_wrote_is_no_older_than_what_it_says(slow_to_hear):
    """As when the other one dies before its answer: the call is repeated here, where nobody has heard of the write yet."""
    here, there = slow_to_hear.both
    alliance, key, name = Recognised(here), str(uuid.uuid4()), "渭南示例重发有限公司(虚构)"
    officer, sysadmin = ((one, type(one)(there.base, there.recorder, one.token)) for one in (here.client("officer"), here.client("sysadmin")))
    etag = officer[1].get(f"/v1/organisations/{alliance.lead_id}").headers["ETag"]
    warm(here, alliance)
    slow_to_hear.relay.silent = True
    try:
        assert officer[1].patch(f"/v1/organisations/{alliance.lead_id}", {"name": name}, etag=etag).status == 200
        made = sysadmin[1].post("/v1/accounts", {"name": "重发(虚构)", "kind": "person"}, key=key)
        old, entries = here.anonymous.get(paths(alliance)[0]).json["lead"]["name"], metrics(here)["entries"]
        again = sysadmin[0].post("/v1/accounts", {"name": "重发(虚构)", "kind": "person"}, key=key)
        for place in paths(alliance)[:2]:
            assert here.anonymous.get(place).json["lead"]["name"] == name
        assert again.headers["Idempotency-Replayed"] == "true" and again.body == made.body
        assert old != name and is_listening(here)  # it had not heard of it, and memory still served
        assert metrics(here)["entries"] == entries > 0  # anybody may repeat a call of his: it empties nothing
    finally:
        slow_to_hear.relay.silent = False
    assert raw.wait_until(lambda: hits(here, alliance) > 0, seconds=30)


def test_without_memory_every_answer_is_read(make_world):
    world = make_world(public_cache_mib=0)
    alliance = Recognised(world)
    warm(world, alliance)
    counts = metrics(world)
    assert counts["hits_total"] == counts["entries"] == counts["listening"] == 0
    assert world.value(f"select count(*) from pg_stat_activity where datname = '{world.database}' and application_name like '%listener'") == "0"
    assert "listening" not in [line.get("event") for line in world.log_lines()]


# Random writers and readers


RARELY = 20  # one of so many pauses of a writer is a rest


class Written:
    """What has been acknowledged of one number that only grows: (number, when, by which service)."""

    def __init__(self):
        self.lines = []

    def add(self, number, world):
        self.lines.append((number, time.monotonic(), world))

    def expected(self, world, asked):
        """The least number that a read of that service may give which began then."""
        for number, when, by in reversed(self.lines):
            if when <= asked - BOUND or (when <= asked and by is world):
                return number
        return 0

    def is_settled(self, asked):
        """Whether the last write is older than the bound: then nothing later can have mended it."""
        return bool(self.lines) and self.lines[-1][1] <= asked - BOUND


class Play:
    """Three numbers an alliance: its lead's name, which operations of both services change in turn; its own name and its members,
    which SQL changes; its term in the status. Each write waits for its acknowledgement, so that each number only grows. Now and
    then a writer rests for longer than the bound: else its next write would mend what an earlier one was not heard of."""

    def __init__(self, pair, officers, alliances, seconds):
        self.pair, self.officers, self.alliances = pair, officers, alliances
        self.until = time.monotonic() + seconds
        self.written = {(alliance.alliance_id, what): Written() for alliance in alliances for what in ("lead", "name", "status")}
        self.stale, self.errors, self.reads, self.writes, self.rests, self.settled = [], [], 0, 0, 0, 0
        self.lock = threading.Lock()

    def goes_on(self):
        return time.monotonic() < self.until and not self.errors

    def guard(self, work, *arguments):
        try:
            work(*arguments)
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(repr(error))

    def pause(self, chance, longest):
        """Mostly short; one in RARELY is a rest, which must be read through to its end to be of use."""
        if chance.randrange(RARELY):
            time.sleep(chance.random() * longest)
            return
        with self.lock:
            self.rests += 1
        time.sleep(BOUND + 0.3 + chance.random() / 2)

    def operate(self, alliance, chance):
        """The lead's name, through whichever service."""
        number, path = 0, f"/v1/organisations/{alliance.lead_id}"
        while self.goes_on():
            number += 1
            place = chance.randrange(2)
            officer, world = self.officers[place], self.pair.both[place]
            etag = officer.get(path).headers["ETag"]
            reply = officer.patch(path, {"name": f"渭南示例第{number}号有限公司(虚构)"}, etag=etag)
            assert reply.status == 200, reply
            self.written[alliance.alliance_id, "lead"].add(number, world)
            with self.lock:
                self.writes += 1
            self.pause(chance, 1 / 20)

    def change(self, alliance, chance):
        """The rows that no operation changes yet, by SQL: both services are the others."""
        number = 0
        world = self.pair.second
        while self.goes_on():
            number += 1
            table = chance.choice(("name", "status"))
            if table == "name":
                world.sql(f"update alliance set name = '渭南示例第{number}号联盟(虚构)', version = version + 1 where id = '{alliance.alliance_id}'")
            else:
                world.sql(f"update recognition_term set due_on = '2029-11-02', submit_deadline_on = date '2030-01-01' + {number} "
                          f"where alliance_id = '{alliance.alliance_id}'")
            self.written[alliance.alliance_id, table].add(number, None)
            with self.lock:
                self.writes += 1
            self.pause(chance, 1 / 10)

    def numbers(self, path, body):
        value = json.loads(body)
        if path.endswith("/status"):
            return {"status": self.days(value["submit_deadline_on"]), "name": self.digits(value["name"])}
        return {"status": self.days(value["submit_deadline_on"]), "name": self.digits(value["name"]), "lead": self.digits(value["lead"]["name"])}

    @staticmethod
    def digits(name):
        part = name.partition("第")[2].partition("号")[0]
        return int(part) if part.isdigit() else 0

    @staticmethod
    def days(deadline):
        start = time.mktime((2030, 1, 1, 12, 0, 0, 0, 0, 0))
        year, month, day = map(int, deadline.split("-"))
        return max(0, round((time.mktime((year, month, day, 12, 0, 0, 0, 0, 0)) - start) / 86400))

    def read(self, world, chance):
        client = http.client.HTTPConnection("127.0.0.1", world.port, timeout=20)
        while self.goes_on():
            alliance = chance.choice(self.alliances)
            path = chance.choice(paths(alliance))
            asked = time.monotonic()
            client.request("GET", path)
            response = client.getresponse()
            body = response.read()
            assert response.status == 200, body
            self.judge(world, alliance, path, body, asked)
        client.close()

    def judge(self, world, alliance, path, body, asked):
        settled = 0
        for what, number in self.numbers(path, body).items():
            written = self.written[alliance.alliance_id, what]
            expected = written.expected(world, asked)
            settled += expected > 0 and written.is_settled(asked)
            if number < expected:
                self.stale.append((world.port, path, what, number, expected))
        with self.lock:
            self.reads += 1
            self.settled += settled

    def look_at_all(self):
        """When everybody has rested for the bound nothing but the last numbers may be seen."""
        asked = time.monotonic()
        for world in self.pair.both:
            for alliance in self.alliances:
                for path in paths(alliance):
                    self.judge(world, alliance, path, world.anonymous.get(path).body, asked)

    def disturb(self, chance):
        """The listeners are ended and silenced now and then."""
        ended = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'allianced listener' and datname = '{}'"
        while self.goes_on():
            if chance.random() < 0.5:
                self.pair.first.sql(ended.format(self.pair.first.database), user="postgres")
            else:
                self.pair.relay.silent = True
                time.sleep(chance.random() * 1.5)
                self.pair.relay.silent = False
            time.sleep(1 + chance.random())

    def run(self, seed):
        chance = random.Random(seed)
        work = [(self.disturb, random.Random(chance.random()))]
        for alliance in self.alliances:
            work += [(self.operate, alliance, random.Random(chance.random())), (self.change, alliance, random.Random(chance.random()))]
        for world in self.pair.both:
            work += [(self.read, world, random.Random(chance.random())) for _ in range(3)]
        threads = [threading.Thread(target=self.guard, args=one) for one in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.pair.relay.silent = False
        until = max(written.lines[-1][1] for written in self.written.values() if written.lines) + BOUND
        time.sleep(max(0, until - time.monotonic()))  # the bound is a time: nothing else tells that it is over
        self.guard(self.look_at_all)


@pytest.mark.concurrent
def test_random_writers_and_readers_never_see_what_is_too_old(pair, officers):
    """TEST_CACHE_SECONDS plays longer, TEST_SEED the same again."""
    seed = os.environ.get("TEST_SEED") or str(random.randrange(2**32))
    before = [metrics(world)["hits_total"] for world in pair.both]
    play = Play(pair, officers, [Recognised(pair.first) for _ in range(3)], PLAY)
    play.run(seed)
    assert not play.errors, (seed, play.errors)
    assert not play.stale, (seed, len(play.stale), play.stale[:5])
    assert play.rests > 3 and play.settled > 100, (seed, play.rests, play.settled)
    for world, hits_before in zip(pair.both, before):
        assert metrics(world)["hits_total"] - hits_before > 20  # it was worth playing
    print(f"seed {seed}: {play.reads} reads, {play.settled} of what had rested, {play.writes} writes, {play.rests} rests, {metrics(pair.first)}, {metrics(pair.second)}")
    for world in pair.both:
        assert raw.wait_until(lambda: is_listening(world), seconds=20)
