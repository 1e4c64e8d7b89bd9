"""A day."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from datetime import date as day
from typing import Any

from .base import (
    COMPARED,
    JSON,
    PERIODS,
    FieldSpec,
    FieldType,
    Guess,
    InvalidValue,
    Stored,
    Test,
    field_types,
)
from .conditions import number_conditions

# Workbooks count days from 1900 on, of which programs take the first two months differently.
FIRST_SHEET_DAY = day(1900, 3, 1)
MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ Tt]00:00(?::00(?:\.0+)?)?Z?")
MONTH_FORM = re.compile(r"[0-9]{1,2}")


def read_day(raw: JSON) -> day:
    """`raw`, written YYYY-MM-DD, as a day; no other form of ISO 8601 is taken."""
    if isinstance(raw, str) and len(raw) == 10 and raw[4] == "-" and raw[7] == "-":
        try:
            return day.fromisoformat(raw)
        except ValueError:
            pass
    raise InvalidValue("Expected a date, YYYY-MM-DD.")


def _moment(field: FieldSpec, value: JSON) -> datetime:
    found = read_day(value)
    return datetime(found.year, found.month, found.day, tzinfo=UTC)


def month_number(value: JSON) -> int:
    """The number of a month, or a text that is one."""
    number = int(value) if isinstance(value, str) and MONTH_FORM.fullmatch(value) else value
    if type(number) is not int or not 1 <= number <= 12:
        raise InvalidValue("Expected the number of a month, 1 to 12.")
    return number


def _month(field: FieldSpec, value: JSON) -> Test:
    """In the given month of any year."""
    return Test("month", (month_number(value), "UTC"))


class Date(FieldType):
    """A day of the calendar, in no time zone; indexed as its midnight in UTC."""

    name = "date"
    label = "Date"
    column = "moment"
    may_be_unique = True
    guess = Guess(4, re.compile("[0-9]{4}-"))
    conditions = number_conditions(_moment) | {"month_equals": _month}
    aggregates = COMPARED
    groups = PERIODS

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if raw == "":
            return None
        read_day(raw)
        return raw

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        return text.strip()

    def readable_part(self, field: FieldSpec, text: str) -> str:
        """The day of a midnight, as databases write days."""
        found = MIDNIGHT.fullmatch(text.strip())
        return "" if found is None else found[1]

    def to_sheet_cell(self, field: FieldSpec, shown: JSON) -> str | day:
        found = day.fromisoformat(shown)
        return found if found >= FIRST_SHEET_DAY else str(shown)

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[datetime]:
        return (datetime.fromisoformat(f"{stored}T00:00:00+00:00"),)

    def from_index(self, field: FieldSpec, indexed: datetime) -> Stored:
        return indexed.date().isoformat()

    def clock(self, field: FieldSpec) -> str:
        return "UTC"

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def example(self, field: FieldSpec) -> JSON:
        return "2024-05-17"


field_types.register(Date.name, Date())
