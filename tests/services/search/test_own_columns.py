"""Filters on what stands beside a record's data."""

from __future__ import annotations

from typing import Any

import pytest

from records.field_types import InvalidValue
from records.services.search import operators as known
from records.services.search.own_columns import OWN_COLUMNS, OWN_FIELDS

NOBODY = "01920000-0000-7000-8000-00000000000A"


def test_every_one_has_a_column() -> None:
    assert {spec.computed for spec in OWN_FIELDS.values()} <= set(OWN_COLUMNS)


@pytest.mark.parametrize(
    ("name", "operators"),
    [
        ("id", "eq neq in not_in"),
        ("external_id", "eq neq in not_in is_null"),
        ("external_source", "eq neq in not_in is_null"),
        ("version", "eq neq gt gte lt lte in not_in"),
        ("member_id", "eq neq in not_in is_null"),
    ],
)
def test_each_takes_the_operators_that_mean_something(name: str, operators: str) -> None:
    assert known.operators_of(OWN_FIELDS[name]) == operators.split()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("id", NOBODY, NOBODY.lower()),
        ("external_id", "Order 1 ", "Order 1 "),
        ("version", 3, 3),
    ],
)
def test_values_are_compared_as_they_are(name: str, value: Any, expected: Any) -> None:
    assert known.test_of(OWN_FIELDS[name], "eq", value).value == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 5), ("id", "x"), ("id", NOBODY + "0"), ("external_id", "a\x00"), ("external_id", "\ud800"),
        ("external_id", "x" * 256), ("version", True), ("version", 1.0), ("version", -1), ("version", 2**31),
    ],
)  # fmt: skip
def test_what_no_record_has_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidValue):
        known.test_of(OWN_FIELDS[name], "eq", value)
