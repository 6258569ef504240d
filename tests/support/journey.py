"""Applications brought to any status through the API, step by step, as people would. The later parts extend it: see STEPS.

    made = journey.application(world, status="accepted")
    made.lead, made.county, made.officer, made.leader   clients        made.path, made.id, made.form, made.lead_id, made.host_id
    made.act("accept", as_=made.officer, …)              the step with a fresh ETag"""
import hashlib
import itertools

from . import forms

PUCHENG = "00000000-0000-7000-8000-000000610526"
FUPING = "00000000-0000-7000-8000-000000610528"
SERIAL = itertools.count(1)
CHECKLIST = {"form_complete": True, "attachments_complete": True, "members_verified": True, "agreement_verified": True,
             "endorsement_verified": True}
OPINION = {
    "opinion": "sign", "opinion_text": "该联盟围绕区域经济转型升级，符合条件，同意推荐。", "signer": "王示例", "post": "局长",
    "signed_on": "2026-11-15",
    "checklist": {"market_law": True, "industry_demand": True, "government_guidance": True, "backbone_confirmed": True},
}


def ok(reply, status=201):
    assert reply.status == status, reply
    return reply


class Bureau:
    """The people of the bureau in one world, made once."""

    def __init__(self, world):
        self.officer, self.leader, self.auditor, self.finance = (
            world.client(role) for role in ("officer", "leader", "auditor", "finance"))


def bureau(world):
    if not hasattr(world, "journey_bureau"):
        world.journey_bureau = Bureau(world)
    return world.journey_bureau


def organisation(world, code, name, kind="enterprise", division="610526", person="张示例", **members):
    """The id of an organisation, registered by the officer unless it is there already."""
    officer = bureau(world).officer
    found = officer.get("/v1/organisations", params={"credit_code": code})
    if found.json["items"]:
        return found.json["items"][0]["id"]
    body = {"credit_code": code, "name": name, "type": kind, "division_code": division, "independent_legal_person": True,
            "legal_representative": person, "is_fictitious": True, **members}
    return ok(officer.post("/v1/organisations", body)).id


def attach(client, subject_id, kind, subject_kind="application", content=None, parts=1, media_type="application/pdf"):
    """A complete attachment; returns its id."""
    content = content or ("%s of %s" % (kind, subject_id)).encode()
    head = {"subject_kind": subject_kind, "subject_id": subject_id, "kind": kind, "title": kind + ".pdf", "media_type": media_type,
            "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    made = ok(client.post("/v1/attachments", head))
    size = -(-len(content) // parts)
    for n in range(parts):
        ok(client.put(f"/v1/attachments/{made.id}/parts/{n + 1}", content[n * size:(n + 1) * size]), 200)
    ok(client.post(f"/v1/attachments/{made.id}/completion", {"bytes": head["bytes"], "sha256": head["sha256"]}), 200)
    return made.id


class Application:
    """One application and the people around it."""

    def __init__(self, world, core=11, field="F02", form=None, name=None, attachments=forms.REQUIRED_ATTACHMENTS,
                 recommender=PUCHENG, lead=None, division="610526"):
        self.world = world
        people = bureau(world)
        self.officer, self.leader, self.auditor = people.officer, people.leader, people.auditor
        self.serial = next(SERIAL)
        self.name = name or "渭南市示例%d号酥梨产业技术创新战略联盟" % self.serial
        self.lead_row = lead or {**forms.LEAD, "credit_code": forms.credit_code("91" + division, 2000 + self.serial),
                                 "name": "示例果业%d有限公司(虚构)" % self.serial, "division_code": division}
        self.lead_id = organisation(world, self.lead_row["credit_code"], self.lead_row["name"],
                                    division=self.lead_row["division_code"])
        self.host_id = organisation(world, *forms.PARTNERS[0])
        self.lead = world.client("lead", organisation=self.lead_id)
        self.county_id = recommender
        self.county = world.client("county", recommender=recommender)
        self.form = form or forms.form(lead=self.lead_row, core=core)
        self.wanted = attachments
        body = {"lead_organisation_id": self.lead_id, "recommender_id": recommender, "name": self.name, "industry_field": field,
                "industry_class": "pillar", "form": self.form}
        self.created = ok(self.lead.post("/v1/applications", body))
        self.id = self.created.id
        self.path = "/v1/applications/" + self.id
        for kind in self.wanted:
            attach(self.lead, self.id, kind)

    @property
    def status(self):
        return self.officer.get(self.path).json["status"]

    def act(self, action, as_=None, **members):
        return (as_ or self.lead).act(self.path, action, **members)

    def step(self, action, as_=None, **members):
        return ok(self.act(action, as_, **members))

    def patch(self, body, **options):
        self.lead.get(self.path)
        return self.lead.patch(self.path, body, **options)

    def endorse(self, as_=None, scan=True, **members):
        """POST endorsements as the county; the scan first, unless scan is False."""
        client = as_ or self.county
        body = {**OPINION, **members}
        body = {name: value for name, value in body.items() if value is not None}
        if scan and body["opinion"] == "sign":
            attach(client, self.id, "recommender_opinion", content=("opinion %s %s" % (self.id, next(SERIAL))).encode())
        return client.post(self.path + "/endorsements", body)

    # Steps: each from its status on.

    def submit(self):
        self.step("submit")

    def sign(self):
        ok(self.endorse())

    def send_back(self):
        ok(self.endorse(opinion="return", comment="请补充年度计划的经费安排。"))

    def decline(self):
        ok(self.endorse(opinion="decline", comment="不符合本县产业布局，不予推荐。"))

    def request_correction(self):
        self.step("request_correction", self.officer, points=[{"text": "请补充骨干企业证明"}, {"text": "请更正联系电话"}],
                  comment="请一次性补正")

    def accept(self):
        self.step("accept", self.officer, checklist=CHECKLIST)

    def reject_formal(self):
        self.step("reject_formal", self.leader, comment="核心成员不足，不予受理。", rules=["AP-09"])

    def withdraw(self):
        self.step("withdraw")


# The way to each status: (status before, step). Other parts add theirs: STEPS["evaluating"] = ("accepted", start).
STEPS = {
    "draft": (None, None),
    "submitted": ("draft", Application.submit),
    "endorsed": ("submitted", Application.sign),
    "returned": ("submitted", Application.send_back),
    "declined": ("submitted", Application.decline),
    "correction": ("endorsed", Application.request_correction),
    "accepted": ("endorsed", Application.accept),
    "rejected_formal": ("endorsed", Application.reject_formal),
    "withdrawn": ("draft", Application.withdraw),
}


def advance(made, status):
    """Bring an application that is new to the status."""
    before, step = STEPS[status]
    if before:
        advance(made, before)
        step(made)
    return made


def application(world, status="draft", **options):
    return advance(Application(world, **options), status)
