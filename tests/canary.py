"""A text planted wherever a record's values go, to be looked for once the record was deleted for
good.

`python -m tests.canary` plants it in the migrated database of DATABASE_URL, and deletes the records
that hold it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from tests.factories import Caller

CANARY = "Kanarienvogel"
LONG = f"{CANARY} {'x' * 300} {CANARY}"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()
    from django.core.management import call_command

    from records.services.database.sqlite_log import clear_log

    caller, removed, trashed = plant(Path(sys.argv[1]))
    if "keep" not in sys.argv:
        remove(caller, removed, trashed)
        call_command("purge_trash", older_than_days=0)
    clear_log()


def plant(folder: Path) -> tuple[Caller, str, str]:
    """A workspace, and two records whose values, history, kept answers and reports hold the canary:
    their UUIDs."""
    from tests.factories import (
        FieldDefinition,
        make_object,
        make_relation,
        make_workspace,
        set_pattern,
    )

    caller = make_workspace(time_zone="Europe/Paris")
    note, code = (
        FieldDefinition("Note", "longtext"),
        FieldDefinition("Code", "text", is_unique=True),
    )
    make_object(caller, "People", note, code)
    make_object(caller, "Dogs")
    make_relation(caller, "dogs", "Master", "people", "primary", "Dogs")
    set_pattern(caller, "dogs", "{name} of {master}")
    removed, trashed = (_plant_record(caller, name) for name in ("first", "second"))
    _plant_reports(caller, removed, folder)
    _plant_imports(caller)
    return caller, removed, trashed


def _plant_record(caller: Caller, name: str) -> str:
    from records.services.operations.lifecycle import upsert_record
    from records.services.reading.record_address import Address
    from records.services.storage.rows import ExternalKey
    from records.services.writing.idempotency import Answer, run_once
    from tests.factories import change_record, entries, make_record

    where = Address(None, ExternalKey(CANARY, f"{CANARY} {name}"))
    sent = {
        "name": f"{CANARY} {name}",
        "note": f"{LONG}\n{'ä' * 9000}{CANARY}",
        "code": f"{CANARY} {name}",
    }
    uuid = upsert_record(caller.author, caller.schema("people"), where, entries(sent)).record.uuid
    for at in range(15):
        change_record(
            caller, "people", uuid, note=f"{CANARY} {at} {LONG * at}", name=f"{CANARY} {name} {at}"
        )
        make_record(caller, "people", name=f"Other {name} {at}", note="z" * at * 400)
    make_record(caller, "dogs", name="Rex" + name, master=uuid)
    body = f'{{"id":"{uuid}","note":"{CANARY}"}}'.encode()
    run_once(caller.author, uuid, "digest", lambda: Answer(200, {}, body))
    return uuid


def _plant_reports(caller: Caller, uuid: str, folder: Path) -> None:
    from django.utils import timezone

    from records.models import ImportRun, Job

    report = folder / "refused.csv"
    report.write_text(f"line,field,code,message,value\n2,name,unique,Taken.,{CANARY} first 14\n")
    ImportRun.objects.create(
        workspace=caller.workspace,
        object_id=caller.schema("people").id,
        report_path=str(report),
        digest="d",
    )
    Job.objects.create(
        workspace=caller.workspace,
        member=caller.member,
        failures=[{"record_id": uuid, "code": "unique", "detail": CANARY}],
        parameters={"field_value": CANARY, "record_ids": [uuid]},
        finished_at=timezone.now(),
    )


def _plant_imports(caller: Caller) -> None:
    """A trial of an import, and the import, of a file that has the values of the first record, and
    a row that fails."""
    from records.services.importing.uploads import store_upload
    from records.services.jobs.import_jobs import start_import

    schema = caller.schema("people")
    rows = [
        f"name,note,code\n{CANARY} first 14,{CANARY},{CANARY} first\n",
        f"Other,{CANARY},{CANARY} first\n",
    ]
    for dry_run in (True, False):
        upload = store_upload(caller.author, schema, "people.csv", ["".join(rows).encode()])
        done = start_import(caller.author, schema, upload, dry_run=dry_run)
        assert (done.result["updated"], done.result["failed"]) == (1, 1), done.result


def remove(caller: Caller, removed: str, trashed: str) -> None:
    """Delete one of them for good, and move the other to the trash."""
    from records.services.operations.lifecycle import delete_permanently, trash_record
    from records.services.reading.record_address import address

    delete_permanently(caller.author, caller.schema("people"), address(removed))
    trash_record(caller.author, caller.schema("people"), address(trashed))


if __name__ == "__main__":
    main()
