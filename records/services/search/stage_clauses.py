"""Clauses on a pipeline's stages that ask when: since when a record is in a stage, and on which day
it last entered or left one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from records.exceptions import InvalidInput, Place, quoted
from records.field_types import FieldSpec, InvalidValue, Test, day_test

TIME_IN_STAGE = "time_in_stage"
_MOVES = {"entered_stage": "entered", "left_stage": "left"}
STAGE_CONDITIONS = (TIME_IN_STAGE, *_MOVES)
COMPARISON_KEYS = {"comparison_condition", "comparison_value", "comparison_type"}
MAX_DAYS = 36_500
_DAYS = re.compile(r"[0-9]{1,5}")
# In a stage for longer means that it was entered earlier.
_SINCE = {">": "lt", "<": "gt"}
_COMPARED = ("=", "!=", "<", "<=", ">", ">=")


def stage_tests(
    field: FieldSpec,
    condition: str,
    raw: Mapping[str, Any],
    path: Place,
    *,
    stage_key: str = "value",
) -> tuple[Test, ...]:
    """The tests of a clause, all of which must hold; InvalidInput names the place of an error."""
    stage = _stage(field, raw.get(stage_key), (*path, stage_key))
    if condition == TIME_IN_STAGE:
        cutoff = datetime.now(UTC) - timedelta(days=_days(raw, path))
        since = Test(_SINCE[_comparison(raw, tuple(_SINCE), path)], cutoff)
        return Test("eq", stage), Test("entered", (stage, since))
    if "comparison_type" in raw:
        message = f"{condition} compares days and takes no comparison_type."
        raise InvalidInput(message, at=(*path, "comparison_type"))
    comparison = _comparison(raw, _COMPARED, path)
    try:
        when = day_test(field, comparison, raw.get("comparison_value"))
    except InvalidValue as problem:
        raise InvalidInput.of(problem, *path, "comparison_value") from None
    return (Test(_MOVES[condition], (stage, when)),)


def _stage(field: FieldSpec, value: Any, path: Place) -> Any:
    if value is None:
        raise InvalidInput("the id of a stage is required.", "required", at=path)
    try:
        return field.type.conditions["="](field, value).value
    except InvalidValue as problem:
        raise InvalidInput.of(problem, *path) from None


def _comparison(raw: Mapping[str, Any], known: tuple[str, ...], path: Place) -> str:
    sent = raw.get("comparison_condition")
    if not isinstance(sent, str) or sent not in known:
        shown = quoted(sent) if isinstance(sent, str) else f"a value of type {type(sent).__name__}"
        raise InvalidInput(
            f"{shown} is not one of {', '.join(known)}.", at=(*path, "comparison_condition")
        )
    return sent


def _days(raw: Mapping[str, Any], path: Place) -> int:
    if raw.get("comparison_type") != "days":
        raise InvalidInput("expected days, the only unit.", at=(*path, "comparison_type"))
    sent = raw.get("comparison_value")
    number = int(sent) if isinstance(sent, str) and _DAYS.fullmatch(sent) else sent
    if type(number) is not int or not 0 <= number <= MAX_DAYS:
        message = f"expected a whole number of days, 0 to {MAX_DAYS}."
        raise InvalidInput(message, at=(*path, "comparison_value"))
    return number
