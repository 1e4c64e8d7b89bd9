"""Whole numbers on their way into statements, whatever their size."""

from __future__ import annotations

from decimal import Decimal

import pytest

from records.services.sql import fetch, is_postgresql

SIZES = [0, -1, 2**15, -(2**31), 2**31, 2**63 - 1, -(2**63)]


@pytest.mark.parametrize("number", SIZES)
def test_a_number_of_any_size_comes_back(db: None, number: int) -> None:
    assert fetch("SELECT %s, %s + 1 > %s", [number, 0, -1]) == [(number, 1)]


def test_postgresql_gets_them_all_in_the_type_of_its_columns(db: None) -> None:
    if is_postgresql():
        types = {fetch("SELECT pg_typeof(%s)::text", [number])[0][0] for number in SIZES}
        assert types == {"bigint"}
        for numbers in ([1], SIZES, [-1]):
            assert fetch("SELECT pg_typeof(%s)::text, %s", [numbers, numbers]) == [("bigint[]", numbers)]
        assert fetch("SELECT %s", [2**63]) == [(Decimal(2**63),)]
        assert fetch("SELECT pg_typeof(%s)::text", [True]) == [("boolean",)]
    else:
        assert fetch("SELECT typeof(%s)", [2**63 - 1]) == [("integer",)]
