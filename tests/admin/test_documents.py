"""JSON documents at the workbench, and objects that are open."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

import pytest

from records.models import ObjectType
from tests.admin.pages import Workbench
from tests.factories import FieldDefinition, change_record, make_object, make_record
from tests.services.acting import read

DOCUMENT = {"size": {"width": 2}, "parts": ["one", None], "amount": 1, "name": "A <b>name</b>"}


@pytest.fixture
def parts(admin: Workbench) -> str:
    """The address of the records of an object with a document."""
    made = make_object(admin.caller, "Parts", FieldDefinition("Extra", "json"))
    return f"/admin/records/objects/{made.uuid}/"


def extra(admin: Workbench, record: str) -> Any:
    return read(admin.caller, "parts", record).get("extra")


def test_a_document_is_shown_on_the_page_in_the_list_and_in_the_history(
    admin: Workbench, parts: str
) -> None:
    record = make_record(admin.caller, "parts", name="One", extra=DOCUMENT).record.uuid
    change_record(admin.caller, "parts", record, extra=[{"id": 7}])
    change_record(admin.caller, "parts", record, extra=DOCUMENT)
    for page in (f"{parts}{record}/", parts):
        shown = unescape(admin.read(page))
        assert '"width": 2' in shown
        assert "<b>name" not in admin.read(page)
    assert '"id": 7' in unescape(admin.read(f"{parts}{record}/"))


def test_a_document_is_edited_as_json(admin: Workbench, parts: str) -> None:
    record = make_record(admin.caller, "parts", name="One", extra=DOCUMENT).record.uuid
    page, field = f"{parts}{record}/edit/", "field-extra"
    assert admin.fill(page, field, {"field-name": "Two"}).status_code == 302
    assert extra(admin, record) == DOCUMENT
    assert admin.fill(page, field, {field: json.dumps(DOCUMENT | {"amount": 2})}).status_code == 302
    assert extra(admin, record)["amount"] == 2
    refused = admin.fill(page, field, {field: "{not json"})
    assert "Expected an object or a list." in unescape(refused.content.decode())
    assert admin.fill(page, field, {field: ""}).status_code == 302
    assert extra(admin, record) is None


def test_an_object_is_opened_and_closed(admin: Workbench, parts: str) -> None:
    row = ObjectType.objects.get(workspace=admin.caller.workspace, name="parts")
    page = f"/admin/records/objecttype/{row.pk}/change/"
    for sent, is_open in (("on", True), (None, False)):
        assert admin.fill(page, "object_name", {"is_open": sent}).status_code == 302
        assert admin.caller.schema("parts").is_open is is_open
