"""Articles 4 to 11 over HTTP: from a draft to an accepted application, with every refusal on the way."""
import copy
import hashlib
import random

import pytest

from support import forms, journey
from support.journey import CHECKLIST, FUPING, OPINION, PUCHENG, attach, ok


@pytest.fixture(scope="module")
def draft(world):
    """A complete draft that nobody moves."""
    return journey.application(world)


# ---- organisations (6(2)) ----

def test_a_wrong_credit_code_is_ap_11_and_lower_case_is_folded(world):
    officer = journey.bureau(world).officer
    body = {"credit_code": "91350100M000100Y4Z", "name": "校验位有误有限公司(虚构)", "type": "enterprise", "division_code": "610526",
            "independent_legal_person": True, "legal_representative": "某示例"}
    for code in ("91350100M000100Y4Z", "9161052OPDY00001X4", "91610526PDY00001X", "9161052APDY00001X4"):
        refused = officer.post("/v1/organisations", {**body, "credit_code": code})
        assert refused.status == 422 and refused.rules == ["AP-11"] and refused.pointers == ["#/credit_code"], code
    made = ok(officer.post("/v1/organisations", {**body, "credit_code": "91610525pdy0001164", "name": "澄城尧山陶瓷有限公司(虚构)",
                                                 "division_code": "610525"}))
    assert made.json["credit_code"] == "91610525PDY0001164"
    assert made.json["administering_unit"]["id"] == "00000000-0000-7000-8000-000000610525"
    twice = officer.post("/v1/organisations", {**body, "credit_code": "91610525PDY0001164"})
    assert twice.status == 409


def test_an_organisation_is_changed_by_itself_and_the_bureau_only(world, draft):
    path = "/v1/organisations/" + draft.lead_id
    assert draft.lead.get(path).status == 200
    changed = ok(draft.lead.patch(path, {"address": "示例新址2号"}), 200)
    assert changed.json["address"] == "示例新址2号" and changed.json["version"] == 2
    assert draft.lead.patch(path, {"administering_unit_id": FUPING}).status == 403
    other = journey.application(world, attachments=())
    assert other.lead.get(path).status == 404
    other.lead.etags[path] = '"2.x"'
    assert other.lead.patch(path, {"address": "x"}).status == 404
    assert draft.lead.patch(path, {"address": "x"}, etag='"1.0"').status == 412
    assert draft.lead.patch(path, {"address": "x"}, etag=None).status == 428
    cleared = ok(draft.officer.patch(path, {"address": None}, etag=changed.headers["ETag"]), 200)
    assert "address" not in cleared.json


def test_a_waiver_of_a_credit_code_takes_two_people_and_the_licence(world):
    people = journey.bureau(world)
    body = {"credit_code": "91350100M000100Y42", "name": "早期试点企业有限公司(虚构)", "type": "enterprise", "division_code": "610526",
            "independent_legal_person": True, "legal_representative": "某示例", "credit_code_exception": True}
    made = ok(people.officer.post("/v1/organisations", body))
    path = f"/v1/organisations/{made.id}/credit-code-waivers"
    missing = people.officer.post(path, {"reason": "执照校验位有误", "attachment_id": made.id})
    assert missing.status == 422 and missing.rules == ["AP-11"]
    scan = attach(people.officer, made.id, "business_licence", subject_kind="organisation")
    waiver = ok(people.officer.post(path, {"reason": "执照校验位有误", "attachment_id": scan}))
    assert waiver.json["confirmed"] is False
    confirm = f"{path}/{waiver.id}/confirmation"
    assert people.officer.post(confirm).status == 403
    both = world.client("officer", "leader")
    assert ok(people.leader.post(confirm)).json["confirmed"] is True
    assert people.leader.post(confirm).status == 409
    shown = people.officer.get("/v1/organisations/" + made.id).json
    assert shown["credit_code_waived"] is True and shown["waivers"][0]["checker"]
    # Maker and checker differ, also when one person has both roles.
    second = ok(both.post("/v1/organisations", {**body, "credit_code": "91350100M000100Y41", "name": "又一家试点企业(虚构)"}))
    scan = attach(both, second.id, "business_licence", subject_kind="organisation")
    own = ok(both.post(f"/v1/organisations/{second.id}/credit-code-waivers", {"reason": "执照校验位有误", "attachment_id": scan}))
    refused = both.post(f"/v1/organisations/{second.id}/credit-code-waivers/{own.id}/confirmation")
    assert refused.status == 422 and refused.rules == ["AP-11"]


# ---- drafts ----

def test_a_draft_may_be_empty_and_says_everything_that_is_missing(world, draft):
    made = ok(draft.lead.post("/v1/applications", {"lead_organisation_id": draft.lead_id, "name": "渭南市空白产业技术创新战略联盟"}))
    assert made.json["status"] == "draft" and made.json["number"].startswith("SQ2026-") and made.json["origin"] == "self"
    refused = draft.lead.act("/v1/applications/" + made.id, "submit")
    assert refused.status == 422
    expected = {"AP-03", "AP-04", "AP-05", "AP-07", "AP-08", "AP-09", "AP-12", "AP-13", "AP-15", "AP-16", "AP-17", "AP-19", "AP-20",
                "AP-21", "AP-26", "AP-27", "AP-28", "AP-31"}
    assert expected <= set(refused.rules), sorted(expected - set(refused.rules))
    assert all(error["article"] for error in refused.json["errors"])
    submit = next(a for a in draft.lead.get("/v1/applications/" + made.id).json["actions"] if a["action"] == "submit")
    assert submit["allowed"] is False and {b["code"] for b in submit["blockers"]} == set(refused.rules)
    assert {w["code"] for w in submit["warnings"]} >= {"AP-14", "AP-22", "AP-23", "AP-25", "AP-32", "AP-33"}


def test_only_the_lead_or_a_unit_starts_an_application(world, draft):
    body = {"lead_organisation_id": draft.lead_id, "name": "渭南市他人产业技术创新战略联盟"}
    for role in ("officer", "leader", "auditor", "finance"):
        assert world.client(role).post("/v1/applications", body).status == 403, role
    stranger = journey.application(world, attachments=())
    assert stranger.lead.post("/v1/applications", body).status == 404
    assert world.client("county", recommender=FUPING).post("/v1/applications", body).status == 404
    designed = ok(draft.county.post("/v1/applications", body))
    assert designed.json["origin"] == "county" and designed.json["recommender"]["id"] == PUCHENG
    # The lead takes over what the county designed; the county reads its own draft and cannot change it.
    assert draft.lead.get("/v1/applications/" + designed.id).status == 200
    assert draft.county.patch("/v1/applications/" + designed.id, {"name": "x"}, etag='"1.0"').status == 403
    assert world.client("county", recommender=PUCHENG).get("/v1/applications/" + designed.id).status == 200


def test_one_open_application_for_one_alliance(world, draft):
    again = draft.lead.post("/v1/applications", {"lead_organisation_id": draft.lead_id, "name": draft.name})
    assert again.status == 422 and again.rules == ["TR-07"]


def test_a_re_review_is_not_offered_yet(world, draft):
    refused = draft.lead.post("/v1/applications", {"kind": "rereview", "lead_organisation_id": draft.lead_id,
                                                   "name": "渭南市复审产业技术创新战略联盟"})
    assert refused.status == 422 and refused.rules == ["TR-34"]


def test_a_dry_run_keeps_nothing(world, draft):
    before = world.value("select count(*) from application")
    dry = draft.lead.post("/v1/applications", {"lead_organisation_id": draft.lead_id, "name": "渭南市试算产业技术创新战略联盟"}, dry_run=True)
    assert dry.status == 200 and dry.json["status"] == "draft"
    assert world.value("select count(*) from application") == before


def test_the_form_is_merged_and_codes_are_folded(world):
    made = journey.application(world, attachments=())
    saved = ok(made.patch({"form": {"contact": {"phone": "0913-0000001"}, "necessity": None}, "industry_class": "strategic_emerging"}), 200)
    assert saved.json["form"]["contact"]["phone"] == "0913-0000001" and saved.json["form"]["contact"]["name"] == "何示例"
    assert "necessity" not in saved.json["form"] and saved.json["industry_class"] == "strategic_emerging"
    rows = copy.deepcopy(made.form["members"])
    rows[0]["credit_code"] = rows[0]["credit_code"].lower()
    saved = ok(made.patch({"form": {"members": rows}}), 200)
    assert saved.json["form"]["members"][0]["credit_code"] == made.lead_row["credit_code"]
    assert made.patch({"form": {"unknown": 1}}).status == 400
    assert made.patch({"industry_field": "F99"}).status == 400
    assert made.patch({"status": "accepted"}).status == 400
    stale = made.lead.patch(made.path, {"name": "渭南市旧版产业技术创新战略联盟"}, etag='"1.0"')
    assert stale.status == 412


# ---- the gate of submission: each rule refuses alone ----

def member_changes(index, **values):
    def change(form):
        form["members"][index].update(values)
    return change


def removed(*path):
    def change(form):
        for name in path[:-1]:
            form = form[name]
        del form[path[-1]]
    return change


def replaced(value, *path):
    def change(form):
        for name in path[:-1]:
            form = form[name]
        form[path[-1]] = value
    return change


def nine_core(form):
    for row in form["members"][9:]:
        row["is_core"] = False


def branch(form):
    form["members"][6]["is_branch"] = True


REFUSALS = [
    ("AP-04", "#/form/declarations/energy_policy", replaced(False, "declarations", "energy_policy")),
    ("AP-05", "#/form/members", member_changes(1, is_lead=True)),
    ("AP-06", "#/form/members/0/division_code", member_changes(0, division_code="610100")),
    ("AP-07", "#/form/lead/backbone/text", replaced("龙头企业。", "lead", "backbone", "text")),
    ("AP-08", "#/form/members/1/advantage", lambda form: form["members"][1].pop("advantage")),
    ("AP-09", "#/form/members", nine_core),
    ("AP-10", "#/form/members/4/financing_service", lambda form: form["members"][4].pop("financing_service")),
    ("AP-11", "#/form/members/6/credit_code", member_changes(6, credit_code="91610528PDY0000282")),
    ("AP-12", "#/form/members/2/signature/sealed", lambda form: form["members"][2]["signature"].update(sealed=False)),
    ("AP-13", "#/form/members/3/tasks", member_changes(3, tasks=[])),
    ("AP-15", "#/form/governance/bodies/1/persons", lambda form: form["governance"]["bodies"][1]["persons"].pop()),
    ("AP-16", "#/form/members", member_changes(1, is_host=False)),
    ("AP-17", "#/form/funds/raising_mechanism", removed("funds", "raising_mechanism")),
    ("AP-18", "#/form/funds/custodian_credit_code", replaced("12610000PDY000167G", "funds", "custodian_credit_code")),
    ("AP-19", "#/form/declarations/supervision_accepted", removed("declarations", "supervision_accepted")),
    ("AP-20", "#/form/agreement/clauses/ip_licence", removed("agreement", "clauses", "ip_licence")),
    ("AP-21", "#/form/mechanism/diffusion", removed("mechanism", "diffusion")),
    ("AP-31", "#/form/contact/phone", removed("contact", "phone")),
    ("MB-01", "#/form/members/5/name", lambda form: form["members"][5].pop("name")),
    ("MB-01", "#/form/members/6/credit_code", branch),
    ("MB-02", "#/form/members/7", member_changes(7, credit_code="91610528PDY0000281")),
]


@pytest.mark.parametrize("rule, pointer, change", REFUSALS, ids=[f"{rule}-{index}" for index, (rule, _, _) in enumerate(REFUSALS)])
def test_submission_is_refused_by_each_rule(draft, rule, pointer, change):
    form = copy.deepcopy(draft.form)
    change(form)
    ok(draft.patch({"form": None}), 200)
    ok(draft.patch({"form": form}), 200)
    refused = draft.act("submit", dry_run=True)
    ok(draft.patch({"form": draft.form}), 200)
    assert refused.status == 422, refused
    assert (rule, pointer) in {(error["code"], error.get("pointer")) for error in refused.json["errors"]}, refused


def test_nine_core_members_are_refused_and_nothing_else(draft):
    form = copy.deepcopy(draft.form)
    nine_core(form)
    ok(draft.patch({"form": {"members": form["members"]}}), 200)
    refused = draft.act("submit")
    assert refused.status == 422 and refused.rules == ["AP-09"] and refused.pointers == ["#/form/members"]
    assert refused.json["article"] == "6(2)" and "9" in refused.json["errors"][0]["detail"]
    ok(draft.patch({"form": {"members": draft.form["members"]}}), 200)
    assert draft.act("submit", dry_run=True).status == 200


def test_the_wrong_county_is_refused(draft):
    ok(draft.patch({"recommender_id": FUPING}), 200)
    refused = draft.act("submit")
    assert refused.status == 422 and refused.rules == ["AP-28"] and refused.pointers == ["#/recommender_id"]
    ok(draft.patch({"recommender_id": PUCHENG}), 200)


def test_a_lead_outside_the_city_is_refused(world):
    made = journey.application(world, division="610100", attachments=())
    refused = made.act("submit")
    assert "AP-06" in refused.rules and "#/lead_organisation_id" in refused.pointers


def test_a_missing_attachment_is_named(world):
    kinds = [kind for kind in forms.REQUIRED_ATTACHMENTS if kind not in ("charter", "annual_plan")]
    made = journey.application(world, attachments=kinds)
    refused = made.act("submit")
    assert refused.rules == ["AP-26", "AP-27"]
    assert refused.pointers == ["#/attachments/annual_plan", "#/attachments/charter"]


# ---- attachments ----

def test_an_attachment_is_verified_and_streams_back(world, draft):
    content = bytes(range(256)) * 5000
    made = attach(draft.lead, draft.id, "other", content=content, parts=2)
    shown = draft.officer.get("/v1/attachments/" + made)
    assert shown.json["complete"] is True and shown.json["bytes"] == len(content)
    got = draft.officer.get(f"/v1/attachments/{made}/content")
    assert got.status == 200 and got.body == content and got.headers["Content-Type"] == "application/pdf"
    assert "attachment" in got.headers["Content-Disposition"] and "ETag" not in got.headers
    assert draft.lead.put(f"/v1/attachments/{made}/parts/1", b"x").status == 409
    stranger = journey.application(world, attachments=())
    assert stranger.lead.get(f"/v1/attachments/{made}/content").status == 404
    assert draft.county.get("/v1/attachments/" + made).status == 404  # a draft is not theirs yet
    assert any(item["id"] == made for item in draft.lead.all(draft.path + "/attachments"))


@pytest.mark.parametrize("sizes", [(1,), (65535,), (65536,), (65537, 1), (1 << 20, 131072, 3)])
def test_a_download_gives_every_byte_wherever_a_part_ends(draft, sizes):
    """It reads slices of 64 KiB."""
    parts = [random.Random(size).randbytes(size) for size in sizes]
    content = b"".join(parts)
    head = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    made = ok(draft.lead.post("/v1/attachments", {"subject_kind": "application", "subject_id": draft.id, "kind": "other", "title": "t",
                                                  "media_type": "application/pdf", **head}))
    for n, part in enumerate(parts):
        ok(draft.lead.put(f"/v1/attachments/{made.id}/parts/{n + 1}", part), 200)
    ok(draft.lead.post(f"/v1/attachments/{made.id}/completion", head), 200)
    assert draft.officer.get(f"/v1/attachments/{made.id}/content").body == content


def test_an_attachment_that_is_not_what_was_announced_is_refused(world, draft):
    content = b"abc"
    head = {"subject_kind": "application", "subject_id": draft.id, "kind": "other", "title": "t", "media_type": "application/pdf",
            "bytes": 3, "sha256": hashlib.sha256(content).hexdigest()}
    made = ok(draft.lead.post("/v1/attachments", head))
    done = f"/v1/attachments/{made.id}/completion"
    assert draft.lead.post(done, {"bytes": 3, "sha256": head["sha256"]}).rules == ["AP-27"]
    ok(draft.lead.put(f"/v1/attachments/{made.id}/parts/2", content), 200)
    assert draft.lead.post(done, {"bytes": 3, "sha256": head["sha256"]}).rules == ["AP-27"]  # part 1 is missing
    assert draft.lead.put(f"/v1/attachments/{made.id}/parts/1", b"x").status == 409           # more than announced
    assert draft.lead.get(f"/v1/attachments/{made.id}/content").status == 404
    assert draft.lead.post("/v1/attachments", {**head, "media_type": "text/html"}).status == 400
    big = draft.lead.post("/v1/attachments", {**head, "bytes": 21 << 20})
    assert big.status == 422 and big.rules == ["AP-27"] and big.pointers == ["#/bytes"]
    assert draft.officer.post("/v1/attachments", head).status == 403
    other = ok(draft.lead.post("/v1/attachments", head))
    assert draft.lead.put(f"/v1/attachments/{other.id}/parts/1", b"x" * ((1 << 20) + 1)).status == 413
    assert draft.lead.put(f"/v1/attachments/{other.id}/parts/1025", b"x").status == 400
    colleague = world.client("lead", organisation=draft.lead_id)
    assert colleague.put(f"/v1/attachments/{other.id}/parts/1", b"abc").status == 403


# ---- endorsement ----

@pytest.fixture(scope="module")
def submitted(world):
    return journey.application(world, "submitted")


def test_submission_freezes_a_revision_and_asks_the_unit(world, submitted):
    shown = submitted.officer.get(submitted.path).json
    assert shown["status"] == "submitted" and shown["revision"] == 1 and shown["submitted_on"] == "2026-11-15"
    # Ten working days after Sunday 15 November: Friday the 27th.
    assert shown["endorsement"]["status"] == "requested" and shown["endorsement"]["due_on"] == "2026-11-27"
    revisions = submitted.officer.get(submitted.path + "/revisions").json["items"]
    assert [item["revision"] for item in revisions] == [1] and revisions[0]["snapshot_sha256"] == shown["snapshot_sha256"]
    assert revisions[0]["form"] == shown["form"] and len(revisions[0]["attachments"]) == len(forms.REQUIRED_ATTACHMENTS)
    notices = submitted.county.all("/v1/notices")
    assert any(item["subject_id"] == shown["endorsement"]["id"] for item in notices)
    assert submitted.patch({"name": "渭南市改名产业技术创新战略联盟"}).status == 409


def test_a_filed_name_is_taken(world, submitted):
    # Another lead may draft under the name, but not file.
    other = journey.application(world, name=submitted.name)
    refused = other.act("submit")
    assert refused.status == 422 and refused.rules == ["AP-02"] and refused.pointers == ["#/name"]


def test_an_opinion_needs_signer_text_checklist_and_scan(world, submitted):
    empty = submitted.county.post(submitted.path + "/endorsements", {"opinion": "sign"})
    assert empty.status == 422 and empty.rules == ["EN-01", "EN-02", "EN-03", "EN-05"]
    assert {"#/signer", "#/post", "#/signed_on", "#/opinion_text", "#/checklist/market_law",
            "#/checklist/backbone_confirmed"} <= set(empty.pointers)
    no_scan = submitted.endorse(scan=False)
    assert no_scan.rules == ["EN-03"]
    future = submitted.endorse(scan=False, signed_on="2026-11-16")
    assert "EN-01" in future.rules
    early = submitted.endorse(scan=False, signed_on="2026-11-14")
    assert "EN-01" in early.rules
    assert submitted.endorse(opinion="return", comment="短").rules == ["TR-01"]
    assert submitted.status == "submitted"


def test_only_the_unit_asked_gives_its_opinion(world, submitted):
    path = submitted.path + "/endorsements"
    for client in (submitted.lead, submitted.officer, submitted.leader, submitted.auditor):
        assert client.post(path, OPINION).status == 403
    assert world.client("county", recommender=FUPING).post(path, OPINION).status == 404
    draft = journey.application(world, attachments=())
    assert draft.county.post(draft.path + "/endorsements", OPINION).status == 404
    assert submitted.lead.post("/v1/attachments", {
        "subject_kind": "application", "subject_id": submitted.id, "kind": "recommender_opinion", "title": "t",
        "media_type": "application/pdf", "bytes": 1, "sha256": "0" * 64}).status == 403


def test_signing_moves_the_application_and_is_never_changed(world):
    made = journey.application(world, "submitted")
    both = world.client("county", "lead", recommender=PUCHENG, organisation=made.lead_id)
    assert "EN-04" in made.endorse(as_=both).rules
    signed = ok(made.endorse())
    assert signed.json["status"] == "signed" and signed.json["basis"] == "regional_upgrading" and signed.json["attachment_id"]
    assert made.status == "endorsed"
    again = made.endorse(scan=False)
    assert again.status == 409 and again.code == "illegal_transition"
    listed = made.county.all("/v1/endorsements", params={"application_id": made.id})
    assert [item["id"] for item in listed] == [signed.id]
    history = made.officer.get(f"/v1/endorsements/{signed.id}/transitions").json["items"]
    assert [(line["from"], line["action"], line["to"]) for line in history][-1] == ("requested", "sign", "signed")


def test_a_return_is_answered_and_lapses_after_thirty_days(world):
    made = journey.application(world, "returned")
    shown = made.lead.get(made.path).json
    assert shown["due_on"] == "2026-12-15"
    assert made.act("resubmit").rules == ["TR-32"]
    made.step("resubmit", comment="已补充经费安排。")
    shown = made.lead.get(made.path).json
    assert shown["status"] == "submitted" and shown["revision"] == 2 and "due_on" not in shown
    assert shown["first_submitted_on"] == "2026-11-15"
    assert [item["status"] for item in made.officer.all("/v1/endorsements", params={"application_id": made.id})] == ["requested", "returned"]


def test_a_declined_application_is_over_and_a_new_one_may_follow(world):
    made = journey.application(world, "declined")
    assert made.act("resubmit", comment="再次提交").status == 409
    body = {"lead_organisation_id": made.lead_id, "recommender_id": PUCHENG, "name": made.name}
    assert ok(made.lead.post("/v1/applications", body)).json["status"] == "draft"


def test_an_overdue_unit_may_be_replaced(fresh_world):
    made = journey.application(fresh_world, "submitted")
    early = made.act("reassign_recommender", made.officer, recommender_id=FUPING)
    assert early.status == 422 and early.rules == ["AP-28", "TR-06"]
    fresh_world.clock("2026-11-30T09:00:00+08:00")
    wrong = made.act("reassign_recommender", made.officer, recommender_id=FUPING)
    assert wrong.rules == ["AP-28"]
    association = "00000000-0000-7000-8000-0000000a5500"
    fresh_world.sql(f"insert into recommender (id, code, kind, name, valid_from) values ('{association}', 'A-1', 'assoc', '果业协会(虚构)', "
                    f"'2015-05-19'); insert into recommender_field values ('{association}', 'F02')")
    made.step("reassign_recommender", made.officer, recommender_id=association, comment="原单位超期未签署")
    assert made.county.get(made.path).status == 404
    assert made.endorse(scan=False, signed_on="2026-11-30").status == 404
    unit = fresh_world.client("assoc", recommender=association)
    signed = ok(made.endorse(as_=unit, signed_on="2026-11-30"))
    assert signed.json["basis"] == "industry_innovation"
    items = made.officer.all("/v1/endorsements", params={"application_id": made.id})
    assert [item["status"] for item in items] == ["signed", "cancelled"]


# ---- acceptance and correction ----

def test_acceptance_needs_the_whole_check_list_and_runs_every_rule_again(world):
    made = journey.application(world, "endorsed")
    assert made.act("accept", made.officer).rules == ["TR-03"]
    world.sql(f"update organisation set division_code = '610100' where id = '{made.lead_id}'")
    assert made.act("accept", made.officer, checklist=CHECKLIST).rules == ["AP-06"]
    world.sql(f"update organisation set division_code = '610526' where id = '{made.lead_id}'")
    made.accept()
    shown = made.officer.get(made.path).json
    assert shown["status"] == "accepted" and shown["accepted_on"] == "2026-11-15" and shown["accepted_late"] is False


def test_a_late_acceptance_is_flagged_not_refused(fresh_world):
    made = journey.application(fresh_world, "endorsed")
    fresh_world.clock("2026-11-23T09:00:00+08:00")  # the fifth working day after the 15th is Friday the 20th
    made.accept()
    assert made.officer.get(made.path).json["accepted_late"] is True


def test_by_when_an_endorsed_application_is_accepted_or_sent_back(fresh_world):
    """Five working days after Sunday the 15th: Friday the 20th; a holiday on the Wednesday makes it Monday the 23rd."""
    made = journey.application(fresh_world, "endorsed")

    def told():
        actions = {found["action"]: found.get("due_on") for found in made.officer.get(made.path).json["actions"]}
        task = next(found for found in made.officer.get("/v1/tasks").json["items"] if found["action"] == "accept")
        return actions["accept"], actions["request_correction"], task["due_on"], task["overdue"]

    assert told() == ("2026-11-20", "2026-11-20", "2026-11-20", False)
    fresh_world.clock("2026-11-21T09:00:00+08:00")
    assert told() == ("2026-11-20", "2026-11-20", "2026-11-20", True)
    fresh_world.sql("insert into calendar_day (date, is_workday, source) values ('2026-11-18', false, '示例放假通知')")
    assert told() == ("2026-11-23", "2026-11-23", "2026-11-23", False)


def test_a_correction_lists_everything_once_and_every_point_is_answered(world):
    made = journey.application(world, "endorsed")
    assert made.act("request_correction", made.officer, points=[]).rules == ["TR-04"]
    assert made.act("request_correction", made.officer, points=[{"text": " "}]).pointers == ["#/points/0/text"]
    late = made.act("request_correction", made.officer, points=[{"text": "补充材料"}], due_on="2026-11-28")
    assert late.rules == ["TR-02"]
    made.request_correction()
    shown = made.lead.get(made.path).json
    assert shown["status"] == "correction" and shown["due_on"] == "2026-11-27" and [p["position"] for p in shown["points"]] == [1, 2]
    ok(made.patch({"form": {"contact": {"phone": "13900001234"}}}), 200)
    assert made.patch({"recommender_id": FUPING}).status == 409
    partly = made.act("correct", answers=[{"position": 1, "answer": "已补充"}])
    assert partly.status == 422 and partly.rules == ["TR-05"]
    answers = [{"position": 1, "answer": "已补充"}, {"position": 2, "answer": "已更正"}]
    assert made.act("correct_material", answers=answers).rules == ["TR-09"]
    made.step("correct", answers=answers)
    shown = made.lead.get(made.path).json
    assert shown["status"] == "endorsed" and shown["revision"] == 2 and [p["answer"] for p in shown["points"]] == ["已补充", "已更正"]
    assert shown["endorsement"]["status"] == "signed"
    made.accept()


def test_a_material_correction_is_endorsed_anew(world):
    made = journey.application(world, "correction")
    rows = copy.deepcopy(made.form["members"])
    rows[10]["is_core"] = False
    ok(made.patch({"form": {"members": rows}}), 200)
    answers = [{"position": 1, "answer": "已补充"}, {"position": 2, "answer": "已更正"}]
    refused = made.act("correct", answers=answers)
    assert refused.status == 422 and refused.rules == ["TR-08"]
    made.step("correct_material", answers=answers)
    assert made.status == "submitted"
    items = made.officer.all("/v1/endorsements", params={"application_id": made.id})
    assert [item["status"] for item in items] == ["requested", "superseded"]
    # The scan of the old opinion does not serve the new request; a new one does.
    assert made.endorse(scan=False).rules == ["EN-03"]
    ok(made.endorse())
    made.accept()


def test_a_formal_rejection_names_reasons_and_rules(world):
    made = journey.application(world, "endorsed")
    refused = made.act("reject_formal", made.leader)
    assert refused.rules == ["TR-01", "TR-10"]
    assert made.act("reject_formal", made.leader, comment="核心成员不足", rules=["AP-99"]).pointers == ["#/rules/0"]
    assert made.act("reject_formal", made.officer, comment="核心成员不足", rules=["AP-09"]).status == 403
    made.reject_formal()
    assert made.status == "rejected_formal"


@pytest.mark.parametrize("status", ["draft", "submitted", "returned", "endorsed", "correction", "accepted"])
def test_the_lead_withdraws_until_scoring(world, status):
    made = journey.application(world, status)
    made.withdraw()
    assert made.status == "withdrawn"
    open_requests = world.value(f"select count(*) from endorsement where application_id = '{made.id}' and status = 'requested'")
    assert open_requests == "0"
    assert world.value(f"select l.status from alliance l join application a on a.alliance_id = l.id where a.id = '{made.id}'") == "discarded"


def test_what_is_not_answered_in_time_expires(fresh_world):
    returned = journey.application(fresh_world, "returned")       # due 15 December
    correction = journey.application(fresh_world, "correction")   # due 27 November
    fresh_world.clock("2026-11-28T00:30:00+08:00")
    fresh_world.sweep("2026-11-28")
    assert (returned.status, correction.status) == ("returned", "expired")
    fresh_world.sweep("2026-12-15")
    assert returned.status == "returned"
    fresh_world.sweep("2026-12-16")
    assert returned.status == "expired"


# ---- who sees what ----

def test_contacts_and_members_are_shown_by_reach(world, submitted):
    auditor = submitted.auditor.get(submitted.path).json["form"]
    assert auditor["contact"] == {"name": "何**", "phone": "138****5678", "email": "o***@example.invalid"}
    host = world.client("host", organisation=submitted.host_id).get(submitted.path).json
    assert host["form"]["host"]["contact"]["phone"] == "09130000***" and "endorsement" not in host
    university = journey.organisation(world, *forms.PARTNERS[1])
    member = world.client("member", organisation=university)
    shown = member.get(submitted.path).json
    assert list(shown["form"]) == ["members"] and [row["credit_code"] for row in shown["form"]["members"]] == [forms.PARTNERS[1][0]]
    assert "points" not in shown and shown["actions"] == []
    assert member.get(submitted.path + "/attachments").status == 403
    assert member.get(submitted.path + "/revisions").status == 403
    for client in (submitted.officer, submitted.leader, submitted.county, submitted.lead):
        assert client.get(submitted.path).json["form"]["contact"]["phone"] == "13800005678"


def test_an_application_out_of_reach_is_one_that_does_not_exist(world, submitted):
    nobody = "0193ffff-ffff-7fff-bfff-ffffffffffff"
    stranger = journey.application(world, attachments=()).lead
    for suffix in ("", "/transitions", "/revisions", "/attachments"):
        out, none = stranger.get(submitted.path + suffix), stranger.get(f"/v1/applications/{nobody}{suffix}")
        assert out.status == none.status == 404
        drop = lambda reply: {k: v for k, v in reply.json.items() if k not in ("instance", "trace_id")}
        assert drop(out) == drop(none)
    assert world.anonymous.get(submitted.path).status == 401


def test_lists_show_what_is_within_reach(world, submitted):
    assert {item["id"] for item in submitted.lead.all("/v1/applications")} == {submitted.id}
    found = submitted.officer.all("/v1/applications", params={"status": "submitted,returned", "industry_field": "F02", "limit": 2})
    assert submitted.id in {item["id"] for item in found} and all(item["status"] in ("submitted", "returned") for item in found)
    number = submitted.officer.get(submitted.path).json["number"]
    assert [item["id"] for item in submitted.officer.all("/v1/applications", params={"q": number})] == [submitted.id]
    assert all("form" not in item and "actions" not in item for item in found)


def test_the_history_tells_who_did_what_and_why(world):
    made = journey.application(world, "returned")
    lines = made.officer.get(made.path + "/transitions").json["items"]
    assert [(line["from"], line["action"], line["to"]) for line in lines] == [
        ("new", "create", "draft"), ("draft", "submit", "submitted"), ("submitted", "return", "returned")]
    assert lines[-1]["role"] == "county" and lines[-1]["reason"] == "请补充年度计划的经费安排。" and lines[-1]["articles"] == "11"
