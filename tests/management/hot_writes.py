"""`python -m tests.management.hot_writes RECORD`: writes one record again and again, as the write
path does.

It prints a line when it has begun; it ends when its input is closed, and prints how many writes
were stored. It names only columns that every schema has, so it runs while the tables are migrated.
"""

from __future__ import annotations

import os
import select
import sys

import psycopg

LEDGER = (
    "INSERT INTO records_historicalrecord (id, uuid, workspace_id, object_id, "
    "external_source, state, version,"
    " history_date, history_type, changes, operation_id, source, action, request_id)"
    " SELECT id, uuid, workspace_id, object_id, external_source, state, version, now(), '~', "
    "'{}', uuid, 'api', 'updated', '' FROM records_record WHERE id = %s"
)


def main(record: int) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        print("writing", flush=True)  # noqa: T201 (read by the test)
        written = 0
        while not select.select([sys.stdin], [], [], 0)[0]:
            with database.transaction():
                database.execute("SELECT id FROM records_record WHERE id = %s FOR UPDATE", [record])
                database.execute(
                    "UPDATE records_record SET version = version + 1 WHERE id = %s", [record]
                )
                database.execute(LEDGER, [record])
            written += 1
        print(written)  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
