"""The fields that saved filters use, and who may be told of them."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.shaping import archive_object
from records.services.views.filter_uses import Use, filter_uses
from tests.factories import (
    Caller,
    FieldDefinition,
    make_field,
    make_member,
    make_object,
    make_relation,
)


def linked(link: Any, *clauses: dict[str, Any]) -> dict[str, Any]:
    """A clause on linked records."""
    value = {"query": [{"query": [{"filters": list(clauses)}]}]}
    return {
        "type": "related_object",
        "field_id": link,
        "condition": "custom_filter",
        "value": value,
    }


def query(*clauses: Any) -> dict[str, Any]:
    return {"query": [{"filters": list(clauses)}]}


@pytest.fixture
def vaults(shop: Caller) -> Caller:
    """Vaults of companies, which have a code as people and vaults do."""
    make_object(shop, "Vaults", FieldDefinition("Code", "text"))
    for name in ("companies", "people"):
        make_field(shop, name, "Code", "text")
    make_relation(shop, "vaults", "Company", "companies", "primary", "Vaults")
    make_relation(shop, "companies", "Contact", "client_client", "primary", "Companies")
    return shop


def uses(caller: Caller, content: Any) -> list[tuple[Any, Any]]:
    names = {row.id: row.name for row in caller.author.directory.objects.values()}
    return [
        (use.object_id and names[use.object_id], use.field and use.field.name)
        for use in filter_uses(caller.author, caller.schema("vaults"), content)
    ]


def test_each_level_is_looked_up_in_its_own_object(vaults: Caller) -> None:
    code = vaults.schema("vaults").by_name["code"].uuid
    company = f"custom::{vaults.schema('vaults').by_name['company'].uuid}"
    boss = linked("boss", {"field": "salary"}, {"field": "nowhere"})
    content = query({"field": code}, linked(company, {"field": "code"}, boss))
    assert uses(vaults, content) == [
        ("vaults", "code"),
        ("vaults", "company"),
        ("companies", "company"),
        ("companies", "code"),
        ("companies", "boss"),
        ("people", "boss"),
        ("people", "salary"),
        ("people", None),
    ]


@pytest.mark.parametrize(
    ("content", "used"),
    [
        (None, []),
        ({}, []),
        (query(7, {}, {"field": 7}, {"type": "tags"}), []),
        (query({"field": "name", "field_id": "note"}), [("vaults", "name")]),
        ({"a": [{"field": "code", "b": {"field": "nowhere"}}]}, [("vaults", "code")]),
        (query(linked("code")), [("vaults", "code"), (None, None)]),
        (query(linked("nowhere")), [("vaults", None), (None, None)]),
        (query(linked(7)), [(None, None)]),
        (
            query(linked("company", linked("contact", {"type": "tags", "ids": ["a"]}))),
            [
                ("vaults", "company"),
                ("companies", "company"),
                ("companies", "contact"),
                ("client_client", "contact"),
                ("client_client", "tags"),
            ],
        ),
    ],
)
def test_clauses_and_notes(vaults: Caller, content: Any, used: Any) -> None:
    assert uses(vaults, content) == used


def test_of_what_is_archived_nothing_is_known(vaults: Caller) -> None:
    archive_object(vaults.author, vaults.schema("people").id)
    found = filter_uses(
        vaults.author, vaults.schema("companies"), query(linked("boss", {"field": "salary"}))
    )
    assert list(found)[-1] == Use(None)


def test_who_may_be_told(vaults: Caller) -> None:
    companies = vaults.schema("companies")
    code, name = companies.by_name["code"], companies.by_name["name"]
    grants = {"companies": {"view": "own"}}
    open_ = make_member(vaults, "open@example.com", grants)
    hushed = make_member(vaults, "hushed@example.com", grants, hidden=[("companies", "code")])
    other = make_member(vaults, "other@example.com", {"vaults": {"view": "all"}})
    for use, hidden in (
        (Use(companies.id, name), (False, False, False, True)),
        (Use(companies.id, code), (False, False, True, True)),
        (Use(companies.id), (False, False, True, True)),
        (Use(None), (False, True, True, True)),
    ):
        told = (vaults, open_, hushed, other)
        assert tuple(use.is_hidden(caller.author) for caller in told) == hidden
