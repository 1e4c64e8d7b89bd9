"""`python -m tests.management.backing_up fill | write NUMBER | state | kill START … | stop START
…`: to try backups on.

`fill` fills a migrated database and its file storage: each store of the register, and a pair of
records for each writer. `write` changes the pair with that number, both records in one transaction,
and replaces a file of one, until its input is closed; it prints a line when it has begun. `state`
prints what the database and the storage hold. `kill` runs a command that is killed before the first
statement that starts with START, `stop` one that gets SIGTERM there.
"""

from __future__ import annotations

import io
import json
import os
import select
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import django

WRITERS = 4
SITE = "Backed up"
# The stores with tables or folders of their own; "tasks" first, since it must find no task of
# another.
PLANTED = (
    "tasks",
    "files",
    "answers",
    "uploads",
    "refused rows",
    "imports",
    "jobs",
    "command reports",
)


def fill() -> None:
    from tests.factories import FieldDefinition, make_object, make_record, make_workspace
    from tests.planting import CANARY, PLANTS, _make_people

    with tempfile.TemporaryDirectory() as folder:
        for name in PLANTED:
            caller = make_workspace(f"Site of {name}", f"{uuid4().hex}@example.com")
            _make_people(caller)
            record = make_record(caller, "people", name=CANARY, note="Ünï😀\\\n\t", age=10**15)
            PLANTS[name](caller, record.record.uuid, CANARY, Path(folder))
    site = make_workspace(SITE)
    make_object(site, "Pairs", FieldDefinition("Number", "integer"))
    for writer in range(WRITERS):
        for side in ("left", "right"):
            make_record(site, "pairs", name=f"{writer} {side}", number=0)


def write(writer: int) -> None:
    from records.models import Member, Record
    from records.services.files.attachments import attach_file
    from records.services.reading.record_address import address
    from records.services.writing.save import save_all_records
    from records.services.writing.save_requests import Mode, SaveRequest
    from tests.factories import Caller, entries

    member = Member.objects.get(workspace__name=SITE)
    caller = Caller(member.workspace, member, "")
    author, schema = caller.author, caller.schema("pairs")
    pairs = Record.objects.filter(workspace=member.workspace).order_by("id")
    both: list[UUID] = list(pairs.values_list("uuid", flat=True))[2 * writer : 2 * writer + 2]
    print("writing", flush=True)  # noqa: T201 (read by the test)
    number = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        number += 1
        change = entries({"number": number})
        save_all_records(
            author, schema, [SaveRequest(Mode.UPDATE, str(uuid), entries=change) for uuid in both]
        )
        content = f"{writer} {number}".encode()
        attach_file(
            author,
            schema,
            address(str(both[0])),
            "number.txt",
            None,
            io.BytesIO(content),
            len(content),
        )
    print(number)  # noqa: T201


def state() -> dict[str, Any]:
    """Rows of each table, the numbers of each pair, and the files that rows name and the storage
    does not hold."""
    from django.core.files.storage import default_storage
    from django.db import connection

    from records.models import Attachment, Field, ImportUpload, Record

    with connection.cursor() as cursor:
        tables = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            tables[table] = cursor.fetchone()[0]
    number = str(Field.objects.get(workspace__name=SITE, object__name="pairs", name="number").pk)
    numbers = [
        record.values[number]
        for record in Record.objects.filter(workspace__name=SITE).order_by("id")
    ]
    names = [
        *Attachment.objects.values_list("file", flat=True),
        *ImportUpload.objects.values_list("file", flat=True),
    ]
    return {
        "tables": tables,
        "pairs": list(zip(numbers[::2], numbers[1::2], strict=True)),
        "lost": sorted(name for name in names if not default_storage.exists(name)),
    }


def interrupt(number: signal.Signals, start: str, command: list[str]) -> None:
    from django.core.management import call_command
    from django.db import connection

    def watch(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if str(sql).startswith(start):
            os.kill(os.getpid(), number)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        call_command(*command)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()
    action, *arguments = sys.argv[1:]
    if action == "fill":
        fill()
    elif action == "write":
        write(int(arguments[0]))
    elif action == "state":
        print(json.dumps(state()))  # noqa: T201
    else:
        interrupt(
            signal.SIGTERM if action == "stop" else signal.SIGKILL, arguments[0], arguments[1:]
        )
