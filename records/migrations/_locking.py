"""Table locks of migrations: taken before the first change, in the order in which writes take theirs.

A migration that holds the ledger and waits for the records deadlocks with a write that does the reverse, and
PostgreSQL may choose either as the victim. Here the migration asks for everything it needs at once, waits for less
than PostgreSQL's deadlock check (1 s), lets everybody pass, and asks again: only the migration ever gives way.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError
from django.db import OperationalError, migrations, transaction

# A write reads the definition, locks the record, then writes its index and its ledger.
WRITE_ORDER = (
    "workspace",
    "objecttype",
    "field",
    "fieldoption",
    "record",
    "fieldvalue",
    "historicalrecord",
)
WAIT_MS = 400
ATTEMPTS = 120
BUSY = {"55P03", "57014", "40P01"}  # lock not available, statement cancelled, deadlock


class Migration(migrations.Migration):
    """A migration that takes its locks first. `tables` adds models that only its SQL names, in lower case."""

    tables: tuple[str, ...] = ()

    def apply(self, project_state: Any, schema_editor: Any, collect_sql: bool = False) -> Any:
        if not collect_sql:
            lock_tables(schema_editor.connection, self._locked(project_state))
        return super().apply(project_state, schema_editor, collect_sql)

    def unapply(self, project_state: Any, schema_editor: Any, collect_sql: bool = False) -> Any:
        if not collect_sql:
            lock_tables(schema_editor.connection, self._locked(project_state))
        return super().unapply(project_state, schema_editor, collect_sql)

    def _locked(self, state: Any) -> list[str]:
        """The existing tables that the operations change or refer to, in the order of the write path."""
        keys = {("records", name) for name in self.tables}
        for operation in self.operations:
            keys.update(_touched(operation))
        models = [state.apps.get_model(*key) for key in keys if key in state.models]
        return [model._meta.db_table for model in sorted(models, key=_place)]


def _place(model: Any) -> tuple[int, str]:
    name = model._meta.model_name
    return (WRITE_ORDER.index(name) if name in WRITE_ORDER else -1, model._meta.db_table)


def _touched(operation: Any) -> Iterator[tuple[str, str]]:
    named = getattr(operation, "model_name", None) or getattr(operation, "name", None)
    if named:
        yield "records", named.lower()
    fields = [field for _, field in getattr(operation, "fields", ()) if not isinstance(field, str)]
    for field in [*fields, getattr(operation, "field", None)]:
        related = getattr(getattr(field, "remote_field", None), "model", None)
        if isinstance(related, str) and "." in related:
            app, name = related.lower().split(".")
            yield app, name


def lock_tables(connection: Any, tables: list[str]) -> None:
    """Lock the tables until the open transaction ends; CommandError when others hold them for too long."""
    if connection.vendor != "postgresql" or not tables or not connection.in_atomic_block:
        return
    names = ", ".join(map(connection.ops.quote_name, tables))
    for _ in range(ATTEMPTS):
        try:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                before = _limits(cursor, f"{WAIT_MS}ms", f"{2 * WAIT_MS}ms")
                cursor.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
                _limits(cursor, *before)
            return
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in BUSY:
                raise
            last = error
        time.sleep(random.uniform(0.1, 0.6))  # noqa: S311 (those who wait have the tables meanwhile)
    raise CommandError(
        f"The migration could not lock {names} in {ATTEMPTS} attempts: another session holds them. Nothing of it was"
        " changed. End the long transaction (pg_stat_activity lists it), then run migrate again."
    ) from last


def _limits(cursor: Any, lock: str, statement: str) -> tuple[str, str]:
    """Set both time limits for the transaction; what they were."""
    cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
    before: tuple[str, str] = cursor.fetchone()
    cursor.execute(
        "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)",
        [lock, statement],
    )
    return before
