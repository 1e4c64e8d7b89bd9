"""How fields are named, and which are hidden."""

from __future__ import annotations

import pytest

from records.services.views.view_fields import (
    FieldNames,
    hidden_names,
    names_of,
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
