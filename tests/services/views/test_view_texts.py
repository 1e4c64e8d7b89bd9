"""The texts by which the content of views names fields."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.views.view_fields import FieldNames
from records.services.views.view_texts import column_texts, without

ID = "01900000-0000-7000-8000-000000000001"
NAMES = FieldNames(frozenset({ID}), frozenset({"salary"}), frozenset({"age"}))


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
