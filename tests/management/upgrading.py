"""`python -m tests.management.upgrading seed | kill STATEMENT`: an old database, and a migration that is killed.

`seed` fills a database at the schema of the first migration and prints the key of a record; `kill` migrates to the
newest schema and dies before the given statement that changes a table.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import django

RECORDS = 40
CHANGING = ("ALTER", "CREATE", "DROP", "INSERT", "UPDATE")


def seed() -> int:
    """Records with their index and ledger, written by the models as the first migration has them; the first key."""
    from django.db import connection, transaction
    from django.db.migrations.loader import MigrationLoader

    state = MigrationLoader(connection).project_state([("records", "0001_initial")])
    model = state.apps.get_model
    with transaction.atomic():
        workspace = model("records", "Workspace").objects.create(name="Old", slug="old")
        kind = model("records", "ObjectType").objects.create(
            workspace=workspace, name="things", object_name="Things", entity_name="Thing"
        )
        records = [_record(model, workspace, kind, at) for at in range(RECORDS)]
    return int(records[0].pk)


def _record(model: Callable[..., Any], workspace: Any, kind: Any, at: int) -> Any:
    record = model("records", "Record").objects.create(
        workspace=workspace, object=kind, display_name=f"Thing {at}", display_key=f"thing {at}"
    )
    model("records", "HistoricalRecord").objects.create(
        id=record.pk,
        uuid=record.uuid,
        workspace=workspace,
        object=kind,
        state="active",
        version=1,
        history_date=datetime.now(UTC),
        history_type="+",
        changes=[],
        operation_id=record.uuid,
        source="api",
        action="created",
    )
    return record


def migrate_until(statement: int) -> None:
    """Migrate; die before the statement with this number, from 1 on, that changes something."""
    from django.core.management import call_command
    from django.db import connection

    seen = 0

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        nonlocal seen
        seen += str(sql).startswith(CHANGING)
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        call_command("migrate", verbosity=0)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()
    if sys.argv[1] == "seed":
        print(seed())  # noqa: T201 (read by the test)
    else:
        migrate_until(int(sys.argv[2]))
