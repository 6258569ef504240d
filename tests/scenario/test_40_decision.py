"""Article 13: from the panel's conclusion to the issued document and the recognised alliance; article 15: its first term.
Proposal, four eyes, number of the document, recall, refusal, and what the public sees of it."""
import threading

import pytest

from support.evaluated import OVERRIDE, PUCHENG, evaluated, proposed

NUMBER = "渭科发〔2026〕%d号"
BASIS = "《渭南市产业技术创新战略联盟管理办法》第十三条"


@pytest.fixture(scope="module")
def people(world):
    class People:
        officer = world.client("officer")
        other_officer = world.client("officer")
        leader = world.client("leader")
        both = world.client("officer", "leader")
        finance = world.client("finance")
        auditor = world.client("auditor")
        county = world.client("county", recommender=PUCHENG)
        sysadmin = world.client("sysadmin")
        strangers = (finance, auditor, county, sysadmin)

    return People


def drafted(officer, type="notice", **members):
    reply = officer.post("/v1/documents", {"type": type, "title": "关于示例事项的通知", "legal_basis": BASIS, **members})
    assert reply.status == 201, reply
    return reply.headers["Location"]


def approved(world, people, number, **options):
    """An application, and the path of the approved document that recognises it."""
    application = evaluated(world, number, **options)
    path = "/v1/documents/" + proposed(people.officer, application)
    assert people.officer.act(path, "submit").status == 201
    reply = people.leader.act(path, "approve", comment="同意认定")
    assert reply.status == 201, reply
    return application, path


def issued(world, people, number, **options):
    application, path = approved(world, people, number, **options)
    reply = people.officer.act(path, "issue", document_no=NUMBER % number, issued_on="2026-11-15")
    assert reply.status == 201, reply
    return application, path


def status_of(client, path):
    reply = client.get(path)
    assert reply.status == 200, reply
    return reply.json["status"]


# ---- the whole way ----

def test_from_proposal_to_a_recognised_alliance(world, people):
    application = evaluated(world, 1)
    path = "/v1/documents/" + proposed(people.officer, application)
    document = people.officer.get(path).json
    assert document["type"] == "recognition" and document["status"] == "draft"
    assert document["drafted_by"] == people.officer.account_id
    assert [(subject["number"], subject["proposal"], subject["panel_result"], subject["status"]) for subject in document["subjects"]] == [
        ("SQ2026-9001", "recognise", "recognise", "decision_pending")]
    assert world.anonymous.get("/v1/alliances/" + application.alliance_id).status == 404

    assert people.officer.act(path, "submit").status == 201
    reply = people.leader.act(path, "approve", comment="同意认定")
    assert reply.status == 201 and reply.json["to"] == "approved"
    assert status_of(people.leader, application.path) == "approved"
    document = people.leader.get(path).json
    assert document["approved_by"] == people.leader.account_id and document["approved_on"] == "2026-11-15"

    wrong = people.officer.act(path, "issue", document_no="渭科发〔2025〕1号", issued_on="2026-11-15")
    assert wrong.status == 422 and wrong.rules == ["DE-04"] and wrong.pointers == ["#/document_no"]
    assert status_of(people.officer, path) == "approved" and status_of(people.officer, application.path) == "approved"

    reply = people.officer.act(path, "issue", document_no="渭科发〔2026〕1号", issued_on="2026-11-15")
    assert reply.status == 201, reply
    assert status_of(people.officer, application.path) == "recognised"

    card = world.anonymous.get("/v1/alliances/" + application.alliance_id)
    assert card.status == 200, card
    number = card.json["number"]
    assert number.startswith("WNLM-2026-") and card.json["name"] == application.name
    assert card.json["status"] == "recognised" and card.json["qualified"] is True
    assert card.json["recognised_on"] == "2026-11-15" and card.json["due_on"] == "2029-11-15"
    assert card.json["document_no"] == "渭科发〔2026〕1号" and card.json["lead"] == {"name": application.lead_name}
    assert card.json["division_name"] == "蒲城县" and len(card.json["members"]) == 11
    assert set(card.json["members"][0]) == {"name", "type", "is_lead"}
    for hidden in ("actions", "governance", "agreement", "host", "application_id", "core_count", "terms"):
        assert hidden not in card.json
    for secret in ("示例路", "13800005678", "张示例", application.lead_code):
        assert secret not in card.text

    by_number = world.anonymous.get("/v1/alliances/by-number/" + number)
    assert by_number.status == 200 and by_number.json == card.json
    standing = world.anonymous.get(f"/v1/alliances/{application.alliance_id}/status")
    # 2029-11-15 is a Thursday; from 2026-11-15 three years with one leap day (2028) are 1096 days.
    assert standing.status == 200 and standing.json == {
        "id": application.alliance_id, "number": number, "name": application.name, "status": "recognised", "status_label": "已认定",
        "qualified": True, "recognised_on": "2026-11-15", "due_on": "2029-11-15", "submit_deadline_on": "2029-11-15",
        "document_no": "渭科发〔2026〕1号", "version": standing.json["version"],
        "next_deadline": {"kind": "rereview_submission", "due_on": "2029-11-15", "days_left": 1096}}
    assert world.anonymous.get(f"/v1/alliances/by-number/{number}/status").json == standing.json
    history = world.anonymous.get(f"/v1/alliances/{application.alliance_id}/transitions").json["items"]
    assert history == [{"to": "recognised", "to_label": "已认定", "at": "2026-11-15T00:00:00.000+08:00"}]


def test_those_who_reach_it_see_members_governance_and_agreement(world, people):
    application, _ = issued(world, people, 2)
    path = "/v1/alliances/" + application.alliance_id
    lead = world.client("lead", organisation=application.lead_id)
    for client in (people.officer, people.leader, people.auditor, people.county, lead):
        card = client.get(path)
        assert card.status == 200, card
        assert card.json["host"]["credit_code"] == application.host_code and card.json["actions"] == []
        assert card.json["core_count"] == 11 and card.json["core_shortfall"] is False
        assert {body["kind"] for body in card.json["governance"]} == {"council", "advisory", "standing"}
        assert card.json["governance"][0]["persons"]
        assert len(card.json["agreement"]["signatures"]) == 11
        assert card.json["terms"] == [{"seq": 1, "start_on": "2026-11-15", "due_on": "2029-11-15", "submit_deadline_on": "2029-11-15",
                                       "calendar_assumed": True}]
    for client in (people.finance, people.sysadmin, world.anonymous, world.client("county", recommender=PUCHENG[:-6] + "610527")):
        card = client.get(path)
        assert card.status == 200 and "governance" not in card.json and "agreement" not in card.json

    host_id = world.value(f"select id from organisation where credit_code = '{application.host_code}'")
    member = world.client("member", organisation=host_id)
    rows = member.get(path + "/members").json["items"]
    assert [row["name"] for row in rows if "credit_code" in row] == [row["name"] for row in rows if row.get("is_host")] != []
    rows = people.auditor.get(path + "/members").json["items"]
    assert len(rows) == 11 and all(row["tasks"] for row in rows) and sum(row["is_lead"] for row in rows) == 1
    rows = world.anonymous.get(path + "/members").json["items"]
    assert all(set(row) == {"name", "type", "is_lead"} for row in rows)
    history = people.officer.get(path + "/transitions").json["items"]
    assert [line["to"] for line in history][-1] == "recognised"


def test_numbers_of_alliances_are_gapless_and_a_failed_issue_takes_none(world, people):
    first, _ = issued(world, people, 3)
    application, path = approved(world, people, 4)
    taken = people.officer.act(path, "issue", document_no=NUMBER % 3, issued_on="2026-11-15")
    assert taken.status == 422 and taken.rules == ["DE-04"]
    dry = people.officer.act(path, "issue", document_no=NUMBER % 4, issued_on="2026-11-15", dry_run=True)
    assert dry.status == 200, dry
    assert status_of(people.officer, path) == "approved"
    assert people.officer.act(path, "issue", document_no=NUMBER % 4, issued_on="2026-11-15").status == 201
    numbers = [int(people.officer.get("/v1/alliances/" + one.alliance_id).json["number"][-4:]) for one in (first, application)]
    assert numbers[1] == numbers[0] + 1


def test_a_host_that_nobody_registered_becomes_an_organisation(make_world):
    world = make_world()

    class Few:
        officer, leader = world.client("officer"), world.client("leader")

    application, _ = issued(world, Few, 5, host_registered=False)
    card = Few.officer.get("/v1/alliances/" + application.alliance_id).json
    assert card["host"]["credit_code"] == application.host_code
    assert world.value(f"select name from organisation where id = '{card['host']['organisation_id']}'") == "渭南农林技术研究院(虚构)"


def test_an_alliance_forms_with_its_application_and_ends_with_it(world, people):
    other = evaluated(world, 6)
    lead = world.client("lead", organisation=other.lead_id)
    reply = lead.post("/v1/applications", {"lead_organisation_id": other.lead_id, "name": "渭南市新近筹建产业技术创新战略联盟"})
    assert reply.status == 201, reply
    path, alliance = "/v1/applications/" + reply.id, reply.json["alliance_id"]
    assert lead.get("/v1/alliances/" + alliance).json["status"] == "forming"
    assert people.county.get("/v1/alliances/" + alliance).status == 404 == world.anonymous.get("/v1/alliances/" + alliance).status
    history = people.officer.get(f"/v1/alliances/{alliance}/transitions").json["items"]
    assert [(line["from"], line["to"]) for line in history] == [("new", "forming")]
    assert lead.act(path, "withdraw").status == 201
    assert people.officer.get("/v1/alliances/" + alliance).json["status"] == "discarded"


def test_a_predecessor_must_have_ended(world, people):
    application, _ = issued(world, people, 7)
    lead = world.client("lead", organisation=application.lead_id)
    for predecessor in (application.alliance_id, "01932f5e-7c00-7000-8000-000000000000"):
        reply = lead.post("/v1/applications", {"lead_organisation_id": application.lead_id, "predecessor_id": predecessor,
                                               "name": "渭南市再次申请产业技术创新战略联盟"})
        assert reply.status == 422 and reply.rules == ["AL-07"], reply


@pytest.mark.concurrent
def test_documents_issued_at_once_share_no_number(world, people):
    """Eight documents at once, two of them under one number: seven alliances with seven numbers in a row."""
    made = [approved(world, people, number) for number in range(80, 88)]
    before = int(world.value("select max(last) from number_series where series = 'WNLM'") or 0)
    start, statuses = threading.Barrier(8), {}

    def issue(index, path):
        officer = world.client("officer")
        start.wait()
        reply = officer.act(path, "issue", document_no=NUMBER % (80 + index % 7), issued_on="2026-11-15")
        statuses[index] = (reply.status, reply.code)

    threads = [threading.Thread(target=issue, args=(index, path)) for index, (_, path) in enumerate(made)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in statuses.values())[:7] == [201] * 7, statuses
    assert {index for index, (status, _) in statuses.items() if status in (409, 422)} in ({0}, {7}), statuses
    cards = [people.officer.get("/v1/alliances/" + application.alliance_id).json for application, _ in made]
    numbers = sorted(int(card["number"][-4:]) for card in cards if "number" in card)
    assert numbers == list(range(before + 1, before + 8))


# ---- the proposal ----

def test_a_proposal_against_the_panel_needs_reasons(world, people):
    application = evaluated(world, 10, "revise")
    reply = people.officer.act(application.path, "propose", proposal="recognise")
    assert reply.status == 422 and reply.rules == ["DE-01", "DE-03"] and reply.pointers == ["#/override_reason"]
    reply = people.officer.act(application.path, "propose", proposal="recognise", override_reason="理由不足三十字")
    assert reply.status == 422 and reply.rules == ["DE-01", "DE-03"]
    reply = people.officer.act(application.path, "propose")
    assert reply.status == 422 and "#/proposal" in reply.pointers
    path = "/v1/documents/" + proposed(people.officer, application, override_reason=OVERRIDE)
    assert people.officer.act(path, "submit").status == 201
    assert people.leader.act(path, "approve").status == 201
    subject = people.leader.get(path).json["subjects"][0]
    assert subject["panel_result"] == "revise" and subject["override_reason"] == OVERRIDE


def test_what_the_panel_rejected_cannot_be_recognised(world, people):
    application = evaluated(world, 11, "reject")
    reply = people.officer.act(application.path, "propose", proposal="recognise", override_reason=OVERRIDE)
    assert reply.status == 422 and reply.rules == ["DE-03"] and reply.pointers == ["#/proposal"]
    path = "/v1/documents/" + proposed(people.officer, application, proposal="reject")
    assert people.officer.act(path, "submit").status == 201
    reply = people.leader.act(path, "approve")
    assert reply.status == 422 and reply.rules == ["DE-03"] and reply.pointers == ["#/subjects/0"]
    assert application.number in reply.json["errors"][0]["detail"]
    assert people.leader.act(application.path, "refuse", comment="专家组结论为不予认定").status == 201
    assert status_of(people.leader, application.path) == "refused"
    assert world.value(f"select status from alliance where id = '{application.alliance_id}'") == "discarded"
    assert world.anonymous.get("/v1/alliances/" + application.alliance_id).status == 404


def test_a_proposal_joins_an_open_document_of_its_type_only(world, people):
    application = evaluated(world, 12)
    notice = drafted(people.officer).rsplit("/", 1)[1]
    for wrong in (notice, "01932f5e-7c00-7000-8000-000000000000"):
        reply = people.officer.act(application.path, "propose", proposal="recognise", document_id=wrong)
        assert reply.status == 422 and reply.rules == ["DE-05"] and reply.pointers == ["#/document_id"]
    batch = drafted(people.other_officer, type="recognition")
    assert proposed(people.officer, application, batch.rsplit("/", 1)[1]) == batch.rsplit("/", 1)[1]
    second = evaluated(world, 13)
    proposed(people.officer, second, batch.rsplit("/", 1)[1])
    assert [subject["number"] for subject in people.officer.get(batch).json["subjects"]] == ["SQ2026-9012", "SQ2026-9013"]
    assert people.officer.act(batch, "submit").status == 201
    third = evaluated(world, 14)
    reply = people.officer.act(third.path, "propose", proposal="recognise", document_id=batch.rsplit("/", 1)[1])
    assert reply.status == 422 and reply.rules == ["DE-05"]
    assert people.officer.act(third.path, "propose", proposal="recognise").status == 201


# ---- four eyes ----

def test_nobody_approves_what_he_drafted_or_proposed(world, people):
    application = evaluated(world, 20)
    batch = drafted(people.other_officer, type="recognition")
    proposed(people.both, application, batch.rsplit("/", 1)[1])
    assert people.officer.act(batch, "submit").status == 201
    reply = people.both.act(batch, "approve")
    assert reply.status == 422 and reply.rules == ["DE-02"] and reply.pointers == ["#/subjects/0"]
    assert people.both.act(application.path, "refuse", comment="理由充分而明确").rules == ["DE-02"]
    assert people.leader.act(batch, "approve").status == 201

    own = drafted(people.both)
    assert people.both.act(own, "submit").status == 201
    assert people.both.act(own, "approve").rules == ["DE-08"]
    edited = drafted(people.officer)
    assert people.both.patch(edited, {"title": "改过的标题"}).status == 200
    assert people.officer.act(edited, "submit").status == 201
    assert people.both.act(edited, "approve").rules == ["DE-08"]
    assert people.leader.act(edited, "approve").status == 201


# ---- the number ----

@pytest.mark.parametrize("typed", ["渭科发[2026]030号", "渭科发（2026）30号", "渭科发【２０２６】３０号", "渭科发〔2026〕第30号", "渭科发〔2026〕30"])
def test_a_number_in_another_form_is_refused_with_the_right_one(world, people, typed):
    path = drafted(people.officer)
    assert people.officer.act(path, "submit").status == 201
    assert people.leader.act(path, "approve").status == 201
    reply = people.officer.act(path, "issue", document_no=typed, issued_on="2026-11-15")
    assert reply.status == 422 and reply.rules == ["DE-04"]
    assert "渭科发〔2026〕30号" in reply.json["errors"][0]["detail"]


def test_the_issue_date_lies_between_approval_and_today(world, people):
    path = drafted(people.officer)
    assert people.officer.act(path, "submit").status == 201
    assert people.leader.act(path, "approve").status == 201
    for day in ("2026-11-14", "2026-11-16"):
        reply = people.officer.act(path, "issue", document_no=NUMBER % 31, issued_on=day)
        assert reply.status == 422 and reply.rules == ["DE-04"] and reply.pointers == ["#/issued_on"]
    reply = people.officer.act(path, "issue")
    assert reply.status == 422 and reply.pointers == ["#/document_no", "#/issued_on"]
    assert people.officer.act(path, "issue", document_no=NUMBER % 31, issued_on="2026-11-15").status == 201
    document = people.officer.get(path).json
    assert (document["status"], document["document_no"], document["issued_on"]) == ("issued", NUMBER % 31, "2026-11-15")
    for action in ("issue", "recall", "discard", "submit", "annul"):
        assert people.both.act(path, action, document_no=NUMBER % 32, issued_on="2026-11-15", comment="更换编号的理由").status == 409
    assert people.officer.patch(path, {"title": "不能再改"}).status == 409


def test_the_database_keeps_an_issued_number(world, people):
    _, path = issued(world, people, 33)
    with pytest.raises(Exception, match="AL001"):
        world.sql(f"update document set document_no = '渭科发〔2026〕99号' where id = '{path.rsplit('/', 1)[1]}'")


# ---- back ----

def test_recall_brings_the_subjects_back(world, people):
    application, path = approved(world, people, 40)
    assert people.leader.act(path, "recall").rules == ["TR-01"]
    assert people.leader.act(path, "recall", comment="复核发现材料有误").status == 201
    assert status_of(people.leader, path) == "draft" and status_of(people.leader, application.path) == "decision_pending"
    assert "approved_by" not in people.leader.get(path).json
    assert people.leader.act(application.path, "send_back", comment="退回重新论证意见").status == 201
    assert status_of(people.officer, application.path) == "evaluated"
    assert people.officer.get(path).json["subjects"] == []
    assert people.officer.act(path, "discard").status == 201
    assert people.officer.act(application.path, "propose", proposal="recognise").status == 201


def test_a_document_whose_subjects_left_stays_but_cannot_be_approved(world, people):
    application = evaluated(world, 41)
    path = "/v1/documents/" + proposed(people.officer, application)
    assert people.officer.act(path, "discard").rules == ["DE-09"]
    assert people.officer.act(path, "submit").status == 201
    before = people.leader.get(path).headers["ETag"]
    assert people.leader.act(application.path, "refuse").rules == ["TR-01"]
    assert people.leader.act(application.path, "refuse", comment="经研究不予认定").status == 201
    assert people.leader.act(path, "approve", etag=before).status == 412
    reply = people.leader.act(path, "approve")
    assert reply.status == 422 and reply.rules == ["DE-07"]
    assert people.leader.act(path, "send_back", comment="事项已全部退出").status == 201
    assert people.officer.act(path, "submit").rules == ["DE-07"]
    assert people.officer.act(path, "discard").status == 201


def test_one_subject_that_fails_refuses_the_whole_act(world, people):
    good, bad = evaluated(world, 42), evaluated(world, 43, core=9)
    batch = drafted(people.other_officer, type="recognition").rsplit("/", 1)[1]
    proposed(people.officer, good, batch)
    proposed(people.officer, bad, batch)
    path = "/v1/documents/" + batch
    assert people.officer.act(path, "submit").status == 201
    assert people.leader.act(path, "approve").status == 201
    reply = people.officer.act(path, "issue", document_no=NUMBER % 42, issued_on="2026-11-15")
    assert reply.status == 422 and reply.rules == ["AP-09"], reply
    assert all(pointer.startswith("#/subjects/1") for pointer in reply.pointers)
    assert status_of(people.officer, good.path) == "approved" and status_of(people.officer, path) == "approved"
    assert world.anonymous.get("/v1/alliances/" + good.alliance_id).status == 404


INPUTS = {"send_back": {"comment": "写明理由的说明"}, "recall": {"comment": "写明理由的说明"}, "approve": {}, "submit": {},
          "issue": {"document_no": NUMBER % 4242, "issued_on": "2026-11-15"}}


def blockers(client, path):
    """action -> [(code, pointer)] as the reply tells them; what is told is what the act meets."""
    told = {}
    for found in client.get(path).json["actions"]:
        reply = client.act(path, found["action"], dry_run=True, **INPUTS[found["action"]])
        told[found["action"]] = [(blocker["code"], blocker["pointer"]) for blocker in found["blockers"]]
        if found["allowed"]:
            assert reply.status == 200, (found, reply)
        elif told[found["action"]]:
            assert reply.status in (403, 422), (found, reply)
            if reply.status == 422:
                assert sorted(set(reply.rules)) == sorted({code for code, _ in told[found["action"]]})
    return told


def test_what_a_document_lacks_is_told_before_the_act_subject_by_subject(world, people):
    good, bad = evaluated(world, 44), evaluated(world, 45, core=9)
    batch = drafted(people.other_officer, type="recognition").rsplit("/", 1)[1]
    path = "/v1/documents/" + batch
    proposed(people.officer, good, batch)
    proposed(people.both, bad, batch)
    assert people.officer.act(path, "submit").status == 201
    assert blockers(people.both, path) == {"approve": [("DE-02", "#/subjects/1")], "send_back": []}  # who proposed does not decide
    assert blockers(people.leader, path) == {"approve": [], "send_back": []}
    assert people.leader.act(path, "approve").status == 201
    assert blockers(people.officer, path) == {"issue": [("AP-09", "#/subjects/1/form/members")], "recall": []}


def test_by_when_a_decision_is_awaited(world, people):
    """Article 13: thirty days after the panel has concluded, on the 13th of November."""
    application = evaluated(world, 46)
    due_on = "2026-12-13"

    def told(client, path):
        return {found.get("due_on") for found in client.get(path).json["actions"]}

    def task(client, kind, key):
        return next((found["due_on"], found["overdue"]) for found in client.get("/v1/tasks").json["items"]
                    if (found["kind"], found["id"]) == (kind, key))

    assert told(people.officer, application.path) == {due_on}
    assert task(people.officer, "application", application.id) == (due_on, False)
    key = proposed(people.officer, application)
    path = "/v1/documents/" + key
    assert told(people.officer, path) == {due_on} and task(people.officer, "document", key) == (due_on, False)
    assert people.officer.act(path, "submit").status == 201
    assert told(people.leader, path) == {due_on} and task(people.leader, "document", key) == (due_on, False)
    assert told(people.leader, application.path) == {due_on}
    assert told(people.officer, drafted(people.officer)) == {None}


def test_nothing_is_attached_to_an_approved_or_issued_document(world, people):
    def announce(path):
        return people.officer.post("/v1/attachments", {
            "subject_kind": "document", "subject_id": path.rsplit("/", 1)[1], "kind": "other", "title": "附件.pdf",
            "media_type": "application/pdf", "bytes": 3, "sha256": "0" * 64}).status

    path = drafted(people.officer)
    assert announce(path) == 201
    assert people.officer.act(path, "submit").status == 201 and announce(path) == 201
    assert people.leader.act(path, "approve").status == 201 and announce(path) == 409
    assert people.officer.act(path, "issue", document_no=NUMBER % 4646, issued_on="2026-11-15").status == 201 and announce(path) == 409


# ---- roles and states ----

STEPS = {  # action: (role that may, the status it starts from, the status it leads to)
    "submit": ("officer", "draft", "in_review"), "discard": ("officer", "draft", "discarded"),
    "approve": ("leader", "in_review", "approved"), "send_back": ("leader", "in_review", "draft"),
    "issue": ("officer", "approved", "issued"), "recall": ("leader", "approved", "draft")}
WAY = {"draft": (), "in_review": ("submit",), "approved": ("submit", "approve"), "issued": ("submit", "approve", "issue"),
       "discarded": ("discard",)}


def document_in(people, status, number):
    path = drafted(people.officer)
    for action in WAY[status]:
        client = people.leader if STEPS[action][0] == "leader" else people.officer
        assert client.act(path, action, document_no=NUMBER % number, issued_on="2026-11-15").status == 201
    return path


@pytest.mark.parametrize("number, status", enumerate(WAY, start=500))
def test_every_step_of_a_document_by_role_and_status(people, number, status):
    path = document_in(people, status, number)
    for client in people.strangers:
        if client is not people.auditor:
            assert client.get(path).status == 403
    for action, (role, start, end) in STEPS.items():
        members = {"comment": "写明理由的说明", "document_no": NUMBER % (number + 100), "issued_on": "2026-11-15"}
        fresh = people.officer.get(path).headers["ETag"]
        for client in people.strangers:
            assert client.act(path, action, etag=fresh, **members).status == 403
        wrong, right = (people.leader, people.officer) if role == "officer" else (people.officer, people.leader)
        assert wrong.act(path, action, etag=fresh, **members).status == (403 if status == start else 409)
        reply = right.act(path, action, etag=fresh, dry_run=True, **members)
        assert reply.status == (200 if status == start else 409), (action, reply)
        if status == start:
            assert reply.json["to"] == end
    known = {action["action"]: action for action in people.both.get(path).json["actions"]}
    assert set(known) == {action for action, step in STEPS.items() if step[1] == status}


@pytest.mark.parametrize("action, role", [("propose", "officer"), ("send_back", "leader"), ("refuse", "leader")])
def test_decisions_on_an_application_by_role(world, people, action, role):
    application = evaluated(world, {"propose": 50, "send_back": 51, "refuse": 52}[action])
    if action != "propose":
        proposed(people.officer, application)
    members = {"proposal": "recognise"} if action == "propose" else {"comment": "写明理由的说明"}
    fresh = people.officer.get(application.path).headers["ETag"]
    lead = world.client("lead", organisation=application.lead_id)
    other = people.leader if role == "officer" else people.officer
    for client in (people.finance, people.auditor, people.sysadmin, people.county, lead, other):
        assert client.act(application.path, action, etag=fresh, **members).status == 403
    right = people.officer if role == "officer" else people.leader
    for door in ("approve", "issue", "recall"):
        assert people.both.act(application.path, door, etag=fresh, comment="写明理由的说明").status == 409
    assert right.act(application.path, action, etag=fresh, **members).status == 201
    assert right.act(application.path, action, **members).status == 409


def test_drafting_a_document(world, people):
    for client in (people.leader, *people.strangers):
        assert client.post("/v1/documents", {"type": "notice", "title": "标题", "legal_basis": BASIS}).status == 403
    reply = people.officer.post("/v1/documents", {"type": "notice", "title": " ", "legal_basis": "　"})
    assert reply.status == 422 and reply.rules == ["DE-06"] and reply.pointers == ["#/legal_basis", "#/title"]
    assert people.officer.post("/v1/documents", {"type": "revocation", "title": "标题", "legal_basis": BASIS}).status == 400
    assert people.officer.post("/v1/documents", {"type": "notice", "title": "标题", "legal_basis": BASIS}, key=None).status == 400
    path = drafted(people.officer)
    assert people.officer.patch(path, {"title": ""}).rules == ["DE-06"]
    assert people.officer.patch(path, {"title": "新标题", "body": "正文"}).json["title"] == "新标题"
    assert people.officer.patch(path, {"title": "又一个"}, etag=None).status == 428
    assert people.leader.patch(path, {"title": "又一个"}).status == 403
    assert people.auditor.get(path).status == 200
    history = people.leader.get(path + "/transitions").json["items"]
    assert [(line["from"], line["action"], line["to"], line["role"]) for line in history] == [("new", "draft", "draft", "officer")]


# ---- what is published ----

def test_lists_of_alliances_with_filters(world, people):
    application, _ = issued(world, people, 60, field="F08")
    names = lambda **params: [item["name"] for item in world.anonymous.all("/v1/alliances", params=params)]
    assert application.name in names()
    assert names(industry_field="F08") == [application.name]
    assert names(status="recognised", industry_field="F08") == [application.name] == names(status="recognised", industry_field="F08", limit=1)
    assert names(industry_field="F08,F09") == [application.name] == names(industry_field="F08", division_code="610526")
    assert names(industry_field="F08", division_code="610527") == []
    assert application.name in names(division_code="610526") and application.name in names(status="recognised", division_code="610526")
    assert names(division_code="610527") == []
    assert names(q="示例60") == [application.name] == names(q="60号")
    assert application.name in names(q="酥梨") and names(q="苹果") == []
    assert application.name in names(division_code="610527,610526") and names(division_code="610527") == []
    assert application.name in names(status="recognised", industry_class="pillar", recommender_id=PUCHENG)
    assert names(industry_class="other") == []
    assert application.name in names(recognised_on_gte="2026-11-15", recognised_on_lt="2026-11-16")
    assert names(recognised_on_gte="2026-11-16") == [] == names(recognised_on_lt="2026-11-15")
    assert world.anonymous.get("/v1/alliances", params={"q": "梨"}).status == 400
    assert world.anonymous.get("/v1/alliances", params={"status": "forming"}).status == 400
    every, page = names(), names(limit=1)
    assert page == every and len(every) == len(set(every))
    lead = world.client("lead", organisation=application.lead_id)
    assert [item["name"] for item in lead.all("/v1/alliances", params={"mine": "true"})] == [application.name]
    assert names(mine="true") == []
    first = world.anonymous.get("/v1/alliances", params={"limit": 1}).json["page"]["next"]
    assert world.anonymous.get(first.replace("limit=1", "limit=1&q=酥梨")).status == 400


def test_issued_documents_are_public_and_drafts_are_not(world, people):
    application, path = issued(world, people, 61)
    approved_only, hidden = approved(world, people, 62)
    items = world.anonymous.all("/v1/issued-documents")
    assert NUMBER % 61 in [item["document_no"] for item in items]
    one = world.anonymous.get("/v1/issued-documents", params={"document_no": NUMBER % 61}).json["items"]
    assert len(one) == 1 and one[0]["type"] == "recognition" and one[0]["issued_on"] == "2026-11-15"
    assert [subject["name"] for subject in one[0]["subjects"]] == [application.name]
    assert approved_only.name not in str(items) and hidden.rsplit("/", 1)[1] not in str(items)
    assert world.anonymous.get(path).status == 401 and world.anonymous.get("/v1/documents").status == 401
    for client in (people.finance, people.county, people.sysadmin):
        assert client.get("/v1/documents").status == 403
    listed = people.auditor.get("/v1/documents", params={"status": "issued", "type": "recognition", "application_id": application.id})
    assert [item["document_no"] for item in listed.json["items"]] == [NUMBER % 61]


def test_alliances_that_are_not_there(world, people):
    application = evaluated(world, 63)
    missing = "01932f5e-7c00-7000-8000-000000000000"
    for tail in ("", "/status", "/members", "/transitions"):
        replies = [world.anonymous.get(f"/v1/alliances/{one}{tail}") for one in (application.alliance_id, missing)]
        assert [reply.status for reply in replies] == [404, 404]
        bodies = [{name: value for name, value in reply.json.items() if name not in ("instance", "trace_id")} for reply in replies]
        assert bodies[0] == bodies[1]
    assert people.officer.get("/v1/alliances/" + application.alliance_id).json["status"] == "forming"
    assert world.anonymous.get("/v1/alliances/by-number/WNLM-2026-9999").status == 404
    assert world.anonymous.get("/v1/alliances/by-number/WNLM-2026-9999/status").status == 404


def test_the_status_knows_the_day(make_world):
    """AL-02 is computed when it is read: no job has run, the qualification ends by itself."""
    world = make_world()

    class Few:
        officer, leader = world.client("officer"), world.client("leader")

    application, _ = issued(world, Few, 70)
    path = f"/v1/alliances/{application.alliance_id}/status"
    world.clock("2029-11-15T23:59:00+08:00")
    reply = world.anonymous.get(path).json
    assert reply["qualified"] is True and reply["next_deadline"]["days_left"] == 0
    world.clock("2029-11-16T00:00:00+08:00")
    reply = world.anonymous.get(path).json
    assert reply["qualified"] is False and reply["next_deadline"]["days_left"] == -1
