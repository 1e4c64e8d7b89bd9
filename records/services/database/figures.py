"""The SQL of sums, averages and periods, with the same outcome on both engines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .sql import Fragment, is_postgresql

CALENDAR = "'0001-01-01' AND '9999-12-31 23:59:59.999999'"
DIGITS = 30


def period_of(column: str, unit: str, zone: str) -> Fragment:
    """The first day of the period (day, week, month, quarter or year) of a moment in a time zone,
    as a text."""
    if not is_postgresql():
        return f"records_period({column}, '{unit}', %s)", [zone]  # records_project/sqlite
    # The first and the last day of the calendar exist in UTC alone.
    local = f"({column} AT TIME ZONE %s)"
    inside = f"CASE WHEN {local} BETWEEN {CALENDAR} THEN {local} ELSE {column} AT TIME ZONE 'UTC'"
    return f"to_char(date_trunc('{unit}', {inside} END), 'YYYY-MM-DD')", [zone, zone]


def exact_sum(column: str) -> str:
    """The sum of numbers without rounding, in a form that is sorted as the sum and that `exact`
    reads."""
    return f"sum({column})" if is_postgresql() else f"records_sum({column})"


def exact_average(column: str, condition: str) -> str:
    """What averages of numbers are sorted by; `condition` is a FILTER clause, or empty."""
    if not is_postgresql():
        return f"records_avg({column}){condition}"
    # As many digits as keep averages apart; PostgreSQL's own have fewer.
    total, number = f"sum({column}){condition}", f"count({column}){condition}"
    return f"{total} * 1.{'0' * DIGITS} / NULLIF({number}, 0)"


def exact(raw: Any) -> int | Decimal:
    """A number as the engine returned it, with every digit."""
    if isinstance(raw, str):  # records_sum
        raw = raw.partition(" ")[2]
    number = Decimal(raw) if isinstance(raw, int) else Decimal(str(raw))
    return int(number) if number == number.to_integral_value() else number
