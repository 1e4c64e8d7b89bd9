"""What a filter builder asks for: objects, fields and tags by a part of their name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_member,
    make_object,
    make_record,
    make_relation,
)

FIELDS = "/api/custom-objects/wares/fields"
TAGS = "/api/pipelines/wares/fields/labels/tags"


@pytest.fixture(autouse=True)
def wares(workspace: Caller) -> None:
    make_object(
        workspace,
        "Wares",
        FieldDefinition("Labels", "dynamictags"),
        FieldDefinition("Colour", "dropdown", options=[OptionDefinition("Dark Red")]),
        FieldDefinition("Sealed", "text", is_hidden=True),
    )
    make_object(workspace, "Makers")
    make_relation(workspace, "wares", "Maker", "makers", "primary", "Wares")
    make_record(workspace, "wares", name="One", labels=["Straße", "Zebra", "alpha"])


def found(api: ApiClient, query: str) -> list[str]:
    return [row["name"] for row in api.get(f"{FIELDS}/settings-search{query}").json()]


def test_fields_are_found_by_name_type_and_category(api: ApiClient) -> None:
    every = api.get(f"{FIELDS}/settings-search").json()

    assert [row["id"] for row in every] == [row["id"] for row in api.get(FIELDS).json()]
    assert found(api, "?search=COL") == ["colour"]
    assert found(api, "?field_type=dropdown,dynamictags") == ["labels", "colour"]
    assert found(api, f"?category={every[0]['category']}&search=name") == ["name", "display_name"]
    assert found(api, "?category=x") == []


def test_a_row_has_what_a_filter_builder_reads(api: ApiClient) -> None:
    rows = {row["name"]: row for row in api.get(f"{FIELDS}/settings-search").json()}

    assert rows["labels"]["options"] == []
    assert [option.keys() for option in rows["colour"]["options"]] == [{"id", "name", "code"}]
    assert rows["name"]["is_default"] is True
    assert rows["colour"]["is_default"] is False
    assert rows["colour"]["deleted"] is False
    relation = rows["maker"]["relation"]
    assert (relation["cardinality"], relation["related_object_object_name"]) == (
        "many_to_one",
        "makers",
    )
    assert relation["related_entity_name"] == "Maker"


def test_objects_are_those_whose_records_may_be_viewed(api: ApiClient, workspace: Caller) -> None:
    def names(caller: ApiClient, query: str = "") -> Any:
        page = caller.get(f"/api/custom-objects/settings-search{query}").json()
        assert page["count"] >= len(page["results"])
        return [row["name"] for row in page["results"]]

    clerk = ApiClient(
        make_member(
            workspace,
            "clerk@example.com",
            {"wares": {"view": "own"}, "makers": {"create": True, "view": "none"}},
        )
    )

    assert {"wares", "makers", "client_client"} <= set(names(api))
    assert names(api, "?search=ware&page_size=1") == ["wares"]
    assert names(api, "?ordering=-name&page_size=1") == ["wares"]
    assert names(clerk) == ["wares"]


def test_tags_are_found_by_a_part_of_their_name(api: ApiClient) -> None:
    def names(query: str = "") -> list[str]:
        page = api.get(f"{TAGS}{query}").json()
        assert all(row.keys() == {"id", "name"} for row in page["results"])
        return [row["name"] for row in page["results"]]

    assert names() == ["alpha", "Straße", "Zebra"]
    assert names("?ordering=-name&page_size=2") == ["Zebra", "Straße"]
    assert names("?search=STRASSE") == ["Straße"]
    assert api.get(f"{TAGS}?page_size=2").json()["count"] == 3


def test_tags_of_records_out_of_sight_are_told_to_nobody(api: ApiClient, workspace: Caller) -> None:
    own = ApiClient(make_member(workspace, "own@example.com", {"wares": {"view": "own"}}))
    blind = ApiClient(make_member(workspace, "blind@example.com", {"wares": {"create": True}}))

    assert own.get(TAGS).json()["results"] == []
    assert blind.get(TAGS).status_code == 404


def test_contacts_have_a_path_of_their_own(api: ApiClient, workspace: Caller) -> None:
    make_record(workspace, "client_client", email="a@example.com", tags=["vip"])

    (row,) = api.get("/api/client/fields/tags/tags").json()["results"]

    assert row["name"] == "vip"
    assert api.get("/api/pipelines/client_client/fields/tags/tags").json()["results"] == [row]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (TAGS.replace("labels", "colour"), 400),
        (TAGS.replace("labels", "nothing"), 404),
        (f"{TAGS}?ordering=id", 400),
        (f"{TAGS}?page=0", 400),
        ("/api/custom-objects/settings-search?ordering=id", 400),
    ],
)
def test_what_cannot_be_found_is_said(api: ApiClient, path: str, status: int) -> None:
    assert api.get(path).status_code == status


def test_tags_are_made_by_writing_them(api: ApiClient) -> None:
    assert api.post(TAGS, {"name": "New"}).status_code == 405
