"""Fields that hold JSON documents, through the Records API."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson
import pytest

from tests.api_client import ApiClient
from tests.factories import Caller, make_field, make_object

DOCUMENT = {"size": {"width": 2.5}, "parts": ["one", None, {"id": 7}], "name": "=A1"}
PARTS = "/api/records/parts"


@pytest.fixture
def extra(workspace: Caller) -> str:
    """The id of a field that holds documents."""
    make_object(workspace, "Parts")
    return make_field(workspace, "parts", "Extra", "json")


def add(api: ApiClient, value: Any, name: str = "One") -> Any:
    return api.post(
        f"{PARTS}/add",
        {"fields": [{"name": "name", "value": name}, {"name": "extra", "value": value}]},
    )


def test_a_document_is_written_read_and_cleared(api: ApiClient, extra: str) -> None:
    added = add(api, DOCUMENT)
    assert added.status_code == 200
    path = f"{PARTS}/{added.json()['id']}"
    assert api.get(path).json()["fields"][extra] == {
        "id": extra,
        "name": "extra",
        "field_type": "json",
        "display_name": "Extra",
        "value": DOCUMENT,
    }
    assert api.patch(path, {"fields": [{"id": extra, "value": None}]}).status_code == 200
    assert extra not in api.get(path).json()["fields"]


@pytest.mark.parametrize("value", [5, "text", True])
def test_what_is_no_document_is_refused_at_its_place(
    api: ApiClient, extra: str, value: Any
) -> None:
    refused = add(api, value)
    assert refused.status_code == 400
    assert refused.json()["fields"] == [{}, {"value": ["Expected an object or a list."]}]


def test_a_document_is_one_value_of_the_field(api: ApiClient, extra: str) -> None:
    record = add(api, DOCUMENT).json()["id"]
    (shown,) = api.get(f"/api/records/{record}/field-values/{extra}").json()["results"]
    assert orjson.loads(shown["name"]) == DOCUMENT


def test_an_exported_document_is_imported_as_it_was(api: ApiClient, extra: str) -> None:
    add(api, DOCUMENT)
    table = api.post(
        "/api/custom-objects/parts/exports?format=csv", {"field_names": ["name", "extra"]}
    )
    header, row = csv.reader(io.StringIO(table.getvalue().decode("utf-8-sig")))
    assert (header, orjson.loads(row[1])) == (["name", "extra"], DOCUMENT)
