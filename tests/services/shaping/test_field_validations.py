"""Validations of fields: what they may read, and that they are tests."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.models import Field
from records.services.shaping.changes import update_field
from records.services.shaping.creation import create_field, get_object
from records.services.shaping.field_removal import delete_field
from records.services.shaping.field_validations import AT, settle_validation
from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object, make_relation
from tests.services.acting import refusal


@pytest.fixture
def sheets(workspace: Caller) -> Caller:
    """An object with fields of several kinds."""
    make_object(
        workspace,
        "Sheets",
        FieldDefinition("Amount", "decimal"),
        FieldDefinition("Most", "integer"),
        FieldDefinition("Day", "date"),
        FieldDefinition("Open", "checkbox"),
        FieldDefinition("Document", "json"),
        FieldDefinition("Kind", "dropdown", options=[OptionDefinition("A")]),
        FieldDefinition("Double", "formula", settings={"formula_options": {"expression": "1 + 1"}}),
    )
    make_relation(workspace, "sheets", "Parent", "sheets", "primary", "Children")
    return workspace


def field(caller: Caller, name: str) -> Field:
    return Field.objects.get(workspace=caller.workspace, name=name, object__name="sheets")


GOOD = [
    ("amount", "value > 0"),
    ("amount", " value >= 0 && value <= record.data.most "),
    ("amount", "record.data.most == null || value < record.data.most"),
    ("amount", "value < record.data.double"),
    ("most", "member.age < 0 || value < member.age"),
    ("most", "value <= now.year && 'vip' in member.labels"),
    ("name", "value.matches('[A-Z].*') ? size(value) > 3 : value == member.name"),
    ("open", "value"),
    ("day", "value >= '2020-01-01'"),
    ("kind", "value in ['A', 'B']"),
    ("document", "value.size > 2"),
    ("document", "value.nope"),
]


@pytest.mark.parametrize(("name", "rule"), GOOD)
def test_a_test_is_kept_as_it_was_written(sheets: Caller, name: str, rule: str) -> None:
    update_field(sheets.author, field(sheets, name), validation=rule, validation_message=" No. ")
    kept = field(sheets, name)
    assert (kept.validation, kept.validation_message) == (rule.strip(), "No.")
    update_field(sheets.author, kept, validation=None, validation_message=None)
    assert (field(sheets, name).validation, field(sheets, name).validation_message) == ("", "")


BAD = [
    ("amount", "value >", "Not a CEL expression from character 7 of line 1 on."),
    ("amount", "value", "It must be true or false"),
    ("amount", "value + 1", "It must be true or false"),
    ("amount", "'yes'", "It must be true or false"),
    ("amount", "value > 3.0 ? true : 'no'", "It must be true or false"),
    ("document", "value + 1", "It must be true or false"),
    ("amount", "amount > 0", "character 1: there is no amount;"),
    ("amount", "value > record.data.mots", "character 21: there is no field 'mots'"),
    ("amount", "value > record.data.children", "character 21: there is no field 'children'"),
    ("amount", "member.size > 1", "character 8: member.size is not known here;"),
    ("amount", "value > now.minute", "character 13: now.minute is not known here;"),
    ("amount", "size(member) > 1", "character 6: read one of its attributes"),
    ("amount", "record.data.most.all(x, x > 1)", "Macros (all) are not supported."),
    ("amount", "nope(value)", "character 1: there is no function 'nope'."),
    ("double", "value > 1", "nobody writes the values of this field."),
    ("children", "size(value) > 1", "nobody writes the values of this field."),
    ("amount", "value > 1" + " " * 10 + "|| true" * 200, "at most 1000 characters."),
]


@pytest.mark.parametrize(("name", "rule", "told"), BAD)
def test_what_is_no_test_is_refused_when_it_is_saved(
    sheets: Caller, name: str, rule: str, told: str
) -> None:
    error = refusal(update_field, sheets.author, field(sheets, name), validation=rule)
    assert isinstance(error, InvalidInput)
    assert (error.path, error.reason[: len(told)]) == ((AT,), told)
    assert field(sheets, name).validation == ""


def test_the_validation_of_a_new_field_is_checked_too(sheets: Caller) -> None:
    def new(rule: str) -> Any:
        definition = FieldDefinition("New", "integer", validation=rule, validation_message="Odd.")
        return create_field(sheets.author, get_object(sheets.author, "sheets"), definition)

    assert "there is no field 'gone'" in refusal(new, "value > record.data.gone").detail
    made = new("value > record.data.new - 1")
    assert (made.validation, made.validation_message) == ("value > record.data.new - 1", "Odd.")


def test_a_rule_may_read_a_field_that_is_made_after_it(workspace: Caller) -> None:
    fields = (
        FieldDefinition("Low", "integer", validation="value <= record.data.high"),
        FieldDefinition("High", "integer"),
    )
    make_object(workspace, "Spans", *fields)
    assert workspace.schema("spans").by_name["low"].validation == "value <= record.data.high"


def test_a_rule_that_is_kept_is_not_checked_again(sheets: Caller) -> None:
    row = field(sheets, "amount")
    row.validation = "record.data.gone"
    row.save()
    assert update_field(sheets.author, row, display_name="Sum").validation == "record.data.gone"
    assert "there is no field" in refusal(settle_validation, row).detail


def test_a_field_that_a_validation_reads_cannot_be_deleted(sheets: Caller) -> None:
    update_field(sheets.author, field(sheets, "amount"), validation="value < record.data.most")
    error = refusal(delete_field, sheets.author, field(sheets, "most").pk)
    assert (error.code, error.detail) == (
        "in_use",
        "The validation of Amount uses Most: change it first.",
    )
    update_field(sheets.author, field(sheets, "amount"), validation="value < record.data.amount")
    delete_field(sheets.author, field(sheets, "most").pk)
    delete_field(sheets.author, field(sheets, "amount").pk)  # a rule goes with its own field
