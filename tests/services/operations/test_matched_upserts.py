"""Upserts by the value of a field, in the core: which field is meant, and what stops one."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.services.operations.matched_upserts import (
    matched_field,
    matched_upsert,
    values_by_slug,
)
from tests.factories import Caller, FieldDefinition, make_member, make_object
from tests.services.acting import refusal


@pytest.fixture
def ships(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Ships",
        FieldDefinition("Hull number", "text", name="hull", is_unique=True),
        FieldDefinition("hull", "text", name="other"),
        FieldDefinition("Twin", "text", name="twin_a"),
        FieldDefinition("Twin", "text", name="twin_b"),
        identifier_field=None,
    )
    return workspace


@pytest.mark.parametrize("key", ["hull", "Hull number"])
def test_a_field_is_named_by_slug_or_label(ships: Caller, key: str) -> None:
    assert matched_field(ships.author, ships.schema("ships"), key).name == "hull"


@pytest.mark.parametrize("key", ["other", "Twin", "nothing", "HULL NUMBER"])
def test_any_other_field_is_refused(ships: Caller, key: str) -> None:
    error = refusal(matched_field, ships.author, ships.schema("ships"), key)
    assert isinstance(error, InvalidInput)
    assert error.path == ("matchField",)


def test_a_field_that_is_hidden_has_neither_slug_nor_label(ships: Caller) -> None:
    other = make_member(
        ships, "other@example.com", {"ships": {"view": "all"}}, hidden=[("ships", "hull")]
    )
    for key in ("hull", "Hull number"):
        assert isinstance(
            refusal(matched_field, other.author, other.schema("ships"), key), InvalidInput
        )


def test_labels_become_slugs(ships: Caller) -> None:
    sent = {"Hull number": 1, "other": 2, "Twin": 3, "nothing": 4}
    found = values_by_slug(ships.author, ships.schema("ships"), sent)
    assert found == {"hull": 1, "other": 2, "Twin": 3, "nothing": 4}
    twice = {"Hull number": 1, "hull": 2}
    error = refusal(values_by_slug, ships.author, ships.schema("ships"), twice)
    assert isinstance(error, InvalidInput)


@pytest.mark.parametrize("values", [{}, {"hull": None}, {"hull": ""}, {"hull": " "}, {"hull": []}])
def test_the_value_must_be_there(ships: Caller, values: dict[str, Any]) -> None:
    schema = ships.schema("ships")
    match = matched_field(ships.author, schema, "hull")
    error = refusal(matched_upsert, ships.author, schema, match, values)
    assert isinstance(error, InvalidInput)
    assert error.path == ("fieldValues", "hull")
