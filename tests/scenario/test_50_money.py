"""From the proposal to the paid award (articles 6(5) and 16): schemes, caps, hands, payments, the ledger and what an auditor reads."""
import csv
import io
import json
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.cluster import SERVICE, DatabaseError
from support.money import Desk, chain, conserved, ok, yuan
from support.recognised import Recognised
from support.world import uuid7


@pytest.fixture(scope="module")
def desk(world):
    return Desk(world, cap="100000000.00")


@pytest.fixture(autouse=True)
def money_is_conserved(request):
    """After every test here, in its world."""
    place = request.getfixturevalue("fresh_world" if "fresh_world" in request.fixturenames else "world")
    yield
    conserved(place)


def refused(reply, *rules):
    assert reply.status == 422 and reply.rules == sorted(rules), reply


def blockers(seen, action):
    return sorted({blocker["code"] for row in seen["actions"] if row["action"] == action for blocker in row["blockers"]})


# ---- schemes and budget lines ----

def test_a_scheme_is_made_by_finance_and_confirmed_by_the_leader(fresh_world):
    people = Desk(fresh_world, scheme=None, cap=None)
    body = {"kind": "recognition", "fiscal_year": 2026, "amount": yuan("200000.00"), "document_no": "渭财发〔2026〕11号"}
    for client in (people.officer, people.leader, people.auditor):
        assert client.post("/v1/award-schemes", body).status == 403
    refused(people.maker.post("/v1/award-schemes", {**body, "amount": yuan("0.00")}), "FU-06")
    refused(people.maker.post("/v1/award-schemes", {**body, "document_no": "渭财发2026-11"}), "FU-13")
    refused(people.maker.post("/v1/award-schemes", {**body, "document_no": "渭科发〔2026〕5号"}), "FU-13")  # ours and never issued
    assert people.maker.post("/v1/award-schemes", {**body, "amount": {"amount": "200000", "currency": "CNY"}}).status == 400
    made = ok(people.maker.post("/v1/award-schemes", body))
    assert made.json["status"] == "proposed" and made.json["amount"] == yuan("200000.00")
    assert people.maker.post(f"/v1/award-schemes/{made.id}/confirmation").status == 403
    both = fresh_world.client("finance", "leader")
    own = ok(both.post("/v1/award-schemes", {**body, "fiscal_year": 2027}))
    refused(both.post(f"/v1/award-schemes/{own.id}/confirmation"), "FU-09")
    other = ok(people.maker.post("/v1/award-schemes", body))
    confirmed = ok(people.leader.post(f"/v1/award-schemes/{made.id}/confirmation"))
    assert confirmed.json["status"] == "confirmed" and confirmed.json["status_label"]
    assert people.leader.post(f"/v1/award-schemes/{made.id}/confirmation").status == 409
    assert people.leader.post(f"/v1/award-schemes/{other.id}/confirmation").status == 409
    assert people.leader.post(f"/v1/award-schemes/{uuid7()}/confirmation").status == 404
    assert [row["id"] for row in people.auditor.all("/v1/award-schemes?status=confirmed")] == [made.id]
    assert people.auditor.get(f"/v1/award-schemes/{made.id}").json["amount"] == yuan("200000.00")


def test_a_proposal_without_a_scheme_waits_for_its_amount(fresh_world):
    people = Desk(fresh_world, scheme=None)
    award = people.proposed()
    seen = people.award(award)
    assert "amount" not in seen and "FU-16" in blockers(seen, "approve")
    refused(people.approve(award), "FU-16")
    people.confirmed_scheme("200000.00")
    seen = people.award(award)
    assert seen["amount"] == yuan("200000.00") and seen["version"] == 2 and blockers(seen, "approve") == []
    ok(people.approve(award))


def test_a_budget_line_is_approved_by_another_person_and_by_document(fresh_world):
    people = Desk(fresh_world, scheme=None, cap=None)
    both = fresh_world.client("finance", "leader")
    body = {"fiscal_year": 2026, "kind": "recognition_award", "cap": yuan("1000000.00")}
    refused(people.maker.post("/v1/budget-lines", {**body, "cap": yuan("0.00")}), "FU-06")
    drafted = ok(people.maker.post("/v1/budget-lines", {**body, "fiscal_year": 2025, "document_no": "渭科函〔2026〕9号"})).id
    refused(people.leader.act(f"/v1/budget-lines/{drafted}", "approve"), "FU-13")  # the draft's own number is judged, too
    line = ok(both.post("/v1/budget-lines", body)).id
    refused(people.maker.post("/v1/budget-lines", body), "FU-12")
    path = f"/v1/budget-lines/{line}"
    refused(both.act(path, "approve", document_no="渭财发〔2026〕12号"), "FU-09")
    refused(people.leader.act(path, "approve"), "FU-13")
    refused(people.leader.act(path, "approve", document_no="12号"), "FU-13")
    assert people.leader.act(path, "approve", document_no="渭财发〔2026〕12号", dry_run=True).status == 200
    assert people.get(path)["status"] == "draft"
    ok(people.leader.act(path, "approve", document_no="渭财发〔2026〕12号"))
    seen = people.get(path)
    assert (seen["cap"], seen["available"], seen["committed"]) == (yuan("1000000.00"), yuan("1000000.00"), yuan("0.00"))
    assert blockers(seen, "adjust") == ["FU-14"]
    refused(people.leader.act(path, "adjust"), "FU-14")
    assert people.leader.act(path, "adjust", document_no="渭财发〔2026〕30号", cap=yuan("400000.00")).status == 400
    change = {"cap": yuan("400000.00"), "document_no": "渭财发〔2026〕30号", "comment": "核减年度预算"}
    assert people.leader.post(f"{path}/adjustments", change).status == 403
    refused(people.maker.post(f"{path}/adjustments", {**change, "cap": yuan("1000000.00")}), "FU-14")
    refused(people.maker.post(f"{path}/adjustments", {**change, "cap": yuan("0.00")}), "FU-14")
    for number in ("30号", "渭财发〔2027〕30号", "渭科发〔2026〕30号"):  # no number, of a later year, ours and never issued
        refused(people.maker.post(f"{path}/adjustments", {**change, "document_no": number}), "FU-13")
    first = ok(people.maker.post(f"{path}/adjustments", {**change, "cap": yuan("300000.00")})).json["pending_adjustment"]["id"]
    pending = ok(both.post(f"{path}/adjustments", change)).json["pending_adjustment"]
    assert pending["cap"] == yuan("400000.00") and people.get(path)["cap"] == yuan("1000000.00")
    refused(both.act(path, "adjust", adjustment_id=pending["id"]), "FU-09")
    refused(people.leader.act(path, "adjust"), "FU-14")
    refused(people.leader.act(path, "adjust", adjustment_id=first), "FU-14")
    assert ("budget_line", line, "adjust") in [(row["kind"], row["id"], row["action"]) for row in people.leader.get("/v1/tasks").json["items"]]
    ok(people.leader.act(path, "adjust", adjustment_id=pending["id"]))
    refused(people.leader.act(path, "adjust", adjustment_id=pending["id"]), "FU-14")
    assert "pending_adjustment" not in people.get(path)
    assert fresh_world.sql("select maker_id, checker_id, document_no, reason from journal_entry where type = 'BUDGET' order by entry_no")[1] == (
        both.account_id, people.leader.account_id, "渭财发〔2026〕30号", "核减年度预算")
    assert people.get(path)["available"] == yuan("400000.00")
    refused(people.maker.act(path, "close"), "FU-15")
    fresh_world.clock("2027-01-04T09:00:00+08:00")
    ok(people.maker.act(path, "close"))
    records = people.get("/v1/funding-records?kind=budget")
    assert [row["amount"]["amount"] for row in records["items"]] == ["1000000.00", "-600000.00"]
    assert records["totals"]["budget"] == yuan("400000.00")
    history = people.get(path + "/transitions")["items"]
    assert [row["action"] for row in history] == ["draft", "approve", "adjust", "close"]


# ---- awards ----

def test_an_award_is_approved_under_the_cap_by_another_person(fresh_world):
    people = Desk(fresh_world, cap="400000.00")
    alliance = Recognised(fresh_world)
    award = people.proposed(alliance)
    seen = people.award(award)
    assert seen["payee"]["id"] == alliance.host_id and seen["alliance"]["number"] == alliance.number
    assert seen["amount"] == yuan("200000.00") and seen["recognition_document_no"] == alliance.document_no
    refused(people.officer.post("/v1/awards", {"alliance_id": alliance.alliance_id}), "FU-01")
    refused(people.officer.post("/v1/awards", {"alliance_id": uuid7()}), "FU-01")
    refused(people.leader.act(f"/v1/awards/{award}", "approve", budget_line_id=people.line), "FU-13")
    refused(people.leader.act(f"/v1/awards/{award}", "approve", document_no="渭财发〔2026〕40号", budget_line_id=uuid7()), "FU-02")
    ok(people.approve(award))
    assert people.money(award) == ("200000.00", "0.00", "0.00", "committed") and people.available() == "200000.00"
    both = fresh_world.client("officer", "leader")
    own = ok(both.post("/v1/awards", {"alliance_id": Recognised(fresh_world).alliance_id})).id
    refused(both.act(f"/v1/awards/{own}", "approve", document_no="渭财发〔2026〕41号", budget_line_id=people.line), "FU-09")
    ok(people.approve(own))
    refused(people.approve(people.proposed()), "FU-02")
    assert people.available() == "0.00"


def test_the_balance_of_a_line_is_not_told_to_the_units(fresh_world):
    people = Desk(fresh_world, cap="123456.78")
    alliance = Recognised(fresh_world)
    path = f"/v1/awards/{people.proposed(alliance)}"
    assert "FU-02" in blockers(people.get(path), "approve") and "123456.78" in people.auditor.get(path).text
    for role in ("lead", "council", "host"):
        seen = alliance.client(role).get(path)
        assert "FU-02" in blockers(seen.json, "approve") and "123456" not in seen.text


def test_a_cancelled_award_gives_its_money_back_and_can_be_proposed_again(desk):
    alliance, before = Recognised(desk.world), desk.available()
    award = desk.proposed(alliance)
    ok(desk.approve(award))
    refused(desk.leader.act(f"/v1/awards/{award}", "cancel"), "TR-01")
    ok(desk.leader.act(f"/v1/awards/{award}", "cancel", comment="认定文件有误，重新提出"))
    assert desk.available() == before and desk.money(award)[0] == "0.00"
    again = desk.proposed(alliance)
    ok(desk.leader.act(f"/v1/awards/{again}", "cancel", comment="认定文件有误，不再提出"))
    records = desk.get(f"/v1/funding-records?alliance={alliance.number}")
    assert [row["kind"] for row in records["items"]] == ["commitment", "decommitment"]
    assert records["totals"]["committed"] == yuan("0.00")


def test_an_award_needs_a_qualified_alliance_and_its_host_as_payee(desk):
    lapsed = Recognised(desk.world, recognised_on="2026-11-02", due_on="2026-11-13")
    refused(desk.approve(desk.proposed(lapsed)), "FU-03")
    moved = Recognised(desk.world)
    award = desk.proposed(moved)
    desk.world.sql(f"update award set payee_organisation_id = '{lapsed.host_id}' where id = '{award}'")
    refused(desk.approve(award), "FU-05")


def test_the_budget_year_binds_unless_it_may_be_carried_over(fresh_world):
    people = Desk(fresh_world, cap=None)
    people.line = people.approved_line("1000000.00", year=2025)
    refused(people.approve(people.proposed()), "FU-11")
    people.line = people.approved_line("1000000.00", carry_over=True, year=2024)
    ok(people.approve(people.proposed()))


# ---- bank accounts ----

def test_a_bank_account_is_sealed_and_confirmed_by_another_person(desk):
    alliance = Recognised(desk.world)
    award = desk.proposed(alliance)
    ok(desk.approve(award))
    refused(desk.prepare(award, "120000.00"), "FU-18")
    path = f"/v1/organisations/{alliance.host_id}/bank-accounts"
    host, stranger = alliance.client("host"), Recognised(desk.world).client("host")
    body = {"bank": "示例银行渭南分行(虚构)", "account_number": "6100000000000005678"}
    assert stranger.post(path, body).status == 404 and stranger.get(path).status == 404
    assert desk.auditor.post(path, body).status == 403
    made = ok(host.post(path, body))
    assert made.json["account_last4"] == "5678" and "account_number" not in made.json
    assert "6100000000000005678" not in str(desk.world.sql(f"select * from bank_account where id = '{made.id}'"))
    refused(desk.prepare(award, "120000.00"), "FU-18")
    both = desk.world.client("officer", "leader")
    own = ok(both.post(path, body))
    refused(both.post(f"{path}/{own.id}/confirmation"), "FU-09")
    assert desk.officer.post(f"{path}/{made.id}/confirmation").status == 403
    assert desk.leader.post(f"/v1/organisations/{alliance.lead_id}/bank-accounts/{made.id}/confirmation").status == 404
    ok(desk.checker.post(f"{path}/{made.id}/confirmation"))
    assert desk.checker.post(f"{path}/{made.id}/confirmation").status == 409
    ok(desk.leader.post(f"{path}/{own.id}/confirmation"))
    assert sorted(row["status"] for row in host.all(path)) == ["confirmed", "superseded"]
    payment = ok(desk.prepare(award, "120000.00"))
    assert payment.json["bank_account"]["account_last4"] == "5678"
    ok(desk.checker.act(f"/v1/payments/{payment.id}", "confirm"))
    assert desk.maker.get(f"/v1/payments/{payment.id}").json["payee_account_number"] == "6100000000000005678"
    for client in (desk.leader, desk.auditor, host):
        assert "payee_account_number" not in client.get(f"/v1/payments/{payment.id}").json
    ok(desk.book(payment.id))
    assert "payee_account_number" not in desk.maker.get(f"/v1/payments/{payment.id}").json
    assert "6100000000000005678" not in desk.world.log()


def test_a_payment_waits_for_nobody_once_its_account_is_superseded(desk):
    """It is bound to the account of the day it was prepared: when another one is confirmed, it is prepared anew. What the bank has
    already paid is booked all the same, for the ledger records what happened; the number is shown to nobody any more."""
    alliance = Recognised(desk.world)
    award = desk.committed(alliance)
    prepared, confirmed, transferred = (desk.payment(award, "100.00", status) for status in ("prepared", "confirmed", "confirmed"))
    assert desk.maker.get(f"/v1/payments/{confirmed}").json["payee_account_number"] == "6100000000000001234"
    desk.account(alliance.host_id, "6100000000000009876")
    refused(desk.checker.act(f"/v1/payments/{prepared}", "confirm"), "FU-18")
    ok(desk.book(transferred))
    assert "payee_account_number" not in desk.maker.get(f"/v1/payments/{confirmed}").json
    assert "FU-18" in blockers(desk.get(f"/v1/payments/{prepared}"), "confirm")
    for payment in (prepared, confirmed):
        ok(desk.maker.act(f"/v1/payments/{payment}", "discard", comment="收款账户已变更，重新制单"))
    anew = desk.payment(award, "100.00", "confirmed")
    assert desk.maker.get(f"/v1/payments/{anew}").json["payee_account_number"] == "6100000000000009876"
    ok(desk.book(anew))


# ---- payments ----

def test_the_ledger_example(fresh_world):
    """BUDGET 1 000 000, COMMIT 200 000, DISBURSE 120 000 and 70 000 (a typing error), REVERSAL, DISBURSE 80 000."""
    people = Desk(fresh_world)
    award = people.committed()
    first = people.payment(award, "120000.00")
    assert people.money(award) == ("200000.00", "120000.00", "120000.00", "disbursing")
    refused(people.prepare(award, "120000.00"), "FU-04")
    wrong = people.payment(award, "70000.00", "reversed")
    assert people.money(award) == ("200000.00", "120000.00", "120000.00", "disbursing")
    refused(people.prepare(award, "80000.00", replaces_id=first), "FU-08")
    right = people.payment(award, "80000.00", replaces_id=wrong)
    assert people.money(award) == ("200000.00", "200000.00", "200000.00", "disbursed")
    assert people.prepare(award, "0.01").status == 409
    assert people.available() == "800000.00"
    assert people.get(f"/v1/payments/{right}")["replaces_id"] == wrong
    entries = people.get("/v1/funding-records")["items"]
    assert [(row["kind"], row["amount"]["amount"]) for row in entries] == [
        ("budget", "1000000.00"), ("commitment", "200000.00"), ("disbursement", "120000.00"), ("disbursement", "70000.00"),
        ("reversal", "-70000.00"), ("disbursement", "80000.00")]
    assert entries[4]["reverses"] == entries[3]["entry_no"] == 4
    balances = {row["account"]: row["amount"]["amount"] for row in people.get("/v1/ledger/balances")["items"]}
    assert balances == {"SOURCE": "-1000000.00", "AVAILABLE": "800000.00", "COMMITTED": "0.00", "ADVANCE": "200000.00"}
    assert people.get("/v1/ledger/balances")["total"] == yuan("0.00")
    assert chain(fresh_world) == 6


def test_one_hand_prepares_another_confirms_a_third_reverses(desk):
    award = desk.committed()
    payment = f"/v1/payments/{desk.payment(award, '120000.00', 'prepared')}"
    refused(desk.maker.act(payment, "confirm"), "FU-09")
    assert desk.officer.act(payment, "confirm").status == 403
    assert desk.maker.act(payment, "book", bank_reference="X", paid_on="2026-11-15").status == 409
    ok(desk.leader.act(payment, "confirm"))
    refused(desk.maker.act(payment, "discard"), "TR-01")
    refused(desk.checker.act(payment, "book"), "FU-21")
    refused(desk.checker.act(payment, "book", bank_reference="HANDS-1", paid_on="2026-11-16"), "FU-21")
    refused(desk.checker.act(payment, "book", bank_reference="HANDS-1", paid_on="2025-12-31"), "FU-11", "FU-21")
    ok(desk.checker.act(payment, "book", bank_reference="HANDS-1", paid_on="2026-11-15"))
    seen = desk.get(payment)
    assert (seen["status"], seen["paid_on"], seen["bank_reference"]) == ("paid", "2026-11-15", "HANDS-1")
    other = f"/v1/payments/{desk.payment(award, '10000.00', 'confirmed')}"
    refused(desk.maker.act(other, "book", bank_reference="HANDS-1", paid_on="2026-11-15"), "FU-21")
    ok(desk.maker.act(other, "discard", comment="银行退回，账户信息有误"))
    for hand in (desk.maker, desk.checker):
        refused(hand.act(payment, "reverse", comment="金额录入有误，予以冲正"), "FU-09")
    refused(desk.third.act(payment, "reverse"), "TR-01")
    ok(desk.third.act(payment, "reverse", comment="金额录入有误，予以冲正"))
    assert desk.third.act(payment, "reverse", comment="金额录入有误，予以冲正").status == 409
    assert desk.money(award) == ("200000.00", "0.00", "0.00", "committed")


def test_what_is_reserved_is_never_more_than_the_commitment(desk):
    award = desk.committed()
    refused(desk.prepare(award, "200000.01"), "FU-04")
    refused(desk.prepare(award, "0.00"), "FU-06")
    assert desk.maker.post(f"/v1/awards/{award}/payments", {"amount": {"amount": "1.00", "currency": "USD"}}).status == 400
    first = desk.payment(award, "150000.00", "prepared")
    refused(desk.prepare(award, "50000.01"), "FU-04")
    ok(desk.prepare(award, "50000.00"))
    refused(desk.leader.act(f"/v1/awards/{award}", "cancel", comment="不再执行该项资助"), "FU-17")
    ok(desk.maker.act(f"/v1/payments/{first}", "discard"))
    ok(desk.prepare(award, "150000.00"))
    proposal = desk.proposed()
    assert desk.prepare(proposal, "1.00").status == 409


def test_a_hold_stops_preparing_and_confirming_but_not_booking(desk):
    award = desk.committed()
    waiting, ready = desk.payment(award, "10000.00", "prepared"), desk.payment(award, "20000.00", "confirmed")
    desk.world.sql(f"insert into award_hold (id, award_id, reason, placed_at) values ('{uuid7()}', '{award}', '资质待核', '2026-11-15')")
    refused(desk.prepare(award, "1.00"), "FU-20")
    refused(desk.checker.act(f"/v1/payments/{waiting}", "confirm"), "FU-20")
    assert "FU-20" in blockers(desk.get(f"/v1/payments/{waiting}"), "confirm")
    ok(desk.book(ready))


def test_after_the_year_only_a_replacement_is_booked(fresh_world):
    people = Desk(fresh_world)
    award = people.committed()
    wrong = people.payment(award, "120000.00")
    late = people.payment(award, "50000.00", "confirmed")
    fresh_world.clock("2027-01-04T09:00:00+08:00")
    refused(people.maker.act(f"/v1/budget-lines/{people.line}", "close"), "FU-15")
    refused(people.book(late, "2027-01-04"), "FU-11")
    ok(people.maker.act(f"/v1/payments/{late}", "discard", comment="跨年未付，予以撤销"))
    ok(people.third.act(f"/v1/payments/{wrong}", "reverse", comment="收款账户有误，予以冲正"))
    right = people.payment(award, "120000.00", "confirmed", replaces_id=wrong)
    ok(people.book(right, "2027-01-04"))
    assert people.money(award) == ("200000.00", "120000.00", "120000.00", "disbursing")
    ok(people.maker.act(f"/v1/budget-lines/{people.line}", "close"))
    assert [row["booked_on"] for row in people.get("/v1/funding-records?kind=reversal,disbursement")["items"]] == [
        "2026-11-15", "2027-01-04", "2027-01-04"]


# ---- who sees what ----

def test_reach(desk):
    alliance = Recognised(desk.world)
    award = desk.committed(alliance)
    payment = desk.payment(award, "120000.00")
    reference = desk.get(f"/v1/payments/{payment}")["bank_reference"]
    paths = (f"/v1/awards/{award}", f"/v1/awards/{award}/payments", f"/v1/awards/{award}/transitions", f"/v1/payments/{payment}",
             f"/v1/payments/{payment}/transitions")
    stranger = Recognised(desk.world)
    for role in ("lead", "council", "host"):
        own, other = alliance.client(role), stranger.client(role)
        for path in paths:
            assert own.get(path).status == 200 and other.get(path).status == 404, (role, path)
        assert other.get(paths[0]).code == other.get(f"/v1/awards/{uuid7()}").code == "not_found"
        seen = own.get(f"/v1/payments/{payment}").json
        assert seen["bank_reference"] == "****" + reference[-4:]
        records = own.get("/v1/funding-records").json
        assert {row["alliance"]["id"] for row in records["items"]} == {alliance.alliance_id}
        assert records["totals"]["disbursed"] == yuan("120000.00") and reference not in json.dumps(records)
        assert [row["id"] for row in own.get("/v1/awards").json["items"]] == [award]
        assert [row["id"] for row in own.get("/v1/payments").json["items"]] == [payment]
        for accept in ("text/csv", "application/x-ndjson"):
            assert own.get("/v1/funding-records", headers={"Accept": accept}).status == 403
        assert own.get("/v1/ledger/verification").status == 403 and own.get("/v1/budget-lines").status == 403
    for client in (desk.world.client("county", recommender=alliance.recommender_id), desk.world.client("member", organisation=alliance.host_id),
                   desk.world.client("province")):
        assert {client.get(path).status for path in (*paths, "/v1/funding-records", "/v1/awards", "/v1/budget-lines")} == {403}
    assert desk.world.anonymous.get(paths[0]).status == 401
    assert desk.officer.get("/v1/funding-records", headers={"Accept": "text/csv"}).status == 403


def test_the_public_sees_awards_whose_fund_document_is_issued(fresh_world):
    people = Desk(fresh_world)
    people.committed()
    listed = "/v1/award-list"
    assert fresh_world.anonymous.get(listed).json["items"] == []
    alliance = Recognised(fresh_world)
    award = people.proposed(alliance)
    approval = {"document_no": "渭科发〔2026〕77号", "budget_line_id": people.line}
    refused(people.leader.act(f"/v1/awards/{award}", "approve", **approval), "FU-13")  # a number of ours that was never issued
    fresh_world.sql("begin; set local session_replication_role = replica; insert into document (id, type, title, legal_basis, drafted_by, "
                    f"document_no, issued_on, issued_by, status, created_at, updated_at) select '{uuid7()}', 'fund_allocation', '经费下达(虚构)', "
                    f"'第16条', '{alliance.author_id}', '渭科发〔2026〕77号', '2026-11-12', '{alliance.author_id}', 'issued', now(), now(); commit;",
                    user="postgres")
    ok(people.leader.act(f"/v1/awards/{award}", "approve", **approval))
    items = fresh_world.anonymous.get(listed).json["items"]
    assert items == [{"number": people.award(award)["number"], "kind": "recognition", "amount": yuan("200000.00"),
                      "alliance": {"number": alliance.number, "name": alliance.name}, "document_no": "渭科发〔2026〕77号",
                      "issued_on": "2026-11-12"}]
    assert fresh_world.anonymous.get(listed + "?year=2025").json["items"] == []


# ---- funding records ----

def read_ndjson(client, query=""):
    reply = client.get("/v1/funding-records" + query, headers={"Accept": "application/x-ndjson"})
    assert reply.status == 200 and reply.text.endswith("\n"), reply
    return [json.loads(line) for line in reply.text.removesuffix("\n").split("\n")]


def read_csv(client, query=""):
    reply = client.get("/v1/funding-records" + query, headers={"Accept": "text/csv"})
    assert reply.status == 200 and reply.headers["Content-Type"].startswith("text/csv"), reply
    assert reply.body.startswith(b"\xef\xbb\xbf") and "attachment" in reply.headers["Content-Disposition"]
    assert "ETag" not in reply.headers
    return list(csv.DictReader(io.StringIO(reply.body.decode("utf-8-sig"))))


def test_the_auditor_reads_to_the_fen(fresh_world):
    people = Desk(fresh_world, scheme="200000.07")
    orchard = Recognised(fresh_world, county="610526", field="F01")
    mine = Recognised(fresh_world, county="610503", field="F05")
    awards = [people.committed(orchard), people.committed(mine)]
    people.payment(awards[0], "120000.03")
    people.payment(awards[0], "80000.04")
    people.payment(awards[1], "0.01", "reversed")
    items = people.auditor.all("/v1/funding-records?limit=3")
    assert [row["entry_no"] for row in items] == list(range(1, 8))
    totals = people.get("/v1/funding-records")["totals"]
    assert totals["records"] == 7 and totals["committed"] == yuan("400000.14")
    assert totals["disbursement"] == yuan("200000.08") and totals["reversal"] == yuan("-0.01") and totals["disbursed"] == yuan("200000.07")
    rows = read_csv(people.auditor)
    assert [row["entry_no"] for row in rows] == [str(row["entry_no"]) for row in items]
    assert [row["amount"] for row in rows] == [row["amount"]["amount"] for row in items]
    assert {row["currency"] for row in rows} == {"CNY"}
    paid = [row for row in rows if row["payee_credit_code"] == orchard.host_code and row["kind"] == "disbursement"]
    assert [row["amount"] for row in paid] == ["120000.03", "80000.04"]
    assert paid[0]["maker"] != paid[0]["checker"] and paid[0]["bank_reference"] and paid[0]["document_no"] == "渭财发〔2026〕40号"
    lines = read_ndjson(people.auditor)
    assert [{**row, **{key: str(value) for key, value in line.items()}} for row, line in zip(rows, lines, strict=True)] == rows
    assert all((key in line) == (value != "") for row, line in zip(rows, lines) for key, value in row.items())
    expected = {
        "year=2026": 7, "year=2025": 0, "kind=disbursement": 3, "kind=disbursement,reversal": 4, "county=610526": 3, "county=610503": 3,
        "field=F05": 3, f"host={orchard.host_code}": 3, f"host={mine.host_id}": 3, f"alliance={orchard.number}": 3,
        f"alliance={mine.alliance_id}": 3, "award_status=disbursed": 3, "award_status=committed": 3, "amount_gte=200000.07": 3,
        "amount_lte=0": 1, "amount_gte=0.01&amount_lte=0.01": 1, "booked_on_gte=2026-11-15": 7, "booked_on_lt=2026-11-15": 0,
        "kind=disbursement&county=610526&year=2026": 2,
    }
    for query, count in expected.items():
        reply = people.get("/v1/funding-records?" + query)
        assert (len(reply["items"]), reply["totals"]["records"]) == (count, count), query
        assert len(read_csv(people.auditor, "?" + query)) == count, query
    assert people.auditor.get("/v1/funding-records?kind=gift").status == 400
    assert people.auditor.get("/v1/funding-records?amount_gte=1e3").status == 400


def test_an_alliances_records_are_the_same_by_every_way(desk):
    """Who reaches all money asks a statement that knows the alliance alone; with another filter, or with less reach, the general ones answer."""
    alliance, poor = Recognised(desk.world), Recognised(desk.world)
    desk.payment(desk.committed(alliance), "120000.03", "reversed")
    both = desk.world.client("auditor", "lead", organisation=alliance.lead_id)
    short = desk.get(f"/v1/funding-records?alliance={alliance.alliance_id}")
    assert [row["kind"] for row in short["items"]] == ["commitment", "disbursement", "reversal"]
    assert short["totals"]["records"] == 3 and short["totals"]["disbursement"] == yuan("120000.03") and short["totals"]["disbursed"] == yuan("0.00")
    for client in (desk.auditor, desk.officer, desk.leader, desk.maker, both):
        for query in (alliance.alliance_id, alliance.number, f"{alliance.number}&year=2026", f"{alliance.alliance_id}&host={alliance.host_id}"):
            assert ok(client.get(f"/v1/funding-records?alliance={query}"), 200).json == short, query
    own = alliance.client("lead").get(f"/v1/funding-records?alliance={alliance.number}").json
    assert own["totals"] == short["totals"] and [row["id"] for row in own["items"]] == [row["id"] for row in short["items"]]
    assert desk.auditor.all(f"/v1/funding-records?alliance={alliance.number}&limit=1") == short["items"]
    for none in (poor.alliance_id, uuid7(), "WNLM-2026-9999"):
        empty = desk.get(f"/v1/funding-records?alliance={none}")
        assert empty["items"] == [] and empty["totals"]["records"] == 0 and empty["totals"]["committed"] == yuan("0.00")
    stranger = poor.client("lead").get(f"/v1/funding-records?alliance={alliance.number}").json
    assert stranger["items"] == [] and stranger["totals"]["records"] == 0


def test_a_page_of_records_goes_on_when_a_grant_has_ended(desk):
    alliance = Recognised(desk.world)
    desk.payment(desk.committed(alliance), "120000.00")
    client = desk.world.client("auditor", "lead", organisation=alliance.lead_id)
    first = client.get(f"/v1/funding-records?alliance={alliance.number}&limit=1").json
    account = client.get("/v1/me").json["account"]["id"]
    desk.world.sql(f"update account_grant set revoked_at = granted_at where account_id = '{account}' and role = 'auditor'")
    second = ok(client.get(first["page"]["next"]), 200).json
    assert [row["kind"] for row in first["items"] + second["items"]] == ["commitment", "disbursement"]
    assert second["items"][0]["bank_reference"].startswith("****") and second["totals"] == first["totals"]


def test_text_in_a_csv_is_no_formula(desk):
    alliance = Recognised(desk.world)
    desk.world.sql(f"update organisation set name = '=HYPERLINK(\"http://x.invalid\")' where id = '{alliance.host_id}'")
    desk.committed(alliance)
    query = f"?alliance={alliance.number}"
    assert read_csv(desk.auditor, query)[0]["payee_name"] == "'=HYPERLINK(\"http://x.invalid\")"
    line = read_ndjson(desk.auditor, query)[0]
    assert line["payee_name"] == "=HYPERLINK(\"http://x.invalid\")" and type(line["entry_no"]) is int
    assert line["amount"] == "200000.00" and "bank_reference" not in line  # nothing is paid yet: null is left out


@pytest.mark.parametrize("value", ["x'", "x\\", "x\\' or true --", "'); drop table award; --", "$1", "$2 is null or 'a' = 'a"])
def test_a_filter_of_an_export_is_a_value_and_nothing_else(desk, value):
    desk.committed(Recognised(desk.world))
    query = "?" + urllib.parse.urlencode({"alliance": value})
    assert desk.auditor.get("/v1/funding-records" + query).json["items"] == []
    assert read_csv(desk.auditor, query) == []


@pytest.mark.parametrize("accept", ["application/json", "text/csv", "application/x-ndjson"])
@pytest.mark.parametrize("name", ["county", "field", "host", "alliance"])
def test_a_filter_without_a_value_is_refused_in_every_format(desk, name, accept):
    refused = desk.auditor.get(f"/v1/funding-records?{name}=", headers={"Accept": accept})
    assert (refused.status, refused.code) == (400, "invalid_request"), refused
    assert [(error["code"], name in error["detail"]) for error in refused.json["errors"]] == [("min_length", True)]


def test_every_character_survives_an_export(desk):
    alliance = Recognised(desk.world)
    name = 'a\\N\t\\t"b\\\\\n{},\x0b/渭\\'
    desk.world.sql(f"update organisation set name = '{name}' where id = '{alliance.host_id}'")
    desk.committed(alliance)
    query = f"?alliance={alliance.number}"
    assert [row["payee_name"] for row in read_ndjson(desk.auditor, query)] == [name]
    assert read_csv(desk.auditor, query)[0]["payee_name"] == name


def test_the_books_keep_the_name_that_the_payee_had(desk):
    """A unit that renames itself changes neither what is booked of it nor the award and its payments."""
    alliance = Recognised(desk.world)
    award = desk.proposed(alliance)
    code, before, middle = alliance.host_code, "渭南甲技术有限公司(虚构)", "渭南乙技术有限公司(虚构)"

    def rename(name):
        desk.world.sql(f"update organisation set name = '{name}' where id = '{alliance.host_id}'")

    rename(before)
    assert desk.award(award)["payee"]["name"] == before
    rename(middle)
    ok(desk.approve(award))
    desk.account(alliance.host_id)
    rename("渭南丙技术有限公司(虚构)")
    payment = desk.payment(award, "120000.00", "reversed")
    found = [desk.award(award), desk.get(f"/v1/payments/{payment}"),
             *[row for row in desk.get("/v1/awards")["items"] if row["id"] == award], *desk.get(f"/v1/awards/{award}/payments")["items"]]
    records = desk.get(f"/v1/funding-records?alliance={alliance.number}")["items"]
    assert len(records) == 3
    assert {(row["payee"]["name"], row["payee"]["credit_code"]) for row in found + records} == {(middle, code)}
    assert {row["payee_name"] for row in read_csv(desk.auditor, f"?alliance={alliance.number}")} == {middle}
    with pytest.raises(DatabaseError, match="keeps the name"):
        desk.world.sql(f"update award set payee_name = '别的名称' where id = '{award}'")
    chain(desk.world)


# ---- the chain ----

def test_the_chain_is_verified_and_a_change_is_found(fresh_world):
    people = Desk(fresh_world)
    award = people.committed()
    people.payment(award, "120000.00")
    people.payment(award, "80000.00")
    assert chain(fresh_world) == 4
    found = people.get("/v1/ledger/verification")
    assert (found["chain_ok"], found["entries"], found["last_entry_no"], found["balances_ok"]) == (True, 4, 4, True)
    assert found["trial_total"] == yuan("0.00")
    assert people.get("/v1/ledger/verification?from=2&to=3")["entries"] == 2

    def tamper(change):
        fresh_world.sql(f"begin; set local session_replication_role = replica; {change}; commit;", user="postgres")

    tamper("update journal_line set amount = amount + sign(amount)::bigint where entry_id = (select id from journal_entry where entry_no = 3)")
    found = people.get("/v1/ledger/verification")
    assert (found["chain_ok"], found["first_broken_entry_no"], found["balances_ok"]) == (False, 3, False)
    assert people.get("/v1/ledger/verification?from=1&to=2")["chain_ok"]
    tamper("update journal_line set amount = amount - sign(amount)::bigint where entry_id = (select id from journal_entry where entry_no = 3)")
    assert people.get("/v1/ledger/verification")["chain_ok"]
    tamper("update journal_entry set reason = 'x' where entry_no = 2")
    assert people.get("/v1/ledger/verification")["first_broken_entry_no"] == 2
    tamper("update journal_entry set reason = null where entry_no = 2")
    tamper("create table kept as select * from journal_line where entry_id = (select id from journal_entry where entry_no = 4); "
           "create table kept_entry as select * from journal_entry where entry_no = 4; delete from journal_line where entry_id in "
           "(select entry_id from kept); delete from journal_entry where entry_no = 4")
    assert people.get("/v1/ledger/verification")["first_broken_entry_no"] == 4
    tamper("insert into journal_entry select * from kept_entry; insert into journal_line select * from kept; drop table kept, kept_entry")
    assert people.get("/v1/ledger/verification")["chain_ok"]


def test_the_database_itself_refuses(desk):
    """Raw SQL, as the service's role and as the owner: nothing booked changes, no balance goes below 0, no cap is passed."""
    award = desk.committed()
    payment = desk.payment(award, "120000.00", "prepared")
    entry = desk.world.value("select id from journal_entry order by entry_no desc limit 1")
    other = desk.maker.account_id

    def attack(text, *sqlstates, user=SERVICE):
        with pytest.raises(DatabaseError) as refusal:
            desk.world.sql(text, user=user)
        assert refusal.value.sqlstate in sqlstates, refusal.value

    def post(kind, amount, checker=None, reverses=None, award_id=award):
        checker, reverses, award_id = (f"'{value}'" if value else "null" for value in (checker, reverses, award_id))
        return (f"select journal_post('{uuid7()}', '{kind}', '2026-11-15', now(), '{other}', {checker}, {award_id}, '{desk.line}', "
                f"'{payment}', null, null, {reverses}, {amount})")

    for user, denied in ((SERVICE, "42501"), ("alliance_owner", "AL001")):
        for table in ("journal_entry", "journal_line", "history"):
            column = "amount = 1" if table == "journal_line" else "reason = 'x'"
            attack(f"update {table} set {column}", denied, user=user)
            attack(f"delete from {table}", denied, user=user)
            attack(f"truncate {table} cascade", denied, user=user)
        attack("update balance set amount = amount + 1", denied, user=user)
        attack("delete from balance", denied, user=user)
        attack(f"insert into balance (account, budget_line_id, amount) values ('SPENT', '{desk.line}', 1)", denied, user=user)
        attack("update journal_head set entry_no = entry_no + 1", "AL001", user=user)
        attack(f"update award set reserved = 0 where id = '{award}'", denied, user=user)
        attack(f"update award set amount = amount + 1 where id = '{award}'", "AL001", user=user)
        attack(f"update payment set amount = 1 where id = '{payment}'", "AL001", user=user)
        attack(f"update budget_line set cap = cap * 2 where id = '{desk.line}'", "AL004", user=user)
        attack(post("DISBURSE", 20000001, desk.checker.account_id), "23514", user=user)
        attack(post("COMMIT", 10**12, desk.checker.account_id), "23514", user=user)
        attack(post("COMMIT", 100), "23514", user=user)
        attack(post("COMMIT", 100, other), "23514", user=user)
        attack(post("COMMIT", 0, desk.checker.account_id), "23514", user=user)
        attack(post("COMMIT", -100, desk.checker.account_id), "AL004", "23514", user=user)
        attack(post("REVERSAL", 0, desk.checker.account_id), "23514", user=user)
        attack(f"insert into journal_line (entry_id, position, account, budget_line_id, amount) values ('{entry}', 3, 'AVAILABLE', '{desk.line}', 1)",
               "AL004", user=user)
        attack(f"insert into journal_line (entry_id, position, account, budget_line_id, amount) values ('{entry}', 3, 'AVAILABLE', '{desk.line}', 1), "
               f"('{entry}', 4, 'SOURCE', '{desk.line}', -1)", "AL004", user=user)
        attack("insert into journal_entry select (j).* from (select jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'entry_no', "
               "e.entry_no + 1, 'hash', '\\x' || encode(sha256('x'), 'hex'), 'payment_id', null)) as j from journal_entry e "
               "order by entry_no desc limit 1) x", "AL004", user=user)
        attack(f"insert into payment (id, number, award_id, amount, maker_id, status, created_at, updated_at) values ('{uuid7()}', 'ZF-X', '{award}', "
               f"8000001, '{other}', 'prepared', now(), now())", "23514", user=user)
        attack(f"update payment set status = 'paid' where id = '{payment}'", "AL002", user=user)
        attack(f"update payment set status = 'confirmed' where id = '{payment}'", "AL002", "AL003", user=user)
        attack(f"update payment set confirmer_id = maker_id where id = '{payment}'", "23514", user=user)
    reversed_entry = desk.payment(award, "1.00", "reversed")
    reversal = desk.world.value(f"select id from journal_entry where payment_id = '{reversed_entry}' and type = 'REVERSAL'")
    disburse = desk.world.value(f"select id from journal_entry where payment_id = '{reversed_entry}' and type = 'DISBURSE'")
    attack(post("REVERSAL", 0, desk.checker.account_id, reversal), "AL004")
    attack(post("REVERSAL", 0, desk.checker.account_id, disburse), "23505")
    # A temporary table of the same name deceives no trigger.
    attack("create temporary table balance (account text, budget_line_id uuid, award_id uuid, amount bigint, constraint balance_key unique "
           "nulls not distinct (budget_line_id, award_id, account)); " + post("COMMIT", 10**12, desk.checker.account_id), "23514")
    # Nor does a trigger of its own, or one of ours on a table of its own, let the role write what the triggers keep.
    attack("create temporary table lever (n integer); create function pg_temp.pull() returns trigger language plpgsql as "
           "$$ begin update award set reserved = 0; return new; end $$; create trigger lever before insert on lever for each row "
           "execute function pg_temp.pull(); insert into lever values (1)", "42501")
    for function in ("payment_reserve", "journal_line_post"):
        attack(f"create temporary table lever (award_id uuid, amount bigint); create trigger lever before insert on lever for each row "
               f"execute function {function}()", "42501")
    # The books of a budget know a maker and a checker, two persons, and nothing that was not approved or proposed.
    for checker in (None, other):
        attack(post("BUDGET", 100, checker, award_id=None), "23514")
    attack(post("BUDGET", 100, desk.auditor.account_id, award_id=None), "AL004")
    assert desk.get("/v1/ledger/verification")["chain_ok"]


# ---- at once ----

def together(calls):
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


@pytest.mark.concurrent
def test_32_clients_submit_one_payment_with_one_key(desk):
    award = desk.committed()
    body, key = {"amount": yuan("120000.00")}, "one-payment-" + uuid7()
    replies = together([lambda: desk.maker.post(f"/v1/awards/{award}/payments", body, key=key)] * 32)
    good = [reply for reply in replies if reply.status == 201]
    assert good and {reply.status for reply in replies} <= {201, 409, 503}, replies
    assert len({reply.body for reply in good}) == 1
    assert all(reply.headers.get("Retry-After") for reply in replies if reply.status != 201)
    again = desk.maker.post(f"/v1/awards/{award}/payments", body, key=key)
    assert again.status == 201 and again.body == good[0].body
    assert [row["id"] for row in desk.get(f"/v1/awards/{award}/payments")["items"]] == [good[0].id]
    assert desk.maker.post(f"/v1/awards/{award}/payments", {"amount": yuan("1.00")}, key=key).code == "idempotency_key_reused"
    assert desk.checker.post(f"/v1/awards/{award}/payments", {"amount": yuan("1.00")}, key=key).status == 201


@pytest.mark.concurrent
def test_two_approvals_race_for_the_last_budget(fresh_world):
    people = Desk(fresh_world, cap="200000.00")
    awards = [people.proposed() for _ in range(2)]
    leaders = [fresh_world.client("leader") for _ in awards]

    def approve(index):
        return leaders[index].act(f"/v1/awards/{awards[index]}", "approve", document_no=f"渭财发〔2026〕{50 + index}号",
                                  budget_line_id=people.line)

    replies = together([lambda: approve(0), lambda: approve(1)])
    assert sorted(reply.status for reply in replies) == [201, 422], replies
    assert next(reply for reply in replies if reply.status == 422).rules == ["FU-02"]
    assert people.available() == "0.00"


@pytest.mark.concurrent
def test_payments_race_for_the_last_of_a_commitment(desk):
    award = desk.committed()
    replies = together([lambda: desk.prepare(award, "30000.00")] * 12)
    made = [reply for reply in replies if reply.status == 201]
    assert len(made) == 6 and {reply.status for reply in replies} <= {201, 422, 409, 503}, replies


@pytest.mark.concurrent
def test_two_writers_with_one_etag(desk):
    award = desk.committed()
    path = f"/v1/payments/{desk.payment(award, '120000.00', 'prepared')}"
    etag = desk.auditor.get(path).headers["ETag"]
    replies = together([lambda client=client: client.act(path, "confirm", etag=etag) for client in (desk.checker, desk.third)])
    assert sorted(reply.status for reply in replies) == [201, 412], replies
    assert desk.checker.act(path, "discard", comment="银行退回，不再支付", etag=None).status == 428


# ---- every row of the table ----

def subjects(desk):
    """A resource in every status of BUD, AWD and PAY, made by the acts themselves."""
    award = desk.committed()
    disbursed = desk.committed()
    cancelled = desk.proposed()
    ok(desk.leader.act(f"/v1/awards/{cancelled}", "cancel", comment="不再提出该项资助"))
    statuses = ("prepared", "confirmed", "paid", "reversed")
    payments = {status: desk.payment(award, "100.00", status) for status in statuses}
    payments["discarded"] = desk.payment(award, "100.00", "prepared")
    ok(desk.maker.act(f"/v1/payments/{payments['discarded']}", "discard"))
    desk.payment(disbursed, "200000.00")
    closed = desk.approved_line("1.00", year=2025)
    ok(desk.maker.act(f"/v1/budget-lines/{closed}", "close"))
    rows = [("BUD", "budget-lines", {"draft": desk.drafted_line("1.00", year=2028), "approved": desk.approved_line("1.00", year=2024), "closed": closed}),
            ("AWD", "awards", {"proposed": desk.proposed(), "committed": desk.committed(), "disbursing": award, "disbursed": disbursed,
                               "cancelled": cancelled}),
            ("PAY", "payments", payments)]
    return [(machine, f"/v1/{noun}/{identity}", status) for machine, noun, found in rows for status, identity in found.items()]


BODIES = {
    ("BUD", "approve"): {"document_no": "渭财发〔2026〕12号"}, ("BUD", "adjust"): {},
    ("BUD", "close"): {}, ("AWD", "approve"): {"document_no": "渭财发〔2026〕40号"}, ("AWD", "cancel"): {"comment": "不再执行该项资助"},
    ("PAY", "confirm"): {}, ("PAY", "discard"): {"comment": "银行退回，不再支付"},
    ("PAY", "book"): {"bank_reference": "TABLE-1", "paid_on": "2026-11-15"}, ("PAY", "reverse"): {"comment": "金额录入有误，予以冲正"},
}


def lawful():
    """(machine, status, action) -> roles, from tests/contract/transitions.tsv."""
    with open(__file__.rsplit("/", 2)[0] + "/contract/transitions.tsv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {(row["machine"], row["from"], row["action"]): set(row["roles"].split(",")) for row in rows
            if row["machine"] in ("BUD", "AWD", "PAY") and row["stage"] == "journey" and row["door"] == "call"}


def test_every_row_every_role(fresh_world):
    people = Desk(fresh_world, cap="2000000.00")
    table, found = lawful(), subjects(people)
    alliance = Recognised(fresh_world)
    callers = {"officer": people.officer, "leader": people.leader, "finance": people.third, "auditor": people.auditor,
               "sysadmin": fresh_world.client("sysadmin"), **{role: alliance.client(role) for role in ("lead", "council", "host")},
               "member": fresh_world.client("member", organisation=alliance.host_id),
               "county": fresh_world.client("county", recommender=alliance.recommender_id),
               "province": fresh_world.client("province")}
    line = next(path for machine, path, status in found if (machine, status) == ("BUD", "approved"))
    proposal = {"cap": yuan("2.00"), "document_no": "渭财发〔2026〕31号", "comment": "追加预算额度"}
    waiting = ok(people.maker.post(f"{line}/adjustments", proposal)).json["pending_adjustment"]["id"]
    bodies = {**BODIES, ("BUD", "adjust"): {"adjustment_id": waiting}}
    played = set()
    for machine, path, status in found:
        etag = people.auditor.get(path).headers["ETag"]
        for action in {name for owner, name in bodies if owner == machine}:
            roles = table.get((machine, status, action))
            union = set().union(*(row for (owner, before, _), row in table.items() if owner == machine and before != "(new)"))
            for role, caller in callers.items():
                reply = caller.post(path + "/transitions", {"action": action, **bodies[machine, action]}, etag=etag, dry_run=True)
                case = (machine, status, action, role, reply)
                if role not in union:
                    assert reply.status == 403, case
                elif roles is None:
                    assert reply.status == 409, case
                elif role not in roles:
                    assert reply.status == 403, case
                else:
                    assert reply.status == 200, case
                    played.add((machine, status, action))
        assert people.auditor.get(path).headers["ETag"] == etag, "a dry run keeps nothing"
    assert {key for key in table if key[1] != "(new)"} == played
