"""Who reads which file of an application, how much a file may gather, and whose hand changes an organisation once it is on file."""
import hashlib
import itertools
import json

import pytest

from support import forms, journey, panels
from support.journey import FUPING, ok

NUMBERS = itertools.count(1)


def attachment(client, subject_id, subject_kind="application", size=3, **members):
    return client.post("/v1/attachments", {
        "subject_kind": subject_kind, "subject_id": subject_id, "kind": "other", "title": "材料", "media_type": "application/pdf",
        "bytes": size, "sha256": hashlib.sha256(b"abc").hexdigest(), **members})


def body(name="示例有限公司(虚构)", division="610526"):
    return {"credit_code": forms.credit_code("91" + division, 7000 + next(NUMBERS)), "name": name, "type": "enterprise",
            "division_code": division, "independent_legal_person": True, "legal_representative": "张示例"}


# ---- who reads which file (READ endorsement opinion: host and member do not) ----

@pytest.fixture(scope="module")
def evaluating(world):
    made = journey.application(world, "accepted")
    made.seats = panels.Bureau(world).scoring(made).seats
    made.files = {item["kind"]: item["id"] for item in made.officer.all(made.path + "/attachments")}
    assert set(made.files) == {*forms.REQUIRED_ATTACHMENTS, "recommender_opinion"}
    return made


def hidden(made, client):
    """The kinds that every door keeps from the client; the doors must agree."""
    listed = {item["kind"] for item in client.all(made.path + "/attachments")}
    shown = {item["kind"] for item in client.get(made.path).json["attachments"]}
    filed = {item["kind"] for item in client.get(made.path + "/revisions").json["items"][0]["attachments"]}
    one = {kind for kind, key in made.files.items() if client.get("/v1/attachments/" + key).status == 200}
    read = {kind for kind, key in made.files.items() if client.get(f"/v1/attachments/{key}/content").status == 200}
    assert listed == shown == one == read and filed == listed - {"recommender_opinion"}
    return set(made.files) - listed


def test_the_sealed_opinion_and_the_scanned_form_are_not_for_the_host(world, evaluating):
    host = world.client("host", organisation=evaluating.host_id)
    assert hidden(evaluating, host) == {"application_form", "recommender_opinion"}


def test_experts_read_the_opinion_but_no_contacts(evaluating):
    assert hidden(evaluating, evaluating.seats[0].client) == {"application_form"}


def test_a_member_reads_no_file(world, evaluating):
    member = world.client("member", organisation=journey.organisation(world, *forms.PARTNERS[1]))
    for key in evaluating.files.values():
        assert member.get("/v1/attachments/" + key).status == 404
        assert member.get(f"/v1/attachments/{key}/content").status == 404


def test_the_bureau_the_unit_the_lead_and_the_auditor_read_every_file(world, evaluating):
    council = world.client("council", organisation=evaluating.lead_id)
    for client in (evaluating.officer, evaluating.leader, evaluating.auditor, evaluating.county, evaluating.lead, council):
        assert hidden(evaluating, client) == set()


# ---- how much ----

def test_one_subject_has_at_most_a_hundred_attachments(world):
    made = journey.application(world, attachments=())
    for _ in range(99):
        ok(attachment(made.lead, made.id))
    ok(attachment(made.lead, made.id))
    refused = attachment(made.lead, made.id)
    assert refused.status == 422 and refused.rules == ["TR-36"]
    assert refused.json["errors"][0]["detail"]
    ok(attachment(made.lead, made.lead_id, "organisation"))  # another subject


def test_an_applicants_files_leave_the_unit_room_for_its_opinion(world):
    made = journey.application(world)
    for _ in range(100 - len(forms.REQUIRED_ATTACHMENTS)):
        ok(attachment(made.lead, made.id))
    assert attachment(made.lead, made.id).rules == ["TR-36"]
    made.submit()
    ok(made.endorse())


def test_one_subject_announces_at_most_500_mib(world):
    made = journey.application(world, attachments=())
    for _ in range(25):
        ok(attachment(made.lead, made.id, size=20 << 20))
    refused = attachment(made.lead, made.id, size=1)
    assert refused.status == 422 and refused.rules == ["TR-36"] and refused.pointers == ["#/bytes"]


def test_an_upload_that_is_not_ended_within_a_day_is_discarded(fresh_world):
    made = journey.application(fresh_world, attachments=("agreement",))
    head = ok(attachment(made.lead, made.id))
    path = "/v1/attachments/" + head.id
    ok(made.lead.put(path + "/parts/1", b"abc"), 200)
    parts = f"select count(*) from attachment_part where attachment_id = '{head.id}'"
    fresh_world.clock("2026-11-16T08:59:00+08:00")
    fresh_world.run("sweep")
    assert fresh_world.value(parts) == "1"
    fresh_world.clock("2026-11-16T09:01:00+08:00")
    fresh_world.sweep("2026-11-17")
    assert fresh_world.value(parts) == "0"
    assert made.lead.get(path).status == made.lead.put(path + "/parts/1", b"abc").status == 404
    assert made.lead.post(path + "/completion", {"bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}).status == 404
    assert [item["kind"] for item in made.lead.all(made.path + "/attachments")] == ["agreement"]
    lines = f"select role, operation from history where object_id = '{head.id}' order by seq desc limit 1"
    assert fresh_world.sql(lines) == [("system", "sweep_attachment")]
    before = fresh_world.value("select count(*) from history")
    fresh_world.sweep("2026-11-17")
    assert fresh_world.value("select count(*) from history") == before


# ---- whose hand changes an organisation ----

def test_domicile_and_legal_personality_are_changed_by_the_bureau(world):
    made = journey.application(world, attachments=())
    path = "/v1/organisations/" + made.lead_id
    made.lead.get(path)
    for change in ({"division_code": "610528"}, {"independent_legal_person": False}, {"administering_unit_id": FUPING}):
        refused = made.lead.patch(path, change)
        assert refused.status == 403 and refused.pointers == ["#/" + next(iter(change))], change
    assert made.lead.get(path).json["administering_unit"]["id"] == journey.PUCHENG
    ok(made.lead.patch(path, {"division_code": "610526", "independent_legal_person": True, "address": "示例路3号"}), 200)
    made.officer.get(path)
    moved = ok(made.officer.patch(path, {"division_code": "610528"}), 200)
    assert moved.json["administering_unit"]["id"] == FUPING


def test_what_is_on_file_keeps_its_identity(world):
    made = journey.application(world)
    path = "/v1/organisations/" + made.lead_id
    made.lead.get(path)
    ok(made.lead.patch(path, {"legal_representative": "李示例"}), 200)
    ok(made.lead.patch(path, {"legal_representative": "张示例"}), 200)
    made.submit()
    host = world.client("host", organisation=made.host_id)
    for client, own in ((made.lead, path), (host, "/v1/organisations/" + made.host_id)):
        client.get(own)
        for change in ({"name": "另一名称有限公司(虚构)"}, {"legal_representative": "王示例"}, {"type": "other"}):
            refused = client.patch(own, change)
            assert refused.status == 422 and refused.rules == ["TR-35"] and refused.pointers == ["#/" + next(iter(change))], change
        ok(client.patch(own, {"address": "示例路4号"}), 200)
    made.officer.get(path)
    ok(made.officer.patch(path, {"legal_representative": "王示例"}), 200)


def test_a_filed_host_stays_on_file_when_the_draft_names_another(world):
    made = journey.application(world, status="returned")
    form = forms.form(lead=made.lead_row)
    for member in form["members"]:
        member["is_host"] = member["is_lead"]
    ok(made.patch({"form": form}), 200)
    host, path = world.client("host", organisation=made.host_id), "/v1/organisations/" + made.host_id
    host.get(path)
    assert host.patch(path, {"legal_representative": "王示例"}).rules == ["TR-35"]


def test_the_history_of_a_change_tells_before_and_after(world):
    made = ok(journey.bureau(world).officer.post("/v1/organisations", body()))
    path = "/v1/organisations/" + made.id
    officer = journey.bureau(world).officer
    officer.get(path)
    ok(officer.patch(path, {"name": "改名有限公司(虚构)", "division_code": "610528", "independent_legal_person": False, "address": "新路1号"}), 200)
    text = world.value(f"select detail::text from history where object_id = '{made.id}' and operation = 'update_organisation'")
    assert json.loads(text) == {"changes": {
        "name": {"old": "示例有限公司(虚构)", "new": "改名有限公司(虚构)"}, "division_code": {"old": "610526", "new": "610528"},
        "administering_unit.id": {"old": journey.PUCHENG, "new": FUPING}, "independent_legal_person": {"old": True, "new": False},
        "address": {"old": None, "new": "新路1号"}}}


def test_who_registers_a_stranger_keeps_no_hand_on_it(world):
    clerk = journey.application(world, attachments=()).lead
    made = ok(clerk.post("/v1/organisations", body()))
    path = "/v1/organisations/" + made.id
    clerk.get(path)
    ok(clerk.patch(path, {"name": "更正有限公司(虚构)"}), 200)
    own = attachment(clerk, made.id, "organisation", kind="business_licence")
    assert own.status == 201
    owner = world.client("lead", organisation=made.id)
    clerk.get(path)
    assert clerk.patch(path, {"address": "示例路5号"}).status == 403
    assert attachment(clerk, made.id, "organisation").status == 403
    assert clerk.put(f"/v1/attachments/{own.id}/parts/1", b"abc").status == 404
    theirs = journey.attach(owner, made.id, "business_licence", "organisation")
    assert clerk.get("/v1/attachments/" + theirs).status == clerk.get(f"/v1/attachments/{theirs}/content").status == 404
    assert clerk.get(path).status == 200
    owner.get(path)
    ok(owner.patch(path, {"name": "本名有限公司(虚构)"}), 200)


# ---- names of experts ----

def test_experts_do_not_learn_each_others_names_from_a_panel(world):
    bureau = panels.Bureau(world)
    panel = bureau.concluded(panels.accepted(world, 1))
    chair, other = panel.seats[0].client, panel.seats[1].client
    names = {line["account"] for line in bureau.officer.get(panel.path + "/transitions").json["items"] if line["role"] == "expert"}
    assert len(names) == 1

    def told(client):
        return [line.get("account") for line in client.get(panel.path + "/transitions").json["items"] if line["role"] == "expert"]

    assert told(other) == [None] and set(told(chair)) == names
