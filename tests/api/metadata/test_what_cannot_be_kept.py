"""What PostgreSQL cannot keep, or keeps as something else, is refused on both engines."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, make_object, make_record

BOATS = "/api/custom-objects/boats"
BAD_DEFAULTS: dict[str, tuple[dict[str, Any], Any]] = {
    "of another type": ({"field_type": "integer"}, "many"),
    "beyond the limits": ({"field_type": "decimal", "decimal_options": {"max_value": 9}}, 10),
    "an option there is not": ({"field_type": "dropdown", "options": ["A"]}, "B"),
    "a huge amount": (
        {"field_type": "money", "money_options": {"currency": "EUR"}},
        {"amount": 1e308},
    ),
    "a huge number in a document": ({"field_type": "json"}, {"a": [1e40]}),
    "a null character": ({"field_type": "text"}, "a\x00b"),
    "a null character in a key": ({"field_type": "json"}, {"\x00": 1}),
}


@pytest.fixture
def boats(workspace: Caller, api: ApiClient) -> ApiClient:
    make_object(
        workspace, "Boats", FieldDefinition("Extra", "json"), FieldDefinition("F", "integer")
    )
    return api


@pytest.mark.parametrize(("kind", "default"), BAD_DEFAULTS.values(), ids=BAD_DEFAULTS.keys())
def test_a_new_field_takes_its_own_default(
    boats: ApiClient, kind: dict[str, Any], default: Any
) -> None:
    body = {"category": "General", "display_name": "New", **kind}
    assert boats.post(f"{BOATS}/fields", {**body, "default_value": default}).status_code == 400
    assert boats.post(f"{BOATS}/fields", body).status_code == 201
    assert boats.patch(f"{BOATS}/fields/new", {"default_value": default}).status_code == 400
    assert boats.get(f"{BOATS}/fields").status_code == 200


def test_a_new_choice_may_have_one_of_its_options_as_default(boats: ApiClient) -> None:
    body = {
        "category": "General",
        "display_name": "New",
        "field_type": "dropdown",
        "options": ["A", "B"],
    }
    assert boats.post(f"{BOATS}/fields", {**body, "default_value": "B"}).status_code == 201
    added = boats.post(
        "/api/records/boats/add", {"fields": [{"name": "name", "value": "Argo"}]}
    ).json()
    assert "B" in [
        field["value"].get("name") for field in added["fields"].values() if field["name"] == "new"
    ]


@pytest.mark.parametrize(("key", "most"), [("default_color", 32), ("default_icon", 64)])
def test_colours_and_icons_have_a_length(boats: ApiClient, key: str, most: int) -> None:
    assert boats.patch(BOATS, {key: "x" * (most + 1)}).status_code == 400
    assert boats.patch(BOATS, {key: "x" * most}).status_code == 200


def test_the_category_of_a_mirror_has_a_length(boats: ApiClient) -> None:
    relation = {
        "related_object": "boats",
        "related_category": "x" * 256,
        "relation_type": "primary",
    }
    body = {
        "category": "General",
        "display_name": "Tender",
        "field_type": "relationship",
        "relation": relation,
    }
    assert boats.post(f"{BOATS}/fields", body).status_code == 400


def test_a_bulk_change_to_a_number_beyond_64_bits_is_refused(
    boats: ApiClient, workspace: Caller
) -> None:
    record = make_record(workspace, "boats", name="Argo").record.uuid
    body = {"field_id": "extra", "field_resolution": "overwrite", "record_ids": [record]}
    answer = boats.post(f"{BOATS}/bulk-change-field-value", {**body, "field_value": {"a": 1e40}})
    assert (answer.status_code, answer.json()["code"]) == (400, "limit_exceeded")


def test_a_null_character_in_a_mapping_is_refused(boats: ApiClient) -> None:
    content = b"name,f\nArgo,3\n"
    sent = boats.send(
        "POST", f"{BOATS}/imports?file_name=a.csv", content, content_type="text/csv"
    ).json()
    plan = {"mapping": {"name": "name", "f": "\x00"}}
    assert boats.post(f"{BOATS}/imports/{sent['id']}/start", plan).status_code == 400
