"""The whole journey over HTTP: an alliance of eleven members applies, is endorsed, accepted, evaluated by five experts, recognised by an
official document, and its host is paid; at each gate the refusal comes first. It ends with the payment in the auditor's CSV, to the fen."""
import csv
import io
import re

from support import forms, journey, panels
from support.journey import attach, ok

DAY = "2026-11-15"


def codes(reply):
    return {error["code"] for error in reply.json["errors"]}


def refused(reply, status, *rules):
    assert reply.status == status, reply
    if rules:
        assert set(rules) <= codes(reply), reply
    return reply


def seen(client, path):
    """What a caller reads there, but for the trace id."""
    reply = client.get(path)
    return reply.status, re.sub(r'"trace_id":"[0-9a-f]+"', "", reply.text)


def yuan(amount):
    return {"amount": amount, "currency": "CNY"}


def test_from_application_to_the_paid_award(world):
    people = journey.bureau(world)
    officer, leader, auditor = people.officer, people.leader, people.auditor
    maker, other = world.client("finance"), world.client("finance")

    # Money is prepared: a scheme by finance, confirmed by the leader; a budget line drafted by finance, approved by the leader.
    scheme = ok(maker.post("/v1/award-schemes", {"kind": "recognition", "fiscal_year": 2026, "amount": yuan("200000.00"),
                                                 "document_no": "渭财发〔2026〕5号"}))
    refused(maker.post(f"/v1/award-schemes/{scheme.id}/confirmation"), 403)
    ok(leader.post(f"/v1/award-schemes/{scheme.id}/confirmation"))
    line = ok(maker.post("/v1/budget-lines", {"fiscal_year": 2026, "kind": "recognition_award", "cap": yuan("1000000.00")}))
    ok(leader.act(f"/v1/budget-lines/{line.id}", "approve", document_no="渭财发〔2026〕12号"))

    # Gate 1, articles 6 and 11: nine core members of the eleven are one too few.
    made = journey.Application(world, core=9)
    refusal = refused(made.act("submit"), 422, "AP-09")
    assert next(e for e in refusal.json["errors"] if e["code"] == "AP-09")["article"] == "6(2)"
    blockers = next(a for a in made.lead.get(made.path).json["actions"] if a["action"] == "submit")["blockers"]
    assert "AP-09" in {b["code"] for b in blockers}
    ok(made.patch({"form": forms.form(lead=made.lead_row, core=11)}), 200)
    would = made.act("submit", dry_run=True)
    assert would.status == 200 and would.json["to"] == "submitted"
    assert made.status == "draft"
    made.step("submit")

    # Gate 2, article 10: a county that the application is not addressed to sees nothing of it.
    stranger = world.client("county", recommender=journey.FUPING)
    refused(stranger.get(made.path), 404)
    refused(made.endorse(as_=stranger, scan=False), 404)
    refused(made.endorse(scan=False), 422, "EN-03")
    ok(made.endorse())
    endorsement = made.county.get("/v1/endorsements").json["items"][0]
    signed = made.county.get("/v1/endorsements/" + endorsement["id"])
    assert (signed.status, signed.json["status"]) == (200, "signed")

    # Gate 3, article 3(2): acceptance only with the whole check list.
    refused(officer.act(made.path, "accept", checklist={**journey.CHECKLIST, "members_verified": False}), 422, "TR-03")
    ok(officer.act(made.path, "accept", checklist=journey.CHECKLIST))

    # Gate 4, article 13: an expert in a member's employ is refused; five without a conflict are seated.
    bureau = panels.Bureau(world)
    bureau.officer, bureau.leader, bureau.auditor = officer, leader, auditor
    panel = bureau.panel(made)
    member = made.form["members"][2]
    conflicted = bureau.expert(employer_credit_code=member["credit_code"], employer_name=member["name"])
    refused(officer.post(panel.path + "/sheets", {"expert_id": conflicted.id}), 422, "COI-1")
    steps = officer.get(f"/v1/experts/{conflicted.id}/transitions").json["items"]
    assert [(step["action"], step["to"]) for step in steps] == [("register", "review"), ("admit", "active")]
    for number in range(5):
        bureau.seat(panel, **({"kind": "finance", "fields": ["F01"]} if number == 4 else {}))
    ok(officer.act(panel.path, "constitute", chair_expert_id=panel.seats[0].expert.id))
    ok(officer.act(panel.path, "open_scoring"))

    # Gate 5, article 12: until the panel is closed nobody but its author reads a sheet, by any door.
    first = panel.seats[0]
    doors = (first.path, first.path + "/transitions", panel.path, panel.path + "/sheets", made.path)
    before = {(client, door): seen(client, door) for client in (officer, leader, auditor) for door in doors}
    panels.score(first, *panels.V1[0])
    for (client, door), text in before.items():
        assert seen(client, door) == text, door
    assert not {"scores", "comments", "vote", "total_hundredths"} & set(officer.get(first.path).json)
    for client in (panel.seats[1].client, made.lead, made.county, world.client("finance")):
        assert client.get(first.path).status in (403, 404)
    for client in (panel.seats[1].client, made.lead, world.anonymous):
        assert client.get(first.path + "/transitions").status in (401, 403, 404)
    refused(officer.act(panel.path, "close"), 422, "TR-15")
    for seat, (scores, vote) in zip(panel.seats, panels.V1):
        if seat is not first:
            panels.score(seat, scores, vote)
        ok(panels.submit(seat))
    ok(officer.act(panel.path, "close"))
    closed = officer.get(panel.path).json
    assert closed["result"] == "recognise" and closed["mean_hundredths"] == 7834
    assert closed["criterion_means"] == [8440, 8160, 7920, 7560, 7680, 8080, 7120, 7760]
    refused(panel.seats[1].client.act(panel.path, "conclude", opinion=panels.OPINION), 422, "TR-17")
    ok(first.client.act(panel.path, "conclude", opinion=panels.OPINION))

    # Gate 6, article 13: whoever proposed or drafted cannot approve; the number is of the year of issue.
    both = world.client("officer", "leader")
    ok(both.act(made.path, "propose", proposal="recognise"))
    document = officer.get("/v1/documents", params={"application_id": made.id}).json["items"][0]
    path = "/v1/documents/" + document["id"]
    ok(both.act(path, "submit"))
    refused(both.act(path, "approve"), 422, "DE-08")
    refused(officer.act(path, "approve"), 403)
    ok(leader.act(path, "approve"))
    refused(officer.act(path, "issue", document_no="渭科发〔2025〕31号", issued_on=DAY), 422, "DE-04")
    assert world.anonymous.get("/v1/alliances").json["items"] == []
    ok(officer.act(path, "issue", document_no="渭科发〔2026〕31号", issued_on=DAY))
    card = world.anonymous.get("/v1/alliances/by-number/WNLM-2026-0001/status")
    assert card.json["status"] == "recognised" and card.json["qualified"] is True
    assert (card.json["recognised_on"], card.json["due_on"]) == (DAY, "2029-11-15")

    # Gate 7, article 16: the award within the budget, the payment within the award, by maker and checker.
    award = maker.get("/v1/awards").json["items"][0]
    assert (award["status"], award["amount"]) == ("proposed", yuan("200000.00"))
    path = "/v1/awards/" + award["id"]
    refused(leader.act(path, "approve", document_no="渭科发〔2026〕38号", budget_line_id=line.id), 422, "FU-13")
    fund = officer.post("/v1/documents", {"type": "fund_allocation", "title": "关于下达联盟认定奖励经费的通知(虚构)", "legal_basis": "第16条"})
    ok(officer.act("/v1/documents/" + ok(fund).id, "submit"))
    ok(leader.act("/v1/documents/" + fund.id, "approve"))
    ok(officer.act("/v1/documents/" + fund.id, "issue", document_no="渭科发〔2026〕38号", issued_on=DAY))
    ok(leader.act(path, "approve", document_no="渭科发〔2026〕38号", budget_line_id=line.id))
    assert world.anonymous.get("/v1/award-list").json["items"][0]["amount"] == yuan("200000.00")
    host = world.client("host", organisation=award["payee"]["id"])
    refused(maker.post(path + "/payments", {"amount": yuan("200000.00")}), 422, "FU-18")
    account = ok(host.post(f"/v1/organisations/{award['payee']['id']}/bank-accounts",
                           {"bank": "示例银行渭南分行(虚构)", "account_number": "6222020200112233445"}))
    ok(other.post(f"/v1/organisations/{award['payee']['id']}/bank-accounts/{account.id}/confirmation"))
    refused(maker.post(path + "/payments", {"amount": yuan("200000.01")}), 422, "FU-04")
    payment = ok(maker.post(path + "/payments", {"amount": yuan("200000.00")}))
    refused(maker.post(path + "/payments", {"amount": yuan("0.01")}), 422, "FU-04")
    paying = "/v1/payments/" + payment.id
    refused(maker.act(paying, "confirm"), 422, "FU-09")
    ok(other.act(paying, "confirm"))
    refused(maker.act(paying, "book", bank_reference="ICBC-2026-0000017", paid_on="2026-11-14"), 422, "FU-21")
    ok(maker.act(paying, "book", bank_reference="ICBC-2026-0000017", paid_on=DAY))
    assert maker.get(path).json["status"] == "disbursed"

    # The auditor's table, to the fen; nothing of an account number in it.
    text = auditor.get("/v1/funding-records?kind=disbursement", headers={"Accept": "text/csv"}).text
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert [(r["kind"], r["amount"], r["currency"], r["alliance_number"], r["bank_reference"]) for r in rows] == [
        ("disbursement", "200000.00", "CNY", "WNLM-2026-0001", "ICBC-2026-0000017")]
    assert "6222020200112233445" not in text
    totals = auditor.get("/v1/funding-records?year=2026").json["totals"]
    assert totals["disbursement"] == yuan("200000.00") and totals["commitment"] == yuan("200000.00")
    assert auditor.get("/v1/ledger/verification").json["chain_ok"] is True

    # The history of the application: every step once, in order, with its article.
    steps = [(t["action"], t["to"]) for t in officer.get(made.path + "/transitions").json["items"]]
    assert steps == [("create", "draft"), ("submit", "submitted"), ("endorse", "endorsed"), ("accept", "accepted"),
                     ("start_evaluation", "evaluating"), ("panel_concluded", "evaluated"), ("propose", "decision_pending"),
                     ("approve", "approved"), ("issue", "recognised")]
    # The lead reads its own award's records with the bank reference masked.
    own = made.lead.get("/v1/funding-records").text
    assert "200000.00" in own and "ICBC-2026-0000017" not in own
