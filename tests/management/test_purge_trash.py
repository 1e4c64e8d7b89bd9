"""`manage.py purge_trash`, and that nothing is left of what it removes: in no table, and in no file
of the database."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from records.models import Record, Role
from records.services.operations.lifecycle import trash_record
from records.services.reading.record_address import address
from records.services.storage.integrity import check_records
from tests.canary import CANARY, plant, remove
from tests.databases import copy_file
from tests.factories import Caller, make_object, make_record, make_workspace


def tables_with(text: str) -> set[str]:
    """The tables in which a text stands, in any column, as text or bytes."""
    found = set()
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            if any(text.casefold() in _shown(cell) for row in cursor for cell in row):
                found.add(table)
    return found


def _shown(cell: Any) -> str:
    content = (
        bytes(cell).decode("utf-8", "replace")
        if isinstance(cell, bytes | memoryview)
        else str(cell)
    )
    return content.casefold()


def test_nothing_is_left_in_any_table(db: None, tmp_path: Path) -> None:
    caller, *uuids = plant(tmp_path)
    tables = {"record", "historicalrecord", "fieldvalue", "idempotencykey", "job", "importupload"}
    assert tables_with(CANARY) == {f"records_{name}" for name in tables}
    remove(caller, *uuids)
    call_command("purge_trash", older_than_days=0)
    assert tables_with(CANARY) == set()
    assert CANARY not in (tmp_path / "refused.csv").read_text()
    assert list(check_records(caller.workspace)) == []


@pytest.mark.parametrize(
    "command", ["purge_trash --older-than-days", "clear_orphan_files --older-than-hours"]
)
@pytest.mark.parametrize("number", ["1e12", "1e400", "inf", "nan", "-1", "many"])
def test_a_number_that_no_date_can_be_reckoned_by_is_refused(command: str, number: str) -> None:
    name, option = command.split()

    with pytest.raises(CommandError, match=f"'{number}' is not a number from 0 to 36500"):
        call_command(name, f"{option}={number}")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's files are its own")
def test_nothing_is_left_in_any_file(tmp_path: Path) -> None:
    left = {}
    for action in ("keep", "remove"):
        folder = tmp_path / action
        copy_file(folder / "records.sqlite3", "tables")
        environment = {
            **os.environ,
            "RECORDS_ENV": "test",
            "DATABASE_URL": f"sqlite:///{folder / 'records.sqlite3'}",
            "MEDIA_ROOT": str(folder / "media"),
        }
        command = [sys.executable, "-m", "tests.canary", str(folder), action]
        subprocess.run(
            command, env=environment, cwd=settings.BASE_DIR, check=True, stdout=subprocess.DEVNULL
        )
        left[action] = {
            file.name
            for file in folder.rglob("*")
            if file.is_file()
            for content in [file.read_bytes()]
            if CANARY.encode() in content or CANARY.casefold().encode() in content
        }
    assert {"records.sqlite3", "refused.csv"} < left["keep"]
    assert left["remove"] == set()


@pytest.fixture
def trashed(db: None) -> Caller:
    """A workspace with a record that was thrown away long ago, one that was a moment ago, and one
    that was not."""
    caller = make_workspace()
    make_object(caller, "People")
    schema = caller.schema("people")
    made = {
        name: make_record(caller, "people", name=name).record.uuid
        for name in ("old", "new", "kept")
    }
    with time_machine.travel(datetime.now(UTC) - timedelta(days=settings.TRASH_DAYS, minutes=1)):
        trash_record(caller.author, schema, address(made["old"]))
    trash_record(caller.author, schema, address(made["new"]))
    return caller


def left(caller: Caller) -> list[str]:
    return [
        row.display_name for row in Record.objects.filter(workspace=caller.workspace).order_by("id")
    ]


def test_only_what_is_old_is_removed(trashed: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("purge_trash")
    assert left(trashed) == ["new", "kept"]
    assert "1 records were permanently deleted" in capsys.readouterr().out
    call_command("purge_trash", older_than_days=0)
    assert left(trashed) == ["kept"]


def test_a_workspace_without_an_admin_is_told_and_passed_over(
    trashed: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    Role.objects.filter(workspace=trashed.workspace).update(is_admin=False)
    call_command("purge_trash", workspace=str(trashed.workspace.uuid))
    assert left(trashed) == ["old", "new", "kept"]
    assert "no active admin" in capsys.readouterr().err
