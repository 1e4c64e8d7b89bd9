"""The plan that sorts: blanks last in both directions, choices in the order of their options, names
of links."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.database.sql import fetch
from records.services.search import pages
from records.services.search.matches import Search, by_record
from records.services.search.sort_plan import sort_matches
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    make_object,
    make_record,
    make_relation,
)


@pytest.fixture
def boats(workspace: Caller) -> Caller:
    make_object(workspace, "Ports")
    options = [OptionDefinition(name) for name in ("Small", "Large", "Huge")]
    make_object(workspace, "Boats", FieldDefinition("Size", "dropdown", options=options))
    make_relation(workspace, "boats", "Port", "ports", "primary", "Boats")
    ports = {
        name: make_record(workspace, "ports", name=name).record.uuid
        for name in ("Rome", "Bern", "Gone")
    }
    for name, size, port in (
        ("A", "Large", "Rome"),
        ("B", "Small", "Bern"),
        ("C", None, "Gone"),
        ("D", "Huge", None),
    ):
        make_record(workspace, "boats", name=name, size=size, port=port and ports[port])
    archive(workspace, "ports", ports["Gone"])
    return workspace


def prepared(caller: Caller, ordering: tuple[str, ...], **more: Any) -> Search:
    request = pages.SearchRequest((), ordering=ordering, **more)
    return pages.prepare_search(caller.author, caller.schema("boats"), request)


ORDERS = [
    (("name",), "ABCD"),
    (("-name",), "DCBA"),
    (("size",), "BADC"),
    (("-size",), "DABC"),
    (("port",), "BACD"),
    (("-port",), "ABDC"),
    (("port", "-name"), "BADC"),
    (("created",), "ABCD"),
]


@pytest.mark.parametrize(("ordering", "expected"), ORDERS)
def test_matches_are_sorted(boats: Caller, ordering: tuple[str, ...], expected: str) -> None:
    asked = prepared(boats, ordering)
    rows = fetch(*sort_matches(asked, by_record(asked, sets=True)))
    shown = pages._views(asked, rows, pages.SearchRequest(()))
    assert "".join(view.display_name for view in shown) == expected


@pytest.mark.parametrize(("ordering", "expected"), ORDERS)
def test_each_cursor_goes_on_where_it_stands(
    boats: Caller, ordering: tuple[str, ...], expected: str
) -> None:
    names, cursor = "", None
    for _ in expected:
        asked = prepared(boats, ordering, page_size=1, cursor=cursor)
        (row, *rest) = fetch(*sort_matches(asked, by_record(asked, sets=True)))
        names += pages._views(asked, [row], pages.SearchRequest(()))[0].display_name
        cursor = pages._cursor_after(asked, row) if rest else None
    assert names == expected
    assert cursor is None
