"""Numbers are told apart and ordered to the last digit, on both engines."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from records.services.search.pages import SearchRequest, search_records
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import Caller, FieldDefinition, entries, make_object
from tests.services.acting import differences, search, uuids_of, write_all

INTEGERS = [
    *(-(2**63), -(2**63) + 1, -(2**53) - 1, -(2**53), -(2**53) + 1, -1, 0, 1),
    *(2**53 - 1, 2**53, 2**53 + 1, 10**15, 10**15 + 1, 2**63 - 2, 2**63 - 1),
]
DECIMALS = [
    *(
        "-999999999999999",
        "-999999999999998",
        "-99999999999999.9",
        "-0.100000000000001",
        "-0.1",
        "-0.0000001",
        "0",
    ),
    *(
        "0.00000000000001",
        "0.099999999999999",
        "0.1",
        "0.100000000000001",
        "0.3",
        "1.00000000000001",
        "9007199254.74099",
    ),
    *(
        "9007199254.74100",
        "99999999999999.8",
        "99999999999999.9",
        "999999999999998",
        "999999999999999",
    ),
]
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
BETWEEN_INTEGERS = [
    "9007199254740992.5",
    "9007199254740993.5",
    "-9007199254740992.5",
    "0.5",
    "9223372036854775806.5",
]
BETWEEN_DECIMALS = [
    *(
        "0.1000000000000000055",
        "0.10000000000000001",
        "0.0999999999999999999999",
        "-0.10000000000000001",
    ),
    *(
        "0.30000000000000004",
        "999999999999998.5",
        "-999999999999998.5",
        "99999999999999.85",
        "1.000000000000009999",
    ),
]


@pytest.fixture
def numbers(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Numbers",
        FieldDefinition("Whole", "integer", is_unique=True),
        FieldDefinition("Exact", "decimal", is_unique=True),
        FieldDefinition("Amount", "money"),
    )
    return workspace


def stored(caller: Caller, field: str, values: list[Any]) -> dict[str, Decimal]:
    """Records with these values, made in an order that says nothing; their numbers by name."""
    named = {
        f"n{at}": value
        for at, value in enumerate(sorted(values, key=lambda value: str(value)[::-1]))
    }
    requests = [
        SaveRequest(Mode.CREATE, entries=entries({"name": name, field: v}))
        for name, v in named.items()
    ]
    assert len(uuids_of(write_all(caller, "numbers", *requests))) == len(values)
    return {name: Decimal(str(value)) for name, value in named.items()}


CASES = [("whole", INTEGERS, BETWEEN_INTEGERS), ("exact", DECIMALS, BETWEEN_DECIMALS)]


@pytest.mark.parametrize(("field", "values", "more"), CASES, ids=["integers", "decimals"])
def test_every_comparison_is_exact(
    numbers: Caller, field: str, values: list[Any], more: list[str]
) -> None:
    held = stored(numbers, field, values)
    author, schema = numbers.author, numbers.schema("numbers")

    def found(condition: str, value: Any) -> set[str]:
        query = [{"filters": [{"field": field, "condition": condition, "value": value}]}]
        asked = SearchRequest((), query=query, page_size=100)
        return {view.display_name for view in search_records(author, schema, asked).views}

    told = []
    for term in [*values, *more]:
        for condition, meets in OPERATORS.items():
            expected = {name for name, value in held.items() if meets(value, Decimal(str(term)))}
            if found(condition, term) != expected:
                told.append((condition, term))
        low, high = sorted((Decimal(str(term)), Decimal(str(values[3]))))
        expected = {name for name, value in held.items() if low <= value <= high}
        if found("between", [f"{low:f}", f"{high:f}"]) != expected:
            told.append(("between", term))
        expected = {name for name, value in held.items() if value == Decimal(str(term))}
        if found("is_any_of", [term, "0.00000000000000000001"]) != expected:
            told.append(("is_any_of", term))
    assert told == []
    assert differences(numbers) == []


@pytest.mark.parametrize(
    ("field", "values"), [case[:2] for case in CASES], ids=["integers", "decimals"]
)
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
def test_the_order_is_exact_page_by_page(
    numbers: Caller, field: str, values: list[Any], descending: bool
) -> None:
    held = stored(numbers, field, values)
    expected = sorted(held, key=lambda name: held[name], reverse=descending)
    ordering = (f"-{field}" if descending else field,)
    for keys in (ordering, (*ordering, "name")):
        names: list[str] = []
        cursor = None
        while True:
            page = search(
                numbers, "numbers", ordering=keys, page_size=4, cursor=cursor, count=False
            )
            names += [view.display_name for view in page.views]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert names == expected
