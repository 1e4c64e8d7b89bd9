"""How fields are named, and which are hidden."""

from __future__ import annotations

import pytest

from records.services.views.view_fields import (
    FieldNames,
    find_named,
    hidden_names,
    names_linked,
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


def test_a_text_names_a_field_of_the_object_or_of_one_it_leads_to(shop: Caller) -> None:
    companies, people = shop.schema("companies"), shop.schema("people")
    employees, salary = companies.by_name["employees"], people.by_name["salary"]
    for text in ("employees", employees.uuid.upper(), f'"custom"::{employees.uuid}'):
        assert find_named(companies, text) == employees
    assert find_named(companies, "salary") is None
    for text, named in (
        ("boss.salary", True),
        ("-boss.salary", True),
        (f"{companies.by_name['boss'].uuid}.salary", True),
        ("boss.name", False),
        ("employees.salary", False),
        ("salary", False),
    ):
        assert names_linked(companies, text, people.id, salary) is named
