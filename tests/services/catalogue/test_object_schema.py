"""A compiled object: which fields are live, stored, mirrored, suspended, and what names a
record."""

from __future__ import annotations

import pytest

from records.services.catalogue.object_schema import ObjectSchema, display_text, is_stored
from records.services.shaping.creation import get_object
from records.services.shaping.field_removal import delete_field
from records.services.shaping.objects import archive_object
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_object,
    make_relation,
    set_pattern,
)


@pytest.fixture
def boats(workspace: Caller) -> Caller:
    make_object(workspace, "Ports")
    make_object(
        workspace,
        "Boats",
        FieldDefinition("Code", "text", is_unique=True, is_required=True),
        FieldDefinition(
            "Size",
            "dropdown",
            options=[OptionDefinition("Small", code="s"), OptionDefinition("Large")],
        ),
        FieldDefinition("Length", "integer", default_value=5),
        FieldDefinition("Old", "text"),
    )
    make_relation(workspace, "boats", "Port", "ports", "primary", "Boats")
    make_relation(workspace, "boats", "Twin", "boats", "one_to_one", "Twin of")
    set_pattern(workspace, "boats", "{code} in {port}")
    return workspace


def named(fields: object) -> set[str]:
    return {field.name for field in fields}  # type: ignore[attr-defined]


def test_fields_are_grouped_by_what_the_write_path_does_with_them(boats: Caller) -> None:
    schema = boats.schema("boats")
    assert named(schema.mirrors) == {"twin_of"}
    assert {"code", "twin"} <= named(schema.unique)
    assert named(schema.partners) == {"twin"}
    assert "code" in named(schema.required)
    assert named(schema.with_default) == {"length"}
    assert named(schema.pattern_fields) == {"code", "port"}
    for spec in schema.fields:
        assert is_stored(spec) is (spec in schema.stored)
    assert not {"created", "updated", "display_name", "twin_of"} & named(schema.stored)
    assert schema.by_uuid[schema.by_name["code"].uuid] is schema.by_id[schema.by_name["code"].id]


def test_a_deleted_field_is_known_but_not_live(boats: Caller) -> None:
    old = boats.schema("boats").by_name["old"]
    delete_field(boats.author, old.id)
    schema = boats.schema("boats")
    assert "old" not in schema.by_name
    assert schema.all_fields[old.id].name == "old"


def test_relationships_with_an_archived_object_are_suspended(boats: Caller) -> None:
    archive_object(boats.author, get_object(boats.author, "ports").pk)
    schema = boats.schema("boats")
    assert "port" not in schema.by_name
    assert named(schema.suspended) == {"port"}
    assert {spec.name for spec in schema.indexed.values()} >= {"port", "code"}


def test_an_option_is_found_by_id_name_and_code(boats: Caller) -> None:
    size = boats.schema("boats").by_name["size"]
    small = next(option for option in size.options.values() if option.name == "Small")
    for key in (small.uuid, "name:small", "code:s"):
        assert size.option_keys[key] == small.id


def test_the_links_that_show_an_objects_names_depend_on_it(boats: Caller) -> None:
    port = boats.schema("boats").by_name["port"]
    assert boats.schema("ports").display_dependents == ((boats.schema("boats").id, port.id),)


def test_values_are_shown_in_names_as_people_read_them(boats: Caller) -> None:
    schema: ObjectSchema = boats.schema("boats")
    size = schema.by_name["size"]
    small = next(option.id for option in size.options.values() if option.name == "Small")
    cases = [
        (schema.by_name["code"], "A", "A"),
        (schema.by_name["code"], None, ""),
        (schema.by_name["length"], 5, "5"),
        (size, small, "Small"),
        (size, 0, ""),
        (schema.by_name["port"], 7, "Rome"),
        (schema.by_name["port"], 8, ""),
        (schema.by_name["owner"], 9, "Ann"),
    ]
    for spec, stored, expected in cases:
        assert display_text(spec, stored, {7: "Rome"}, {9: "Ann"}) == expected, spec.name
