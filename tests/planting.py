"""A text planted in each store of the register through the door that fills it, and looked for.

`python -m tests.planting FOLDER` does so in the migrated database of DATABASE_URL, whose files are in
FOLDER, and prints for each store where the text was when it was planted, when the record was
deleted, and when the stores were swept.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import django

if TYPE_CHECKING:
    from tests.factories import Caller

CANARY = "Kanarienvogel"
Plant = Callable[["Caller", str, str, Path], None]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()

    folder = Path(sys.argv[1])
    found = {name: _try(name, plant, folder) for name, plant in PLANTS.items()}
    print(json.dumps(found))  # noqa: T201 (its output is its use)


def _try(name: str, plant: Plant, folder: Path) -> dict[str, list[str]]:
    """Plant one store's, for a record that holds the text and for no record at all."""
    from django.utils import timezone

    from records.services.operations.lifecycle import delete_permanently
    from records.services.reading.record_address import address
    from records.services.retention.stores import STORES, sweep_stores
    from tests.factories import make_record, make_workspace

    (store,) = [store for store in STORES if store.name == name]
    caller = make_workspace(f"Site of {name}", f"{uuid4().hex}@example.com")
    _make_people(caller)
    uuid = make_record(
        caller, "people", name=CANARY, code=CANARY, note=f"{CANARY} {'x' * 300} {CANARY}"
    ).record.uuid
    plant(caller, uuid, CANARY, folder)
    seen = {"planted": _find(CANARY, folder)}
    delete_permanently(caller.author, caller.schema("people"), address(uuid))
    seen["deleted"] = _find(CANARY, folder)
    _end_jobs()
    sweep_stores(timezone.now() + store.after + timedelta(seconds=1))
    seen["swept"] = _find(CANARY, folder)
    if store.sweep is not None:
        # Nothing ties this one to a record: time alone takes it away.
        stray = f"Stray{name.title().replace(' ', '')}"
        plant(caller, make_record(caller, "people", name=stray[::-1]).record.uuid, stray, folder)
        _end_jobs()
        sweep_stores(timezone.now() + store.after + timedelta(seconds=1))
        seen["stray"] = _find(stray, folder)
    return seen


def _make_people(caller: Caller) -> None:
    from tests.factories import FieldDefinition, make_object

    note, code = (
        FieldDefinition("Note", "longtext"),
        FieldDefinition("Code", "text", is_unique=True),
    )
    make_object(caller, "People", note, code, FieldDefinition("Age", "integer"))


def _end_jobs() -> None:
    from django.core.management import call_command

    call_command("worker", batch=True, stdout=io.StringIO())


# ---------------------------------------------------------------- looking


def _find(text: str, folder: Path) -> list[str]:
    """The tables and files that have the text in them, and the planner's statistics."""
    from django.contrib.sessions.models import Session
    from django.db import connection

    tables = list(connection.introspection.table_names())
    if connection.vendor == "postgresql":
        tables.append("pg_stats")
    found = {table for table in tables if _holds(table, text)}
    if any(text in str(session.get_decoded()) for session in Session.objects.all()):
        found.add("django_session")
    for file in folder.rglob("*"):
        if file.is_file() and any(
            word.encode() in file.read_bytes() for word in (text, text.casefold())
        ):
            found.add(str(file.relative_to(folder)))
    return sorted(found)


def _holds(table: str, text: str) -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        return any(text.casefold() in _shown(cell) for row in cursor for cell in row)


def _shown(cell: Any) -> str:
    content = (
        bytes(cell).decode("utf-8", "replace")
        if isinstance(cell, bytes | memoryview)
        else str(cell)
    )
    return content.casefold()


# ---------------------------------------------------------------- planting


def _nothing_more(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    """The record itself is enough."""


def _attach(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    from records.services.files.attachments import attach_file
    from records.services.reading.record_address import address

    schema, content = caller.schema("people"), text.encode()
    attach_file(
        caller.author, schema, address(uuid), f"{text}.txt", None, io.BytesIO(content), len(content)
    )


def _send_free(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    from records.models import new_uuid
    from records.services.files.free_uploads import receive_free_file

    content = text.encode()
    given = (str(new_uuid()), f"{text}.txt", "text/plain")
    receive_free_file(caller.author, *given, io.BytesIO(content), len(content))


def _answer(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    from records.services.writing.idempotency import Answer, run_once

    body = json.dumps({"id": uuid, "name": text}).encode()
    run_once(caller.author, uuid, "digest", lambda: Answer(200, {}, body))


def _table(text: str) -> str:
    """Two rows, of which the second is refused for a number that is none."""
    return f"name,note,age\nOther,Other,7\nThird,{text},{text}\n"


def _upload(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    from records.services.importing.uploads import store_upload

    store_upload(caller.author, caller.schema("people"), "people.csv", [_table(text).encode()])


def _refuse(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    """An import that is interrupted once it has refused a row."""
    from records.services.importing.import_run import ImportOptions, import_file
    from records.services.importing.report import keep_at
    from records.services.storage.spooled_files import SpooledFile
    from records.services.tables.csv_files import open_table

    class Interrupted(Exception):
        pass

    def progress(done: int, total: int) -> None:
        if done == total:
            raise Interrupted

    with SpooledFile("people.csv") as file:
        file.write(_table(text).encode())
        try:
            options = ImportOptions(keep_at(folder / "refused.csv"))
            import_file(caller.author, "people", open_table(file), options, progress)
        except Interrupted:
            return
    raise AssertionError("the import was not interrupted")


def _import(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    from records.services.importing.uploads import store_upload
    from records.services.jobs.import_jobs import start_import

    schema = caller.schema("people")
    for dry_run in (True, False):
        # What a dry run would make is shown by its name.
        table = _table(text) + (f"{text},,7\n" if dry_run else "")
        upload = store_upload(caller.author, schema, "people.csv", [table.encode()])
        done = start_import(caller.author, schema, upload, dry_run=dry_run)
        assert done.result["failed"] == 1, done.result


def _bulk(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    """A change of too many records to be made at once; it waits for a worker."""
    from records.services.jobs.bulk_jobs import start_bulk_change

    others = [str(uuid4()) for _ in range(200)]
    job = start_bulk_change(
        caller.author, caller.schema("people"), "note", text, "overwrite", [*others, uuid]
    )
    assert job.status == "pending"


def _command(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    from django.core.management import call_command

    source = folder / "people.csv"
    source.write_text(_table(text))
    where = {"workspace": str(caller.workspace.uuid), "report": folder / "refused.csv"}
    with contextlib.suppress(SystemExit):  # some rows were refused
        call_command("import_records", "people", str(source), stdout=io.StringIO(), **where)
    source.unlink()


def _fail(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    """A task that ends with an error nobody expected, as a worker notes it."""
    from django_tasks_db.models import DBTaskResult

    from records.services.jobs.tasks import run_later

    run_later(0)
    task = DBTaskResult.objects.ready().get()
    task.claim("worker")
    try:
        raise ValueError(text)
    except ValueError as problem:
        task.set_failed(problem)


def _deliver(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    """A delivery that was given up. None holds a value of a record; this one is made to."""
    from records.models import DeliveryState, Webhook, WebhookDelivery

    webhook = Webhook.objects.create(
        workspace=caller.workspace, member=caller.member, name="Told", url="https://example.com"
    )
    WebhookDelivery.objects.create(
        workspace=caller.workspace,
        webhook=webhook,
        message_id="msg_1",
        event="record.updated",
        key=1,
        object=1,
        chain=1,
        state=DeliveryState.FAILED,
        problem=text,
    )


def _browse(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    from django.test import Client

    user = caller.member.user
    user.is_staff = True
    user.save()
    visitor = Client(headers={"host": "localhost"})
    visitor.force_login(user)
    path = f"/admin/records/objects/{caller.schema('people').uuid}/"
    assert visitor.get(path, {"columns": text}).status_code == 200


def _count(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    """Keys are digests; were they texts, they would go when their time is over."""
    from records.models import RateCount

    RateCount.objects.create(key=text, count=1, ends_at=0)


def _analyze(caller: Caller, uuid: str, text: str, folder: Path) -> None:
    """Enough rows with the text for it to be a common value; they go like the record."""
    from records.services.operations.lifecycle import delete_permanently
    from records.services.reading.record_address import address
    from records.services.storage.statistics import refresh_statistics
    from tests.factories import make_record

    made = [
        make_record(caller, "people", name=f"{text} {at}", note=text).record.uuid
        for at in range(20)
    ]
    refresh_statistics()
    for each in made:
        delete_permanently(caller.author, caller.schema("people"), address(each))


PLANTS: dict[str, Plant] = {
    "records": _nothing_more,
    "files": _attach,
    "free files": _send_free,
    "answers": _answer,
    "uploads": _upload,
    "refused rows": _refuse,
    "imports": _import,
    "jobs": _bulk,
    "command reports": _command,
    "tasks": _fail,
    "webhook deliveries": _deliver,
    "sessions": _browse,
    "counts for limits": _count,
    "log of SQLite": _nothing_more,
    "statistics of PostgreSQL": _analyze,
}

if __name__ == "__main__":
    main()
