"""A time of day."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from .base import COMPARED, JSON, FieldSpec, FieldType, InvalidValue, Stored, field_types
from .conditions import number_conditions

FORM = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")


def read_time(raw: JSON) -> time:
    """`raw`, written HH:MM or HH:MM:SS, as a time in no time zone."""
    if isinstance(raw, str) and FORM.fullmatch(raw):
        try:
            return time.fromisoformat(raw)
        except ValueError:
            pass
    raise InvalidValue("Expected a time, HH:MM or HH:MM:SS.")


def _seconds(field: FieldSpec, value: JSON) -> int:
    found = read_time(value)
    return found.hour * 3600 + found.minute * 60 + found.second


class TimeOfDay(FieldType):
    """A time of day to the second, in no time zone; indexed as the seconds since midnight."""

    name = "time"
    column = "number"
    is_numeric = True
    may_be_unique = True
    conditions = number_conditions(_seconds)
    aggregates = COMPARED

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        return None if raw == "" else read_time(raw).isoformat()

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        return text.strip()

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[int]:
        return (_seconds(field, stored),)

    def from_index(self, field: FieldSpec, indexed: Any) -> Stored:
        hour, rest = divmod(int(indexed), 3600)
        return time(hour, *divmod(rest, 60)).isoformat()

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}

    def example(self, field: FieldSpec) -> JSON:
        return "09:30:00"


field_types.register(TimeOfDay.name, TimeOfDay())
