"""An export through the API, imported through the API as it is: nothing changes, whatever the fields
are."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    change_record,
    make_field,
    make_object,
    make_record,
)
from tests.services.files.test_attachments import put

from .test_transfers import upload

PEOPLE = "/api/custom-objects/people"


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_files_and_formulas_are_unchanged(
    workspace: Caller, api: ApiClient, settings: Settings, tmp_path: Path, form: str
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    make_object(
        workspace, "People", FieldDefinition("Papers", "files"), FieldDefinition("Age", "integer")
    )
    twice = {"formula_options": {"expression": "record.data.age * 2"}}
    make_field(workspace, "people", "Twice", "formula", settings=twice)
    ann = make_record(workspace, "people", name="Ann", age=7).record.uuid
    papers = [put(workspace, ann, name).uuid for name in ("a; b.txt", "c.txt")]
    change_record(workspace, "people", ann, papers=papers)

    content = api.post(f"{PEOPLE}/exports?format={form}", {}).getvalue()
    sent = upload(api, content, PEOPLE, file_name=f"people.{form}")
    plan = {"mode": "create_or_update"}
    job = api.post(f"{PEOPLE}/imports/{sent.json()['id']}/start", plan).json()

    assert (job["status"], job["result"]["unchanged"]) == ("completed", 1)
    assert job["result"]["ignored_columns"] == [
        "id",
        "created",
        "updated",
        "display_name",
        "twice",
        # Of a line of JSON only the fields are columns, and the id.
        *(["cancelled"] if form != "jsonl" else []),
    ]
