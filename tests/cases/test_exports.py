"""Exports that spreadsheets read, and that come back unchanged when they are imported."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, make_object, make_record, make_relation
from tests.services.acting import read

THINGS = "/api/custom-objects/things"


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


def exported(api: ApiClient, query: str = "", **asked: Any) -> bytes:
    answer = api.post(f"{THINGS}/exports?{query}", asked)
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def imported(api: ApiClient, content: bytes) -> dict[str, Any]:
    sent = api.send("POST", f"{THINGS}/imports?file_name=x.csv", content, content_type="text/csv")
    assert sent.status_code == 201, sent.content
    answer = api.post(f"{THINGS}/imports/{sent.json()['id']}/start", {"again": True})
    result: dict[str, Any] = answer.json()["result"]
    return {key: result[key] for key in ("created", "updated", "unchanged", "failed")}


UNCHANGED = {"created": 0, "updated": 0, "unchanged": 1, "failed": 0}


def test_38_a_link_to_a_name_with_a_separator_stays(workspace: Caller, api: ApiClient) -> None:
    make_object(workspace, "Partners")
    made = {
        name: make_record(workspace, "partners", name=name).record.uuid
        for name in ("Smith", "Partners", "Smith; Partners")
    }
    make_object(workspace, "Things")
    make_relation(workspace, "things", "Watchers", "partners", "additional", "Watched")
    both = str(made["Smith; Partners"])
    thing = make_record(workspace, "things", name="t1", watchers=[both])

    content = exported(api, "format=csv", field_names=["name", "watchers"])

    assert imported(api, content) == UNCHANGED
    watchers = read(workspace, "things", str(thing.record.uuid))["watchers"]
    assert [str(link["id"]) for link in watchers] == [both]


def test_39_tags_with_separators_stay(workspace: Caller, api: ApiClient) -> None:
    make_object(workspace, "Things", FieldDefinition("Tags", "dynamictags"))
    make_record(workspace, "things", name="t1", tags=["a; b", "a", '"b"'])

    assert imported(api, exported(api)) == UNCHANGED


def test_40_a_long_document_of_an_own_export_is_imported(workspace: Caller, api: ApiClient) -> None:
    make_object(workspace, "Things", FieldDefinition("Plan", "json"))
    make_record(workspace, "things", name="t1", plan={"text": "x" * 140_000})

    content = exported(api, "format=csv")
    assert len(content) > 140_000
    assert imported(api, content) == UNCHANGED


@pytest.mark.parametrize(
    ("query", "begins"), [("", False), ("bom=false", False), ("bom=true", True)]
)
def test_42_csv_begins_with_a_byte_order_mark_when_it_is_asked_for(
    workspace: Caller, api: ApiClient, query: str, begins: bool
) -> None:
    make_object(workspace, "Things")
    make_record(workspace, "things", name="Åse Ørland")

    content = exported(api, query)
    assert content.startswith(codecs.BOM_UTF8) is begins
    assert imported(api, content) == UNCHANGED


def test_42_other_forms_have_no_byte_order_mark(workspace: Caller, api: ApiClient) -> None:
    make_object(workspace, "Things")

    answer = api.post(f"{THINGS}/exports?format=xlsx&bom=true", {})
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "bom: only CSV has a byte order mark.",
    )
