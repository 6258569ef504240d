"""Every (status, action) of an application and of an endorsement, for every role, against tests/contract/transitions.tsv: listed and
allowed is 200 or a rule's 422, listed and not allowed 403, not listed 409, out of reach 404. All as dry runs, so that one
application stands for each status."""
import csv
import pathlib

import pytest

from support import forms, journey
from support.journey import FUPING, OPINION, PUCHENG

TABLE = pathlib.Path(__file__).resolve().parents[1] / "contract/transitions.tsv"
STATUSES = ("draft", "submitted", "returned", "endorsed", "correction", "accepted", "evaluating", "evaluated", "rectifying",
            "decision_pending", "approved", "recognised", "declined", "expired", "rejected_formal", "refused", "withdrawn")
ACTIONS = ("submit", "resubmit", "reassign_recommender", "accept", "request_correction", "correct", "correct_material", "reject_formal",
           "require_rectification", "submit_rectification", "propose", "send_back", "refuse", "withdraw")
OPINIONS = {"requested": ("sign", "return", "decline"), "signed": (), "returned": (), "declined": (), "cancelled": (), "superseded": ()}
PLAIN = ("finance", "auditor", "sysadmin")


def rows(machine):
    with open(TABLE, encoding="utf-8") as file:
        return {(row["from"], row["action"]): frozenset(row["roles"].split(",")) for row in csv.DictReader(file, delimiter="\t")
                if row["machine"] == machine and row["stage"] == "journey" and row["door"] == "call"}


APPLICATION = rows("APP")


@pytest.fixture(scope="module")
def stage(world):
    """One submitted application and a client of every role that reaches it; set(status) puts it into a status without its way."""
    made = journey.application(world, "submitted")
    university = journey.organisation(world, *forms.PARTNERS[1])
    made.clients = {"lead": made.lead, "officer": made.officer, "leader": made.leader, "county": made.county,
                    "council": world.client("council", organisation=made.lead_id), "host": world.client("host", organisation=made.host_id),
                    "member": world.client("member", organisation=university),
                    "dept": world.client("dept", recommender=PUCHENG), "assoc": world.client("assoc", recommender=PUCHENG),
                    **{role: world.client(role) for role in PLAIN}}
    made.other = world.client("county", recommender=FUPING)
    made.stranger = journey.application(world, attachments=()).lead

    def put(table, key, status):
        lines = [f"update {table} set status = '{status}' where id = '{key}'"]
        if status in ("signed", "superseded"):  # what the database demands of a signed record
            lines.append("update endorsement set opinion = 'sign', opinion_text = '同意推荐该联盟申报认定。', signer = '王示例', post = '局长', "
                         f"signed_on = '2026-11-15', attachment_id = id where id = '{key}'")
            lines.reverse()
        if table == "application":  # an opinion is asked for while the application is submitted, and only then
            asked = "requested" if status == "submitted" else "cancelled"
            lines.append(f"update endorsement set status = '{asked}' where application_id = '{key}'")
        world.sql("begin; set local session_replication_role = replica; " + "; ".join(lines) + "; commit", user="postgres")

    made.put = put
    return made


@pytest.mark.parametrize("status", STATUSES)
def test_each_action_of_an_application_is_for_its_roles_in_its_statuses(stage, status):
    stage.put("application", stage.id, status)
    etag = f'"{version(stage)}.0"'
    for action in ACTIONS:
        allowed = APPLICATION.get((status, action))
        for role in ("lead", "officer", "leader"):
            reply = stage.clients[role].post(stage.path + "/transitions", {"action": action}, etag=etag, dry_run=True)
            expected = {409} if allowed is None else {200, 422} if role in allowed else {403}
            assert reply.status in expected, (status, action, role, reply)
    # The others may do none of them, whatever the status.
    action = ACTIONS[STATUSES.index(status) % len(ACTIONS)]
    for role in stage.clients.keys() - {"lead", "officer", "leader"}:
        reply = stage.clients[role].post(stage.path + "/transitions", {"action": action}, etag=etag, dry_run=True)
        assert reply.status == 403, (status, action, role, reply)
    out = stage.stranger.post(stage.path + "/transitions", {"action": "withdraw"}, etag='"1.0"', dry_run=True)
    assert out.status == 404


def version(stage):
    return stage.world.value(f"select version from application where id = '{stage.id}'")


@pytest.mark.parametrize("status", STATUSES)
def test_the_form_is_open_in_four_statuses_and_for_the_lead(stage, status):
    stage.put("application", stage.id, status)
    etag = f'"{version(stage)}.0"'
    for role, client in stage.clients.items():
        if role != "lead":
            assert client.patch(stage.path, {"industry_class": "pillar"}, etag=etag).status == 403, role
    reply = stage.lead.patch(stage.path, {"industry_class": "pillar"}, etag=etag)
    assert reply.status == (200 if status in ("draft", "returned", "correction", "rectifying") else 409), reply
    assert stage.stranger.patch(stage.path, {"industry_class": "pillar"}, etag='"1.0"').status == 404


@pytest.mark.parametrize("status", OPINIONS)
def test_each_opinion_is_for_the_unit_asked_while_it_is_asked(stage, status):
    key = stage.world.value(f"select id from endorsement where application_id = '{stage.id}'")
    stage.put("application", stage.id, "submitted")
    stage.put("endorsement", key, status)
    for opinion in ("sign", "return", "decline"):
        body = {**OPINION, "opinion": opinion, "comment": "理由写在这里"}
        for role, client in stage.clients.items():
            reply = client.post(stage.path + "/endorsements", body, dry_run=True)
            expected = {403} if role not in ("county", "dept", "assoc") else {200, 422} if opinion in OPINIONS[status] else {409}
            assert reply.status in expected, (status, opinion, role, reply)
        assert stage.other.post(stage.path + "/endorsements", body, dry_run=True).status == 404
    stage.put("endorsement", key, "requested")


def test_the_actions_of_the_reply_are_the_table(stage):
    table = {}
    with open(TABLE, encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["machine"] == "APP" and row["stage"] == "journey" and row["door"] in ("call", "effect"):
                table.setdefault(row["from"], {})[row["action"]] = set(row["roles"].split(","))
    for status in STATUSES:
        stage.put("application", stage.id, status)
        shown = stage.officer.get(stage.path).json["actions"]
        assert {action["action"]: set(action["roles"]) for action in shown} == table.get(status, {}), status
        assert all(action["blockers"] or action["allowed"] == ("officer" in action["roles"]) for action in shown), status


def test_two_writers_with_one_etag(stage):
    stage.put("application", stage.id, "draft")
    etag = stage.lead.get(stage.path).headers["ETag"]
    assert stage.lead.patch(stage.path, {"industry_class": "pillar"}, etag=etag).status == 200
    assert stage.lead.patch(stage.path, {"industry_class": "other"}, etag=etag).status == 412
    assert stage.lead.post(stage.path + "/transitions", {"action": "withdraw"}, etag=etag).status == 412
    assert stage.lead.post(stage.path + "/transitions", {"action": "withdraw"}, etag=None, headers={"If-Match": None}).status == 428


def test_a_repeat_under_one_key_has_one_effect(world):
    made = journey.application(world, "endorsed")
    etag = made.officer.get(made.path).headers["ETag"]
    body = {"action": "request_correction", "points": [{"text": "请补充材料"}]}
    first = made.officer.post(made.path + "/transitions", body, etag=etag, key="one-key-of-mine")
    again = made.officer.post(made.path + "/transitions", body, etag=etag, key="one-key-of-mine")
    assert first.status == again.status == 201 and first.json == again.json and again.headers["Idempotency-Replayed"] == "true"
    other = made.officer.post(made.path + "/transitions", {"action": "accept"}, etag=etag, key="one-key-of-mine")
    assert other.status == 422 and other.code == "idempotency_key_reused"
    assert world.value(f"select count(*) from application_point where application_id = '{made.id}'") == "1"
