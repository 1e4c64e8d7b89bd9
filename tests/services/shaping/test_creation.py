"""New objects and fields: what each is made with, and where the definition of one that cannot be is
wrong."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import Field, RelationKind
from records.services.shaping import creation
from records.services.shaping.creation import (
    check_pattern,
    create_field,
    create_object,
    get_object,
)
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    RelationDefinition,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import invalid_at

SIZE = FieldDefinition("Size", "integer")

# ---------------------------------------------------------------- objects


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"name": "No!"}, ("name",), "invalid"),
        ({"name": "x" * 65}, ("name",), "invalid"),
        ({"name": "client_client"}, ("name",), "unique"),
        ({"display_pattern": "{nothing}"}, ("display_pattern",), "invalid"),
        ({"default_color": "x" * 33}, ("default_color",), "limit_exceeded"),
        ({"identifier_field": "size", "fields": [SIZE]}, ("identifier_field",), "invalid"),
        ({"identifier_field": "nothing"}, ("identifier_field",), "invalid"),
        (
            {"fields": [SIZE, FieldDefinition("Kind", "nothing")]},
            ("fields", 1, "field_type"),
            "invalid",
        ),
        (
            {"fields": [SIZE, FieldDefinition("Other", "text", name="size")]},
            ("fields", 1, "name"),
            "unique",
        ),
        (
            {"fields": [FieldDefinition("Size", "integer", default_value="x")]},
            ("default_value",),
            "invalid",
        ),
    ],
    ids=lambda part: str(part)[:60],
)
def test_an_object_that_cannot_be_is_refused_at_its_place(
    workspace: Caller, given: dict[str, Any], path: tuple[Any, ...], code: str
) -> None:
    before = set(workspace.author.directory.objects)

    assert invalid_at(create_object, workspace.author, "Things", "Thing", **given) == (path, code)
    assert set(workspace.author.directory.objects) == before


@pytest.mark.parametrize(
    ("given", "own", "identifier"),
    [
        ({}, ["name"], "name"),
        ({"identifier_field": None}, [], None),
        (
            {"identifier_field": "code", "fields": [FieldDefinition("Code", "text")]},
            ["code"],
            "code",
        ),
        ({"fields": [FieldDefinition("Title", "text", name="name")]}, ["name"], "name"),
    ],
    ids=["name", "none", "another", "own name"],
)
def test_an_object_has_a_name_field_only_where_records_are_known_by_it(
    workspace: Caller, given: dict[str, Any], own: list[str], identifier: str | None
) -> None:
    create_object(workspace.author, "Things", "Thing", **given)

    schema = workspace.schema("things")
    default = {"owner", "created", "updated", "display_name"}
    assert [spec.name for spec in schema.fields if spec.name not in default] == own
    assert (schema.identifier.name if schema.identifier else None) == identifier


def test_the_numbers_of_objects_and_fields_are_bounded(
    workspace: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = make_object(workspace, "Things")
    monkeypatch.setattr(creation, "MAX_OBJECTS", 2)
    monkeypatch.setattr(creation, "MAX_FIELDS", len(workspace.schema("things").fields))

    assert invalid_at(create_object, workspace.author, "Others", "Other") == ((), "limit_exceeded")
    assert invalid_at(create_field, workspace.author, row, SIZE) == ((), "limit_exceeded")


def test_an_object_is_found_by_its_name_or_uuid(workspace: Caller) -> None:
    row = make_object(workspace, "Things")

    assert (
        get_object(workspace.author, "things") == get_object(workspace.author, str(row.uuid)) == row
    )
    assert invalid_at(get_object, workspace.author, "nothing") == ((), "does_not_exist")


@pytest.mark.parametrize("pattern", ["", "{name}", "{name} of {owner}", "No. {name}!"])
def test_patterns_that_are_taken(workspace: Caller, pattern: str) -> None:
    make_object(workspace, "Things")
    check_pattern(workspace.schema("things"), pattern)


# ---------------------------------------------------------------- fields


@pytest.mark.parametrize(
    ("definition", "path", "code"),
    [
        (FieldDefinition("Size", "nothing"), ("field_type",), "invalid"),
        (FieldDefinition("Size", "text", name="Size"), ("name",), "invalid"),
        (FieldDefinition("Size", "text", name="owner"), ("name",), "unique"),
        (FieldDefinition("x" * 256, "text", name="x"), ("display_name",), "limit_exceeded"),
        (FieldDefinition("Size", "wysiwyg", is_unique=True), ("is_unique",), "invalid"),
        (
            FieldDefinition(
                "Size", "integer", settings={"integer_options": {"min_value": 2, "max_value": 1}}
            ),
            ("integer_options", "min_value"),
            "invalid",
        ),
        (
            FieldDefinition("Size", "dropdown", options=[OptionDefinition(" ")]),
            ("options",),
            "invalid",
        ),
        (FieldDefinition("Size", "dropdown", is_external_id=True), ("is_external_id",), "invalid"),
        (
            FieldDefinition(
                "Sum",
                "formula",
                settings={"formula_options": {"expression": "1 + 1"}},
                default_value="2",
            ),
            (),
            "invalid",
        ),
        (FieldDefinition("Link", "relationship"), ("relation",), "invalid"),
        (
            FieldDefinition(
                "Link", "relationship", relation=RelationDefinition("nothing", "primary", "Back")
            ),
            (),
            "does_not_exist",
        ),
        (
            FieldDefinition(
                "Link",
                "relationship",
                relation=RelationDefinition("things", "primary", "Back", "owner"),
            ),
            ("related_name",),
            "unique",
        ),
    ],
    ids=lambda part: str(part)[:70],
)
def test_a_field_that_cannot_be_is_refused_at_its_place(
    workspace: Caller, definition: FieldDefinition, path: tuple[str, ...], code: str
) -> None:
    row = make_object(workspace, "Things")
    before = [spec.name for spec in workspace.schema("things").fields]

    assert invalid_at(create_field, workspace.author, row, definition) == (path, code)
    assert [spec.name for spec in workspace.schema("things").fields] == before


def test_labels_that_are_alike_have_names_of_their_own(workspace: Caller) -> None:
    make_object(workspace, "Things", *[FieldDefinition("Net weight!", "decimal")] * 3)

    names = [spec.name for spec in workspace.schema("things").fields if spec.type.name == "decimal"]
    assert names[0] == "net_weight"
    assert len(set(names)) == 3


@pytest.mark.parametrize("kind", RelationKind.values)
def test_the_links_of_a_relationship_are_stored_on_its_near_side(
    workspace: Caller, kind: str
) -> None:
    make_object(workspace, "Ships")
    make_object(workspace, "Ports")
    make_relation(workspace, "ships", "Port", "ports", kind, "Ships")

    asked = Field.objects.get(workspace=workspace.workspace, name="port")
    mirror = Field.objects.get(
        workspace=workspace.workspace, name="ships", field_type="relationship"
    )
    near, far = (mirror, asked) if kind.endswith("_for") else (asked, mirror)
    assert (near.mirror_of, far.mirror_of) == (None, near)
    assert asked.relation_kind == kind
    assert creation.MIRRORS[RelationKind(kind)] == mirror.relation_kind


def test_an_object_may_be_related_to_itself(workspace: Caller) -> None:
    make_object(workspace, "Shops")
    make_relation(workspace, "shops", "Branch of", "shops", "primary", "Branches")

    schema = workspace.schema("shops")
    assert schema.by_name["branches"].mirror_of_id == schema.by_name["branch_of"].id


def test_a_yes_no_maybe_field_has_its_three_options(workspace: Caller) -> None:
    make_object(workspace, "Visits", FieldDefinition("Agreed", "yesnomaybe"))

    agreed = workspace.schema("visits").by_name["agreed"]
    made = make_record(workspace, "visits", name="First", agreed="maybe")

    assert [(option.name, option.code) for option in agreed.options.values()] == [
        ("Yes", "yes"),
        ("No", "no"),
        ("Maybe", "maybe"),
    ]
    assert made.record.values[str(agreed.id)] == list(agreed.options)[2]
