"""In what order a search's records come, and where in that order a cursor stands.

Blank values come last in both directions; records with equal values come in the order of their keys.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from records.exceptions import InvalidInput
from records.field_types import FieldSpec

from .access import Author
from .object_schema import COLUMN_FIELDS, ObjectSchema
from .shown_names import find_sought_field, name_is_open, stand_in
from .sql import Fragment, moment_param, number_param

MAX_KEYS = 5
MAX_DIGITS = 40  # more than any field holds, before the point or after it


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an order: a field, and which way."""

    field: FieldSpec
    descending: bool

    @property
    def in_record(self) -> bool:
        """Whether the key is a column of the record itself."""
        return self.field.computed in COLUMN_FIELDS

    @property
    def may_be_blank(self) -> bool:
        """Whether some records may have no value to be sorted by."""
        return not self.in_record or self.field.computed == "display_name"

    @property
    def direction(self) -> str:
        return "DESC" if self.descending else "ASC"

    @property
    def beyond(self) -> str:
        """The comparison that later records meet."""
        return "<" if self.descending else ">"

    @property
    def column(self) -> str:
        """The column sorted by."""
        return COLUMN_FIELDS.get(self.field.computed) or self.field.type.column or "text"


def parse_ordering(author: Author, schema: ObjectSchema, names: Sequence[str]) -> list[SortKey]:
    """The keys that `ordering` names, `-` in front for descending; InvalidInput for what cannot be sorted by."""
    keys = []
    for name in names:
        field = find_sought_field(author, schema, name.removeprefix("-"), "ordering")
        if field is None:
            raise InvalidInput(f"ordering: there is no field {name.removeprefix('-')[:80]!r}.", "does_not_exist")
        if field.multiple or field.mirror_of_id is not None:
            raise InvalidInput(f"ordering: {field.name!r} holds several values.")
        _check_related(author, field)
        keys.append(SortKey(field, name.startswith("-")))
    if len(keys) > MAX_KEYS:
        raise InvalidInput(f"ordering: at most {MAX_KEYS} fields.", "limit_exceeded")
    return keys


def _check_related(author: Author, field: FieldSpec) -> None:
    """Records are sorted by the names of those they link to only where the caller may compare these names."""
    related_id = field.related_object_id or 0
    if related_id not in author.directory.objects:
        return
    related = author.directory.schema(related_id)
    if not name_is_open(author, related) and stand_in(author, related) is None:
        message = f"ordering: the names in {field.name!r} may show what is hidden from your role."
        raise InvalidInput(message, "permission_required")


def newest_first(schema: ObjectSchema) -> SortKey:
    """The order of a search that asks for none."""
    return SortKey(schema.by_name["created"], True)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last record of a page: its sort values in the index's form, and its key."""

    values: tuple[Any, ...]
    record_id: int


def _signature(keys: Sequence[SortKey]) -> str:
    return ",".join(("-" if key.descending else "") + key.field.uuid for key in keys)


def write_cursor(keys: Sequence[SortKey], values: Sequence[Any], record_id: int) -> str:
    """A cursor as callers pass it on: opaque, and good for this order only."""
    plain = [value.isoformat() if isinstance(value, datetime) else _plain(value) for value in values]
    raw = orjson.dumps([_signature(keys), plain, record_id])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def read_cursor(keys: Sequence[SortKey], text: str) -> Cursor:
    """A cursor that `write_cursor` made for the same order; InvalidInput for any other text."""
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        signature, values, record_id = raw
        if signature != _signature(keys) or len(values) != len(keys):
            raise ValueError
        _check_key(record_id)
        parsed = tuple(_parsed(key, value) for key, value in zip(keys, values, strict=True))
    except (ValueError, TypeError, ArithmeticError, binascii.Error):
        message = "cursor: not a cursor of this search. Repeat all it came with, or leave it out."
        raise InvalidInput(message) from None
    return Cursor(parsed, record_id)


def _parsed(key: SortKey, value: Any) -> Any:
    if value is None:
        return None
    if key.column in ("moment", "created_at", "updated_at"):
        when = datetime.fromisoformat(value)
        return moment_param((when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC))
    if key.column == "number":
        number = Decimal(str(value))
        if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS or len(number.as_tuple().digits) > MAX_DIGITS:
            raise ValueError
        return number_param(number)
    if key.column in ("option", "member"):
        _check_key(value)
        return value
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError
    return value


def _check_key(value: Any) -> None:
    """Refuse what is no primary key of any row."""
    if type(value) is not int or not 0 < value < 2**63:
        raise ValueError


def after(keys: Sequence[SortKey], columns: Sequence[str], cursor: Cursor, key_column: str) -> Fragment:
    """The records that come after the cursor, in the order of `keys`, whose values stand in `columns`."""
    alternatives: list[Fragment] = []
    equal: list[Fragment] = []
    for key, column, value in zip(keys, columns, cursor.values, strict=True):
        if value is not None:
            alternatives.append(_with(equal, f"({column} {key.beyond} %s OR {column} IS NULL)", [value]))
            equal.append((f"{column} = %s", [value]))
        else:
            equal.append((f"{column} IS NULL", []))
    alternatives.append(_with(equal, f"{key_column} {keys[0].beyond} %s", [cursor.record_id]))
    sql = " OR ".join(f"({sql})" for sql, _ in alternatives)
    return f"({sql})", [param for _, params in alternatives for param in params]


def _with(equal: Sequence[Fragment], last: str, params: list[Any]) -> Fragment:
    return " AND ".join([*(sql for sql, _ in equal), last]), [
        *(param for _, given in equal for param in given),
        *params,
    ]
