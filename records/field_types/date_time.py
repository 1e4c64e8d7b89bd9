"""A point in time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo

from .base import (
    COMPARED,
    JSON,
    PERIODS,
    Condition,
    FieldSpec,
    FieldType,
    Guess,
    InvalidValue,
    References,
    Stored,
    Test,
    field_types,
)
from .conditions import is_blank, one, some
from .date import FIRST_SHEET_DAY, month_number, read_day

MAX_LENGTH = 40
EXPECTED = "Expected a date and time, like 2024-05-17T09:30:00+02:00."
FORM = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ Tt]|\Z)"
)  # ISO 8601 has others, which people mistype
WRITTEN = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[ Tt](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
    r"(?:[.,](?P<fraction>[0-9]+))?(?P<offset>Z|[-+][0-9]{2}:?[0-9]{2}(?::?[0-9]{2})?)?"
)
MICRO = 6  # digits of a second that are kept
MIDNIGHT = time()
LAST_INSTANT = time.max.replace(fold=1)  # of a day whose last hour comes twice, the second
Edge = Literal["start", "end"]


def read_moment(raw: JSON, zone: ZoneInfo) -> datetime:
    """`raw` in UTC; without an offset it is taken in `zone`, and a day without a time is its
    midnight."""
    if isinstance(raw, str) and len(raw) <= MAX_LENGTH and FORM.match(raw):
        try:
            moment = datetime.fromisoformat(raw)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=zone)
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise InvalidValue(EXPECTED)


def _is_told_once(clock: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks of a zone show this time once: neither twice, nor never."""
    first, second = (clock.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return first.utcoffset() == second.utcoffset()


def _instant(field: FieldSpec, value: JSON) -> datetime:
    if isinstance(value, str) and len(value) == 10:
        raise InvalidValue(f"{EXPECTED} For a whole day, use = or between.")
    return read_moment(value, field.zone)


def _edge(edge: Edge, field: FieldSpec, value: JSON) -> datetime:
    """A moment; of a plain date, the first or the last one of that day in the field's zone."""
    if not isinstance(value, str) or len(value) != 10:
        return read_moment(value, field.zone)
    clock = MIDNIGHT if edge == "start" else LAST_INSTANT
    try:
        return datetime.combine(read_day(value), clock, field.zone).astimezone(UTC)
    except OverflowError:
        raise InvalidValue(EXPECTED) from None


def _start(field: FieldSpec, value: JSON) -> datetime:
    return _edge("start", field, value)


def _end(field: FieldSpec, value: JSON) -> datetime:
    return _edge("end", field, value)


def _within(field: FieldSpec, low: JSON, high: JSON, *, negated: bool = False) -> Test:
    return Test("between", (_start(field, low), _end(field, high)), negated)


def _equal(*, negated: bool) -> Condition:
    def condition(field: FieldSpec, value: JSON) -> Test:
        if isinstance(value, str) and len(value) == 10:
            return _within(field, value, value, negated=negated)
        return Test("eq", read_moment(value, field.zone), negated)

    return condition


def _between(field: FieldSpec, value: JSON) -> Test:
    """Within `[low, high]`, both included; plain dates count as whole days."""
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidValue("Expected a list of two values, the lower and the upper bound.")
    return _within(field, value[0], value[1])


def _month(field: FieldSpec, value: JSON) -> Test:
    """In the given month of any year, in the workspace's time zone."""
    return Test("month", (month_number(value), field.zone.key))


class DateTime(FieldType):
    """A moment, stored in UTC and read in the workspace's time zone."""

    name = "datetime"
    label = "Date and time"
    column = "moment"
    plain = False
    may_be_unique = True
    workspace_aliases = ("date_time", "date_and_time")
    guess = Guess(5, re.compile("[0-9]{4}-"), wider_than="date")
    conditions = {
        "=": _equal(negated=False),
        "!=": _equal(negated=True),
        "<": one("lt", _start),
        "<=": one("lte", _end),
        ">": one("gt", _end),
        ">=": one("gte", _start),
        "between": _between,
        "is_any_of": some(_instant),
        "is_none_of": some(_instant, negated=True),
        "month_equals": _month,
        "is_blank": is_blank,
    }
    aggregates = COMPARED
    groups = PERIODS

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        if raw == "":
            return None
        return f"{read_moment(raw, field.zone).replace(tzinfo=None).isoformat()}Z"

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        return text.strip()

    def is_kept(self, field: FieldSpec, text: str, stored: Stored) -> bool:
        found = WRITTEN.fullmatch(text.strip())
        if found is None:
            return False
        clock = datetime.fromisoformat(f"{found['day']}T{found['clock']}")
        fraction = (found["fraction"] or "").rstrip("0")
        if len(fraction) > MICRO:
            return False
        if not found["offset"] and not _is_told_once(clock, field.zone):
            return False
        given = datetime.fromisoformat(f"{clock.isoformat()}{found['offset'] or '+00:00'}")
        zone = given.tzinfo if found["offset"] else field.zone
        kept = datetime.fromisoformat(stored).astimezone(zone).replace(tzinfo=None)
        return kept == clock.replace(microsecond=int(f"{fraction:0<{MICRO}}"))

    def to_json(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        moment = datetime.fromisoformat(stored)
        try:
            return moment.astimezone(field.zone).isoformat()
        except OverflowError:  # the first and the last day of the calendar exist in UTC alone
            return moment.isoformat()

    def to_sheet_cell(self, field: FieldSpec, shown: JSON) -> str | datetime:
        """What the clocks of the workspace show; a text with its offset where that is not enough:
        in the hour that comes twice, before 1900, and of parts of seconds."""
        moment = datetime.fromisoformat(shown)
        shown_by_clocks = moment.replace(tzinfo=None)
        is_plain = shown_by_clocks.date() >= FIRST_SHEET_DAY and not moment.microsecond
        same = is_plain and shown_by_clocks.replace(tzinfo=field.zone).astimezone(UTC) == moment
        return shown_by_clocks if same else str(shown)

    def to_words(self, field: FieldSpec, shown: JSON) -> str:
        """Without `T`, without the offset, and without the seconds where there are none."""
        text = str(shown)
        if len(text) <= 10:
            return text
        moment = datetime.fromisoformat(text)
        form = "%Y-%m-%d %H:%M:%S" if moment.second or moment.microsecond else "%Y-%m-%d %H:%M"
        return moment.strftime(form)

    def hint(self, field: FieldSpec) -> str:
        return f"Like 2026-05-17 09:30; without an offset in {field.zone.key}."

    def index_values(self, field: FieldSpec, stored: Stored) -> tuple[datetime]:
        return (datetime.fromisoformat(stored),)

    def from_index(self, field: FieldSpec, indexed: datetime) -> Stored:
        return f"{indexed.replace(tzinfo=None).isoformat()}Z"

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}

    def example(self, field: FieldSpec) -> JSON:
        return "2024-05-17T09:30:00+02:00"


def day_test(field: FieldSpec, comparison: str, raw: JSON) -> Test:
    """The test that a moment is on, before or after a day of the field's zone; of a moment, the day
    that it is in."""
    try:
        if not isinstance(raw, str) or len(raw) != 10:
            raw = read_moment(raw, field.zone).astimezone(field.zone).date().isoformat()
        return DateTime.conditions[comparison](field, raw)
    except (InvalidValue, OverflowError):  # at the end of the calendar a day may end beyond it
        raise InvalidValue("Expected a date, YYYY-MM-DD.") from None


field_types.register(DateTime.name, DateTime())
