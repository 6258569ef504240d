"""The timers: what falls due by itself happens once, for the date that is given, and leaves its history."""
import signal
import socket

import pytest
from support import journey, panels
from support.held import Held, waiting
from support.raw import wait_until


def notices(world, kind):
    return world.sql(f"select recipient_kind, recipient, subject_id from notice where kind = '{kind}' order by 1, 2, 3")


def swept_twice(world, date):
    """A second run of the same day changes nothing."""
    world.sweep(date)
    before = world.sql("select (select count(*) from history), (select count(*) from notice)")
    world.sweep(date)
    assert world.sql("select (select count(*) from history), (select count(*) from notice)") == before


@pytest.fixture
def correction(fresh_world):
    made = journey.application(fresh_world, status="correction")
    made.due_on = fresh_world.value(f"select due_on from application where id = '{made.id}'")
    return made


def test_a_correction_expires_after_its_last_day_and_not_on_it(fresh_world, correction):
    fresh_world.sweep(correction.due_on)
    assert correction.status == "correction"
    after = fresh_world.value(f"select date '{correction.due_on}' + 1")
    swept_twice(fresh_world, after)
    assert correction.status == "expired"
    line = fresh_world.sql(f"select from_status, action, to_status, role, account_id, at::date::text from history "
                           f"where object_id = '{correction.id}' order by seq desc limit 1")
    assert line == [("correction", "expire", "expired", "system", None, after)]


def test_a_late_endorsement_is_flagged_and_told_once(fresh_world):
    made = journey.application(fresh_world, status="submitted")
    due_on, endorsement = fresh_world.sql(f"select due_on, id from endorsement where application_id = '{made.id}'")[0]
    fresh_world.sweep(due_on)
    assert fresh_world.value(f"select overdue from endorsement where id = '{endorsement}'") == "f"
    swept_twice(fresh_world, fresh_world.value(f"select date '{due_on}' + 1"))
    assert fresh_world.value(f"select overdue from endorsement where id = '{endorsement}'") == "t"
    line = fresh_world.sql(f"select from_status, to_status, role from history where object_id = '{endorsement}' and action = 'overdue'")
    assert line == [("requested", "requested", "system")]
    assert made.status == "submitted", "a time limit of an official is a flag, never a guard"
    told = notices(fresh_world, "endorsement.overdue")
    assert told == [("recommender", made.county_id, endorsement), ("role", "officer", endorsement)]


def test_a_panel_closes_when_its_last_sheet_is_in(fresh_world):
    bureau, application = panels.Bureau(fresh_world), panels.accepted(fresh_world)
    panel = bureau.scoring(application)
    for seat, (scores, vote) in zip(panel.seats, panels.V1):
        fresh_world.sweep()
        assert bureau.officer.get(panel.path).json["status"] == "scoring"
        panels.score(seat, scores, vote)
        assert panels.submit(seat).status == 201
    fresh_world.sweep()
    assert bureau.officer.get(panel.path).json["status"] == "closed"
    # The first vector of tests/support/panels.py.
    assert fresh_world.value(f"select mean_hundredths from panel where id = '{panel.id}'") == "7834"
    assert fresh_world.value(f"select role from history where object_id = '{panel.id}' and action = 'close'") == "system"


def test_an_unanswered_invitation_expires(fresh_world):
    bureau, application = panels.Bureau(fresh_world), panels.accepted(fresh_world)
    seat = bureau.invite(bureau.panel(application), bureau.expert())
    due_on = fresh_world.value(f"select answer_due_on from sheet where id = '{seat.id}'")
    fresh_world.sweep(due_on)
    assert fresh_world.value(f"select status from sheet where id = '{seat.id}'") == "invited"
    swept_twice(fresh_world, fresh_world.value(f"select date '{due_on}' + 1"))
    assert fresh_world.value(f"select status from sheet where id = '{seat.id}'") == "declined"


def test_experts_and_officers_learn_of_a_late_panel_and_the_leader_of_a_late_decision(fresh_world):
    bureau = panels.Bureau(fresh_world)
    late = bureau.scoring(panels.accepted(fresh_world, 1))
    panels.score(late.seats[0])
    assert panels.submit(late.seats[0]).status == 201
    due_on = fresh_world.value(f"select due_on from panel where id = '{late.id}'")
    fresh_world.sweep(due_on)
    assert notices(fresh_world, "panel.overdue") == []
    swept_twice(fresh_world, fresh_world.value(f"select date '{due_on}' + 1"))
    assert notices(fresh_world, "panel.overdue") == [("role", "officer", late.id)]
    # Who has handed in is not reminded.
    assert {row[1] for row in notices(fresh_world, "sheet.overdue")} == {seat.expert.id for seat in late.seats[1:]}
    application = panels.accepted(fresh_world, 2)
    bureau.concluded(application)
    fresh_world.sweep("2026-12-15")  # concluded on 2026-11-15: the thirtieth day
    assert notices(fresh_world, "application.decision_overdue") == []
    swept_twice(fresh_world, "2026-12-16")
    assert notices(fresh_world, "application.decision_overdue") == [("role", "leader", application.id)]


def test_keys_are_kept_for_a_day(fresh_world):
    account = fresh_world.client("officer").account_id
    fresh_world.sql(f"""insert into idempotency_key (account_id, method, path, key, body_sha256, created_at) values
        ('{account}', 'POST', '/x', 'kept-kept', repeat('0', 64), clock_timestamp() - interval '23 hours'),
        ('{account}', 'POST', '/x', 'gone-gone', repeat('0', 64), clock_timestamp() - interval '25 hours')""")
    fresh_world.sweep()
    assert fresh_world.sql("select key from idempotency_key where path = '/x'") == [("kept-kept",)]


def test_a_date_that_is_none_is_refused(fresh_world):
    done = fresh_world.run("sweep", "--date", "2026-02-30", check=False)
    assert done.returncode != 0 and len(done.stderr.strip().splitlines()) == 1


def is_open(world):
    try:
        socket.create_connection(("127.0.0.1", world.port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_service_that_stops_leaves_what_is_due_to_the_next_sweep(fresh_world):
    """Five invitations are over; the first is held until the service has been told to stop and answers nobody any more."""
    bureau, invited = panels.Bureau(fresh_world), "select count(*) from sheet where status = 'invited'"
    panel = bureau.panel(panels.accepted(fresh_world))
    for _ in range(5):
        bureau.invite(panel, bureau.expert())
    after = fresh_world.value("select max(answer_due_on) + 1 from sheet")
    with Held(fresh_world, "select 1 from sheet for update"):
        fresh_world.restart(sweep="on", clock=f"fixed:{after}T09:00:00+08:00", lock_timeout_ms=60000, statement_timeout_ms=60000)
        assert wait_until(lambda: waiting(fresh_world) == 1)
        fresh_world.process.send_signal(signal.SIGTERM)
        assert wait_until(lambda: not is_open(fresh_world))
    process, fresh_world.process = fresh_world.process, None
    assert process.wait(timeout=40) == 0
    assert fresh_world.value(invited) == "4"
    fresh_world.start()
    assert wait_until(lambda: fresh_world.value(invited) == "0")
