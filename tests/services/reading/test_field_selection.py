"""Which fields a caller asks for."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.services.reading.field_selection import select_fields
from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object
from tests.services.acting import refusal


@pytest.fixture
def notes(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Notes",
        FieldDefinition("Size", "dropdown", options=[OptionDefinition("Small")]),
        FieldDefinition("Sealed", "text", is_hidden=True),
    )
    return workspace


def chosen(caller: Caller, **asked: Any) -> set[str]:
    return {spec.name for spec in select_fields(caller.author, caller.schema("notes"), **asked)}


def test_ids_go_before_names_and_names_before_categories(notes: Caller) -> None:
    schema = notes.schema("notes")
    size, name = schema.by_name["size"], schema.by_name["name"]
    assert chosen(notes, field_ids=[size.uuid], field_names=["name"]) == {"size"}
    assert chosen(notes, field_names=["name", "sealed"], categories=[size.category_uuid]) == {
        "name",
        "sealed",
    }
    assert "size" in chosen(notes, categories=[size.category_uuid.upper()])
    assert "sealed" not in chosen(notes)
    assert "sealed" in chosen(notes, include_hidden=True)
    assert "size" not in chosen(notes, field_names=[])
    assert name.name in chosen(notes, field_ids=[])


UNKNOWN: list[tuple[str, list[Any]]] = [
    ("field_names", ["nothing"]),
    ("field_names", [7]),
    ("field_names", ["\ud800"]),
    ("field_ids", ["name"]),
    ("categories", ["x" * 100]),
]


@pytest.mark.parametrize(("part", "keys"), UNKNOWN)
def test_an_unknown_field_is_named(notes: Caller, part: str, keys: list[Any]) -> None:
    error = refusal(select_fields, notes.author, notes.schema("notes"), **{part: keys})
    assert isinstance(error, InvalidInput)
    assert error.code == "does_not_exist"
    error.detail.encode()


def test_an_id_among_the_names_is_unknown(notes: Caller) -> None:
    uuid = notes.schema("notes").by_name["name"].uuid
    assert isinstance(
        refusal(select_fields, notes.author, notes.schema("notes"), field_names=[uuid]),
        InvalidInput,
    )


def test_a_name_may_be_asked_for_where_no_field_is_called_so(workspace: Caller) -> None:
    author, schema = workspace.author, workspace.schema("client_client")

    chosen = select_fields(author, schema, field_names=["name", "email"])
    assert [spec.name for spec in chosen] == ["email"]
    assert select_fields(author, schema, field_names=["name"]) == ()
    error = refusal(select_fields, author, schema, field_ids=["name"])
    assert isinstance(error, InvalidInput)
