"""The order of a search's records, and positions in it (cursors).

Blank values come last in both directions; records with equal values are ordered by their keys.
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

from records.exceptions import InvalidInput, did_you_mean, quoted
from records.field_types import FieldSpec
from records.services.access import (
    Author,
    find_sought_field,
    name_is_open,
    stand_in,
    visible_fields,
)
from records.services.catalogue import COLUMN_FIELDS, ObjectSchema
from records.services.database import Fragment, moment_param, number_param

MAX_KEYS = 5
MAX_DIGITS = 40  # more than any field holds, before the point or after it


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an order: a field and a direction."""

    field: FieldSpec
    descending: bool

    @property
    def in_record(self) -> bool:
        """Whether the key is a column of the record itself."""
        return self.field.computed in COLUMN_FIELDS

    @property
    def may_be_blank(self) -> bool:
        """Whether some records may have no value to be sorted by."""
        # A record's created and updated are always set; every other value may be missing.
        return not self.in_record or self.field.computed == "display_name"

    @property
    def direction(self) -> str:
        return "DESC" if self.descending else "ASC"

    @property
    def beyond(self) -> str:
        """The comparison that is true of later records."""
        return "<" if self.descending else ">"

    @property
    def column(self) -> str:
        """The column sorted by."""
        return COLUMN_FIELDS.get(self.field.computed) or self.field.type.column or "text"


def parse_ordering(author: Author, schema: ObjectSchema, names: Sequence[str]) -> list[SortKey]:
    """The keys that `ordering` names, with `-` for descending; InvalidInput for fields that cannot
    be sorted by."""
    keys = []
    for name in names:
        field_name = name.removeprefix("-")
        # A sort by a name the role may not see is refused, or its stand-in takes its place.
        field = find_sought_field(author, schema, field_name, ("ordering",))
        if field is None:
            near = did_you_mean(field_name, [spec.name for spec in visible_fields(author, schema)])
            raise InvalidInput(
                f"there is no field {quoted(field_name)}.{near}", "does_not_exist", at="ordering"
            )
        # Several values have no single place in an order.
        if field.multiple or field.mirror_of_id is not None:
            raise InvalidInput(f"{field.name!r} holds several values.", at="ordering")
        check_comparable(author, field)
        keys.append(SortKey(field, name.startswith("-")))
    # Each key adds a join to the statement.
    if len(keys) > MAX_KEYS:
        raise InvalidInput(f"at most {MAX_KEYS} fields.", "limit_exceeded", at="ordering")
    return keys


def check_comparable(author: Author, field: FieldSpec) -> None:
    """InvalidInput for a link whose records' names the caller may not compare: the order would
    reveal them."""
    related = author.directory.find_related(field)
    if (
        related is not None
        and not name_is_open(author, related)
        and stand_in(author, related) is None
    ):
        message = f"the names in {field.name!r} may show what is hidden from your role."
        raise InvalidInput(message, "permission_required", at="ordering")


def newest_first(schema: ObjectSchema) -> SortKey:
    """The default order of a search."""
    return SortKey(schema.by_name["created"], True)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last record of a page: its sort values in the index's form, and its key."""

    values: tuple[Any, ...]
    record_id: int


def _signature(keys: Sequence[SortKey]) -> str:
    # By UUID: a field that is renamed keeps its cursors, one made anew under its name does not.
    # By language too: texts have another order in another one.
    return ",".join(
        ("-" if key.descending else "") + key.field.uuid + key.field.language for key in keys
    )


def write_cursor(keys: Sequence[SortKey], values: Sequence[Any], record_id: int) -> str:
    """A cursor in the form sent to callers: opaque, and valid for this order only."""
    plain = [
        value.isoformat() if isinstance(value, datetime) else _plain(value) for value in values
    ]
    raw = orjson.dumps([_signature(keys), plain, record_id])
    # Without padding: `=` would have to be escaped in a URL.
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _plain(value: Any) -> Any:
    # As text, exactly: a JSON number would be read back as a float.
    return str(value) if isinstance(value, Decimal) else value


def read_cursor(keys: Sequence[SortKey], text: str) -> Cursor:
    """A cursor from `write_cursor` for the same order; InvalidInput for any other text."""
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        signature, values, record_id = raw
        # A cursor for another order would start at an arbitrary record.
        if signature != _signature(keys) or len(values) != len(keys):
            raise ValueError
        _check_key(record_id)
        parsed = tuple(_parsed(key, value) for key, value in zip(keys, values, strict=True))
    # Cursors come from callers: whatever decoding can raise is the same mistake of theirs.
    except (ValueError, TypeError, ArithmeticError, binascii.Error):
        message = "not a cursor of this search. Repeat the search unchanged, or omit the cursor."
        raise InvalidInput(message, at="cursor") from None
    return Cursor(parsed, record_id)


def _parsed(key: SortKey, value: Any) -> Any:
    if value is None:
        return None
    if key.column in ("moment", "created_at", "updated_at"):
        when = datetime.fromisoformat(value)
        # Cursors are written with an offset; a forged one without it must not fail.
        return moment_param((when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC))
    if key.column == "number":
        return number_param(_checked_number(value))
    if key.column in ("option", "member"):
        _check_key(value)
        return value
    # PostgreSQL takes no null characters in texts, and would fail.
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError
    return value


def _checked_number(value: Any) -> Decimal:
    """A number that a field could hold: converting a huge one would take too long."""
    number = Decimal(str(value))
    if (
        not number.is_finite()
        or abs(number.adjusted()) > MAX_DIGITS
        or len(number.as_tuple().digits) > MAX_DIGITS
    ):
        raise ValueError
    return number


def _check_key(value: Any) -> None:
    """ValueError for what cannot be a primary key."""
    # `bool` is an int to isinstance; more than 63 bits fit into no key.
    if type(value) is not int or not 0 < value < 2**63:
        raise ValueError


def after(
    keys: Sequence[SortKey], columns: Sequence[str], cursor: Cursor, key_column: str
) -> Fragment:
    """The records after the cursor, in the order of `keys`, whose values are in `columns`."""
    alternatives: list[Fragment] = []
    equal: list[Fragment] = []
    for key, column, value in zip(keys, columns, cursor.values, strict=True):
        # Written out, not as a row comparison: directions differ by key, and blanks come last.
        if value is not None:
            alternatives.append(
                _with(equal, f"({column} {key.beyond} %s OR {column} IS NULL)", [value])
            )
            equal.append((f"{column} = %s", [value]))
        else:  # blanks come last: nothing comes after them but blanks
            equal.append((f"{column} IS NULL", []))
    first, *_ = keys
    # The key follows the first field's direction, as in every order of this search.
    alternatives.append(_with(equal, f"{key_column} {first.beyond} %s", [cursor.record_id]))
    sql = " OR ".join(f"({sql})" for sql, _ in alternatives)
    return f"({sql})", [param for _, params in alternatives for param in params]


def _with(equal: Sequence[Fragment], last: str, params: list[Any]) -> Fragment:
    return " AND ".join([*(sql for sql, _ in equal), last]), [
        *(param for _, given in equal for param in given),
        *params,
    ]
