"""Column types that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from uuid_utils.compat import uuid7


def new_uuid() -> UUID:
    """A UUIDv7: unique anywhere, and close to the rows written at the same time in every index."""
    return uuid7()


class NormalText(models.TextField[Any, Any]):
    """Text compared and sorted by code point on both engines (SQLite does, PostgreSQL is told to)."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return 'text COLLATE "C"' if connection.vendor == "postgresql" else "text"


class ExactNumber(models.Field[Any, Any]):
    """A number of any size: 64-bit integers and 15-digit decimals keep every digit on both engines."""

    description = "exact number"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "numeric"

    def get_internal_type(self) -> str:
        return "ExactNumber"

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, int) else Decimal(str(value))
