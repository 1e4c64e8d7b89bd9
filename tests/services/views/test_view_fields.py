"""Which fields the content of views names."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.views.view_fields import (
    FieldNames,
    column_texts,
    filter_texts,
    hidden_names,
    names_of,
    without,
)
from tests.factories import Caller

ID = "01900000-0000-7000-8000-000000000001"
NAMES = FieldNames(frozenset({ID}), frozenset({"salary"}), frozenset({"age"}))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("salary", True),
        ("-salary", True),
        ('"custom"::salary', True),
        (f"custom::{ID}", True),
        (f"-{ID.upper()}", True),
        ("salary.city", True),
        ("boss.age", True),
        ("age", False),
        ("boss.salary", False),
        ("salaries", False),
        ("my salary", False),
        ("", False),
        (ID.replace("1", "2"), False),
    ],
)
def test_texts_that_name_a_field(text: str, named: bool) -> None:
    assert NAMES.are_in(text) is named


def test_a_filter_names_fields_in_its_clauses() -> None:
    content = {
        "note": "a",
        "query": [
            {"filters": [{"field": "b", "value": "c", "field_id": "d"}]},
            {"query": [{"filters": [{"type": "tags", "ids": ["e"]}, {"type": "fields"}]}]},
        ],
    }
    assert list(filter_texts(content)) == ["b", "d", "tags"]
    assert list(filter_texts(None)) == []


def test_any_text_of_columns_may_name_one() -> None:
    assert "".join(column_texts({"a": ["b", {"c": 1, "d": None}], "e": "f"})) == "abcdef"


@pytest.mark.parametrize(
    ("content", "left"),
    [
        ({"columns": [{"field": "salary"}, {"field": "name"}]}, {"columns": [{"field": "name"}]}),
        ({"columns": ["salary", "name", 7]}, {"columns": ["name", 7]}),
        ({"ordering": "-salary", "a": {"b": "salary", "c": []}}, {"a": {"c": []}}),
        ({"widths": {"salary": 7, "name": 8}}, {"widths": {"name": 8}}),
        ([[{"x": [ID]}]], [[{"x": []}]]),
        ({"a": 1}, {"a": 1}),
    ],
)
def test_what_names_a_field_is_left_out(content: Any, left: Any) -> None:
    assert without(content, NAMES) == left


def test_hidden_fields_are_those_of_the_object_and_of_linked_ones(
    shop: Caller, ada: Caller, bob: Caller
) -> None:
    schema = shop.schema("companies")
    assert not hidden_names(shop.author, schema)
    assert not hidden_names(ada.author, schema)
    hidden = hidden_names(bob.author, schema)
    assert (hidden.own, hidden.linked) == (frozenset({"employees"}), frozenset({"salary"}))
    employees = schema.by_name["employees"]
    assert names_of(employees).are_in("employees")
    assert hidden.are_in(employees.uuid)
