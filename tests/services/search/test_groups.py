"""Figures of groups: random requests agree with plain Python on both engines, and cost the same
whatever they find."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.exceptions import Unavailable
from records.services.database import execute, is_postgresql
from records.services.search import AggregateRequest, SearchRequest, aggregate_records
from records.services.search import groups as groups_module
from records.services.search.counts import PROBED
from tests.factories import FieldDefinition, make_object, make_record, make_workspace
from tests.services.acting import cost, refusal
from tests.services.figures_oracle import figure, groups_of, told
from tests.services.oracle import DAYS, MOMENTS, NUMBERS, matches
from tests.services.shop import Shop, make_shop

PERIODS = ("day", "week", "month", "quarter", "year")
VALUES = (
    *("title", "code", "mail", "phone", "zone", "ticked", "colour", "agreed", "sizes", "labels"),
    *("owner", "keeper", "home", "seen", "partner", "parent", "children", *sorted(NUMBERS)),
)
PATHS = ("home.name", "seen.name", "parent.colour", "children.colour", "children.labels")
GROUPED = [(name, "") for name in (*VALUES, *PATHS)]
GROUPED += [(name, unit) for name in sorted(DAYS | MOMENTS) for unit in PERIODS]
COUNTED = [("count", ""), *(("count", name) for name in (*VALUES, *PATHS, "papers", "remark"))]
DISTINCT = [*VALUES[:12], "home", "parent", "home.name", "parent.colour", "parent.labels", "day"]
FIGURES = [
    *COUNTED,
    *(("distinct", name) for name in DISTINCT),
    *((function, name) for function in ("sum", "avg") for name in (*NUMBERS, "parent.pieces")),
    *((function, name) for function in ("min", "max") for name in (*NUMBERS, *DAYS, "moment")),
]
SEEN: list[list[dict[str, Any]]] = [
    [],
    [{"filters": [{"field": "colour", "condition": "=", "value": "Red"}]}],
    [{"filters": [{"field": "sizes", "condition": "has_any", "value": ["Small", "Large"]}]}],
    [{"filters": [{"field": "pieces", "condition": "<", "value": 0}]}],
]


def asked(
    figures: list[tuple[str, str]], by: list[tuple[str, str]], **search: Any
) -> AggregateRequest:
    return AggregateRequest(
        SearchRequest(fields=(), page_size=1000, **search),
        [
            {"function": function, "field": path or None, "as": f"f{at}"}
            for at, (function, path) in enumerate(figures)
        ],
        [{"field": path, "by": unit or None, "as": f"g{at}"} for at, (path, unit) in enumerate(by)],
    )


def names_by_id(shop: Shop) -> dict[str, str]:
    return {uuid: name for name, uuid in shop.ids.items()}


def test_random_figures_are_those_of_plain_python(db: None, monkeypatch: Any) -> None:
    shop = make_shop()
    author, schema, ids = shop.admin.author, shop.admin.schema("things"), names_by_id(shop)
    things = {ids[thing.uuid]: thing for thing in shop.things}

    @settings(
        max_examples=200,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(
        st.lists(st.sampled_from(FIGURES), min_size=1, max_size=4, unique=True),
        st.lists(st.sampled_from(GROUPED), max_size=2, unique=True),
        st.sampled_from(SEEN),
        st.sampled_from([PROBED, 0]),
    )
    def check(
        figures: list[tuple[str, str]],
        by: list[tuple[str, str]],
        query: list[dict[str, Any]],
        few: int,
    ) -> None:
        # As if there were few matches, and as if there were many.
        monkeypatch.setattr(groups_module, "PROBED", few)
        found = [thing for thing in shop.things if matches(thing, query, True)]
        expected = {
            key: [figure(things, group, *item) for item in figures]
            for key, group in groups_of(things, found, by).items()
        }
        page = aggregate_records(author, schema, asked(figures, by, query=query))

        given_back = {
            tuple(
                group.values[f"g{at}"] if unit else told(ids, path, group.values[f"g{at}"])
                for at, (path, unit) in enumerate(by)
            ): [_figure(ids, item, group.figures[f"f{at}"]) for at, item in enumerate(figures)]
            for group in page.groups
        }
        assert given_back == expected
        assert page.count == len(page.groups) == len(expected)

    check()


def _figure(ids: dict[str, str], item: tuple[str, str], shown: Any) -> Any:
    function, path = item
    return shown if function in ("count", "distinct") else told(ids, path, shown)


@pytest.fixture(scope="module")
def numbers() -> list[Any]:
    return [2**63 - 1, 2**63 - 1, -(2**63), 3]


def test_sums_keep_every_digit(db: None, numbers: list[int]) -> None:
    admin = make_workspace()
    make_object(
        admin, "Lots", FieldDefinition("Pieces", "integer"), FieldDefinition("Weight", "decimal")
    )
    weights = [0.1, 0.2, 99999999999999.9, -1e-10]
    for pieces, weight in zip(numbers, weights, strict=True):
        make_record(admin, "lots", name=f"{pieces} {weight}", pieces=pieces, weight=weight)
    (group,) = aggregate_records(
        admin.author,
        admin.schema("lots"),
        asked([(f, p) for p in ("pieces", "weight") for f in ("sum", "avg")], []),
    ).groups

    shown = [Fraction(str(value)) for value in group.figures.values()]
    exact = [sum(map(Fraction, numbers)), sum(Fraction(str(w)) for w in weights)]
    assert shown == [value for total in exact for value in (total, round(total / 4, 10))]


def test_pages_of_groups_follow_each_other(db: None) -> None:
    shop = make_shop()
    author, schema = shop.admin.author, shop.admin.schema("things")

    def page(number: int, size: int) -> Any:
        search = SearchRequest(fields=(), ordering=("-count",), page=number, page_size=size)
        return aggregate_records(
            author, schema, AggregateRequest(search, None, ["pieces", "stars"])
        )

    whole = page(1, 1000)
    parts = [page(number, 4) for number in range(1, whole.count // 4 + 3)]

    assert [group for part in parts for group in part.groups] == whole.groups
    assert {part.count for part in parts} == {whole.count}
    assert parts[-1].groups == []


@pytest.mark.parametrize(
    ("by", "most"),
    [
        ([], 2),
        ([("colour", "")], 2),
        ([("moment", "month"), ("ticked", "")], 2),
        ([("title", "")], 3),
        ([("keeper", ""), ("home", "")], 3),
        ([("seen.name", ""), ("home", ""), ("parent", "")], 4),
    ],
)
def test_statements_are_few_whatever_is_found(
    db: None, by: list[tuple[str, str]], most: int
) -> None:
    shop = make_shop()
    author, schema = shop.admin.author, shop.admin.schema("things")
    request = asked([("count", ""), ("sum", "price"), ("distinct", "labels")], by)
    aggregate_records(author, schema, request)

    assert cost(aggregate_records, author, schema, request) <= most


def test_nothing_found_is_no_group_or_one_of_nothing(db: None) -> None:
    admin = make_workspace()
    make_object(admin, "Lots", FieldDefinition("Pieces", "integer"))
    author, schema = admin.author, admin.schema("lots")
    figures = [("count", ""), ("sum", "pieces"), ("avg", "pieces"), ("max", "pieces")]

    without = aggregate_records(author, schema, asked(figures, []))
    grouped = aggregate_records(author, schema, asked(figures, [("pieces", "")]))

    assert (without.count, without.groups[0].figures) == (
        1,
        {"f0": 0, "f1": None, "f2": None, "f3": None},
    )
    assert (grouped.count, grouped.groups) == (0, [])


def test_archived_records_are_counted_apart(db: None) -> None:
    shop = make_shop()
    author, schema = shop.admin.author, shop.admin.schema("things")
    figures = [("count", ""), ("count", "seen"), ("count", "colour")]
    (group,) = aggregate_records(author, schema, asked(figures, [], archived=True)).groups
    by = aggregate_records(author, schema, asked(figures, [("colour", "")], archived=True))

    assert group.figures["f0"] == 6
    assert sum(found.figures["f0"] for found in by.groups) == 6


def test_figures_that_take_too_long_are_stopped(db: None, settings: Any) -> None:
    shop = make_shop(96)
    author, schema = shop.admin.author, shop.admin.schema("things")
    figures = [*FIGURES[:8], ("distinct", "sizes"), ("distinct", "labels")]
    request = asked(figures, [("seen", ""), ("labels", ""), ("sizes", "")])

    def work() -> None:
        with transaction.atomic():
            if is_postgresql():  # the server watches: the setting is one of the connection
                execute("SET LOCAL statement_timeout = 1")
            settings.STATEMENT_SECONDS = 1e-9
            aggregate_records(author, schema, request)

    assert isinstance(refusal(work), Unavailable)
    settings.STATEMENT_SECONDS = 5
    assert aggregate_records(author, schema, request).count
