"""`python -m tests.management.upgrading seed | kill STATEMENT… | rounds COUNT | back MIGRATION`: an
old database, and its migrations.

`seed` migrates an empty database to the first schema, fills it and prints the key of a record.
`kill` migrates to the newest schema and is killed before the given statement that changes
something, once for each number; it prints how each ended. `rounds` migrates to and fro, `back`
to an older schema.
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
BEFORE_LEDGER_AND_RECORDS, LEDGER_AND_RECORDS = "0007_external_sources", "0008_record_lifecycle"


def seed() -> int:
    """Records with their index and ledger, written by the models as the first migration has them;
    the first key."""
    from django.db import transaction

    from records.services.backup.backup_tables import migrations_as_written

    migrate_to("0001_initial")
    state = migrations_as_written().project_state([("records", "0001_initial")])
    model = state.apps.get_model
    with transaction.atomic():
        workspace = model("records", "Workspace").objects.create(name="Old", slug="old")
        kind = model("records", "ObjectType").objects.create(
            workspace=workspace, name="things", object_name="Things", entity_name="Thing"
        )
        name = model("records", "Field").objects.create(
            workspace=workspace, object=kind, name="name", display_name="Name", field_type="text"
        )
        records = [_record(model, name, f"Thing {at}") for at in range(RECORDS)]
    return int(records[0].pk)


def _record(model: Callable[..., Any], field: Any, name: str) -> Any:
    record = model("records", "Record").objects.create(
        workspace=field.workspace,
        object=field.object,
        values={str(field.pk): name},
        display_name=name,
        display_key=name.casefold(),
    )
    model("records", "FieldValue").objects.create(
        workspace=field.workspace,
        record_id=record.pk,
        field=field,
        position=0,
        text=name.casefold(),
        live=True,
    )
    model("records", "HistoricalRecord").objects.create(
        id=record.pk,
        uuid=record.uuid,
        workspace=field.workspace,
        object=field.object,
        state="active",
        version=1,
        history_date=datetime.now(UTC),
        history_type="+",
        changes={str(field.pk): [None, name]},
        operation_id=record.uuid,
        source="api",
        action="created",
    )
    return record


def killed_at(statement: int) -> int:
    """How a process ended that migrates and is killed: minus the signal."""
    child = os.fork()  # as a process of its own, without starting Django again
    if child == 0:
        migrate_until(statement)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def migrate_until(statement: int) -> None:
    """Migrate; die before the statement with this number, from 1 on, that changes something."""
    from django.core.management import call_command
    from django.db import connection

    seen = 0

    def watch(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        nonlocal seen
        seen += str(sql).startswith(CHANGING)
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        call_command("migrate", verbosity=0)


def migrate_to_and_fro(rounds: int) -> None:
    """Migrate to the newest schema, on the way back and forth where ledger and records change."""
    from django.core.management import call_command

    for _ in range(rounds - 1):
        for schema in (BEFORE_LEDGER_AND_RECORDS, LEDGER_AND_RECORDS):
            migrate_to(schema)
    call_command("migrate", verbosity=0)


def migrate_to(schema: str) -> None:
    """Migrate to or back to the schema of a migration that a squashed one may replace."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from records.services.backup.backup_tables import migrations_as_written
    from records_project.sqlite import files_may_be_made

    with files_may_be_made():
        executor = MigrationExecutor(connection)
        executor.loader = migrations_as_written()
        executor.migrate([("records", schema)])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()
    command, *given = sys.argv[1:]
    if command == "seed":
        print(seed())  # noqa: T201 (read by the test)
    elif command == "kill":
        print(*(killed_at(int(number)) for number in given))  # noqa: T201
    elif command == "rounds":
        migrate_to_and_fro(int(given[0]))
    else:
        migrate_to(given[0])
