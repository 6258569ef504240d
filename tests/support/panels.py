"""Panels for the suites: an accepted application put straight into the database (how it gets there is played elsewhere), then experts,
invitations, declarations and sheets through the service."""
import hashlib
import itertools
import json

from . import forms, journey
from .world import START, quote, uuid7

PUCHENG = "00000000-0000-7000-8000-000000610526"
CRITERIA = tuple("C%d" % number for number in range(1, 9))
QUESTIONS = tuple("C%d.%d" % (c + 1, q + 1) for c, count in enumerate((6, 5, 5, 6, 6, 7, 3, 3)) for q in range(count))
DECLARATION = {"relative": False, "shares_or_fees": False, "joint_work": False, "statement": "本人与申请各方无利害关系，愿独立评审。"}
OPINION = "专家组认为该联盟产业需求明确，创新目标可行，机制健全，同意形成本论证意见。"
# The first vector, worked out by hand: totals 8395 7835 8720 7395 6825, mean 7834, RECOGNISE.
V1 = (
    ((90, 88, 85, 80, 82, 86, 78, 84), "recognise"), ((85, 80, 78, 75, 80, 82, 70, 76), "recognise"),
    ((92, 90, 88, 86, 84, 90, 80, 88), "recognise"), ((80, 78, 75, 72, 70, 76, 68, 74), "recognise"),
    ((75, 72, 70, 65, 68, 70, 60, 66), "revise"),
)
# All seventy and recognised by two of five only: neither RECOGNISE (two thirds of the votes) nor REJECT (a majority), so REVISE.
V2 = tuple(((70,) * 8, vote) for vote in ("recognise", "recognise", "revise", "revise", "revise"))
# The third: totals 5395 5730 5060 6320 5325, mean 5566, REJECT.
V3 = (
    ((60, 58, 55, 50, 52, 56, 48, 54), "reject"), ((62, 60, 58, 55, 57, 60, 50, 56), "revise"),
    ((55, 50, 52, 48, 50, 54, 45, 50), "reject"), ((70, 66, 64, 60, 62, 66, 58, 60), "revise"),
    ((58, 56, 54, 50, 52, 55, 50, 52), "reject"),
)


class Made:
    def __init__(self, **members):
        self.__dict__.update(members)


def accepted(world, number=1, *, field="F02", host_code=forms.HOST_CODE):
    """An application in the status accepted; number makes it different from the others of the world."""
    made = Made(id=uuid7(), alliance_id=uuid7(), lead_id=uuid7(), recommender_id=PUCHENG, number="SQ2026-%04d" % (5000 + number),
                name="渭南市示例%d号产业技术创新战略联盟" % number)
    made.path = "/v1/applications/" + made.id
    lead = {**forms.LEAD, "credit_code": forms.credit_code("91610526", 50000 + number), "name": "蒲城示例果业%d有限公司(虚构)" % number}
    made.lead_code, made.lead_name = lead["credit_code"], lead["name"]
    form = forms.form(lead=lead, host_code=host_code)
    text = json.dumps(form, ensure_ascii=False, sort_keys=True)
    digest = made.snapshot = hashlib.sha256(text.encode()).hexdigest()
    at = f"'{START}', '{START}'"
    lines = [
        f"insert into organisation (id, credit_code, name, name_key, type, division_code, administering_unit_id, independent_legal_person, "
        f"legal_representative, created_at, updated_at) values ('{made.lead_id}', '{lead['credit_code']}', {quote(lead['name'])}, "
        f"{quote(lead['name'])}, 'enterprise', '610526', '{PUCHENG}', true, '张示例', {at});",
        f"insert into alliance (id, lead_organisation_id, recommender_id, created_at, updated_at) values "
        f"('{made.alliance_id}', '{made.lead_id}', '{PUCHENG}', {at});",
        f"insert into application (id, number, kind, alliance_id, round, revision, origin, recommender_id, lead_organisation_id, "
        f"host_credit_code, name, name_key, industry_field, industry_class, form, snapshot_sha256, first_submitted_on, submitted_on, "
        f"accepted_on, status, created_at, updated_at) values ('{made.id}', '{made.number}', 'recognition', '{made.alliance_id}', 1, 1, "
        f"'self', '{PUCHENG}', '{made.lead_id}', '{host_code}', {quote(made.name)}, {quote(made.name)}, '{field}', 'pillar', "
        f"{quote(text)}, '{digest}', '2026-10-22', '2026-10-22', '2026-10-28', 'accepted', {at});",
        f"insert into application_revision (application_id, revision, form, head, attachments, snapshot_sha256, at) values "
        f"('{made.id}', 1, {quote(text)}, '{{}}', '[]', '{digest}', '{START}');",
    ]
    world.sql("begin; set local session_replication_role = replica;" + "".join(lines) + "commit;", user="postgres")
    return made


def expert_body(number, **members):
    return {"name": "专家%d示例" % number, "employer_name": "示例研究院%d(虚构)" % number,
            "employer_credit_code": forms.credit_code("12610000", 60000 + number), "employed_from": "2010-07-01",
            "title_rank": "senior", "title": "研究员", "fields": ["F02"], "kind": "technical", "consent_on": "2026-11-01", **members}


class Bureau:
    """The officer, the leader and the auditor of a world, and what they do with panels."""

    def __init__(self, world):
        self.world = world
        self.officer, self.leader, self.auditor = (world.client(role) for role in ("officer", "leader", "auditor"))
        self.numbers = world.__dict__.setdefault("expert_numbers", itertools.count(1))  # nobody is registered twice in one world

    def expert(self, **members):
        """An active expert of the database with an account."""
        made = self.officer.post("/v1/experts", expert_body(next(self.numbers), **members))
        assert made.status == 201, made
        reply = self.leader.act("/v1/experts/" + made.id, "admit")
        assert reply.status == 201, reply
        return Made(id=made.id, name=made.json["name"], client=self.world.client("expert", expert=made.id))

    def panel(self, application):
        reply = self.officer.post("/v1/panels", {"application_id": application.id})
        assert reply.status == 201, reply
        return Made(id=reply.id, path="/v1/panels/" + reply.id, application=application, seats=[])

    def invite(self, panel, expert):
        reply = self.officer.post(panel.path + "/sheets", {"expert_id": expert.id})
        assert reply.status == 201, reply
        seat = Made(expert=expert, client=expert.client, id=reply.id, path="/v1/sheets/" + reply.id)
        panel.seats.append(seat)
        return seat

    def seat(self, panel, **members):
        """An expert invited, who accepts."""
        seat = self.invite(panel, self.expert(**members))
        assert accept(seat).status == 201
        return seat

    def seated(self, application, count=5):
        """A panel in draft with that many experts who have accepted; the last one judges the money."""
        panel = self.panel(application)
        for number in range(count):
            self.seat(panel, **({"kind": "finance", "fields": ["F01"]} if number == count - 1 else {}))
        return panel

    def constituted(self, application, count=5):
        panel = self.seated(application, count)
        reply = self.officer.act(panel.path, "constitute", chair_expert_id=panel.seats[0].expert.id)
        assert reply.status == 201, reply
        return panel

    def scoring(self, application, count=5):
        panel = self.constituted(application, count)
        reply = self.officer.act(panel.path, "open_scoring")
        assert reply.status == 201, reply
        return panel

    def closed(self, application, vector=V1):
        panel = self.scoring(application, len(vector))
        for seat, (scores, vote) in zip(panel.seats, vector):
            score(seat, scores, vote)
            assert submit(seat).status == 201
        reply = self.officer.act(panel.path, "close")
        assert reply.status == 201, reply
        return panel

    def concluded(self, application, vector=V1):
        panel = self.closed(application, vector)
        reply = panel.seats[0].client.act(panel.path, "conclude", opinion=OPINION, dispersion_note="差异源于对机制成熟度的不同判断。")
        assert reply.status == 201, reply
        return panel


def accept(seat, **declaration):
    return seat.client.act(seat.path, "accept", declaration={**DECLARATION, **declaration})


def sheet_body(scores=(80,) * 8, vote="recognise", **members):
    return {"scores": dict(zip(CRITERIA, scores)),
            "comments": {code: "该项内容尚需进一步充实完善。" for code, value in zip(CRITERIA, scores) if value < 60},
            "answers": {code: "yes" for code in QUESTIONS}, "vote": vote, "policy_compliant": True, **members}


def put_scores(seat, body, **options):
    options.setdefault("etag", seat.client.get(seat.path).headers.get("ETag"))
    return seat.client.put(seat.path + "/scores", body, **options)


def score(seat, scores=(80,) * 8, vote="recognise", **members):
    reply = put_scores(seat, sheet_body(scores, vote, **members))
    assert reply.status == 200, reply
    return reply


def submit(seat, **options):
    return seat.client.act(seat.path, "submit", **options)


# The steps of a journey (tests/support/journey.py) that the experts take; made.panel is the panel.

def start_evaluation(made):
    made.experts = Bureau(made.world)
    made.panel = made.experts.scoring(made)


def conclude(made, vector=V1):
    for seat, (scores, vote) in zip(made.panel.seats, vector):
        score(seat, scores, vote)
        assert submit(seat).status == 201
    assert made.experts.officer.act(made.panel.path, "close").status == 201
    assert made.panel.seats[0].client.act(made.panel.path, "conclude", opinion=OPINION).status == 201


journey.STEPS["evaluating"] = ("accepted", start_evaluation)
journey.STEPS["evaluated"] = ("evaluating", conclude)
