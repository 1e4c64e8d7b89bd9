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
from tests.factories import Caller, FieldDefinition, make_member, make_object, make_relation

ID = "01900000-0000-7000-8000-000000000001"
NAMES = FieldNames(
    frozenset({ID}), frozenset({"salary"}), frozenset({"boss.age"}), frozenset({"home"})
)


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
        ('"custom"::boss.age', True),
        ("-boss.age", True),
        ("boss.age.year", True),
        ("friend.age", False),
        ("home.city", True),
        ("home.", False),
        ("home", False),
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
    assert hidden.own == {"employees"}
    assert {path for path in hidden.linked if "-" not in path} == {"boss.salary"}
    employees = schema.by_name["employees"]
    assert names_of(employees).are_in("employees")
    assert hidden.are_in(employees.uuid)


def test_paths_through_links_to_objects_out_of_sight_are_hidden(shop: Caller) -> None:
    """And none through others, whatever their fields are called."""
    make_object(shop, "Cities", FieldDefinition("Salary", "integer"))
    make_relation(shop, "companies", "Home", "cities", "primary", "Home of")
    grants = {"companies": {"view": "all"}, "cities": {"view": "all"}}
    hidden = [("cities", "salary")]
    cy = make_member(shop, "cy@example.com", grants, hidden=hidden)
    dee = make_member(shop, "dee@example.com", grants | {"people": {"view": "all"}}, hidden=hidden)
    schema = shop.schema("companies")
    boss, people = schema.by_name["boss"], shop.schema("people")
    salary = people.by_name["salary"].uuid
    cases = {
        "boss.name": (True, False),
        "boss.salary": (True, False),
        "-boss.display_name": (True, False),
        f"{boss.uuid.upper()}.name": (True, False),
        salary: (True, False),
        f'"custom"::{salary}': (True, False),
        "home.salary": (True, True),
        "home.name": (False, False),
        "boss": (False, False),
        "name": (False, False),
    }
    for text, expected in cases.items():
        seen = [hidden_names(member.author, schema).are_in(text) for member in (cy, dee)]
        assert (text, *seen) == (text, *expected)
    assert not hidden_names(shop.author, schema)


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
