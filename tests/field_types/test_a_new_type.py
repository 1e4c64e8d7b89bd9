"""A new field type is one module: every interface takes it, and none of them was told."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook
from pytest_django import Settings

from records.field_types import field_types
from records.models import Field
from records.services.importing.creating import draft_object
from records.services.tables.csv_files import open_table
from tests.admin.pages import Workbench, form_of
from tests.api.reading import values_of
from tests.api.workspace.calling import WorkspaceClient, ok
from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, make_object, make_record, set_pattern
from tests.mcp.calling import Agent
from tests.working import work

from . import percentage

OBJECT = "/api/custom-objects/offers"
RECORDS = "/api/records/offers"


@pytest.fixture(autouse=True)
def _type(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.DATA_DIR = tmp_path / "data"
    monkeypatch.setattr(field_types, "_items", dict(field_types._items))
    percentage.register()


@pytest.fixture
def api(workspace: Caller) -> ApiClient:
    """The Records API, whose document in this process was made before there was the type."""
    return ApiClient(workspace, documented=False)


@pytest.fixture
def offers(workspace: Caller) -> Caller:
    """An object with a field of the type, and two records."""
    settings = {percentage.SETTINGS: {"most": 50}}
    make_object(workspace, "Offers", FieldDefinition("Discount", "percentage", settings=settings))
    make_record(workspace, "offers", name="Spring", discount=12.5)
    make_record(workspace, "offers", name="Autumn", discount={"percent": 40})
    return workspace


def found(api: ApiClient, **asked: Any) -> list[tuple[str, Any]]:
    rows = api.post(f"{RECORDS}/search", asked).json()["results"]
    return [(row["display_name"], values_of(row).get("discount")) for row in rows]


def test_it_is_defined_over_rest(api: ApiClient) -> None:
    api.post("/api/custom-objects", {"object_name": "Offers", "entity_name": "Offer"})
    asked = {"category": "General", "display_name": "Discount", "field_type": "percentage"}

    made = api.post(f"{OBJECT}/fields", asked | {percentage.SETTINGS: {"most": 50}})
    assert made.status_code == 201, made.content
    assert made.json()["field_type"] == "percentage"
    assert made.json()[percentage.SETTINGS] == {"most": 50, "unit": None}

    address = f"{OBJECT}/fields/{made.json()['id']}"
    assert api.patch(address, {percentage.SETTINGS: {"most": -1}}).status_code == 400
    changed = api.patch(address, {percentage.SETTINGS: {"most": 75}})
    assert changed.json()[percentage.SETTINGS]["most"] == 75


def test_it_is_written_read_filtered_and_ordered_over_rest(api: ApiClient, offers: Caller) -> None:
    refused = api.post(f"{RECORDS}/add", {"fields": [{"name": "discount", "value": 51}]})
    assert b"from 0 to 50" in refused.content
    low = {"filters": [{"field": "discount", "condition": "<", "value": 20}]}

    assert found(api, query=[low]) == [("Spring", {"percent": 12.5, "of": 50})]
    assert [name for name, _ in found(api, ordering="-discount")] == ["Autumn", "Spring"]
    field = offers.schema("offers").by_name["discount"]
    record = api.post(f"{RECORDS}/search", {"query": [low]}).json()["results"][0]["id"]
    shown = api.get(f"/api/records/{record}/field-values/{field.uuid}").json()
    assert shown["results"][0]["display_name"] == "12.5 %"


def test_agents_are_told_of_it_and_use_it(offers: Caller) -> None:
    agent = Agent(offers)
    (described,) = agent.call("list_record_types", record_type="offers")["record_types"]
    assert {"name": "discount", "label": "Discount", "type": "percentage"} in described["fields"]
    assert described["schema"]["properties"]["discount"]["maximum"] == 50

    made = agent.call(
        "manage_record",
        action="upsert",
        record_type="offers",
        data={"name": "Winter", "discount": 30},
    )
    assert made["data"]["discount"] == 30
    above = {"field": "discount", "op": "gt", "value": 20}
    answer = agent.call("query_records", record_type="offers", filter=above, sort="discount")
    assert [row["data"]["discount"] for row in answer["records"]] == [30, 40]


def test_the_workspace_api_knows_it_by_its_names(workspace: Caller) -> None:
    client = WorkspaceClient(workspace)
    fields = [{"name": "Discount", "fieldType": "ratio", "maximum": 50}]
    made = ok(
        client.post("/data-types", {"name": "Offers", "slug": "offers", "fields": fields}), 201
    )
    (field,) = [entry for entry in made["fields"] if entry["slug"] == "discount"]
    assert (field["fieldType"], field["maximum"], field["minimum"]) == ("percent", 50, None)

    records = f"/data-types/{made['id']}/records"
    for value in (40, 12.5):
        assert (
            ok(client.post(records, {"fieldValues": {"discount": value}}), 201)["fieldValues"][
                "discount"
            ]
            == value
        )
    assert client.post(records, {"fieldValues": {"discount": 51}}).status_code == 400
    rows = ok(client.get(records, {"sortBy": "discount", "sortOrder": "asc"}))["items"]
    assert [row["fieldValues"]["discount"] for row in rows] == [12.5, 40]
    (row,) = ok(client.get(records, {"discount__gt": "20 %"}))["items"]
    assert row["fieldValues"]["discount"] == 40


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_table_that_is_exported_is_imported_again(
    api: ApiClient, offers: Caller, form: str
) -> None:
    asked = {"field_names": ["name", "discount"], "ordering": "discount"}
    answer = api.post(f"{OBJECT}/exports?format={form}", asked)
    content = b"".join(answer.streaming_content)
    assert _cells(content, form) == [["name", "discount"], ["Spring", "12.5 %"], ["Autumn", "40 %"]]

    rows = [["name", "discount"], ["Spring", "13 %"], ["Autumn", "40 %"], ["Summer", "99 %"]]
    sent = api.send(
        "POST", f"{OBJECT}/imports", _table(rows, form), content_type=_CONTENT_TYPES[form]
    )
    done = api.post(f"{OBJECT}/imports/{sent.json()['id']}/start", {})
    result = done.json()["result"]
    assert [result[key] for key in ("updated", "unchanged", "failed")] == [1, 1, 1]
    assert sorted(found(api))[1] == ("Spring", {"percent": 13, "of": 50})


_CONTENT_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _cells(content: bytes, form: str) -> list[list[Any]]:
    if form == "csv":
        return list(csv.reader(io.StringIO(content.decode())))
    sheet: Any = load_workbook(io.BytesIO(content)).active
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def _table(rows: list[list[str]], form: str) -> bytes:
    if form == "csv":
        return "".join(f"{','.join(row)}\n" for row in rows).encode()
    book = Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(("header", "most"), [("Discount", 100), ("Growth", 1000)])
def test_an_import_recognises_it(tmp_path: Path, header: str, most: int) -> None:
    path = tmp_path / "offers.csv"
    path.write_text(f"Name,{header},Plain\nA,5 %,5\nB,12.5%,6\n")

    field, plain = draft_object(open_table(path)).fields[1:]

    assert (field.field_type, dict(field.settings)) == (
        "percentage",
        {percentage.SETTINGS: {"most": most}},
    )
    assert plain.field_type == "integer"


def test_its_settings_are_changed_at_the_workbench(offers: Caller) -> None:
    bench = Workbench(offers)
    row = Field.objects.get(object__name="offers", name="discount")
    assert '<option value="percentage"' in bench.read("/admin/records/field/add/")
    address = f"/admin/records/field/{row.pk}/change/"
    assert form_of(bench.read(address), "setting_most")["setting_most"] == ["50"]

    sent = bench.fill(
        address, "setting_most", {"setting_most": "60", "setting_unit": "7", "default_text": "5 %"}
    )

    assert sent.status_code == 302, sent.content
    row.refresh_from_db()
    assert row.settings == {percentage.SETTINGS: {"most": 60, "unit": "7"}}
    assert row.default_value == "5"


def test_its_values_are_shown_and_changed_at_the_workbench(offers: Caller) -> None:
    bench = Workbench(offers)
    schema = offers.schema("offers")
    path = f"/admin/records/objects/{schema.uuid}/"
    listed = bench.read(f"{path}?columns=discount&f=discount&c=<&v=20 %")
    assert "12.5 percent" in listed
    assert "40 percent" not in listed

    uuid = make_record(offers, "offers", name="Summer", discount=20).record.uuid
    assert "20 percent" in bench.read(f"{path}{uuid}/")
    page = bench.read(f"{path}{uuid}/edit/")
    assert "From 0 to 50." in page
    assert form_of(page, "field-discount")["field-discount"] == ["20 %"]
    assert (
        bench.fill(f"{path}{uuid}/edit/", "field-discount", {"field-discount": "21 %"}).status_code
        == 302
    )
    assert "21 percent" in bench.read(f"{path}{uuid}/")


def test_a_file_of_it_is_imported_at_the_workbench(offers: Caller) -> None:
    bench = Workbench(offers)
    path = f"/admin/records/objects/{offers.schema('offers').uuid}/"
    file = SimpleUploadedFile("list.csv", b"Name,Discount\nSummer,20 %\n")
    sent: Any = bench.client.post(f"{path}import/", {"file": file, "encoding": "utf-8"})
    bench.fill(sent.url, "mode", {})
    work()

    assert ("Summer", {"percent": 20, "of": 50}) in found(ApiClient(offers))


def test_names_show_it(api: ApiClient, offers: Caller) -> None:
    set_pattern(offers, "offers", "{name} at {discount}")
    make_record(offers, "offers", name="Summer", discount=20)

    assert "Summer at 20%" in [name for name, _ in found(api)]


def test_its_settings_are_documented() -> None:
    """In a process that has the type from its start, as it has those of the package."""
    program = (
        "from tests.field_types import percentage; percentage.register()\n"
        "import django, json; django.setup()\n"
        "from records.api.openapi import RecordsGenerator\n"
        "print(json.dumps(RecordsGenerator().get_schema(public=True)['components']['schemas']['ObjectField']))"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "records_project.settings"}
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, env=environment, check=True
    )

    described = orjson.loads(answer.stdout)["properties"][percentage.SETTINGS]
    assert described["nullable"]
    assert described["properties"] == {
        "most": {"type": "integer"},
        "unit": {"type": "string", "nullable": True},
    }


def test_the_registry_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    assert "percentage" not in field_types
