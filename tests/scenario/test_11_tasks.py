"""How people learn that it is their turn: tasks by role and reach, and notices."""
import uuid

import pytest

PUCHENG = "00000000-0000-7000-8000-000000610526"
NOTICE = {"type": "notice", "title": "关于报送年度工作总结的通知", "legal_basis": "《渭南市产业技术创新战略联盟管理办法》第十四条",
          "body": "请各联盟于11月底前报送。"}


def tasks(caller):
    reply = caller.get("/v1/tasks")
    assert reply.status == 200, reply
    return {(task["kind"], task["id"], task["action"]): task for task in reply.json["items"]}


def notices(caller, subject):
    return [one["kind"] for one in caller.all("/v1/notices") if one["subject_id"] == subject]


@pytest.fixture(scope="module")
def bureau(world):
    return {role: world.client(role) for role in ("officer", "leader", "finance", "auditor")}


def test_a_document_goes_from_hand_to_hand(world, bureau):
    officer, leader, other = bureau["officer"], bureau["leader"], world.client("officer", "leader")
    draft = officer.post("/v1/documents", NOTICE)
    assert draft.status == 201, draft
    path = f"/v1/documents/{draft.id}"
    task = tasks(officer)["document", draft.id, "submit"]
    assert task["title"] == NOTICE["title"] and task["role"] == "officer" and task["articles"] == "13"
    assert task["action_label"] == "提交" and task["status_label"] == "草稿" and task["href"] == path
    assert ("document", draft.id, "submit") not in tasks(leader)

    assert officer.act(path, "submit").status == 201
    assert not [key for key in tasks(officer) if key[1] == draft.id]
    assert ("document", draft.id, "approve") in tasks(leader)
    assert notices(leader, draft.id) == ["document.submit"] and notices(officer, draft.id) == []
    assert ("document", draft.id, "approve") in tasks(other)  # who also leads, and did not draft it
    for role in ("finance", "auditor"):
        assert not [key for key in tasks(bureau[role]) if key[1] == draft.id]

    assert leader.act(path, "send_back", comment="请补充依据和截止时间。").status == 201
    assert ("document", draft.id, "submit") in tasks(officer)
    assert notices(officer, draft.id) == ["document.send_back"]
    line = officer.get("/v1/notices").json["items"][0]
    assert line["subject_kind"] == "document" and line["href"] == path and line["recipient_kind"] == "role" and line["action_label"] == "退回修改"


def test_nobody_is_asked_to_check_his_own_work(world):
    both = world.client("officer", "leader")
    draft = both.post("/v1/documents", NOTICE)
    assert both.act(f"/v1/documents/{draft.id}", "submit").status == 201
    assert not [key for key in tasks(both) if key[1] == draft.id]
    assert ("document", draft.id, "approve") in tasks(world.client("leader"))


def test_a_budget_line_waits_for_the_leader(bureau):
    made = bureau["finance"].post("/v1/budget-lines", {"fiscal_year": 2026, "kind": "recognition_award", "carry_over": False,
                                                       "cap": {"amount": "1000000.00", "currency": "CNY"}})
    assert made.status == 201, made
    assert ("budget_line", made.id, "approve") in tasks(bureau["leader"])
    assert not [key for key in tasks(bureau["finance"]) if key[0] == "budget_line"]


def test_a_draft_waits_for_its_lead_alone(world, bureau):
    admin = world.client("sysadmin")
    account = admin.post("/v1/accounts", {"name": "云梨果业（虚构）", "kind": "person"}).id
    organisation = str(uuid.uuid4())
    world.sql(f"""insert into organisation (id, credit_code, name, name_key, type, division_code, administering_unit_id,
        independent_legal_person, legal_representative, is_fictitious, created_at, updated_at) values
        ('{organisation}', '91610526PDY00001X4', '蒲城云梨果业股份有限公司(虚构)', '蒲城云梨果业股份有限公司(虚构)', 'enterprise', '610526',
         '{PUCHENG}', true, '张示例', true, '2026-11-15', '2026-11-15')""")
    assert admin.post(f"/v1/accounts/{account}/grants", {"role": "lead", "organisation_id": organisation}).status == 201
    lead = world.client("lead", organisation=organisation)
    stranger = str(uuid.uuid4())
    world.sql(f"""insert into organisation (id, credit_code, name, name_key, type, division_code, administering_unit_id,
        independent_legal_person, legal_representative, is_fictitious, created_at, updated_at) values
        ('{stranger}', '91610528PDY0000281', '富平玉羊乳业有限公司(虚构)', '富平玉羊乳业有限公司(虚构)', 'enterprise', '610528',
         null, true, '李示例', true, '2026-11-15', '2026-11-15')""")
    draft = lead.post("/v1/applications", {"kind": "recognition", "lead_organisation_id": organisation, "recommender_id": PUCHENG,
                                           "name": "渭南市酥梨产业技术创新战略联盟", "industry_field": "F02", "industry_class": "pillar"})
    assert draft.status == 201, draft
    assert tasks(lead)["application", draft.id, "submit"]["number"] == draft.json["number"]
    for caller in (bureau["officer"], world.client("county", recommender=PUCHENG), world.client("lead", organisation=stranger)):
        assert not [key for key in tasks(caller) if key[1] == draft.id]
