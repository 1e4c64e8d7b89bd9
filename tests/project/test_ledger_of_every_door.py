"""Whatever door a record is changed through, its ledger says who did it, with which key, and in
which request."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from records.models import ApiKey, Job, Record, Source
from records.services.operations.lifecycle import trash_record
from records.services.reading.record_address import address
from tests.admin.pages import Workbench, form_of
from tests.api.workspace.calling import WorkspaceClient
from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, make_object, make_record
from tests.mcp.calling import Agent
from tests.working import work

LEDGER = Record.history.model
REQUEST = "the-request-1"
SENT = {"X_Request_ID": REQUEST}
Door = Callable[["World"], None]


class World:
    """A workspace with two companies, and its faces."""

    def __init__(self, caller: Caller, folder: Path) -> None:
        self.caller, self.folder = caller, folder
        made = make_object(
            caller,
            "Companies",
            FieldDefinition("Employees", "integer"),
            FieldDefinition("Docs", "files"),
        )
        self.type = str(made.uuid)
        self.ids = [
            make_record(caller, "companies", name=name).record.uuid for name in ("Acme", "Best")
        ]
        self.api = ApiClient(caller)
        self.bench = Workbench(caller)
        self.page = f"/admin/records/objects/{made.uuid}/"

    def do(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """A call of the Records API."""
        answer = self.api.send(method, f"/api/{path}", body, **SENT, **more)
        assert answer.status_code < 300, answer.content
        return answer.json() if answer.content else None

    def press(self, path: str, form: dict[str, Any], **more: Any) -> Any:
        """A form of the workbench, sent."""
        answer = self.bench.client.post(path, form | more, headers={"X-Request-ID": REQUEST})
        assert answer.status_code == 302, answer.content
        return answer


def values(**sent: Any) -> dict[str, Any]:
    return {"fields": [{"name": name, "value": value} for name, value in sent.items()]}


def table(rows: int) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["name", "employees"], *([f"Row {at}", at] for at in range(rows))])
    return text.getvalue().encode()


def add(world: World) -> None:
    world.do("POST", "records/companies/add", values(name="New"))


def change(world: World) -> None:
    world.do("PATCH", f"records/companies/{world.ids[0]}", values(employees=3))


def add_once(world: World) -> None:
    world.do("POST", "records/companies/add", values(name="New"), idempotency_key="k")


def bulk_change(world: World) -> None:
    field = world.caller.schema("companies").by_name["employees"].uuid
    body = {
        "record_ids": world.ids,
        "field_id": field,
        "field_value": 4,
        "field_resolution": "overwrite",
    }
    world.do("POST", "custom-objects/companies/bulk-change-field-value", body)


def bulk_archive_later(world: World) -> None:
    more = [
        make_record(world.caller, "companies", name=f"More {at}").record.uuid for at in range(101)
    ]
    LEDGER.objects.filter(workspace=world.caller.workspace).update(request_id="before")
    world.do("POST", "custom-objects/companies/bulk-archive-entity-record", {"record_ids": more})
    work()


def _import(world: World, rows: int) -> None:
    path = "custom-objects/companies/imports"
    made = world.do("POST", f"{path}?file_name=a.csv", table(rows), content_type="text/csv")
    world.do("POST", f"{path}/{made['id']}/start", {})
    work()


def import_small(world: World) -> None:
    _import(world, 3)


def import_later(world: World) -> None:
    _import(world, 150)


def workspace_create(world: World) -> None:
    client = WorkspaceClient(world.caller)
    answer = client.post(
        f"/data-types/{_type_id(client)}/records", {"fieldValues": {"name": "New"}}, **SENT
    )
    assert answer.status_code == 201, answer.content


def workspace_bulk(world: World) -> None:
    client = WorkspaceClient(world.caller)
    body = {"records": [{"fieldValues": {"name": name}} for name in ("One", "Two")]}
    answer = client.post(f"/data-types/{_type_id(client)}/records/bulk", body, **SENT)
    assert answer.status_code < 300, answer.content


def _type_id(client: WorkspaceClient) -> int:
    found: int = client.get("/data-types/slug/companies").json()["id"]
    return found


def agent_upsert(world: World) -> None:
    asked = {"base_id": str(world.caller.workspace.uuid), "record_type": "companies"}
    arguments = {"action": "upsert", "data": {"name": "New"}, **asked}
    answer = Agent(world.caller).request(
        "tools/call", {"name": "manage_record", "arguments": arguments}, **SENT
    )
    assert not answer["result"]["isError"], answer


def agent_upload(world: World) -> None:
    link = Agent(world.caller).call(
        "manage_attachment",
        record_type="companies",
        record_id=world.ids[0],
        action="upload",
        filename="a.txt",
    )["upload_url"]
    path = link.removeprefix("http://testserver")
    answer = Client().put(
        path, b"text", content_type="text/plain", headers={"X-Request-ID": REQUEST}
    )
    assert answer.status_code == 201, answer.content


def page_add(world: World) -> None:
    world.press(
        f"{world.page}add/",
        form_of(world.bench.read(f"{world.page}add/"), "field-name"),
        **{"field-name": "New"},
    )


def page_change(world: World) -> None:
    path = f"{world.page}{world.ids[0]}/edit/"
    world.press(path, form_of(world.bench.read(path), "field-name"), **{"field-name": "Other"})


def page_archive(world: World) -> None:
    path = f"{world.page}bulk/archive/"
    chosen = "&".join(f"records={uuid}" for uuid in world.ids)
    world.press(path, form_of(world.bench.read(f"{path}?{chosen}"), "records"))


def page_import(world: World) -> None:
    file = SimpleUploadedFile("list.csv", table(3))
    sent = world.press(f"{world.page}import/", {"file": file, "encoding": "utf-8"})
    world.press(sent.url, form_of(world.bench.read(sent.url), "mode"))
    work()


def page_upload(world: World) -> None:
    world.press(
        f"{world.page}{world.ids[0]}/files/", {"file": SimpleUploadedFile("a.txt", b"text")}
    )


def command_import(world: World) -> None:
    path = world.folder / "list.csv"
    path.write_bytes(table(3))
    report = ["--report", str(world.folder / "report.csv")]
    call_command(
        "import_records",
        "companies",
        str(path),
        "--workspace",
        world.caller.workspace.slug,
        *report,
    )


def command_purge(world: World) -> None:
    trash_record(world.caller.author, world.caller.schema("companies"), address(world.ids[0]))
    LEDGER.objects.filter(workspace=world.caller.workspace).update(request_id="before")
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        call_command("purge_trash")


# Door, source, whether a key opened it, whether a request did.
DOORS: list[tuple[Door, Source, bool, bool]] = [
    (add, Source.RECORDS_API, True, True),
    (change, Source.RECORDS_API, True, True),
    (add_once, Source.RECORDS_API, True, True),
    (bulk_change, Source.RECORDS_API, True, True),
    (bulk_archive_later, Source.RECORDS_API, True, True),
    (import_small, Source.IMPORT, True, True),
    (import_later, Source.IMPORT, True, True),
    (workspace_create, Source.WORKSPACE_API, True, True),
    (workspace_bulk, Source.WORKSPACE_API, True, True),
    (agent_upsert, Source.MCP, True, True),
    (agent_upload, Source.MCP, True, True),
    (page_add, Source.ADMIN, False, True),
    (page_change, Source.ADMIN, False, True),
    (page_archive, Source.ADMIN, False, True),
    (page_import, Source.IMPORT, False, True),
    (page_upload, Source.ADMIN, False, True),
    (command_import, Source.IMPORT, False, False),
    (command_purge, Source.COMMAND, False, False),
]


@pytest.mark.parametrize(
    ("door", "source", "keyed", "asked"), DOORS, ids=[door.__name__ for door, *_ in DOORS]
)
def test_the_ledger_says_who_and_how(
    workspace: Caller,
    tmp_path: Path,
    settings: Settings,
    door: Door,
    source: Source,
    *,
    keyed: bool,
    asked: bool,
) -> None:
    settings.MEDIA_ROOT, settings.DATA_DIR = str(tmp_path / "media"), tmp_path / "data"
    world = World(workspace, tmp_path)
    ledger = LEDGER.objects.filter(workspace=workspace.workspace)
    ledger.update(request_id="before")

    door(world)

    rows = ledger.exclude(request_id="before")
    assert rows
    key = ApiKey.objects.get(workspace=workspace.workspace).pk if keyed else None
    found = set(rows.values_list("author", "api_key", "request_id", "source"))
    assert found == {(workspace.member.pk, key, REQUEST if asked else "", source.value)}
    (operation,) = set(rows.values_list("operation_id", flat=True))
    jobs = Job.objects.filter(workspace=workspace.workspace)
    assert set(jobs.values_list("operation_id", flat=True)) <= {operation}
