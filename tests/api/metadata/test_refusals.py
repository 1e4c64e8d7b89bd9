"""What definitions may not hold is refused when they are made, not when records are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import ApiClient
from tests.factories import Caller, make_object

OBJECTS = "/api/custom-objects"


@pytest.fixture
def shaping(workspace: Caller) -> ApiClient:
    make_object(workspace, "Boats")
    return ApiClient(workspace)


@pytest.mark.parametrize(
    ("field_type", "default"),
    [
        ("decimal", "many"),
        ("text", "a\x00b"),
        ("text", 5),
        ("date", "tomorrow"),
        ("dropdown", "no such option"),
    ],
)
def test_a_default_that_the_type_does_not_take(
    shaping: ApiClient, field_type: str, default: Any
) -> None:
    category = shaping.get(f"{OBJECTS}/boats/categories").json()[0]["id"]
    body = {
        "category": category,
        "display_name": "Sails",
        "field_type": field_type,
        "default_value": default,
    }

    answer = shaping.post(f"{OBJECTS}/boats/fields", body)

    assert (answer.status_code, answer.json()["detail"][:15]) == (400, "default_value: ")
    names = [row["name"] for row in shaping.get(f"{OBJECTS}/boats/fields").json()]
    assert "sails" not in names


@pytest.mark.parametrize(
    ("part", "most"), [("default_color", 32), ("default_icon", 64), ("object_name", 255)]
)
@pytest.mark.parametrize("existing", [True, False])
def test_a_text_that_is_too_long(shaping: ApiClient, part: str, most: int, existing: bool) -> None:
    body = {"object_name": "Docks", "entity_name": "Dock", part: "x" * (most + 1)}

    answer = shaping.patch(f"{OBJECTS}/boats", body) if existing else shaping.post(OBJECTS, body)

    assert (answer.status_code, answer.json()["detail"].split(":")[0]) == (400, part)


@pytest.mark.parametrize("status", ["", None, "  ", "late"])
def test_a_stage_has_a_status(api: ApiClient, deals: str, status: str | None) -> None:
    stage = {"name": "Late", "status": status}
    stages = "/api/pipelines/deals/stages"
    first = api.get(stages).json()[0]["id"]
    made = {"object_name": "Cases", "entity_name": "Case", "object_type": "pipeline"}

    refused = [
        api.post("/api/custom-objects", {**made, "pipeline": {"stages": [stage]}}),
        api.post(stages, stage),
        api.patch(f"{stages}/{first}", {"status": status}),
    ]
    # A change leaves alone what is null in it.
    last = 200 if status is None else 400
    assert [answer.status_code for answer in refused] == [400, 400, last]
    assert api.get(stages).json()[0]["status"] == "open"


@pytest.mark.parametrize(
    ("group", "sent"),
    [("rating", {"max_value": 7}), ("integer_options", {"min_value": "x"}), ("rating", [])],
)
def test_settings_of_another_type_are_not_kept_but_have_their_form(
    shaping: ApiClient, group: str, sent: Any
) -> None:
    name = f"{OBJECTS}/boats/fields/name"
    refused = shaping.patch(name, {group: sent})
    assert refused.status_code == 400, refused.content
    assert group in refused.content.decode()
    assert shaping.patch(name, {"rating": {"max_value": 5}}).status_code == 200
