"""Filters in a query string: what each finds, and how a bad key is named."""

from __future__ import annotations

import pytest

from records.exceptions import InvalidInput
from records.services.search.filters import MAX_CLAUSES
from records.services.search.slug_filters import parse_slug_filters
from tests.factories import Caller, FieldDefinition, make_object, make_record
from tests.services.acting import refusal, search


@pytest.fixture
def wares(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Wares",
        FieldDefinition("Pieces", "integer"),
        FieldDefinition("Ends in", "text", name="x__in"),
    )
    make_record(workspace, "wares", name="A", pieces=1, x__in="1,2")
    make_record(workspace, "wares", name="B", pieces=2)
    make_record(workspace, "wares", name="C")
    return workspace


FOUND: list[tuple[list[tuple[str, str]], str]] = [
    ([], "ABC"),
    ([("name", "a")], "A"),
    ([("pieces", "2")], "B"),
    ([("pieces__gt", "1")], "B"),
    ([("pieces__lte", " 2 ")], "AB"),
    ([("pieces__in", "1,2")], "AB"),
    ([("pieces__isnull", "TRUE")], "C"),
    ([("pieces__isnull", "0")], "AB"),
    ([("name__contains", "B")], "B"),
    ([("pieces__gte", "1"), ("name", "B")], "B"),
    ([("x__in", "1,2")], "A"),  # a field of that name, not an operator
]


def test_each_key_finds_what_it_says(wares: Caller) -> None:
    for sent, expected in FOUND:
        node = parse_slug_filters(wares.author, wares.schema("wares"), sent)
        views = search(wares, "wares", query=node, ordering=("name",)).views
        assert "".join(view.display_name for view in views) == expected, sent


BAD = [
    ("nothing", "1", "Unknown query key 'nothing'", "does_not_exist"),
    ("nothing__gt", "1", "Unknown query key 'nothing__gt'", "does_not_exist"),
    ("n" * 100, "1", f"Unknown query key '{'n' * 80}'", "does_not_exist"),
    ("pieces", "many", "pieces: ", "invalid"),
    ("pieces__isnull", "maybe", "pieces__isnull: Expected true or false.", "invalid"),
    ("name__gt", "a", "name__gt: the field supports ", "invalid"),
    ("name", "a\x00", "name: ", "invalid"),
]


def test_a_bad_key_or_text_is_refused(wares: Caller) -> None:
    for key, text, message, code in BAD:
        error = refusal(parse_slug_filters, wares.author, wares.schema("wares"), [(key, text)])
        assert isinstance(error, InvalidInput), key
        assert error.detail.startswith(message), error.detail
        assert error.code == code, key


def test_only_so_many_filters_are_taken(wares: Caller) -> None:
    author, schema = wares.author, wares.schema("wares")
    assert (
        len(parse_slug_filters(author, schema, [("name", "a")] * MAX_CLAUSES).children)
        == MAX_CLAUSES
    )
    error = refusal(parse_slug_filters, author, schema, [("name", "a")] * (MAX_CLAUSES + 1))
    assert error.code == "limit_exceeded"
