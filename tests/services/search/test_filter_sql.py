"""Every condition of every kind of field, against the oracle, by both plans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import pytest

from records.services.search import NoneOf, parse_saved
from records.services.search import pages as search_module
from tests.services.acting import search
from tests.services.oracle import DAYS, LINKS, LISTS, LONG, MOMENTS, NUMBERS, ONE_OF, TEXTS, meets
from tests.services.shop import POOLS, Shop, make_shop

TERMS: list[Any] = [
    *(
        "",
        "stra",
        "SS",
        "ß",
        "é",
        "E\u0301",
        "100%",
        "%",
        "_",
        "\\",
        " ",
        "5",
        "x" * 254,
        "x" * 255,
        "x" * 256,
    ),
    *(
        "x" * 300 + "tail one",
        "tail two",
        "s" * 255,
        "s" * 300,
        "ss" * 255,
        "zone\x7f",
        "~",
        "\U0010ffff",
        "i̇",
    ),
]
NUMBER_TERMS: list[Any] = [
    -5,
    0,
    3,
    "0.1",
    0.3,
    0.30000000000000004,
    9.99,
    "10.00",
    2**53,
    2**63 - 1,
    -(2**63),
    1e-07,
]
DAY_TERMS = ["2024-02-29", "2023-02-01", "0001-01-01", "9999-12-31", "2000-01-01"]
MOMENT_TERMS = [
    *(
        "2024-03-31",
        "2024-10-27",
        "2024-10-28",
        "2024-10-27T02:30:00+02:00",
        "2024-10-27T01:30:00Z",
    ),
    *("2024-10-27T02:30:00", "1970-01-01", "9000-01-01"),
]


Clauses = Iterator[tuple[str, Any]]


def each(conditions: str, values: Sequence[Any]) -> Clauses:
    """Every one of the conditions with every one of the values."""
    return product(conditions.split(), values)


def always(conditions: str, values: Sequence[Any]) -> Callable[[str], Clauses]:
    """The same for every field of a family."""

    def family(name: str) -> Clauses:
        return each(conditions, values)

    return family


def _ordered(name: str, terms: Sequence[Any]) -> Clauses:
    yield from each("= != < <= > >=", terms)
    yield from each("between", [[low, high] for low in terms[::3] for high in terms[1::3]])
    exact = [term for term in terms if name not in MOMENTS or len(term) > 10]
    yield from each("is_any_of is_none_of", [exact[at : at + 2] for at in (0, 1, 99)])


def _texts(name: str) -> Clauses:
    pool = POOLS.get(name, [])
    terms = [*TERMS, *pool[:4]] if name == "title" else [*TERMS[:6], *pool[:3]]
    yield from each("= != contains !contains starts_with !starts_with ends_with !ends_with", terms)
    yield from each("is_any_of is_none_of", [[*TERMS[-5:], *pool[:2]], []])


def _days(name: str) -> Clauses:
    yield from _ordered(name, DAY_TERMS)
    yield from each("month_equals", (1, 2, 12, 6))


def _moments(name: str) -> Clauses:
    yield from _ordered(name, MOMENT_TERMS)
    yield from each("month_equals", (*range(1, 13), "3"))


def _lists(name: str) -> Clauses:
    entries = sorted({entry for held in POOLS[name] for entry in held})
    yield from each("has !has", [*entries, entries[:1], entries[:2], entries[1:3] * 2, entries])
    yield from each("has_any !has_any", [entries[:2], entries, []])


def _flags(name: str) -> Clauses:
    yield from each("= !=", (True, False))
    yield from each("is_any_of is_none_of", [[True], [False, True], []])


def _choices(name: str) -> Clauses:
    yield from each("= !=", POOLS[name])
    yield from each("is_any_of is_none_of", [POOLS[name][:2], []])


PLACED: list[list[str]] = [
    ["Rome"],
    ["Oslo", "Lima"],
    ["Gone"],
    ["t5", "t1", "t8"],
    ["t7"],
    ["Bern", "Kyiv"],
    [],
]
FAMILIES: list[tuple[set[str], Callable[[str], Clauses]]] = [
    ({"ticked"}, _flags),
    ({"papers"}, always("= < <= > >=", (0, 1, 2, 3))),
    (LONG, always("contains !contains", TERMS)),
    (TEXTS, _texts),
    (NUMBERS, lambda name: _ordered(name, NUMBER_TERMS)),
    (DAYS, _days),
    (MOMENTS, _moments),
    (LISTS, _lists),
    (ONE_OF, _choices),
    (LINKS, always("contains !contains is_any_of is_none_of", PLACED)),
]


def clauses(name: str) -> Clauses:
    """Every condition a field has, with telling values."""
    yield from each("is_blank", (True, False))
    yield from next(family for names, family in FAMILIES if name in names)(name)


NAMES = sorted(
    TEXTS | LONG | NUMBERS | DAYS | MOMENTS | ONE_OF | LISTS | LINKS | {"ticked", "papers"}
)


@pytest.mark.parametrize("plan", ["filter-driven", "sort-driven"])
def test_every_condition_finds_what_the_oracle_finds(
    db: None, monkeypatch: pytest.MonkeyPatch, plan: str
) -> None:
    shop = make_shop()
    if plan == "sort-driven":
        monkeypatch.setattr(search_module, "PROBED", 1)
    wrong = [problem for name in NAMES for problem in _wrong(shop, name)]
    assert not wrong, f"{len(wrong)} wrong: " + "\n".join(wrong[:40])


def _wrong(shop: Shop, name: str) -> Iterator[str]:
    for condition, value in clauses(name):
        query = [
            {"filters": [{"field": name, "condition": condition, "value": shop.sent(name, value)}]}
        ]
        page = search(shop.admin, "things", query=query, page_size=1000)
        found = [row.uuid for row in page.views]
        expected = {thing.uuid for thing in shop.things if meets(thing, name, condition, value)}
        if set(found) != expected or len(found) != len(expected) or page.count != len(expected):
            labels = {thing.uuid: thing.values.get(name) for thing in shop.things}
            extra = [labels.get(uuid, "archived") for uuid in set(found) - expected]
            missing = [labels[uuid] for uuid in expected - set(found)]
            shown = (str(part)[:120] for part in (extra, missing))
            yield (
                f"{name} {condition} {str(value)[:60]!r}: extra {next(shown)}, missing "
                f"{next(shown)}, {page.count}"
            )


@pytest.mark.parametrize("plan", ["filter-driven", "sort-driven"])
def test_none_of_several_tests_finds_what_any_of_them_does_not(
    db: None, monkeypatch: pytest.MonkeyPatch, plan: str
) -> None:
    shop = make_shop()
    if plan == "sort-driven":
        monkeypatch.setattr(search_module, "PROBED", 1)
    author, schema = shop.admin.author, shop.admin.schema("things")
    wrong = []
    for name in NAMES:
        (condition, value), *_ = [pair for pair in clauses(name) if pair[0] != "is_blank"]
        clause = {"field": name, "condition": condition, "value": shop.sent(name, value)}
        blank = {"field": "title", "condition": "is_blank", "value": True}
        query = [{"filters": [clause]}, {"filters": [blank]}]
        one, other = (parse_saved(author, schema, {"query": [group]})[0] for group in query)
        either, neither = (
            {row.uuid for row in search(shop.admin, "things", **asked, page_size=1000).views}
            for asked in (
                {"query": query, "match_all": False},
                {"conditions": (NoneOf((one, other)),)},
            )
        )
        if either & neither or either | neither != {thing.uuid for thing in shop.things}:
            wrong.append((name, condition, value))
    assert not wrong
