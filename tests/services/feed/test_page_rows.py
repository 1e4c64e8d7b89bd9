"""The rows of a page: of the ledger and of the histories of definitions, in one order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from records.services.feed.cursors import Cursor
from records.services.feed.definitions import Definition
from records.services.feed.epochs import EVERYTHING
from records.services.feed.ledger_rows import Entry
from records.services.feed.page_rows import PageRows, read_rows
from tests.factories import Caller, change_record, make_field, make_record

START = Cursor(b"", b"", b"")


def read(caller: Caller, after: Cursor, limit: int) -> PageRows:
    return read_rows(caller.workspace.pk, after, EVERYTHING, limit, None, members=False)


def beginning(caller: Caller) -> Cursor:
    """The cursor behind everything so far."""
    return read(caller, START, 1000).end


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_have_every_row_once_and_end_where_the_next_begins(cases: Caller, limit: int) -> None:
    after = beginning(cases)
    uuid = make_record(cases, "cases", name="A").record.uuid
    make_field(cases, "cases", "More", "text")
    change_record(cases, "cases", uuid, note="x", more="y")
    kinds, places, page = [], [], read(cases, after, limit)
    while page.rows:
        assert len(page.rows) <= limit
        assert [*page.entries, *page.definitions] == sorted(
            page.rows, key=lambda row: isinstance(row, Definition)
        )
        kinds += [type(row) for row in page.rows]
        places += page.places
        page = read(cases, page.end, limit)
    assert not page.more
    assert kinds == [Entry, Definition, Entry]
    assert [source for source, _ in places] == [0, 3, 0]
    assert len(set(places)) == 3


def test_the_cursor_of_an_empty_page_stays(cases: Caller) -> None:
    after = beginning(cases)
    page = read(cases, after, 5)
    assert (page.rows, page.places, page.more) == ([], [], False)
    assert page.end == after


def test_a_page_that_ends_with_a_definition_keeps_its_place_in_the_ledger(cases: Caller) -> None:
    after = beginning(cases)
    make_field(cases, "cases", "More", "text")
    make_record(cases, "cases", name="A")
    page = read(cases, after, 1)
    assert (len(page.entries), len(page.definitions), page.more) == (0, 1, True)
    assert replace(page.end, definitions=after.definitions) == after
