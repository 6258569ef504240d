"""Applications that the experts have evaluated, put straight into the database: the decision needs many of them, with every result
a panel can have. How an application really gets there is played by the scenarios before it."""
import hashlib
import json

from . import forms
from .world import START, quote, uuid7

PUCHENG = "00000000-0000-7000-8000-000000610526"
OVERRIDE = "专家组意见已逐条落实，补充材料经复核齐全，技术路线调整到位，建议予以认定为市级联盟。"


class Evaluated:
    """id, number, path, alliance_id, lead_id, host_code, name of one application in the status evaluated."""

    def __init__(self, **members):
        self.__dict__.update(members)


def evaluated(world, number, result="recognise", *, field="F02", host_registered=True, core=11, round=1):
    """number makes names, codes and the application's number different from the others of the world and from what the service makes."""
    made = Evaluated(id=uuid7(), alliance_id=uuid7(), lead_id=uuid7(), number="SQ2026-9%03d" % number,
                     name="渭南市示例%d号酥梨产业技术创新战略联盟" % number, result=result)
    made.path = "/v1/applications/" + made.id
    lead = {**forms.LEAD, "credit_code": forms.credit_code("91610526", 1000 + number), "name": "蒲城示例果业%d有限公司(虚构)" % number}
    made.lead_code, made.lead_name = lead["credit_code"], lead["name"]
    form = forms.form(lead=lead, core=core)
    made.host_code = forms.HOST_CODE
    text = json.dumps(form, ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    partners = [] if not host_registered else [forms.PARTNERS[0]]
    lines = ["begin; set local session_replication_role = replica;"]
    for code, name, kind, division, person in [(lead["credit_code"], lead["name"], "enterprise", "610526", "张示例"), *partners]:
        key = made.lead_id if code == lead["credit_code"] else uuid7()
        lines.append(
            "insert into organisation (id, credit_code, name, name_key, type, division_code, administering_unit_id, "
            "independent_legal_person, legal_representative, created_at, updated_at) values "
            f"('{key}', '{code}', {quote(name)}, {quote(name)}, '{kind}', '{division}', '{PUCHENG}', true, {quote(person)}, "
            f"'{START}', '{START}') on conflict (credit_code) do nothing;")
    lines.append(
        f"insert into alliance (id, lead_organisation_id, recommender_id, created_at, updated_at) values "
        f"('{made.alliance_id}', '{made.lead_id}', '{PUCHENG}', '{START}', '{START}');")
    lines.append(
        "insert into application (id, number, kind, alliance_id, round, revision, origin, recommender_id, lead_organisation_id, "
        "host_credit_code, name, name_key, industry_field, industry_class, form, snapshot_sha256, first_submitted_on, submitted_on, "
        f"accepted_on, status, created_at, updated_at) values ('{made.id}', '{made.number}', 'recognition', '{made.alliance_id}', "
        f"{round}, 1, 'self', '{PUCHENG}', '{made.lead_id}', '{made.host_code}', {quote(made.name)}, {quote(made.name)}, '{field}', "
        f"'pillar', {quote(text)}, '{digest}', '2026-10-22', '2026-10-22', '2026-10-28', 'evaluated', '{START}', '{START}');")
    lines.append(
        "insert into application_revision (application_id, revision, form, head, attachments, snapshot_sha256, at) values "
        f"('{made.id}', 1, {quote(text)}, '{{}}', '[]', '{digest}', '{START}');")
    lines.append(
        "insert into panel (id, application_id, round, revision, industry_field, rubric_version, weights, material_sha256, parameters, "
        "chair_expert_id, constituted_on, due_on, closed_at, concluded_on, result, mean_hundredths, criterion_means, sheets_counted, "
        "sheets_kept, votes_recognise, votes_revise, votes_reject, policy_objections, dispersion_alert, opinion, status, created_at, "
        f"updated_at) values ('{uuid7()}', '{made.id}', {round}, 1, '{field}', '2015', "
        f"'{{1000,1000,1500,1500,1500,1500,1000,1000}}', '{digest}', '{{}}', '{uuid7()}', '2026-10-30', '2026-11-14', '{START}', "
        f"'2026-11-13', '{result}', 8000, '{{8000,8000,8000,8000,8000,8000,8000,8000}}', 5, 5, 5, 0, 0, 0, false, "
        f"'专家组经评议形成一致意见，建议按结论办理，特此说明。', 'concluded', '{START}', '{START}');")
    world.sql("".join(lines) + "commit;", user="postgres")
    return made


def proposed(officer, application, document_id=None, proposal="recognise", **members):
    """The application proposed; returns the id of the document that it is in."""
    if document_id:
        members["document_id"] = document_id
    reply = officer.act(application.path, "propose", proposal=proposal, **members)
    assert reply.status == 201, reply
    found = officer.get("/v1/documents", params={"application_id": application.id})
    assert found.status == 200, found
    return found.json["items"][0]["id"]
