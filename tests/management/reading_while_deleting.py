"""`python -m tests.management.reading_while_deleting`: deletes a record of an SQLite file that
somebody is reading."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()
    from django.db import connection

    from records.services.database.sql import fetch
    from records.services.operations.lifecycle import delete_permanently
    from records.services.reading.record_address import address
    from records.services.retention.stores import sweep_stores
    from tests.factories import make_object, make_record, make_workspace

    caller = make_workspace()
    make_object(caller, "People")
    uuid = make_record(caller, "people", name="Ann").record.uuid
    path = str(connection.settings_dict["NAME"])
    log = Path(f"{path}-wal")
    seen = {}
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM records_record").fetchall()
        begun = time.monotonic()
        delete_permanently(caller.author, caller.schema("people"), address(uuid))
        seen["seconds"] = time.monotonic() - begun
        seen["log while read"] = log.stat().st_size
        reader.execute("COMMIT")
    sweep_stores()
    seen["log after a sweep"] = log.stat().st_size
    seen["patience"] = fetch("PRAGMA busy_timeout")[0][0]
    print(json.dumps(seen))  # noqa: T201 (its output is its use)


if __name__ == "__main__":
    main()
