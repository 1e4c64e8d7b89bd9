"""Taking records out of sight and bringing them back, and moving them through a pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import ApiClient
from tests.factories import Caller, archive, make_member, make_object, make_record

from .reading import codes_of, sent, values_of

UNKNOWN = "01900000-0000-7000-8000-000000000000"


# ---------------------------------------------------------------- archive, unarchive


def test_an_archived_record_is_gone_until_it_is_brought_back(
    api: ApiClient, companies: str, company: str
) -> None:
    before = values_of(api.get(company))
    gone = api.delete(company)

    assert (gone.status_code, gone.content) == (204, b"")
    for answer in (
        api.get(company),
        api.put(company, sent(name="x")),
        api.patch(company, sent(name="x")),
        api.delete(company),
        api.get(f"{companies}/lookup?identifier=acme"),
    ):
        assert answer.status_code == 404
    assert api.post(f"{companies}/search", {}).json()["count"] == 0
    assert api.get(f"{company}/history").json()["results"][0]["action"] == "archived"

    back = api.patch(f"{company}/unarchive")

    assert back.status_code == 200
    assert back.json()["action"] == "unarchived"
    assert {**values_of(back), "updated": None} == {**before, "updated": None}
    assert back.headers["ETag"] == '"3"'
    assert codes_of(api.patch(f"{company}/unarchive")) == ["invalid"]


def test_unarchive_takes_no_body(api: ApiClient, company: str) -> None:
    api.delete(company)

    assert codes_of(api.patch(f"{company}/unarchive", sent(name="x"))) == ["invalid"]
    assert api.patch(f"{company}/unarchive", {}).status_code == 200


# ---------------------------------------------------------------- move


def test_a_record_moves_to_another_stage(api: ApiClient, workspace: Caller, deals: str) -> None:
    path = f"{deals}/{make_record(workspace, 'deals', name='Deal').record.uuid}"
    schema = workspace.schema("deals")
    stages = {option.name: option.uuid for option in schema.by_name["stage"].options.values()}

    answer = api.patch(f"{path}/move", {"stage_id": stages["Won"]})

    assert answer.status_code == 200
    assert answer.json()["action"] == "updated"
    assert values_of(answer)["stage"]["name"] == "Won"
    assert values_of(answer)["actual_close_date"]
    assert api.patch(f"{path}/move", {"stage_id": stages["Won"]}).json()["action"] == "unchanged"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required"),
        ({"stage_id": None}, "required"),
        ({"stage_id": 7}, "invalid"),
        ({"stage_id": "Won"}, "does_not_exist"),
        ({"stage_id": UNKNOWN}, "does_not_exist"),
        ({"stage_id": UNKNOWN, "stage": "x"}, "invalid"),
    ],
)
def test_a_stage_that_is_none_is_refused(
    api: ApiClient, workspace: Caller, deals: str, body: dict[str, Any], code: str
) -> None:
    path = f"{deals}/{make_record(workspace, 'deals', name='Deal').record.uuid}"

    assert codes_of(api.patch(f"{path}/move", body)) == [code]


def test_only_pipeline_records_have_stages(api: ApiClient, company: str) -> None:
    assert codes_of(api.patch(f"{company}/move", {"stage_id": UNKNOWN})) == ["invalid"]


def test_neighbours_are_records_of_the_target_stage(
    api: ApiClient, workspace: Caller, elsewhere: Caller, deals: str
) -> None:
    make_object(elsewhere, "Deals", object_type="pipeline")
    option = {row.name: row for row in workspace.schema("deals").by_name["stage"].options.values()}
    path = f"{deals}/{make_record(workspace, 'deals', name='Deal').record.uuid}"
    won = make_record(workspace, "deals", name="Won", stage="Won").record.uuid
    lost = make_record(workspace, "deals", name="Lost", stage="Lost").record.uuid
    gone = make_record(workspace, "deals", name="Gone", stage="Won").record.uuid
    archive(workspace, "deals", gone)
    foreign = make_record(elsewhere, "deals", name="Won", stage="Won").record.uuid
    body = {"stage_id": option["Won"].uuid}

    refused = {
        UNKNOWN: "does_not_exist",
        gone: "does_not_exist",
        foreign: "does_not_exist",
        "x": "does_not_exist",
        lost: "invalid",
        7: "invalid",
    }
    for key in ("move_before_record_id", "move_after_record_id"):
        for neighbour, code in refused.items():
            answer = api.patch(f"{path}/move", {**body, key: neighbour})
            assert (answer.status_code, codes_of(answer)) == (400, [code]), neighbour
            assert key in answer.json()["detail"]
    assert values_of(api.get(path))["stage"]["name"] == "New"
    both = {"move_before_record_id": won, "move_after_record_id": None}
    assert values_of(api.patch(f"{path}/move", {**body, **both}))["stage"]["name"] == "Won"
    assert api.patch(f"{path}/move", {**body, **both}).json()["action"] == "unchanged"


def test_a_neighbour_that_the_caller_may_not_see_is_unknown(workspace: Caller, deals: str) -> None:
    won = make_record(workspace, "deals", name="Won", stage="Won").record.uuid
    grant = {"view": "own", "edit": "own", "create": True}
    clerk = make_member(workspace, "clerk@example.com", {"deals": grant})
    path = f"{deals}/{make_record(clerk, 'deals', name='Mine').record.uuid}"
    stages = workspace.schema("deals").by_name["stage"].options.values()
    stage = next(option.uuid for option in stages if option.name == "Won")
    api = ApiClient(clerk)

    moved = api.patch(f"{path}/move", {"stage_id": stage, "move_before_record_id": won})

    assert codes_of(moved) == ["does_not_exist"]
