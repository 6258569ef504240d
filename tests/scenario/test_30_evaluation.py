"""The experts' evaluation: panel, invitations, sealed sheets, result (articles 12, 13 and 17)."""
import concurrent.futures
import csv
import pathlib

import pytest

from support import forms, journey, panels
from support.held import Held, waiting
from support.panels import Bureau, accepted
from support.raw import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bureau(world):
    return Bureau(world)


def test_five_experts_evaluate_an_application(world, bureau):
    application = accepted(world, 1)
    lead = world.client("lead", organisation=application.lead_id)
    county = world.client("county", recommender=application.recommender_id)
    panel = bureau.panel(application)
    assert bureau.officer.post("/v1/panels", {"application_id": application.id}).rules == ["TR-13"]
    for number in range(4):
        bureau.seat(panel)
    early = bureau.officer.act(panel.path, "constitute", chair_expert_id=panel.seats[0].expert.id)
    assert early.status == 422 and early.rules == ["EV-01", "EV-02"]
    bureau.seat(panel, kind="finance", fields=["F01"])
    stranger = bureau.officer.act(panel.path, "constitute", chair_expert_id=bureau.expert().id)
    assert stranger.status == 422 and stranger.rules == ["EV-05"]
    assert bureau.officer.act(panel.path, "constitute", chair_expert_id=panel.seats[0].expert.id).status == 201
    fixed = bureau.officer.get(panel.path).json
    assert fixed["material_sha256"] == application.snapshot and fixed["revision"] == 1
    assert fixed["weights"] == [1000, 1000, 1500, 1500, 1500, 1500, 1000, 1000]
    assert panels.put_scores(panel.seats[0], panels.sheet_body()).rules == ["TR-22"]
    assert bureau.officer.act(panel.path, "open_scoring").status == 201
    assert bureau.officer.get(panel.path).json["due_on"] == "2026-11-30"
    assert bureau.officer.get(application.path).json["status"] == "evaluating"
    for number, (seat, (scores, vote)) in enumerate(zip(panel.seats, panels.V1)):
        refused = bureau.officer.act(panel.path, "close")
        assert refused.status == 422 and refused.rules == ["EV-01", "TR-15"]
        panels.score(seat, scores, vote)
        assert panels.submit(seat).status == 201
        assert bureau.officer.get(panel.path).json["counts"] == {"invited": 0, "live": 5, "submitted": number + 1}
    assert bureau.officer.act(panel.path, "close").status == 201
    result = bureau.officer.get(panel.path).json
    assert result["result"] == "recognise" and result["mean_hundredths"] == 7834
    assert result["criterion_means"] == [8440, 8160, 7920, 7560, 7680, 8080, 7120, 7760]
    assert (result["votes_recognise"], result["votes_revise"], result["votes_reject"]) == (4, 1, 0)
    assert result["dispersion_alert"] is False
    sheets = bureau.auditor.get(panel.path + "/sheets").json["items"]
    assert sorted(sheet["total_hundredths"] for sheet in sheets) == [6825, 7395, 7835, 8395, 8720]
    assert all(sheet["expert_name"] and len(sheet["sha256"]) == 64 for sheet in sheets)
    other = panel.seats[1].client
    assert other.act(panel.path, "conclude", opinion=panels.OPINION).rules == ["TR-17"]
    chair = panel.seats[0].client
    assert chair.act(panel.path, "conclude", opinion="同意").rules == ["TR-18"]
    assert chair.act(panel.path, "conclude", opinion=panels.OPINION).status == 201
    assert bureau.officer.get(application.path).json["status"] == "evaluated"
    for party in (lead, county):
        seen = party.get(panel.path).json
        assert seen["result"] == "recognise" and seen["opinion"] == panels.OPINION
        assert not {"mean_hundredths", "criterion_means", "chair_expert_id", "chair_name", "counts", "votes_recognise"} & seen.keys()
        assert party.get(panel.path + "/sheets").status == 403
    aggregate = other.get(panel.path).json
    assert aggregate["mean_hundredths"] == 7834 and "chair_name" not in aggregate and "counts" not in aggregate
    assert [sheet["id"] for sheet in other.get(panel.path + "/sheets").json["items"]] == [panel.seats[1].id]
    assert world.anonymous.get(panel.path).status == 401


# ---- EV-13: nothing of a sheet is seen before the panel is closed ----

# How the replies of the bureau tell that one sheet of five is in, and nothing else.
COUNTED = (('"submitted":0', '"submitted":1'), ('"submitted" : 0', '"submitted" : 1'), ("已提交 0 份", "已提交 1 份"), ("0 of 5 live", "1 of 5 live"),
           ("现有 0 份", "现有 1 份"), ("there are 0", "there are 1"))
VARYING = ("Date", "Request-Id", "X-Request-Id", "traceparent", "Server-Timing")


def view(client, path):
    """A reply as bytes and headers, without what differs between any two requests."""
    reply = client.get(path)
    text = reply.text
    if reply.status >= 400:
        for member in ("trace_id", "instance"):
            text = text.replace(str(reply.json.get(member)), "")
    return reply.status, {name: value for name, value in reply.headers.items() if name not in VARYING}, text


def doors(panel, application):
    paths = ["/v1/panels", panel.path, panel.path + "/sheets", panel.path + "/transitions", "/v1/sheets", "/v1/tasks", "/v1/notices",
             application.path, application.path + "/transitions", "/v1/applications", "/v1/experts", "/v1/me"]
    for seat in panel.seats:
        paths += [seat.path, seat.path + "/transitions", "/v1/experts/" + seat.expert.id]
    return paths


def see_all(people, paths):
    return {(name, path): view(client, path) for name, client in people.items() for path in paths}


def test_nobody_but_its_author_learns_anything_of_a_sheet_until_the_panel_is_closed(world, bureau):
    application = accepted(world, 2)
    panel = bureau.scoring(application)
    author, paths = panel.seats[2], doors(panel, application)
    people = {
        "officer": bureau.officer, "leader": bureau.leader, "auditor": bureau.auditor, "chair": panel.seats[0].client,
        "expert": panel.seats[1].client, "finance": world.client("finance"), "sysadmin": world.client("sysadmin"),
        "lead": world.client("lead", organisation=application.lead_id), "council": world.client("council", organisation=application.lead_id),
        "county": world.client("county", recommender=application.recommender_id), "anonymous": world.anonymous,
        "stranger": bureau.expert().client,
    }
    before = see_all(people, paths)
    audit = [client.get("/v1/audit-log?object_id=" + author.id).text for client in (bureau.leader, bureau.auditor)]
    mine = author.client.get(author.path)
    for number in range(3):
        panels.score(author, (70 + number,) * 8)
    assert author.client.get(author.path).json["scores"]["C1"] == 72
    assert author.client.get(author.path).headers["ETag"] != mine.headers["ETag"]
    assert author.client.get(author.path).json["status"] == "scoring"
    for key, seen in see_all(people, paths).items():
        assert seen == before[key], key
    assert panels.submit(author).status == 201
    counted = {"officer", "leader"}
    for (name, path), seen in see_all(people, paths).items():
        if name in counted and path in (panel.path, panel.path + "/sheets"):
            expected = before[name, path][2]
            for zero, one in COUNTED:
                expected = expected.replace(zero, one)
            assert seen[2] == expected, (name, path)
        else:
            assert seen == before[name, path], (name, path)
    assert [client.get("/v1/audit-log?object_id=" + author.id).text for client in (bureau.leader, bureau.auditor)] == audit
    hidden = ("scores", "comments", "answers", "vote", "policy_compliant", "total_hundredths", "autosaved_at", "submitted_at", "sha256",
              "declaration")
    seat = bureau.officer.get(author.path).json
    assert seat["status"] == "accepted" and not set(hidden) & seat.keys()
    assert bureau.leader.get(author.path).status == bureau.auditor.get(author.path).status == 404
    missing = panel.seats[1].client.get("/v1/sheets/0198c2a4-7c00-7000-8000-000000000009")
    for client in (panel.seats[0].client, panel.seats[1].client, bureau.leader, bureau.auditor):
        assert view(client, author.path)[2] == missing.text.replace(missing.json["trace_id"], "").replace(missing.json["instance"], "")


def test_an_officer_who_probes_learns_nothing(world, bureau):
    panel = bureau.scoring(accepted(world, 3))
    untouched, begun, done = panel.seats[1:4]
    panels.score(begun)
    panels.score(done)
    assert panels.submit(done).status == 201
    attempts = [("recuse", {"comment": "x"}), ("recuse", {}), ("replace", {}), ("replace", {"comment": "逾期未评分"}), ("submit", {}),
                ("accept", {"declaration": panels.DECLARATION}), ("decline", {})]

    def told(reply):
        text = reply.text
        for member in ("trace_id", "instance"):
            text = text.replace(str((reply.json or {}).get(member)), "")
        return reply.status, reply.headers.get("ETag"), text

    for action, members in attempts:
        for options in ({}, {"dry_run": True}, {"etag": None}, {"etag": '"7.x"'}):
            replies = {told(bureau.officer.act(seat.path, action, **members, **options)) for seat in (untouched, begun, done)}
            assert len(replies) == 1, (action, options, replies)
            assert replies.pop()[0] >= 400
    dry = [bureau.officer.act(seat.path, "recuse", comment="近期受聘为成员单位顾问", dry_run=True) for seat in (untouched, begun, done)]
    for reply in dry:
        assert reply.status == 200 and reply.json["from"] == "accepted", reply
        reply.json.pop("request_id", None)
    assert dry[0].json == dry[1].json == dry[2].json
    real = bureau.officer.act(begun.path, "recuse", comment="近期受聘为成员单位顾问")
    assert real.status == 201 and real.json["from"] == "accepted" and "scoring" not in real.text
    assert "scoring" not in bureau.officer.get(begun.path + "/transitions").text
    late = bureau.officer.act(done.path, "recuse", comment="近期受聘为成员单位顾问")
    assert late.status == 409
    for role in (bureau.officer, bureau.leader, bureau.auditor):
        assert role.put(untouched.path + "/scores", panels.sheet_body(), etag='"1.x"').status == 403
    other = panel.seats[0].client.put(untouched.path + "/scores", panels.sheet_body(), etag='"1.x"')
    assert other.status == 404


def test_after_closing_the_bureau_and_the_auditor_read_everything(world, bureau):
    application = accepted(world, 4)
    panel = bureau.closed(application)
    for client in (bureau.officer, bureau.leader, bureau.auditor):
        seen = client.get(panel.seats[0].path).json
        assert seen["scores"]["C1"] == 90 and seen["total_hundredths"] == 8395 and seen["status"] == "submitted"
        assert [line["action"] for line in client.get(panel.seats[0].path + "/transitions").json["items"]] == [
            "invite", "accept", "score", "submit"]
    assert panel.seats[1].client.get(panel.seats[0].path).status == 404
    lead = world.client("lead", organisation=application.lead_id)
    assert lead.get(panel.path).json["result"] == "recognise"
    assert "专家" not in lead.get(panel.path + "/transitions").text.replace("专家组", "")


def test_a_panel_voided_while_scoring_keeps_its_sheets_sealed(world, bureau):
    application = accepted(world, 5)
    panel = bureau.scoring(application)
    panels.score(panel.seats[0])
    assert bureau.officer.act(panel.path, "void", comment="发现利益冲突").status == 403
    assert bureau.leader.act(panel.path, "void").rules == ["TR-01"]
    assert bureau.leader.act(panel.path, "void", comment="发现利益冲突，专家组作废").status == 201
    assert bureau.officer.get(application.path).json["status"] == "accepted"
    assert bureau.auditor.get(panel.seats[0].path).status == 404
    assert "scores" not in bureau.officer.get(panel.seats[0].path).json
    assert panels.put_scores(panel.seats[0], panels.sheet_body()).rules == ["TR-22"]
    assert bureau.panel(application)


def test_a_panel_voided_after_closing_stays_readable(world, bureau):
    application = accepted(world, 6)
    panel = bureau.closed(application, panels.V3)
    assert bureau.officer.get(panel.path).json["result"] == "reject"
    assert bureau.leader.act(panel.path, "void", comment="事后发现利益冲突").status == 201
    assert bureau.auditor.get(panel.seats[0].path).json["total_hundredths"] == 5395
    assert bureau.officer.get(application.path).json["status"] == "accepted"


# ---- the tables, row by row ----

def rows(machine):
    """(status, action) -> roles, of tests/contract/transitions.tsv."""
    with open(ROOT / "tests/contract/transitions.tsv", encoding="utf-8") as file:
        return {(row["from"], row["action"]): set(row["roles"].split(",")) for row in csv.DictReader(file, delimiter="\t")
                if row["machine"] == machine and row["stage"] == "journey"}


def try_all(table, objects, actions, people, inputs, callers, seen=lambda role, status: status):
    """Every action in every status by every role, as a dry run. callers: the roles of the operation; seen: the status as that role knows it."""
    for status, (path, own) in objects.items():
        for role, client in {**people, **own}.items():
            fresh = client.get(path)
            assert role not in callers or fresh.status == 200, (path, role, fresh)
            for action in actions:
                reply = client.act(path, action, dry_run=True, etag=fresh.headers.get("ETag") or '"1.x"', **inputs.get(action, {}))
                roles = table.get((seen(role, status), action))
                if role not in callers:
                    expected = 403
                elif roles is None:
                    expected = 409
                else:
                    expected = 200 if role in roles else 403
                assert reply.status == expected, (status, action, role, reply)


def others(world):
    return {role: world.client(role) for role in ("finance", "auditor", "sysadmin")}


def test_every_step_of_a_panel_is_for_its_roles_and_statuses_alone(world, bureau):
    made = {
        "draft": bureau.seated(accepted(world, 20)), "constituted": bureau.constituted(accepted(world, 21)),
        "scoring": bureau.scoring(accepted(world, 22), 7), "closed": bureau.closed(accepted(world, 23)),
        "concluded": bureau.concluded(accepted(world, 24)), "voided": bureau.seated(accepted(world, 25)),
    }
    assert bureau.officer.act(made["voided"].path, "void").status == 201
    seats = made["scoring"].seats
    assert seats[0].client.act(seats[0].path, "recuse", comment="近期受聘为成员单位顾问").status == 201
    for seat in seats[1:]:
        panels.score(seat)
        assert panels.submit(seat).status == 201
    chair = {status: panel.seats[0] for status, panel in made.items()} | {"scoring": seats[1]}
    people = {"officer": bureau.officer, "leader": bureau.leader, **others(world)}
    actions = ("constitute", "open_scoring", "close", "replace_chair", "conclude", "void")
    for status, panel in made.items():
        named = {"chair_expert_id": chair[status].expert.id}
        inputs = {"constitute": named, "replace_chair": named, "conclude": {"opinion": panels.OPINION}, "void": {"comment": "发现利益冲突"}}
        own = {"expert": chair[status].client, "lead": world.client("lead", organisation=panel.application.lead_id),
               "county": world.client("county", recommender=panel.application.recommender_id)}
        try_all(rows("PANEL"), {status: (panel.path, own)}, actions, people, inputs, {"officer", "leader", "expert"})


def test_every_step_of_a_sheet_is_for_its_roles_and_statuses_alone(fresh_world):
    bureau = Bureau(fresh_world)
    panel = bureau.scoring(accepted(fresh_world, 1), 7)
    statuses = ("accepted", "scoring", "submitted", "recused", "replaced", "invited", "declined")
    seats = dict(zip(statuses, panel.seats))
    for status in ("scoring", "submitted"):
        panels.score(seats[status])
    assert panels.submit(seats["submitted"]).status == 201
    assert seats["recused"].client.act(seats["recused"].path, "recuse", comment="近期受聘为成员单位顾问").status == 201
    early = bureau.officer.act(seats["replaced"].path, "replace")
    assert early.status == 422 and early.rules == ["TR-21"]
    seats["invited"] = bureau.invite(panel, bureau.expert())
    seats["declined"] = bureau.invite(panel, bureau.expert())
    assert seats["declined"].client.act(seats["declined"].path, "decline").status == 201
    fresh_world.clock("2026-12-01T09:00:00+08:00")
    assert bureau.officer.act(seats["replaced"].path, "replace", comment="逾期未评分").status == 201
    people = {"officer": bureau.officer, **others(fresh_world)}
    inputs = {"accept": {"declaration": panels.DECLARATION}, "recuse": {"comment": "近期受聘为成员单位顾问"}}
    sealed = lambda role, status: "accepted" if role == "officer" and status in ("scoring", "submitted") else status  # noqa: E731
    for status, seat in seats.items():
        try_all(rows("SHEET"), {status: (seat.path, {"expert": seat.client})}, ("accept", "decline", "recuse", "replace", "submit"), people,
                inputs, {"officer", "expert"}, sealed)
        etag = seat.client.get(seat.path).headers["ETag"]
        expected = 200 if ("(new)" if status is None else status, "score") in rows("SHEET") else 409
        assert seat.client.put(seat.path + "/scores", panels.sheet_body(), etag=etag).status == expected, status
        for role in ("officer", "leader", "auditor", "finance"):
            assert getattr(bureau, role, people.get(role)).put(seat.path + "/scores", panels.sheet_body(), etag=etag).status == 403


def test_an_invitation_that_nobody_answers_expires_and_the_panel_closes_by_itself(fresh_world):
    bureau = Bureau(fresh_world)
    panel = bureau.scoring(accepted(fresh_world, 1))
    late = bureau.invite(panel, bureau.expert())
    assert bureau.officer.get(late.path).json["answer_due_on"] == "2026-11-18"
    for seat in panel.seats[:5]:
        panels.score(seat)
        assert panels.submit(seat).status == 201
    fresh_world.sweep("2026-11-18")
    assert late.client.get(late.path).json["status"] == "invited"
    fresh_world.sweep("2026-11-19")
    assert late.client.get(late.path).json["status"] == "declined"
    fresh_world.sweep("2026-11-19")
    assert bureau.officer.get(panel.path).json["status"] == "closed"
    assert bureau.officer.get(panel.path + "/transitions").json["items"][-1]["role"] == "system"


def test_every_step_of_an_expert_is_for_its_roles_and_statuses_alone(world, bureau):
    made = {status: bureau.expert() for status in ("review", "active", "suspended", "rejected", "removed", "nominated")}
    for status in ("review", "nominated", "rejected"):
        world.sql(f"begin; set local session_replication_role = replica; update expert set status = '{status}' where id = '{made[status].id}'; "
                  "commit;", user="postgres")
    path = {status: "/v1/experts/" + expert.id for status, expert in made.items()}
    assert bureau.officer.act(path["suspended"], "suspend", comment="回避声明不实").status == 201
    assert bureau.leader.act(path["removed"], "remove", comment="本人申请退出").status == 201
    people = {"officer": bureau.officer, "leader": bureau.leader, **others(world)}
    reason = {"comment": "理由充分，按程序办理"}
    inputs = {action: reason for action in ("reject", "suspend", "remove")}
    for status, expert in made.items():
        try_all(rows("EXP"), {status: (path[status], {"expert": expert.client})}, ("take_up", "admit", "reject", "suspend", "remove"), people,
                inputs, {"officer", "leader"})
    for status, action, client in (("review", "reject", bureau.leader), ("active", "suspend", bureau.officer), ("active", "remove", bureau.leader)):
        assert client.act(path[status], action).rules == ["TR-01"]


# ---- conflicts, replacements, experts ----

def test_a_conflicted_expert_is_refused(world, bureau):
    application = accepted(world, 30)
    panel = bureau.panel(application)

    def refused(rules, **members):
        reply = bureau.officer.post(panel.path + "/sheets", {"expert_id": bureau.expert(**members).id})
        assert reply.status == 422 and reply.rules == rules, reply

    member = {"employer_name": "秦岭工业大学(虚构)", "employer_credit_code": "12610000PDY000167G"}
    refused(["COI-1"], **member)
    former = {"credit_code": "12610000PDY000167G", "employer_name": "秦岭工业大学(虚构)", "from_on": "2010-01-01"}
    refused(["COI-1"], former_employments=[{**former, "to_on": "2023-11-15"}])
    assert bureau.invite(panel, bureau.expert(former_employments=[{**former, "to_on": "2023-11-14"}]))
    refused(["COI-1"], employer_name=application.lead_name, employer_credit_code=application.lead_code)
    refused(["EV-03"], employer_name="渭南市科学技术局")
    refused(["COI-1", "COI-2"], name="吕示例", employer_name="渭南农林技术研究院(虚构)", employer_credit_code=forms.credit_code("12610500", 91001))
    first = bureau.seat(panel)
    colleague = bureau.expert(employer_name="示例研究院另一院区(虚构)", employer_credit_code=bureau.officer.get(
        "/v1/experts/" + first.expert.id).json["employer_credit_code"])
    same = bureau.officer.post(panel.path + "/sheets", {"expert_id": colleague.id})
    assert same.status == 422 and same.rules == ["EV-03"]
    nominee = bureau.expert()
    world.sql(f"update expert set nominated_by_alliance_id = '{application.alliance_id}' where id = '{nominee.id}'")
    assert bureau.officer.post(panel.path + "/sheets", {"expert_id": nominee.id}).rules == ["COI-6"]
    suspended = bureau.expert()
    assert bureau.officer.act("/v1/experts/" + suspended.id, "suspend", comment="回避声明不实").status == 201
    assert bureau.officer.post(panel.path + "/sheets", {"expert_id": suspended.id}).rules == ["EX-03"]
    assert bureau.officer.post(panel.path + "/sheets", {"expert_id": panel.id}).rules == ["EX-03"]
    again = bureau.officer.post(panel.path + "/sheets", {"expert_id": first.expert.id})
    assert again.status == 409 and again.code == "conflict"


def test_a_declared_conflict_keeps_an_expert_out(world, bureau):
    panel = bureau.panel(accepted(world, 31))
    seat = bureau.invite(panel, bureau.expert())
    seen = seat.client.get(seat.path).json
    assert len(seen["invitation"]["members"]) == 11 and seen["invitation"]["lead_name"]
    assert seat.client.get(panel.path).status == 404 and seat.client.get(panel.application.path).status == 404
    for member, rule in (("relative", "COI-3"), ("shares_or_fees", "COI-4"), ("joint_work", "COI-5")):
        assert panels.accept(seat, **{member: True}).rules == [rule]
    assert seat.client.act(seat.path, "accept").rules == ["COI-3", "COI-4", "COI-5"]
    assert panels.accept(seat).status == 201
    assert seat.client.get(panel.path).status == 200
    read = seat.client.get(panel.application.path)
    assert read.status == 200 and "13800005678" not in read.text and "office@example.invalid" not in read.text


def test_an_incomplete_sheet_is_not_submitted(world, bureau):
    panel = bureau.scoring(accepted(world, 32))
    seat = panel.seats[0]
    low = panels.sheet_body((80, 80, 80, 80, 80, 80, 59, 80))
    del low["scores"]["C1"], low["vote"], low["policy_compliant"], low["comments"]
    assert panels.put_scores(seat, low).status == 200
    reply = panels.submit(seat)
    assert reply.rules == ["EV-07"] and reply.pointers == ["#/comments/C7", "#/policy_compliant", "#/scores/C1", "#/vote"]
    for wrong in ({"C1": 101}, {"C1": -1}, {"C1": 80.5}, {"C1": "80"}, {"C9": 80}):
        assert panels.put_scores(seat, {"scores": wrong}).status == 400
    etag = seat.client.get(seat.path).headers["ETag"]
    panels.score(seat)
    assert panels.put_scores(seat, panels.sheet_body(), etag=etag).status == 412
    assert panels.put_scores(seat, panels.sheet_body(), etag=None).status == 428
    assert panels.submit(seat).status == 201
    with pytest.raises(Exception, match="AL001"):
        world.sql(f"update sheet set scores = '{{\"C1\": 0}}' where id = '{seat.id}'")


def test_a_chair_who_recuses_is_replaced(world, bureau):
    panel = bureau.scoring(accepted(world, 33))
    first, second = panel.seats[:2]
    named = {"chair_expert_id": second.expert.id}
    assert bureau.officer.act(panel.path, "replace_chair", **named).rules == ["TR-16"]
    assert first.client.act(first.path, "recuse").rules == ["TR-19"]
    assert first.client.act(first.path, "recuse", comment="近期受聘为成员单位顾问").status == 201
    assert first.client.get(panel.path).status == 404
    assert bureau.officer.act(panel.path, "replace_chair", chair_expert_id=first.expert.id).rules == ["EV-05"]
    assert bureau.officer.act(panel.path, "replace_chair", **named).status == 201
    assert bureau.officer.get(panel.path).json["chair_expert_id"] == second.expert.id
    bureau.seat(panel, kind="management")
    for seat in panel.seats[1:]:
        panels.score(seat)
        assert panels.submit(seat).status == 201
    assert bureau.officer.act(panel.path, "close").status == 201
    assert second.client.act(panel.path, "conclude", opinion=panels.OPINION).status == 201
    assert world.value(f"select count(*) from panel_chair where panel_id = '{panel.id}'") == "2"


def test_wide_dispersion_needs_the_chairs_note(world, bureau):
    panel = bureau.closed(accepted(world, 34), (((95,) * 8, "recognise"), ((64,) * 8, "revise"), *panels.V1[:3]))
    assert bureau.officer.get(panel.path).json["dispersion_alert"] is True
    chair = panel.seats[0].client
    assert chair.act(panel.path, "conclude", opinion=panels.OPINION).rules == ["EV-12"]
    assert chair.act(panel.path, "conclude", opinion=panels.OPINION, dispersion_note="差异源于对机制成熟度的不同判断。").status == 201


def test_a_suspended_expert_leaves_the_open_panels(world, bureau):
    panel = bureau.scoring(accepted(world, 35))
    seat = panel.seats[3]
    assert bureau.officer.act("/v1/experts/" + seat.expert.id, "suspend", comment="回避声明不实，暂停资格").status == 201
    assert bureau.officer.get(seat.path).json["status"] == "recused"
    assert panels.put_scores(seat, panels.sheet_body()).status == 409


def queue(world, expert, *acts):
    """The replies of acts that were begun in this order while the expert's row was held by somebody else."""
    with concurrent.futures.ThreadPoolExecutor(len(acts)) as threads:
        with Held(world, f"select from expert where id = '{expert.id}' for update"):
            begun = []
            for act in acts:
                begun.append(threads.submit(act))
                assert wait_until(lambda: waiting(world) == len(begun))
        return [one.result() for one in begun]


def test_an_invitation_and_a_suspension_at_once_come_one_after_the_other(world, bureau):
    panel = bureau.panel(accepted(world, 43))
    for is_invited_first in (True, False):
        expert = bureau.expert()
        acts = [lambda: bureau.officer.post(panel.path + "/sheets", {"expert_id": expert.id}),
                lambda: bureau.officer.act("/v1/experts/" + expert.id, "suspend", comment="暂停其专家资格")]
        if is_invited_first:
            invited, suspended = queue(world, expert, *acts)
            assert (invited.status, suspended.status) == (201, 201), suspended
            assert bureau.officer.get("/v1/sheets/" + invited.id).json["status"] == "declined"
        else:
            suspended, invited = queue(world, expert, *reversed(acts))
            assert (suspended.status, invited.status, invited.rules) == (201, 422, ["EX-03"])
            assert world.value(f"select count(*) from sheet where expert_id = '{expert.id}'") == "0"


def test_who_acts_on_what_has_changed_while_he_waited_is_told_so(world, bureau):
    expert = bureau.expert()
    path = "/v1/experts/" + expert.id
    before = bureau.officer.get(path).headers["ETag"]
    changed, suspended = queue(world, expert, lambda: bureau.officer.patch(path, {"title": "二级研究员"}, etag=before),
                               lambda: bureau.officer.act(path, "suspend", comment="暂停其专家资格", etag=before))
    assert (changed.status, suspended.status) == (200, 412)
    assert bureau.officer.get(path).json["status"] == "active"


def test_experts_are_registered_admitted_and_kept(world, bureau):
    for members, pointer in (({"title_rank": "intermediate"}, "#/title_rank"), ({"fields": ["F99"]}, "#/fields"), ({"fields": []}, "#/fields"),
                             ({"employer_credit_code": "91350100M000100Y4Z"}, "#/employer_credit_code")):
        reply = bureau.officer.post("/v1/experts", panels.expert_body(900, **members))
        assert reply.rules == ["EX-01"] and reply.pointers == [pointer]
    body = panels.expert_body(901)
    del body["consent_on"]
    assert bureau.officer.post("/v1/experts", body).pointers == ["#/consent_on"]
    assert bureau.leader.post("/v1/experts", panels.expert_body(901)).status == 403
    made = bureau.officer.post("/v1/experts", panels.expert_body(901, integrity_record="论文抄袭被通报"))
    path = "/v1/experts/" + made.id
    assert bureau.leader.act(path, "admit").rules == ["EX-02"]
    cleared = bureau.officer.patch(path, {"integrity_record": None, "title": "二级研究员"}, etag=made.headers["ETag"])
    assert cleared.status == 200 and "integrity_record" not in cleared.json and cleared.json["title"] == "二级研究员"
    assert bureau.officer.patch(path, {"title": "研究员"}, etag=made.headers["ETag"]).status == 412
    assert bureau.leader.act(path, "admit").status == 201
    assert bureau.officer.get(path).json["valid_until"] == "2029-11-15"
    twin = bureau.officer.post("/v1/experts", panels.expert_body(901))
    assert bureau.leader.act("/v1/experts/" + twin.id, "admit").rules == ["EX-02"]
    assert bureau.officer.patch(path, {"fields": []}).rules == ["EX-01"]
    moved = bureau.officer.patch(path, {"employer_name": "另一研究院(虚构)", "employer_credit_code": forms.credit_code("12610000", 91002)})
    assert [("to_on" in job) for job in moved.json["employments"]] == [False, True]
    found = bureau.officer.get("/v1/experts", params={"q": "专家901", "status": "active", "industry_field": "F02", "kind": "technical"})
    assert [item["id"] for item in found.json["items"]] == [made.id]
    renamed = bureau.officer.patch(path, {"employer_name": "Xi'an 另一研究院(虚构)", "employer_credit_code": forms.credit_code("12610000", 91002)})
    assert renamed.status == 200, renamed
    for part, hit in (("另一", True), ("xI'AN", True), ("X", True), ("901示例", True), ("示例 Xi", False), ("另研", False), ("一另", False)):
        assert (made.id in [item["id"] for item in bureau.officer.all("/v1/experts", params={"q": part})]) is hit, part
    assert len(bureau.officer.all("/v1/experts?limit=2")) == int(world.value("select count(*) from expert"))
    own = world.client("expert", expert=made.id)
    assert own.get(path).status == 200 and own.get("/v1/experts/" + twin.id).status == 404
    assert own.get("/v1/experts").status == 403 and world.anonymous.get(path).status == 401


def test_the_applicant_names_experts_to_avoid(world, bureau):
    application = accepted(world, 36)
    lead, path = world.client("lead", organisation=application.lead_id), application.path + "/avoided-experts"
    avoided = bureau.expert()
    wish = {"items": [{"name": avoided.name, "reason": "与牵头单位存在专利纠纷"}]}
    assert lead.put(path, wish).json == wish
    assert lead.put(path, {"items": wish["items"] * 4}).status == 400
    assert bureau.officer.get(path).json == wish and world.client("lead", organisation=accepted(world, 37).lead_id).get(path).status == 404
    panel = bureau.panel(application)
    assert bureau.invite(panel, avoided)  # the officer decides; the wish is kept with the line of the history
    assert "COI-7" in world.value(f"select detail::text from history where object_id = '{panel.seats[0].id}' and action = 'invite'")


def test_the_rubric_is_public(world):
    rubric = world.anonymous.get("/v1/rubric").json
    assert [criterion["name"] for criterion in rubric["criteria"]] == ["重要性", "必要性", "创新目标", "实施方案", "运行机制", "综合实力", "经费管理", "成果效益"]
    assert sum(criterion["weight"] for criterion in rubric["criteria"]) == 10000
    assert sum(len(criterion["questions"]) for criterion in rubric["criteria"]) == 41
    assert rubric["parameters"]["pass_mean"] == 7000 and rubric["parameters"]["dispersion"] == 3000


def test_lists_keep_to_reach(world, bureau):
    application = accepted(world, 38)
    panel = bureau.constituted(application)
    lead = world.client("lead", organisation=application.lead_id)
    assert [item["id"] for item in lead.get("/v1/panels").json["items"]] == [panel.id]
    assert [item["id"] for item in bureau.officer.get("/v1/panels", params={"application_id": application.id, "status": "constituted"}).json["items"]] \
        == [panel.id]
    assert [item["id"] for item in panel.seats[0].client.get("/v1/sheets").json["items"]] == [panel.seats[0].id]
    assert lead.get("/v1/sheets").status == 403
    stranger = world.client("lead", organisation=accepted(world, 39).lead_id)
    assert stranger.get(panel.path).status == 404 and stranger.get("/v1/panels").json["items"] == []


def pages_of(client, params):
    """The ids of a list, read one by one."""
    found, path = [], "/v1/panels"
    while path:
        page = client.get(path, params={**params, "limit": "1"} if path == "/v1/panels" else None).json
        found += [item["id"] for item in page["items"]]
        path = page["page"]["next"]
    return found


def test_a_filtered_list_of_panels_is_a_part_of_the_whole(world, bureau):
    """For whoever asks: each filter gives the rows of the whole list that match, once, in its order."""
    mine, other = accepted(world, 71), accepted(world, 72)
    panel = bureau.constituted(mine)
    bureau.constituted(other)
    people = [bureau.officer, world.client("leader"), world.client("auditor"), world.client("lead", organisation=mine.lead_id),
              world.client("lead", organisation=accepted(world, 73).lead_id), panel.seats[0].client]
    for client in people:
        whole = client.get("/v1/panels", params={"limit": "200"}).json["items"]
        assert pages_of(client, {}) == [item["id"] for item in whole]
        for params in ({"application_id": mine.id}, {"status": "constituted"}, {"status": "voided"}, {"application_id": other.id, "status": "constituted"}):
            expected = [item["id"] for item in whole
                        if params.get("status", item["status"]) == item["status"] and item["application_id"] == params.get("application_id", item["application_id"])]
            assert pages_of(client, params) == expected, params
    assert len(people[0].get("/v1/panels", params={"application_id": mine.id}).json["items"]) == 1
    assert people[4].get("/v1/panels").json["items"] == []


def test_withdrawal_ends_a_panel_that_does_not_score_yet(world, bureau):
    application = accepted(world, 40)
    panel = bureau.constituted(application)
    assert world.client("lead", organisation=application.lead_id).act(application.path, "withdraw").status == 201
    assert bureau.officer.get(panel.path).json["status"] == "voided"


@pytest.mark.concurrent
def test_of_many_autosaves_with_one_etag_one_is_kept(world, bureau):
    panel = bureau.scoring(accepted(world, 41))
    seat = panel.seats[0]
    etag = seat.client.get(seat.path).headers["ETag"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda n: panels.put_scores(seat, panels.sheet_body((70 + n,) * 8), etag=etag), range(8)))
    assert sorted(reply.status for reply in replies) == [200] + [412] * 7
    kept = next(reply for reply in replies if reply.status == 200)
    assert seat.client.get(seat.path).json["scores"] == kept.json["scores"]


@pytest.mark.concurrent
def test_the_last_submission_and_the_closing_do_not_miss_each_other(world, bureau):
    panel = bureau.scoring(accepted(world, 42))
    for seat in panel.seats:
        panels.score(seat)
    for seat in panel.seats[:4]:
        assert panels.submit(seat).status == 201
    version = bureau.officer.get(panel.path).headers["ETag"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        submitting = pool.submit(panels.submit, panel.seats[4])
        closing = pool.submit(bureau.officer.act, panel.path, "close", etag=version)
        assert submitting.result().status == 201
        assert closing.result().status in (201, 422)
    if closing.result().status == 422:
        assert bureau.officer.act(panel.path, "close").status == 201
    assert bureau.officer.get(panel.path).json["sheets_counted"] == 5


def action_of(client, path, action):
    return next(found for found in client.get(path).json["actions"] if found["action"] == action)


def test_what_is_allowed_succeeds_and_what_would_be_refused_is_told(world, bureau):
    """The blockers of a step are those of the act, also where the act takes the application along."""
    panel = bureau.constituted(accepted(world, 60))
    opening = action_of(bureau.officer, panel.path, "open_scoring")
    assert opening["allowed"] is True and opening["blockers"] == []
    inputs = {"open_scoring": {}, "void": {"comment": "发现利益冲突"}}
    for client in (bureau.officer, bureau.leader):
        for found in client.get(panel.path).json["actions"]:
            reply = client.act(panel.path, found["action"], dry_run=True, **inputs[found["action"]])
            assert (reply.status == 200) is found["allowed"], (found, reply)
    seat = panel.seats[2]
    assert bureau.officer.act(seat.path, "recuse", comment="近期受聘为成员单位顾问").status == 201
    opening = action_of(bureau.officer, panel.path, "open_scoring")
    assert opening["allowed"] is False and [found["code"] for found in opening["blockers"]] == ["EV-01"]
    refused = bureau.officer.act(panel.path, "open_scoring", dry_run=True)
    assert refused.status == 422 and refused.rules == ["EV-01"]


def test_by_when_the_experts_are_awaited(world, bureau):
    panel = bureau.panel(accepted(world, 61))
    invited = bureau.invite(panel, bureau.expert())
    shown = invited.client.get(invited.path).json
    assert {found["due_on"] for found in shown["actions"]} == {shown["answer_due_on"]}
    assert all("due_on" not in found for found in bureau.officer.get(panel.path).json["actions"])
    panel = bureau.scoring(accepted(world, 62))
    due_on = bureau.officer.get(panel.path).json["due_on"]
    assert due_on == "2026-11-30"  # fifteen days after the 15th
    assert {found["due_on"] for found in bureau.officer.get(panel.path).json["actions"]} == {due_on}
    untouched, begun = panel.seats[:2]
    panels.score(begun)
    for client, seat in ((untouched.client, untouched), (begun.client, begun), (bureau.officer, untouched), (bureau.officer, begun)):
        assert {found["due_on"] for found in client.get(seat.path).json["actions"]} == {due_on}


def test_a_rectification_is_judged_like_an_acceptance_and_keeps_what_was_endorsed(fresh_world):
    """Articles 6, 11, 12: nobody endorses the rectified application anew, so what was endorsed stays, and every rule holds again."""
    made = journey.application(fresh_world, "evaluating")
    panels.conclude(made, panels.V2)
    reply = made.leader.act(made.path, "require_rectification", points=[{"text": "请补充技术路线的论证"}], comment="请按专家意见整改完善")
    assert reply.status == 201, reply
    answers = [{"position": 1, "answer": "已补充技术路线的论证"}]
    assert made.patch({"form": {"members": made.form["members"][:1]}}).status == 200
    refused = made.act("submit_rectification", answers=answers)
    assert refused.status == 422 and {"AP-08", "AP-09", "AP-16", "TR-08"} <= set(refused.rules), refused
    assert "correct_material" not in refused.text
    blockers = action_of(made.lead, made.path, "submit_rectification")["blockers"]
    assert set(refused.rules) == {found["code"] for found in blockers}
    # A member who signs later is a change of the agreement, and there is no other way for it here.
    rows = [dict(row) for row in made.form["members"]]
    rows[3] = {**rows[3], "signature": {**rows[3]["signature"], "signer": "另一签署人"}}
    assert made.patch({"form": {"members": rows}}).status == 200
    refused = made.act("submit_rectification", answers=answers)
    assert refused.rules == ["TR-08"] and refused.pointers == ["#/form/agreement"]
    assert made.patch({"form": {"members": made.form["members"], "goals": {"route": "补充论证后的技术路线，分三个阶段实施。"}}}).status == 200
    assert made.act("submit_rectification", answers=answers).status == 201
    assert made.status == "accepted" and made.officer.get(made.path).json["round"] == 2


def test_an_application_filed_by_its_lead_is_evaluated(fresh_world):
    made = journey.application(fresh_world, status="evaluated")
    assert made.lead.get(made.path).json["status"] == "evaluated"
    assert made.lead.get(made.panel.path).json["result"] == "recognise"
