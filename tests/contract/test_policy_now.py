"""The parameters and the calendar stand in the memory of the service, but whoever changes them is obeyed by the very next act, at each
of two services on one database."""
import itertools
import threading

import pytest
from support import journey
from support.pair import Pair

SERIAL = itertools.count(1)


@pytest.fixture(scope="module")
def pair(session):
    pair = Pair(session, "policy-relay")
    try:
        yield pair.start()
    finally:
        pair.close()


@pytest.fixture(scope="module")
def leads(pair):
    """The lead of one draft, at the first service and at the second; and the draft."""
    made = journey.Application(pair.first, attachments=())
    second = type(made.lead)(pair.second.base, pair.second.recorder, made.lead.token, made.lead.account_id)
    return made, (made.lead, second)


def announce(client, made, mebibytes):
    """The scan of so many MiB is announced: 201, or 422 when the parameter attachment.max_mib is less."""
    return client.post("/v1/attachments", {
        "subject_kind": "application", "subject_id": made.id, "kind": "other", "title": f"{next(SERIAL)}.pdf",
        "media_type": "application/pdf", "bytes": mebibytes << 20, "sha256": "0" * 64})


def allow(world, mebibytes):
    world.sql(f"update parameter set value = '{mebibytes}' where key = 'attachment.max_mib'")


def test_a_parameter_that_changes_is_obeyed_by_the_next_act_of_each_service(pair, leads):
    made, clients = leads
    for round_number in range(6):
        most = 20 if round_number % 2 else 3
        allow(pair.first, most)
        for client in clients:
            assert announce(client, made, most).status == 201
            refused = announce(client, made, most + 1)
            assert (refused.status, refused.rules) == (422, ["AP-27"])
    allow(pair.first, 20)


def test_a_change_that_is_rolled_back_is_not_obeyed(pair, leads):
    made, clients = leads
    pair.first.sql("begin; update parameter set value = '1' where key = 'attachment.max_mib'; rollback")
    for client in clients:
        assert announce(client, made, 20).status == 201


def test_a_change_beside_running_acts_is_obeyed_by_all_that_begin_after_it(pair, leads):
    """While one thread acts without pause, the limit goes up and down: an act that began after a change never goes by the old one.
    Of the other thread's acts those count that began and ended between two changes, and there is one between any two."""
    made, (client, other) = leads
    stop, turn, faults = threading.Event(), threading.Condition(), []
    now = {"most": None, "change": 0, "judged": -1}

    def act():
        while not stop.is_set():
            before = dict(now)
            reply = announce(other, made, 5)
            with turn:
                if before["most"] and before["change"] == now["change"]:
                    if reply.status not in (201, 422) or ("AP-27" in reply.rules) != (before["most"] == 3):
                        faults.append((before, reply))
                    now["judged"] = before["change"]
                    turn.notify()

    beside = threading.Thread(target=act)
    beside.start()
    try:
        for most in (3, 20) * 10:
            with turn:
                now.update(most=None, change=now["change"] + 1)
            allow(pair.first, most)
            with turn:
                now.update(most=most, change=now["change"] + 1)
            reply = announce(client, made, 5)
            is_refused = reply.status == 422 and "AP-27" in reply.rules  # the draft's room may end as well: another rule
            if is_refused != (most == 3):
                faults.append((most, reply))
            with turn:
                assert turn.wait_for(lambda: now["judged"] == now["change"], timeout=60)
    finally:
        stop.set()
        beside.join()
    assert not faults


def test_a_holiday_moves_the_last_day_of_an_act_from_the_next_one_on(pair):
    """Ten working days after Sunday 2026-11-15 end on Friday the 27th; with Monday the 16th off, on Monday the 30th."""
    first, second = journey.application(pair.first, "draft"), journey.application(pair.first, "draft")
    first.submit()
    assert endorsement_due(pair.first, first) == "2026-11-27"
    pair.first.sql("insert into calendar_day (date, is_workday, source) values ('2026-11-16', false, 'test')")
    try:
        second.submit()
        assert endorsement_due(pair.first, second) == "2026-11-30"
    finally:
        pair.first.sql("delete from calendar_day where date = '2026-11-16'")


def endorsement_due(world, made):
    return world.value(f"select due_on from endorsement where application_id = '{made.id}'")


def test_the_stamp_stays(pair):
    for statement in ("delete from policy_stamp", "truncate policy_stamp"):
        with pytest.raises(Exception, match="one row"):
            pair.first.sql(statement)
    before = pair.first.value("select parameters from policy_stamp")
    pair.first.sql("update parameter set name = name")
    assert pair.first.value("select parameters from policy_stamp") != before
