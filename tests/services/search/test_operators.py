"""Filters with operators: what each finds, and where a bad one is refused."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.field_types import InvalidValue, field_types
from records.services.search.filters import MAX_CLAUSES, MAX_DEPTH
from records.services.search.operators import FORMS, operators_of, parse_filter
from records.services.search.operators import test_of as made_test
from records.services.search.own_columns import OWN_FIELDS
from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object, make_record
from tests.field_types.fields import make_field
from tests.services.acting import refusal, search


@pytest.fixture
def wares(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Wares",
        FieldDefinition("Pieces", "integer"),
        FieldDefinition(
            "Colour", "dropdown", options=[OptionDefinition("Red"), OptionDefinition("Blue")]
        ),
        FieldDefinition("Tags", "dynamictags"),
    )
    make_record(workspace, "wares", name="A", pieces=1, colour="Red", tags=["x", "y"])
    make_record(workspace, "wares", name="B", pieces=2, colour="Blue", tags=["y"])
    make_record(workspace, "wares", name="C")
    return workspace


FOUND: list[tuple[Any, str]] = [
    (None, "ABC"),
    ({}, "ABC"),
    ({"field": "name", "value": "a"}, "A"),
    ({"field": "pieces", "op": "gte", "value": 2}, "B"),
    ({"field": "pieces", "op": "neq", "value": 2}, "AC"),
    ({"field": "pieces", "op": "eq", "value": None}, "C"),
    ({"field": "pieces", "op": "neq", "value": None}, "AB"),
    ({"field": "pieces", "op": "is_null", "value": True}, "C"),
    ({"field": "colour", "value": "red"}, "A"),
    ({"field": "colour", "op": "in", "value": ["Red", "Blue"]}, "AB"),
    ({"field": "colour", "op": "not_in", "value": ["Red"]}, "BC"),
    ({"field": "tags", "op": "contains", "value": "y"}, "AB"),
    ({"search": "b"}, "B"),
    ({"search": " "}, "ABC"),
    ({"or": [{"field": "pieces", "value": 1}, {"field": "name", "value": "c"}]}, "AC"),
    (
        {
            "and": [
                {"field": "tags", "op": "contains", "value": "y"},
                {"field": "pieces", "op": "lt", "value": 2},
            ]
        },
        "A",
    ),
    ({"field": "archived", "value": False}, "ABC"),
]


def test_each_operator_finds_what_it_says(wares: Caller) -> None:
    for sent, expected in FOUND:
        node = parse_filter(wares.author, wares.schema("wares"), sent).node
        views = search(wares, "wares", query=node, ordering=("name",)).views
        assert "".join(view.display_name for view in views) == expected, sent


def nested(depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = {"field": "name", "value": "a"}
    for _ in range(depth - 1):
        tree = {"and": [tree]}
    return tree


ARCHIVED = {"field": "archived", "value": True}
BAD: list[tuple[Any, str, str]] = [
    ([], "filter: expected ", "invalid"),
    ({"field": "name", "and": []}, "filter: expected ", "invalid"),
    ({"and": []}, "filter.and: expected a list", "invalid"),
    ({"or": [7]}, "filter.or[0]: expected ", "invalid"),
    (
        {"field": "nothing", "value": 1},
        "filter.field: there is no property 'nothing'",
        "does_not_exist",
    ),
    ({"field": 7, "value": 1}, "filter.field: expected the name of a property", "does_not_exist"),
    ({"field": "name", "op": "like"}, "filter.op: expected one of ", "invalid"),
    (
        {"field": "name", "op": "gt", "value": "a"},
        "filter.op: 'gt' does not work on 'name'",
        "invalid",
    ),
    ({"field": "pieces", "op": "gt"}, "filter.value: A value is required", "required"),
    ({"search": 7}, "filter.search: ", "invalid"),
    ({"or": [ARCHIVED]}, "filter.or[0]: archived must be alone", "invalid"),
    ({"field": "archived", "op": "gt", "value": True}, "filter: archived takes ", "invalid"),
    (nested(MAX_DEPTH + 1), "filter" + ".and[0]" * MAX_DEPTH + ": at most ", "limit_exceeded"),
    (
        {"and": [{"field": "name", "value": "a"}] * MAX_CLAUSES},
        f"filter.and[{MAX_CLAUSES - 1}]: ",
        "limit_exceeded",
    ),
]


def test_a_bad_filter_is_refused_and_the_place_is_named(wares: Caller) -> None:
    for sent, message, code in BAD:
        error = refusal(parse_filter, wares.author, wares.schema("wares"), sent)
        assert isinstance(error, InvalidInput), sent
        assert error.detail.startswith(message), error.detail
        assert error.code == code, sent
    parse_filter(wares.author, wares.schema("wares"), nested(MAX_DEPTH))


@pytest.mark.parametrize(
    ("sent", "archived"),
    [
        (ARCHIVED, True),
        ({"field": "archived", "op": "neq", "value": True}, False),
        ({"and": [ARCHIVED]}, True),
        ({"field": "name", "value": "a"}, False),
    ],
)
def test_a_filter_says_whether_archived_records_are_meant(
    wares: Caller, sent: Any, archived: bool
) -> None:
    assert parse_filter(wares.author, wares.schema("wares"), sent).archived is archived


def test_every_field_takes_some_operators(wares: Caller) -> None:
    for spec in wares.schema("wares").fields:
        assert set(operators_of(spec)) <= FORMS.keys()
    assert {"gt", "in"} <= set(operators_of(wares.schema("wares").by_name["pieces"]))


@pytest.mark.parametrize("name", [*field_types, *OWN_FIELDS])
def test_the_operators_that_a_field_is_said_to_take_are_those_that_it_takes(name: str) -> None:
    spec = OWN_FIELDS[name] if name in OWN_FIELDS else make_field(name)

    def takes(op: str) -> bool:
        try:
            made_test(spec, op, "x")
        except LookupError:
            return False
        except InvalidValue:
            return True
        return True

    assert operators_of(spec) == [op for op in FORMS if takes(op)]
