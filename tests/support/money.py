"""The people and the steps of article 16, as the scenarios play them."""
import hashlib
import json

from .recognised import Recognised

PREPARED, CONFIRMED, PAID = "prepared", "confirmed", "paid"


def yuan(amount):
    return {"amount": amount, "currency": "CNY"}


def ok(reply, status=201):
    assert reply.status == status, reply
    return reply


class Desk:
    """One world's officer, leader, auditor and three persons of finance; the scheme and the budget of 2026 unless told otherwise."""

    def __init__(self, world, *, scheme="200000.00", cap="1000000.00", carry_over=False, year=2026):
        self.world, self.year, self.references = world, year, 0
        self.officer, self.leader, self.auditor = (world.client(role) for role in ("officer", "leader", "auditor"))
        self.maker, self.checker, self.third = (world.client("finance") for _ in range(3))
        self.scheme = scheme and self.confirmed_scheme(scheme)
        self.line = cap and self.approved_line(cap, carry_over)

    def confirmed_scheme(self, amount, year=None):
        made = ok(self.maker.post("/v1/award-schemes", {"kind": "recognition", "fiscal_year": year or self.year, "amount": yuan(amount),
                                                        "document_no": f"渭财发〔{year or self.year}〕11号"}))
        return ok(self.leader.post(f"/v1/award-schemes/{made.id}/confirmation")).json

    def drafted_line(self, cap, carry_over=False, year=None):
        return ok(self.maker.post("/v1/budget-lines", {"fiscal_year": year or self.year, "kind": "recognition_award", "cap": yuan(cap),
                                                       "carry_over": carry_over})).id

    def approved_line(self, cap, carry_over=False, year=None):
        line = self.drafted_line(cap, carry_over, year)
        ok(self.leader.act(f"/v1/budget-lines/{line}", "approve", document_no=f"渭财发〔{year or self.year}〕12号"))
        return line

    def proposed(self, alliance=None, **options):
        """The id of the proposed award of a recognised alliance."""
        alliance = alliance or Recognised(self.world, **options)
        return ok(self.officer.post("/v1/awards", {"alliance_id": alliance.alliance_id})).id

    def approve(self, award, number=40):
        return self.leader.act(f"/v1/awards/{award}", "approve", document_no=f"渭财发〔{self.year}〕{number}号", budget_line_id=self.line)

    def account(self, organisation, number="6100000000000001234"):
        """A confirmed bank account of the organisation."""
        path = f"/v1/organisations/{organisation}/bank-accounts"
        made = ok(self.officer.post(path, {"bank": "示例银行渭南分行(虚构)", "account_number": number}))
        ok(self.leader.post(f"{path}/{made.id}/confirmation"))
        return made.id

    def committed(self, alliance=None):
        """The id of an approved award whose payee can be paid."""
        alliance = alliance or Recognised(self.world)
        award = self.proposed(alliance)
        ok(self.approve(award))
        self.account(alliance.host_id)
        return award

    def prepare(self, award, amount, **members):
        return self.maker.post(f"/v1/awards/{award}/payments", {"amount": yuan(amount), **members})

    def book(self, payment, paid_on=None):
        self.references += 1
        return self.maker.act(f"/v1/payments/{payment}", "book", bank_reference=f"2026111500{self.references:04d}",
                              paid_on=paid_on or "2026-11-15")

    def payment(self, award, amount, status=PAID, **members):
        """The id of a payment brought to that status."""
        payment = ok(self.prepare(award, amount, **members)).id
        if status in (CONFIRMED, PAID, "reversed"):
            ok(self.checker.act(f"/v1/payments/{payment}", "confirm"))
        if status in (PAID, "reversed"):
            ok(self.book(payment))
        if status == "reversed":
            ok(self.third.act(f"/v1/payments/{payment}", "reverse", comment="金额录入有误，予以冲正"))
        return payment

    def get(self, path):
        return ok(self.auditor.get(path), 200).json

    def award(self, award):
        return self.get(f"/v1/awards/{award}")

    def money(self, award):
        """(committed, disbursed, outstanding, status) of an award."""
        seen = self.award(award)
        return (*(seen[name]["amount"] for name in ("committed", "disbursed", "outstanding")), seen["status"])

    def available(self):
        return self.get(f"/v1/budget-lines/{self.line}")["available"]["amount"]


def chain(world):
    """Recompute FU-10 from the rows alone; the number of entries, after asserting every hash."""
    columns = ("id", "entry_no", "type", "booked_on", "maker_id", "checker_id", "award_id", "budget_line_id", "payment_id", "document_no",
               "reason", "reverses_id", "payee_name", "payee_credit_code")
    entries = world.sql(f"select {', '.join(columns)}, to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
                        "encode(previous_hash, 'hex'), encode(hash, 'hex') from journal_entry order by entry_no")
    before = "00" * 32
    for number, row in enumerate(entries, 1):
        entry = dict(zip(columns, row))
        entry["entry_no"] = int(entry["entry_no"])
        entry["at"] = row[len(columns)]
        entry["lines"] = [{"account": account, "award_id": award, "budget_line_id": line, "amount": int(amount)}
                          for account, award, line, amount in world.sql(
                              f"select account, award_id, budget_line_id, amount from journal_line where entry_id = '{entry['id']}' "
                              "order by position")]
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous_hash, found = row[-2:]
        assert entry["entry_no"] == number and previous_hash == before
        assert found == hashlib.sha256(bytes.fromhex(before) + canonical.encode()).hexdigest(), canonical
        before = found
    return len(entries)


def conserved(world):
    """Money is neither made nor lost: entries sum to 0, balances are the sums of their lines, none is below 0."""
    assert world.sql("select entry_id from journal_line group by entry_id having sum(amount) <> 0 or count(*) <> 2") == []
    sums = "select account, budget_line_id, award_id, sum(amount)::bigint from journal_line group by 1, 2, 3"
    kept = "select account, budget_line_id, award_id, amount from balance"
    assert world.sql(f"({sums} except {kept}) union all ({kept} except {sums})") == []
    assert world.sql("select 1 from balance where amount < 0 and account <> 'SOURCE'") == []
    assert world.sql("select 1 from award a where a.reserved <> (select coalesce(sum(p.amount), 0) from payment p where p.award_id = a.id "
                     "and p.status in ('prepared', 'confirmed', 'paid')) or a.reserved > coalesce(a.amount, 0)") == []
