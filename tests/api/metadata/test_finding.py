"""What a filter builder asks for: objects, fields and tags by a part of their name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_key,
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


def test_fields_are_found_in_pages(api: ApiClient) -> None:
    every = [row["name"] for row in api.get(FIELDS).json()]

    def page(body: dict[str, Any], query: str = "") -> Any:
        return api.post(f"{FIELDS}/search{query}", body).json()

    assert [row["name"] for row in page({})["results"]] == every
    first = page({"page_size": 2})
    assert [row["name"] for row in first["results"]] == every[:2]
    assert (first["count"], first["previous"]) == (len(every), None)
    assert [row["name"] for row in page({"page_size": 2}, "?page=2")["results"]] == every[2:4]
    named = page({"search": "COL", "field_types": ["dropdown", "dynamictags"]})["results"]
    assert [row["name"] for row in named] == ["colour"]
    assert named[0]["options"][0]["order"] == 1
    assert page({"category": named[0]["category"], "search": "colour"})["count"] == 1


def test_a_key_that_only_reads_finds_fields(workspace: Caller) -> None:
    _, secret = make_key(workspace.workspace, workspace.member, scopes=["datatypes:read"])
    reader = ApiClient(replace(workspace, secret=secret))

    assert reader.post(f"{FIELDS}/search", {"search": "name"}).status_code == 200


@pytest.mark.parametrize(
    "body", [{"field_types": "text"}, {"search": 5}, {"name": "x"}, {"page": 0}]
)
def test_a_search_for_fields_says_what_is_wrong_with_it(
    api: ApiClient, body: dict[str, Any]
) -> None:
    answer = api.post(f"{FIELDS}/search", body)
    assert answer.status_code == 400
    assert next(iter(body)) in answer.json()["detail"]


def test_time_zones_are_options_to_choose_from(api: ApiClient) -> None:
    path = "/api/custom-objects/client_client/fields/settings-search?field_type=timezone"

    (row,) = api.get(path).json()
    assert {"id": "Europe/Paris", "name": "Europe/Paris", "code": "Europe/Paris"} in row["options"]


def test_details_are_all_there_is_of_an_object(api: ApiClient, workspace: Caller) -> None:
    plain = api.get("/api/custom-objects/wares/detail").json()
    assert plain["stages"] is None
    assert plain["fields"] == api.get(FIELDS).json()
    assert plain["categories"] == api.get("/api/custom-objects/wares/categories").json()
    kept = api.get("/api/custom-objects/wares").json()
    assert {key: plain[key] for key in kept} == kept

    make_object(workspace, "Deals", object_type="pipeline")
    deals = api.get("/api/custom-objects/deals/detail").json()
    assert deals["stages"] == api.get("/api/pipelines/deals/stages").json()
    assert deals["stages"]


def test_what_uses_a_field_is_told(api: ApiClient) -> None:
    formula = {
        "category": api.get(FIELDS).json()[0]["category"],
        "display_name": "Shade",
        "field_type": "formula",
        "formula_options": {"expression": "record.data.colour"},
    }
    made = api.post(FIELDS, formula).json()

    assert api.get(f"{FIELDS}/colour/references").json() == {
        "saved_views": [],
        "formulas": [{"id": made["id"], "name": "Shade"}],
        "display_name_pattern": False,
        "identifier": False,
        "mirror": None,
        "can_delete": False,
    }
    maker = api.get(f"{FIELDS}/maker").json()["relation"]
    mirror = api.get(f"{FIELDS}/maker/references").json()["mirror"]
    assert mirror == {"object": maker["related_object"], "field": maker["related_field"]}
    assert api.get(f"{FIELDS}/nothing/references").status_code == 404


@pytest.mark.parametrize(
    ("word", "kind"),
    [("many_to_one", "primary"), ("one_to_many", "primary_for"), ("many_to_many", "additional")],
)
def test_relationships_are_made_with_their_cardinality_too(
    api: ApiClient, word: str, kind: str
) -> None:
    field = {
        "category": api.get(FIELDS).json()[0]["category"],
        "display_name": "Seller",
        "field_type": "relationship",
        "relation": {"related_object": "makers", "relation_type": word, "related_name": "Sold"},
    }

    made = api.post(FIELDS, field).json()["relation"]
    assert (made["relation_type"], made["cardinality"]) == (kind, word)
