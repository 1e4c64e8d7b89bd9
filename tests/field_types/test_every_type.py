"""What holds for every field type, whatever it is a type of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import product
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.field_types import FieldType, InvalidValue, field_types
from records.field_types import Test as IndexTest

from .fields import make_field, outcome

EVERY_NAME = [
    *("text", "longtext", "wysiwyg", "email", "phonenumber", "timezone"),
    *("integer", "decimal", "money", "rating", "date", "datetime", "checkbox"),
    *(
        "dropdown",
        "radio",
        "status",
        "choices",
        "selector",
        "yesnomaybe",
        "checkboxes",
        "dynamictags",
    ),
    *("team_selector", "relationship", "files", "json", "time", "zip_code", "formula"),
]
CODES = {"invalid", "limit_exceeded", "does_not_exist"}
COLUMNS = {"text", "number", "moment", "option", "member", "related_record", "attachment"}
LONG_ID = "01920000-0000-7000-8000-000000000001" * 3


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


HOSTILE: list[Any] = [
    True,
    False,
    0,
    -0.0,
    1.5,
    2**63,
    -(2**63) - 1,
    10**5000,
    float("nan"),
    float("inf"),
    float("-inf"),
    1e308,
    5e-324,
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "a@\ud800.example",
    "+1\ud800",
    "x" * 1_000_000,
    "9" * 100_000,
    "1" * 5000 + "e5",
    "\u0661\u0662\u0663",
    "²",
    "NaN",
    "Infinity",
    "1e400",
    "1_000",
    "0x10",
    "code:red",
    "name:gone",
    "-",
    "+",
    "@",
    "a@",
    "@example.com",
    "../UTC",
    "/etc/localtime",
    "localtime",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "0000-00-00",
    "2024-02-30",
    "2024-W01-1",
    "2024-01-01T25:00:00",
    "\uff12\uff10\uff12\uff14-01-01",
    LONG_ID,
    "<b>" * 30_000,
    "&" * 100_000,
    "<" * 50_000,
    [],
    [None],
    [[]],
    [{}],
    [True],
    [1],
    [""],
    [" "],
    ["\x00"],
    ["\ud800"],
    ["x" * 100_000],
    ["x"] * 20_000,
    [{"id": None}],
    [{"id": []}],
    [{"name": {}}],
    {},
    {"": ""},
    {"id": None},
    {"id": 1},
    {"id": []},
    {"id": "\ud800"},
    {"id": "x" * 100_000},
    {"name": None},
    {"name": 5},
    {"name": "\x00"},
    {"name": "\ud800" * 300},
    {"code": {"code": "red"}},
    {"amount": None},
    {"amount": {"amount": {"amount": 1}}},
    {"amount": True},
    {"amount": 1, "currency": []},
    {"amount": 1, "currency": "\ud800"},
    {"amount": [1]},
    _nested(500),
    {"value": _nested(500)},
]
# Texts made of what numbers, dates, addresses and tags are made of get further than random ones.
TEXTS = st.text() | st.text(alphabet="0123456789+-.,:TZ eE") | st.text(alphabet="a1@.-_+<>/&;\"'= ")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
KEYS = st.sampled_from(["id", "name", "code", "amount", "currency"])
JSON_VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)
EVERY_FIELD = [*map(make_field, EVERY_NAME), make_field("relationship", relation_kind="additional")]


@pytest.fixture(params=EVERY_NAME)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_registry_holds_the_types_of_the_contract_and_no_other() -> None:
    assert sorted(field_types) == sorted(EVERY_NAME)


def test_a_type_is_registered_under_its_own_name(name: str) -> None:
    assert field_types.get(name).name == name


def test_a_type_names_a_column_of_the_index(name: str) -> None:
    assert field_types.get(name).column in COLUMNS


def test_a_plain_type_is_read_as_it_is_stored(name: str) -> None:
    overridden = type(field_types.get(name)).to_json is not FieldType.to_json
    assert overridden is not field_types.get(name).plain


def test_a_type_that_may_be_unique_can_be_asked_for_by_equality(name: str) -> None:
    found = field_types.get(name)
    assert not found.may_be_unique or "=" in found.conditions


def test_its_example_meets_its_schema_and_is_taken(name: str) -> None:
    field = make_field(name)
    example, schema = field.type.example(field), field.type.json_schema(field)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(example, schema)
    assert field.type.parse(field, example) is not None


def test_a_choice_without_options_has_a_schema_and_an_example_that_is_blank() -> None:
    for name in ("dropdown", "checkboxes"):
        field = replace(make_field(name), options={}, option_keys={})
        jsonschema.Draft202012Validator.check_schema(field.type.json_schema(field))
        assert field.type.parse(field, field.type.example(field)) is None


def test_a_field_without_settings_has_the_defaults(name: str) -> None:
    field, bare = make_field(name), make_field(name, settings={})
    example = bare.type.example(bare)
    assert example == field.type.example(field)
    assert bare.type.parse(bare, example) == field.type.parse(field, example)


def test_the_empty_text_is_blank(name: str) -> None:
    field = make_field(name)
    assert field.type.parse(field, "") is None
    assert field.type.parse(field, field.type.from_text(field, "")) is None


def test_a_hostile_value_is_taken_or_refused_with_a_reason(name: str) -> None:
    for field in (make_field(name), make_field(name, relation_kind="additional")):
        for raw in HOSTILE:
            stored, refusal = outcome(partial(field.type.parse, field, raw))
            assert stored is None or stored not in ("", [], {})
            check_refusal(refusal)


def test_a_hostile_filter_is_taken_or_refused_with_a_reason(name: str) -> None:
    field = make_field(name)
    for condition, raw in product(field.type.conditions.values(), HOSTILE):
        for value in (raw, [raw], [raw, raw]):
            test, refusal = outcome(partial(condition, field, value))
            assert isinstance(test, IndexTest) or refusal
            check_refusal(refusal)


def test_a_hostile_cell_is_read_or_left_to_be_refused(name: str) -> None:
    for field in (make_field(name), make_field(name, relation_kind="additional")):
        for raw in HOSTILE:
            if isinstance(raw, str):
                cell = field.type.from_text(field, raw)
                check_refusal(outcome(partial(field.type.parse, field, cell))[1])


@given(raw=JSON_VALUES)
@settings(max_examples=50)
def test_any_json_is_taken_or_refused_and_what_is_taken_is_taken_again(raw: Any) -> None:
    for field in EVERY_FIELD:
        stored, refusal = outcome(partial(field.type.parse, field, raw))
        check_refusal(refusal)
        if stored is not None and field.type.plain:
            assert field.type.parse(field, stored) == stored
            assert list(field.type.index_values(field, stored))
        for condition in field.type.conditions.values():
            check_refusal(outcome(partial(condition, field, raw))[1])
        if isinstance(raw, str):
            cell = field.type.from_text(field, raw)
            check_refusal(outcome(partial(field.type.parse, field, cell))[1])


def check_refusal(refusal: InvalidValue | None) -> None:
    """If it was refused: with a stable code, and a short message that can be sent."""
    if refusal is None:
        return
    assert refusal.code in CODES
    assert 0 < len(refusal.message.encode()) < 400


def test_null_is_never_something_to_compare_with(name: str) -> None:
    field = make_field(name)
    for condition in field.type.conditions.values():
        for value in (None, [None], [None, None]):
            with pytest.raises(InvalidValue):
                condition(field, value)


@pytest.mark.parametrize("hostile", [5, "x", [], {"currency": {}}, True])
def test_settings_of_other_types_are_left_out(name: str, hostile: Any) -> None:
    assert (
        field_types.get(name).check_settings({"unheard_of": hostile}) == make_field(name).settings
    )


@pytest.mark.parametrize(
    ("column", "form"),
    [("text", str), ("number", (int, float)), ("moment", datetime), ("option", int)],
)
def test_stored_values_are_indexed_in_the_form_of_their_column(column: str, form: Any) -> None:
    for found in field_types.values():
        if (
            found.column == column and found.name != "dynamictags"
        ):  # whose example is yet to be resolved
            field = make_field(found.name)
            values = found.index_values(field, found.parse(field, found.example(field)))
            assert all(isinstance(value, form) for value in values)
