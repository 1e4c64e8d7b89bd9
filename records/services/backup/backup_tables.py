"""The tables of a database at the schema it has, and their values in a form that both engines
share."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

from records.services.database import is_postgresql

# Rebuilt by migrating, or worthless elsewhere: people log in again, limits begin anew, and cursors
# of the change feed end.
LEFT_OUT = {"django_session", "records_ratecount", "records_feedepoch"}
Node = tuple[str, str]


@dataclass(frozen=True, slots=True)
class BackupTable:
    """A table, its columns, and the kind of value in each."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    key: str
    counted: str | None  # the column whose values a sequence gives
    file_columns: tuple[str, ...]


def migrations_as_written() -> MigrationLoader:
    """The migrations without the squashed ones: archives name those that they replace, so that each
    release that has these can read the archive."""
    loader = MigrationLoader(connection, replace_migrations=False)
    for key, squashed in loader.replacements.items():
        loader.graph.remove_replacement_node(key, squashed.replaces)
        loader.applied_migrations.pop(key, None)
    return loader


def applied_leaves() -> list[Node]:
    """The newest applied migration of each branch: the schema that the database has."""
    loader = migrations_as_written()
    applied = [node for node in loader.applied_migrations if node in loader.graph.nodes]
    inner = {parent.key for node in applied for parent in loader.graph.node_map[node].parents}
    return sorted(
        # A parent of another app's migration is still a leaf if its own app has no later one.
        node
        for node in applied
        if node not in inner or not _followed(loader, node, applied)
    )


def _followed(loader: MigrationLoader, node: Node, applied: list[Node]) -> bool:
    return any(
        child.key in applied and child.key[0] == node[0]
        for child in loader.graph.node_map[node].children
    )


def tables_at(leaves: list[Node]) -> list[BackupTable]:
    """The tables of a schema, as the migrations up to `leaves` make them."""
    # From the migrations' state, since the models of this release may be newer.
    state = migrations_as_written().project_state(leaves)
    found = state.apps.get_models(include_auto_created=True)
    chosen = [model for model in found if model._meta.managed and not model._meta.proxy]
    return sorted(
        (_table(model) for model in chosen if model._meta.db_table not in LEFT_OUT),
        key=lambda it: it.name,
    )


def _table(model: type[models.Model]) -> BackupTable:
    meta = model._meta
    fields = meta.local_concrete_fields
    key: Any = meta.pk
    # The index of values has a key of several columns.
    names = key.field_names if isinstance(key, models.CompositePrimaryKey) else [key.name]
    columns = {field.name: str(field.column) for field in fields}
    order = [columns[name] for name in names]
    return BackupTable(
        meta.db_table,
        tuple(str(field.column) for field in fields),
        tuple(_kind(field) for field in fields),
        ", ".join(f'"{column}"' for column in order),
        str(key.column) if isinstance(key, models.AutoField | models.BigAutoField) else None,
        tuple(str(field.column) for field in fields if isinstance(field, models.FileField)),
    )


_KINDS = {
    "BooleanField": "boolean",
    "DateTimeField": "moment",
    "UUIDField": "uuid",
    "JSONField": "json",
    "BinaryField": "binary",
    "ExactNumber": "number",
}


def _kind(field: Any) -> str:
    # A foreign key holds a value of the kind that its target's key has.
    while field.remote_field is not None:
        field = field.target_field
    return _KINDS.get(field.get_internal_type(), "plain")


def selected(table: BackupTable) -> str:
    """The SELECT of a whole table, in the order of its key."""
    columns = ", ".join(
        # As text: the driver would decode the document, and lose the form of its numbers.
        f'"{column}"::text' if kind == "json" and is_postgresql() else f'"{column}"'
        for column, kind in zip(table.columns, table.kinds, strict=True)
    )
    return f'SELECT {columns} FROM "{table.name}" ORDER BY {table.key}'


def _moment_out(value: Any) -> str:
    if isinstance(value, datetime):
        # SQLite stores moments in UTC without a zone.
        value = value.astimezone(UTC).replace(tzinfo=None)
    return str(value)


def _number_out(value: Any) -> str:
    """All digits, as PostgreSQL has them, and no zeros at the end, as SQLite has them."""
    digits = format(Decimal(str(value)), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


_OUT: dict[str, Callable[[Any], Any]] = {
    "boolean": bool,
    "moment": _moment_out,
    "uuid": lambda value: str(value if isinstance(value, UUID) else UUID(value)),
    "number": _number_out,
    "binary": lambda value: base64.b64encode(bytes(value)).decode(),
}
_IN_POSTGRESQL: dict[str, Callable[[Any], Any]] = {
    # Without a zone PostgreSQL would read the moment in the session's own.
    "moment": lambda value: f"{value}+00",
    "binary": base64.b64decode,
}
_IN_SQLITE: dict[str, Callable[[Any], Any]] = {
    "uuid": lambda value: value.replace("-", ""),
    "binary": base64.b64decode,
}


def outward(table: BackupTable) -> Callable[[tuple[Any, ...]], list[Any]]:
    """How a row of the engine becomes one of the archive."""
    return _converter([_OUT.get(kind) for kind in table.kinds])


def inward(kinds: list[str]) -> Callable[[tuple[Any, ...]], list[Any]]:
    """How a row of the archive becomes one of the engine."""
    known = _IN_POSTGRESQL if is_postgresql() else _IN_SQLITE
    return _converter([known.get(kind) for kind in kinds])


def _converter(
    functions: list[Callable[[Any], Any] | None],
) -> Callable[[tuple[Any, ...]], list[Any]]:
    changed = [(at, function) for at, function in enumerate(functions) if function is not None]

    def convert(row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for at, function in changed:
            if values[at] is not None:
                values[at] = function(values[at])
        return values

    return convert


def last_keys(tables: list[BackupTable]) -> dict[str, int]:
    """The last key given in each table, which may belong to a row that is gone: no key is given
    twice."""
    with connection.cursor() as cursor:
        if not is_postgresql():
            cursor.execute("SELECT name, seq FROM sqlite_sequence")
            names = {table.name for table in tables}
            return {name: last for name, last in cursor.fetchall() if name in names}
        last = {}
        for table in tables:
            if table.counted:
                cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table.name, table.counted])
                (sequence,) = cursor.fetchone()
                # A sequence that was never used says 1 as well.
                cursor.execute(f"SELECT last_value FROM {sequence} WHERE is_called")
                for (key,) in cursor.fetchall():
                    last[table.name] = key
        return last


def set_last_keys(tables: list[BackupTable], last: dict[str, int]) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            # PostgreSQL refuses to set a sequence to 0.
            if not table.counted or last.get(table.name, 0) < 1:
                continue
            key = int(last[table.name])
            if is_postgresql():
                named = "pg_get_serial_sequence(%s, %s)"
                cursor.execute(f"SELECT setval({named}, %s)", [table.name, table.counted, key])
            else:
                # The table has no unique constraint, so an upsert is not possible.
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table.name])
                cursor.execute(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table.name, key]
                )
