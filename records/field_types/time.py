"""A time of day."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from .base import COMPARED, JSON, FieldSpec, FieldType, InvalidValue, Stored, field_types
from .conditions import number_conditions

FORM = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
# As people write it in tables, with an hour of one digit or in halves of the day.
WRITTEN = re.compile(
    r"(?P<hour>[0-9]{1,2})(?P<rest>:[0-9]{2}(?::[0-9]{2})?)(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)


def read_time(raw: JSON) -> time:
    """`raw`, written HH:MM or HH:MM:SS, as a time in no time zone."""
    if isinstance(raw, str) and FORM.fullmatch(raw):
        try:
            return time.fromisoformat(raw)
        except ValueError:
            pass
    raise InvalidValue("Expected a time, HH:MM or HH:MM:SS.")


def _on_24_hours(found: re.Match[str]) -> str:
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        return found[0]
    if half:
        # After twelve comes one.
        hour = hour % 12 + 12 * (half == "p")
    return f"{hour:02}{found['rest']}"


def _seconds(field: FieldSpec, value: JSON) -> int:
    found = read_time(value)
    return found.hour * 3600 + found.minute * 60 + found.second


class TimeOfDay(FieldType):
    """A time of day to the second, in no time zone; indexed as the seconds since midnight."""

    name = "time"
    label = "Time of day"
    workspace_aliases = ("time_of_day",)
    column = "number"
    is_numeric = True
    may_be_unique = True
    conditions = number_conditions(_seconds)
    aggregates = COMPARED

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        return None if raw == "" else read_time(raw).isoformat()

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        found = WRITTEN.fullmatch(text.strip())
        return text.strip() if found is None else _on_24_hours(found)

    def is_kept(self, field: FieldSpec, text: str, stored: Stored) -> bool:
        return FORM.fullmatch(text.strip()) is not None

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
