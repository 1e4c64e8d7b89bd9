"""Sums and periods that SQLite does not compute itself are those of PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.services.database import exact, exact_sum, fetch_value, is_postgresql, period_of
from records_project.sqlite.figures import (
    ExactAverage,
    ExactSum,
    sortable,
)
from records_project.sqlite.figures import (
    period_of as sqlite_period,
)

NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False)
)


@given(st.lists(NUMBERS, max_size=20))
def test_sums_are_exact(numbers: list[int | float]) -> None:
    total = ExactSum()
    for number in [None, *numbers]:
        total.step(number)
    expected = sum((Fraction(str(number)) for number in numbers), Fraction())

    shown = total.finalize()
    assert (shown is None) == (not numbers)
    assert shown is None or Fraction(exact(shown)) == expected


@given(NUMBERS, NUMBERS)
def test_texts_of_numbers_are_sorted_as_the_numbers(one: int | float, other: int | float) -> None:
    numbers = [Decimal(str(one)), Decimal(str(other))]
    texts = [sortable(number) for number in numbers]

    assert (texts[0] < texts[1]) == (numbers[0] < numbers[1])
    assert [exact(text) for text in texts] == numbers


def test_averages_are_sorted_by_their_digits() -> None:
    third, other = ExactAverage(), ExactAverage()
    for whole in (1, 0, 0):
        third.step(whole)
    for part in (0.3, 0.4):
        other.step(part)

    assert (third.finalize() or "") < (other.finalize() or "")
    assert ExactAverage().finalize() is None


@pytest.mark.parametrize(
    ("moment", "unit", "zone", "day"),
    [
        ("2026-05-17 22:30:00", "day", "Europe/Paris", "2026-05-18"),
        ("2026-05-17 22:30:00", "day", "UTC", "2026-05-17"),
        ("2026-05-17 22:30:00.5", "week", "Europe/Paris", "2026-05-18"),
        ("2026-05-17 22:30:00", "week", "UTC", "2026-05-11"),
        ("2026-12-31 23:30:00", "month", "Europe/Paris", "2027-01-01"),
        ("2026-12-31 23:30:00", "quarter", "UTC", "2026-10-01"),
        ("2026-06-30 23:30:00", "quarter", "America/New_York", "2026-04-01"),
        ("2026-12-31 23:30:00", "year", "Europe/Paris", "2027-01-01"),
        # The first and the last day of the calendar exist in UTC alone.
        ("0001-01-01 00:30:00", "day", "America/New_York", "0001-01-01"),
        ("9999-12-31 23:30:00", "week", "Asia/Tokyo", "9999-12-27"),
        ("9999-12-31 23:30:00", "month", "Asia/Tokyo", "9999-12-01"),
        # The hour that comes twice.
        ("2026-10-25 00:30:00", "day", "Europe/Paris", "2026-10-25"),
    ],
)
def test_periods_on_both_engines(db: None, moment: str, unit: str, zone: str, day: str) -> None:
    column = "CAST(%s AS timestamptz)" if is_postgresql() else "%s"
    sql, params = period_of("v.at", unit, zone)
    sent = datetime.fromisoformat(moment).replace(tzinfo=UTC) if is_postgresql() else moment
    found = fetch_value(
        f"SELECT {sql} FROM (SELECT {column} AS at, 1 AS workspace_id) v", [*params, sent]
    )

    assert found == day
    assert sqlite_period(moment, unit, zone) == day
    assert sqlite_period(None, unit, zone) is None


def test_the_engine_sums_exactly(db: None) -> None:
    kind = "numeric" if is_postgresql() else "NUMERIC"
    values: list[object] = [2**63 - 1, 2**63 - 1, 0.1, 0.2, "NULL"]
    rows = " UNION ALL ".join(f"SELECT CAST({value} AS {kind}) AS n" for value in values)
    found = fetch_value(
        f"SELECT {exact_sum('v.n')} FROM (SELECT n, 1 AS workspace_id FROM ({rows}) r) v"
    )

    assert exact(found) == Decimal(2**64 - 2) + Decimal("0.3")
