"""The experts' evaluation: panel, invitations, sealed sheets, result (articles 12, 13 and 17)."""
import pytest

from support import forms, panels
from support.panels import Bureau, accepted


@pytest.fixture(scope="module")
def bureau(world):
    return Bureau(world)


def test_five_experts_evaluate_an_application(world, bureau):
    application = accepted(world, 1)
    lead = world.client("lead", organisation=application.lead_id)
    county = world.client("county", recommender=application.recommender_id)
    panel = bureau.panel(application)
    assert bureau.officer.post("/v1/panels", {"application_id": application.id}).rules == ["TR-13"]
    for number in range(4):
        bureau.seat(panel)
    early = bureau.officer.act(panel.path, "constitute", chair_expert_id=panel.seats[0].expert.id)
    assert early.status == 422 and early.rules == ["EV-01", "EV-02"]
    bureau.seat(panel, kind="finance", fields=["F01"])
    stranger = bureau.officer.act(panel.path, "constitute", chair_expert_id=bureau.expert().id)
    assert stranger.status == 422 and stranger.rules == ["EV-05"]
    assert bureau.officer.act(panel.path, "constitute", chair_expert_id=panel.seats[0].expert.id).status == 201
    fixed = bureau.officer.get(panel.path).json
    assert fixed["material_sha256"] == application.snapshot and fixed["revision"] == 1
    assert fixed["weights"] == [1000, 1000, 1500, 1500, 1500, 1500, 1000, 1000]
    assert panels.put_scores(panel.seats[0], panels.sheet_body()).rules == ["TR-22"]
    assert bureau.officer.act(panel.path, "open_scoring").status == 201
    assert bureau.officer.get(panel.path).json["due_on"] == "2026-11-30"
    assert bureau.officer.get(application.path).json["status"] == "evaluating"
    for number, (seat, (scores, vote)) in enumerate(zip(panel.seats, panels.V1)):
        refused = bureau.officer.act(panel.path, "close")
        assert refused.status == 422 and refused.rules == ["EV-01", "TR-15"]
        panels.score(seat, scores, vote)
        assert panels.submit(seat).status == 201
        assert bureau.officer.get(panel.path).json["counts"] == {"invited": 0, "live": 5, "submitted": number + 1}
    assert bureau.officer.act(panel.path, "close").status == 201
    result = bureau.officer.get(panel.path).json
    assert result["result"] == "recognise" and result["mean_hundredths"] == 7834
    assert result["criterion_means"] == [8440, 8160, 7920, 7560, 7680, 8080, 7120, 7760]
    assert (result["votes_recognise"], result["votes_revise"], result["votes_reject"]) == (4, 1, 0)
    assert result["dispersion_alert"] is False
    sheets = bureau.auditor.get(panel.path + "/sheets").json["items"]
    assert sorted(sheet["total_hundredths"] for sheet in sheets) == [6825, 7395, 7835, 8395, 8720]
    assert all(sheet["expert_name"] and len(sheet["sha256"]) == 64 for sheet in sheets)
    other = panel.seats[1].client
    assert other.act(panel.path, "conclude", opinion=panels.OPINION).rules == ["TR-17"]
    chair = panel.seats[0].client
    assert chair.act(panel.path, "conclude", opinion="同意").rules == ["TR-18"]
    assert chair.act(panel.path, "conclude", opinion=panels.OPINION).status == 201
    assert bureau.officer.get(application.path).json["status"] == "evaluated"
    for party in (lead, county):
        seen = party.get(panel.path).json
        assert seen["result"] == "recognise" and seen["opinion"] == panels.OPINION
        assert not {"mean_hundredths", "criterion_means", "chair_expert_id", "chair_name", "counts", "votes_recognise"} & seen.keys()
        assert party.get(panel.path + "/sheets").status == 403
    aggregate = other.get(panel.path).json
    assert aggregate["mean_hundredths"] == 7834 and "chair_name" not in aggregate and "counts" not in aggregate
    assert [sheet["id"] for sheet in other.get(panel.path + "/sheets").json["items"]] == [panel.seats[1].id]
    assert world.anonymous.get(panel.path).status == 401
