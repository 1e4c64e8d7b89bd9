"""The plan that walks an index: which parts it has, where blanks come, and what a cursor leaves of
it."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.search import pages
from records.services.search.matches import Search
from records.services.search.walk_plan import MAX_PARTS, stretches, walk_index
from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object, make_record
from tests.services.acting import statements


@pytest.fixture
def boats(workspace: Caller) -> Caller:
    options = [OptionDefinition(name) for name in ("Small", "Large", "Huge")]
    many = [OptionDefinition(f"o{at}") for at in range(MAX_PARTS + 1)]
    make_object(
        workspace,
        "Boats",
        FieldDefinition("Size", "dropdown", options=options),
        FieldDefinition("Kind", "dropdown", options=many),
        FieldDefinition("Length", "integer"),
    )
    for name, size, length in (
        ("A", "Large", 5),
        ("B", "Small", None),
        ("C", None, 3),
        ("D", "Huge", 5),
    ):
        make_record(workspace, "boats", name=name, size=size, length=length)
    return workspace


def prepared(caller: Caller, *ordering: str, **more: Any) -> Search:
    request = pages.SearchRequest((), ordering=ordering, **more)
    return pages.prepare_search(caller.author, caller.schema("boats"), request)


PARTS = [("name", 1), ("created", 1), ("length", 1), ("size", 3), ("kind", None), ("owner", None)]


@pytest.mark.parametrize(("field", "number"), PARTS)
def test_an_index_is_walked_in_parts_unless_it_has_too_many(
    boats: Caller, field: str, number: int | None
) -> None:
    parts = stretches(prepared(boats, field))
    assert (None if parts is None else len(parts)) == number


def test_options_are_walked_in_their_order(boats: Caller) -> None:
    size = boats.schema("boats").by_name["size"]
    names = {key: option.name for key, option in size.options.items()}
    for ordering, expected in (
        ("size", ["Small", "Large", "Huge"]),
        ("-size", ["Huge", "Large", "Small"]),
    ):
        parts = stretches(prepared(boats, ordering)) or []
        assert [names[part.option or 0] for part in parts] == expected


ORDERS = [
    ("name", "ABCD"),
    ("-created", "DCBA"),
    ("length", "CADB"),
    ("-length", "DACB"),
    ("size", "BADC"),
    ("-size", "DABC"),
]


@pytest.mark.parametrize(("ordering", "expected"), ORDERS)
@pytest.mark.parametrize("size", [1, 3])
def test_pages_follow_each_other(boats: Caller, ordering: str, expected: str, size: int) -> None:
    names, cursor = "", None
    while True:
        asked = prepared(boats, ordering, page_size=size, cursor=cursor)
        rows = walk_index(asked)
        names += "".join(
            view.display_name for view in pages._views(asked, rows[:size], pages.SearchRequest(()))
        )
        if len(rows) <= size:
            break
        cursor = pages._cursor_after(asked, rows[size - 1])
    assert names == expected


@pytest.mark.parametrize(("size", "number"), [(2, 1), (4, 2)])
def test_blanks_are_read_only_where_the_page_is_not_full(
    boats: Caller, size: int, number: int
) -> None:
    asked = prepared(boats, "length", page_size=size)
    with statements() as seen:
        walk_index(asked)
    assert len(seen) == number
