"""Column types that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from uuid_utils.compat import uuid7

from records.rehearsal import rehearsal


def new_uuid() -> UUID:
    """A UUIDv7: unique anywhere, and close to the rows written at the same time in every index."""
    return uuid7()


class Key(models.BigAutoField):  # type: ignore[type-arg]  # or else keys are of any type
    """A primary key that the database gives. Rehearsed rows get theirs here: a rollback does not
    give a sequence its values back."""

    def get_pk_value_on_save(self, instance: models.Model) -> Any:
        found = rehearsal()
        return super().get_pk_value_on_save(instance) if found is None else next(found.keys)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.BigAutoField", args, kwargs


class SmallKey(models.AutoField):  # type: ignore[type-arg]
    """A `Key` of 32 bits."""

    def get_pk_value_on_save(self, instance: models.Model) -> Any:
        found = rehearsal()
        return super().get_pk_value_on_save(instance) if found is None else next(found.small_keys)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.AutoField", args, kwargs


class Document(models.JSONField[Any, Any]):
    """A JSON document that is read and written whole: PostgreSQL keeps it as `json`, the text as it
    came.

    Nothing looks inside it with SQL, and `jsonb` would be taken apart and put together again at
    every write and read.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "json" if connection.vendor == "postgresql" else super().db_type(connection)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return (
            super().from_db_value(value, expression, connection)
            if isinstance(value, str)
            else value
        )


class JsonText(models.TextField[Any, Any]):
    """JSON that comes back as it was sent, its keys in their order: on PostgreSQL the ORM would
    write a `json` column by way of `jsonb`, which has no order."""

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else orjson.dumps(value).decode()

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return None if value is None else orjson.loads(value)

    def to_python(self, value: Any) -> Any:
        return value


class NormalText(models.TextField[Any, Any]):
    """Text compared and sorted by code point on both engines (SQLite does, PostgreSQL is told
    to)."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return 'text COLLATE "C"' if connection.vendor == "postgresql" else "text"


class ExactNumber(models.Field[Any, Any]):
    """A number of any size: 64-bit integers and 15-digit decimals keep every digit on both
    engines."""

    description = "exact number"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "numeric"

    def get_internal_type(self) -> str:
        return "ExactNumber"

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, int) else Decimal(str(value))
