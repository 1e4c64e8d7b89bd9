"""A dry run that gets in another writer's way, as an import does."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from records.models import Record
from tests.factories import Caller, make_object, make_record
from tests.services.acting import differences

from .running import Importing

LOCK = "SELECT id FROM records_record WHERE identifier = %s FOR UPDATE"


class OtherWriter(threading.Thread):
    """Holds the record `second` until the import has `first`, then waits for that one; it is never
    the one to give up.

    It ends when its transaction does, and that is when the import has let go of `first`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.name_of_database = connection.settings_dict["NAME"]
        self.holds, self.may_go_on = threading.Event(), threading.Event()

    def run(self) -> None:
        with psycopg.connect(os.environ["DATABASE_URL"], dbname=self.name_of_database) as other:
            other.execute("SET LOCAL deadlock_timeout = '60s'")
            other.execute(LOCK, ["second"])
            self.holds.set()
            self.may_go_on.wait(30)
            other.execute(LOCK, ["first"])


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_a_dry_run_that_meets_a_deadlock_is_run_again(
    transactional_db: None, workspace: Caller, tmp_path: Path
) -> None:
    make_object(workspace, "Rows")
    for name in ("First", "Second"):
        make_record(workspace, "rows", name=name)
    other = OtherWriter()
    other.start()
    other.holds.wait(30)

    def progress(done: int, _: int) -> None:
        if done == 1:
            other.may_go_on.set()

    text = "name,owner\nFirst,\nSecond,\nThird,\n"
    found = Importing(workspace, tmp_path).counts(
        "rows", text, dry_run=True, batch_size=1, progress=progress
    )

    other.join()
    assert found == (1, 0, 2, 0)
    assert Record.objects.filter(workspace=workspace.workspace).count() == 2
    assert differences(workspace) == []
