"""Cursors are opaque, and only those of this feed are taken."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytest_django import Settings

from records.exceptions import Gone, InvalidInput
from records.services.database.sealing import seal
from records.services.feed.cursors import Cursor, Place, is_behind, read_cursor, write_cursor

CURSOR = Cursor(
    b"epoch---",
    b"scop",
    b"rights--",
    7,
    2**40,
    Place(2**50, 9),
    8,
    b"oper",
    (Place(1, 2), Place(3, 4), Place(), Place(5, 2**33)),
)


def test_a_cursor_is_read_as_it_was_written() -> None:
    assert read_cursor(write_cursor(CURSOR)) == CURSOR


@pytest.mark.parametrize("sent", ["", "x", "now ", "ünknown" * 30, "a b" * 40, "x" * 1001])
def test_what_never_was_a_cursor_is_invalid(sent: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_cursor(sent)
    assert refused.value.path == ("after",)


def test_a_cursor_of_a_server_with_other_keys_has_expired(settings: Settings) -> None:
    written = write_cursor(CURSOR)
    settings.EXTERNAL_SECRET_KEYS = ["another key, long enough to be taken for one"]
    with pytest.raises(Gone, match="not one of this server") as refused:
        read_cursor(written)
    assert refused.value.code == "cursor_expired"


@pytest.mark.parametrize("content", ["", "AAAA", "a secret that is no cursor at all"])
def test_other_sealed_texts_are_no_cursors(content: str) -> None:
    with pytest.raises(Gone):
        read_cursor(seal(content))


def test_places_are_in_the_order_of_positions_then_keys() -> None:
    assert Place() < Place(0, 5) < Place(0, 6) < Place(1, 1)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (CURSOR, False),
        (replace(CURSOR, ledger=Place(2**50, 8)), True),
        (replace(CURSOR, ledger=Place(2**50, 10)), False),
        (replace(CURSOR, definitions=(Place(),) * 4), True),
        (replace(CURSOR, ledger=Place(2**50, 8), definitions=(Place(9, 9),) * 4), False),
    ],
)
def test_a_cursor_is_behind_another_where_nothing_lies_between(
    other: Cursor, expected: bool
) -> None:
    assert is_behind(write_cursor(CURSOR), write_cursor(other)) is expected
