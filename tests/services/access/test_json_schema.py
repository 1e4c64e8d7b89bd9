"""An object's records as JSON Schema: what one caller may send."""

from __future__ import annotations

import pytest

from records.services.access.json_schema import DIALECT, record_schema
from tests.factories import Caller, FieldDefinition, make_member, make_object


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Parts",
        FieldDefinition("Code", "text", is_required=True, description="As printed."),
        FieldDefinition("Amount", "integer", is_required=True, default_value=1),
        FieldDefinition("Sealed", "text", is_read_only=True),
        FieldDefinition("Secret", "text"),
        FieldDefinition("Mobile", "phonenumber", description="On call."),
    )
    return workspace


def test_it_names_its_object_and_takes_nothing_else(parts: Caller) -> None:
    schema = parts.schema("parts")
    found = record_schema(parts.author, schema)
    assert (found["$schema"], found["$id"], found["title"]) == (
        DIALECT,
        f"urn:uuid:{schema.uuid}",
        "Part",
    )
    assert (found["type"], found["additionalProperties"]) == ("object", False)


def test_a_field_is_described_as_it_is_sent(parts: Caller) -> None:
    code = record_schema(parts.author, parts.schema("parts"))["properties"]["code"]
    assert code["title"] == "Code"
    assert code["description"] == "As printed."
    assert "readOnly" not in code


def test_the_fields_own_description_goes_before_that_of_its_type(parts: Caller) -> None:
    found = record_schema(parts.author, parts.schema("parts"))["properties"]["mobile"]
    assert found["description"].startswith("On call. A phone number, in")


def test_what_must_be_sent_is_required(parts: Caller) -> None:
    required = record_schema(parts.author, parts.schema("parts"))["required"]
    assert set(required) == {"name", "code"}


def test_it_is_the_callers_own(parts: Caller) -> None:
    member = make_member(
        parts,
        "m@example.com",
        {"parts": {"view": "all"}},
        hidden=[("parts", "secret")],
        locked=[("parts", "code")],
    )
    for caller, read_only, seen, required in (
        (parts, {"sealed"}, {"code", "secret"}, {"name", "code"}),
        (member, {"sealed", "code"}, {"code"}, {"name"}),
    ):
        found = record_schema(caller.author, caller.schema("parts"))
        properties = found["properties"]
        assert {"code", "secret"} & properties.keys() == seen
        assert {
            name for name in ("code", "amount", "sealed") if properties[name].get("readOnly")
        } == read_only
        assert set(found["required"]) == required
