"""Lines of JSON: what is a row, what its values are, and what a table shows of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from records.services.exporting.json_lines import (
    MAX_DEPTH,
    NoRow,
    read_line,
    shown_cell,
    written_line,
)

FAULTS = [
    ("{", "no JSON, at character 2: Expecting property name"),
    ("name", "no JSON, at character 1"),
    ('{"a": 1} {"b": 2}', "no JSON, at character 10: Extra data"),
    ("[1]", "expected an object"),
    ("null", "expected an object"),
    ('{"a": NaN}', "NaN is no JSON"),
    ('{"a": -Infinity}', "-Infinity is no JSON"),
    ('{"a": 1, "a": 2}', "a key is there twice"),
    ('{"a": {"b": 1, "b": 1}}', "a key is there twice"),
    ('{"a": "\\ud800"}', "invalid characters"),
    ('{"\\udfff": 1}', "invalid characters"),
    ('{"a": ' + "9" * 5000 + "}", "too many digits"),
    ('{"a": ' + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1) + "}", "nested at most 64"),
    ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested at most 64"),
]


@pytest.mark.parametrize(("line", "why"), FAULTS)
def test_other_lines_are_no_rows(line: str, why: str) -> None:
    with pytest.raises(NoRow, match=why.replace("(", r"\(")):
        read_line(line)


@pytest.mark.parametrize(
    ("line", "values", "is_record"),
    [
        ('{"a": 1}', {"a": 1}, False),
        ('{"id": "x", "display_name": "X", "fields": {"a": null}}', {"id": "x", "a": None}, True),
        ('{"id": "x", "fields": {}}', {"id": "x", "fields": {}}, False),
        (
            '{"id": 1, "display_name": 2, "fields": 3}',
            {"id": 1, "display_name": 2, "fields": 3},
            False,
        ),
        ('{"a": 9007199254740993}', {"a": 2**53 + 1}, False),
        ('{"a": 18446744073709551617}', {"a": 2**64 + 1}, False),
        ('{"a": 1.5, "b": -1e-7}', {"a": 1.5, "b": "-1e-7"}, False),
        ('{"a": [-1e-7, 1e999], "b": {"c": 1E5}}', {"a": [-1e-7, "1e999"], "b": {"c": 1e5}}, False),
        ('{"a": 0.30000000000000004}', {"a": 0.30000000000000004}, False),
        ('{"a": 0.1234567890123456789}', {"a": "0.1234567890123456789"}, False),
        ('{"a": 1e999, "b": -1e999}', {"a": "1e999", "b": "-1e999"}, False),
        ('{"a": 1e-999}', {"a": "1e-999"}, False),
        ('{"a": 1e-99999999999999999999}', {"a": "1e-99999999999999999999"}, False),
        ('{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}, False),
        ("{}", {}, False),
    ],
)
def test_the_values_of_a_line(line: str, values: dict[str, Any], is_record: bool) -> None:
    assert read_line(line) == (values, is_record)


def test_what_is_written_is_read() -> None:
    values = {"a": "=1", "b": [1, {"c": None}], "ü": True}

    for cancelled in (True, False):
        line = written_line("x", "X", values, cancelled=cancelled).decode()
        assert read_line(line) == ({"id": "x"} | values, True)


@pytest.mark.parametrize(
    ("value", "in_record", "cell"),
    [
        (None, False, ""),
        ("'=1", False, "'=1"),
        (True, False, "true"),
        (2**64, False, "18446744073709551616"),
        (["a", "b;c"], False, 'a; "b;c"'),
        # What a record refers to is shown by its name; in other objects nothing is left out.
        ({"id": "x", "name": "Ann"}, True, "Ann"),
        ([{"id": "x", "name": "Ann"}, {"id": "y", "name": "Bo"}], True, "Ann; Bo"),
        ({"amount": 3.5, "currency": "USD"}, True, "3.5"),
        ({"name": "Ann", "age": 5}, True, '{"name": "Ann", "age": 5}'),
        ({"id": "x", "name": "Ann"}, False, '{"id": "x", "name": "Ann"}'),
        ([[1], [2]], False, "[[1], [2]]"),
        ({"ü": 1}, False, '{"ü": 1}'),
    ],
)
def test_the_cell_of_a_value(value: object, in_record: bool, cell: str) -> None:
    assert shown_cell(value, in_record=in_record) == cell
    if cell.startswith("{"):
        assert json.loads(cell) == value
