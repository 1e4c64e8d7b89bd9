"""What formulas may read, and the type of their results, which says how they are found and
sorted."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.models import Field
from records.services.shaping.changes import update_field
from records.services.shaping.creation import create_field, get_object
from records.services.shaping.formula_names import result_type
from records.services.writing.save_requests import Mode
from tests.factories import Caller, FieldDefinition, make_object, make_record, make_relation
from tests.services.acting import differences, found, outcome, read, refusal, save


def formula(label: str, expression: str) -> FieldDefinition:
    return FieldDefinition(label, "formula", settings=settings_of(expression))


def settings_of(expression: str) -> dict[str, Any]:
    return {"formula_options": {"expression": expression}}


@pytest.fixture
def new(workspace: Caller) -> Field:
    """A formula beside another one, which was made before the field that it reads."""
    fields = (
        formula("Double", "record.data.amount * 2"),
        FieldDefinition("Amount", "decimal"),
        FieldDefinition("Document", "json"),
    )
    make_object(workspace, "Sheets", *fields)
    make_relation(workspace, "sheets", "Parent", "sheets", "primary", "Children")
    return create_field(
        workspace.author, get_object(workspace.author, "sheets"), formula("New", "1 + 1")
    )


READING = {
    "an unknown field": (
        "1 + record.data.amuont",
        "character 17: there is no field 'amuont'. Did you mean 'amount'?",
    ),
    "a field in brackets": ("record.data['gone']", "character 13: there is no field 'gone'."),
    "itself": ("record.data.new", "character 13: a formula cannot read its own field."),
    "another formula": ("record.data.double + 1", "character 13: 'double' is computed"),
    "a computed column": ("record.data.created", "character 13: 'created' is computed"),
    "itself, in brackets": (
        "record['data'].new",
        "character 16: a formula cannot read its own field.",
    ),
    "another formula, in brackets": ("record['data']['double']", "character 16: 'double' is"),
    "a computed name": ("record.data['a' + 'b']", "character 13: a name must be written out"),
    "all of the record": ("{'x': record.data}.x.nope", "character 7: record.data is no value"),
    "what a record has not": ("record.id", "character 8: there is no record.id;"),
    "an unknown function": ("nope(record.data.amount)", "character 1: there is no function 'nope'"),
    "an unknown method": ("record.data.name.nope()", "character 18: there is no method 'nope'"),
    "nothing": ("", "this key is required."),
    "the far side of a link": ("size(record.data.children)", "character 18: 'children' is"),
}


@pytest.mark.parametrize(("expression", "told"), READING.values(), ids=READING.keys())
def test_a_formula_that_reads_what_it_cannot_is_refused_when_it_is_saved(
    workspace: Caller, new: Field, expression: str, told: str
) -> None:
    changed = refusal(update_field, workspace.author, new, settings=settings_of(expression))
    assert changed.detail.startswith(f"formula_options.expression: {told}")


def test_a_new_formula_is_checked_too(workspace: Caller, new: Field) -> None:
    error = refusal(
        create_field, workspace.author, new.object, formula("Own", "record.data.own + 1")
    )
    assert "character 13: a formula cannot read its own field." in error.detail
    assert "own" not in workspace.schema("sheets").by_name


def test_a_formula_reads_fields_that_are_blank(workspace: Caller, new: Field) -> None:
    blank_is_none = "record.data.amount == null ? 'none' : 'some'"
    create_field(workspace.author, new.object, formula("Filled", blank_is_none))

    uuid = make_record(workspace, "sheets", name="a").record.uuid
    assert (read(workspace, "sheets", uuid)["filled"]) == "none"
    save(workspace, "sheets", Mode.UPDATE, uuid, amount=1.1)
    assert [read(workspace, "sheets", uuid)[name] for name in ("filled", "double")] == ["some", 2.2]


def test_what_is_stored_already_stays_as_it_is(workspace: Caller, new: Field) -> None:
    Field.objects.filter(workspace=workspace.workspace, pk=new.pk).update(
        settings=settings_of("record.data.gone")
    )
    changed = update_field(workspace.author, new, display_name="Newer")
    assert changed.display_name == "Newer"


TYPES = [
    ("record.data.amount * 2", "number"),
    ("record.data.amount > 1.5", "boolean"),
    ("record.data.amount == null", "boolean"),
    ("string(record.data.amount) + ' EUR'", "text"),
    ("record.data.amount > 1.0 ? 'much' : 'little'", "text"),
    ("record.data.amount > 3.0 ? 'much' : 0", ""),
    ("record.data.name.matches('(')", ""),
    ("record.data.document", ""),
    ("record.data.document.size * 2", ""),
    ("string(record.data.document.size)", ""),
    ("has(record.data.document.size)", "boolean"),
]


@pytest.mark.parametrize(("expression", "expected"), TYPES)
def test_the_type_of_results_is_noted_where_it_can_be_told(
    workspace: Caller, new: Field, expression: str, expected: str
) -> None:
    made = create_field(workspace.author, new.object, formula("Typed", expression))
    assert result_type(made, made.settings) == expected


def test_results_that_are_numbers_are_sorted_and_compared_as_such(
    workspace: Caller, new: Field
) -> None:
    for amount in (100, 4, 9, 0.15, None):
        make_record(workspace, "sheets", name=f"r{amount}", amount=amount)

    assert found(workspace, "sheets", ordering=["double"])[:4] == ["r0.15", "r4", "r9", "r100"]
    for condition, value, expected in (
        ("between", [8, 18], ["r4", "r9"]),
        ("=", 0.3, ["r0.15"]),
        ("is_blank", True, ["rNone"]),
    ):
        clause = ("double", condition, value)
        assert sorted(found(workspace, "sheets", clause)) == expected
    assert differences(workspace) == []


def test_the_type_of_results_stays(workspace: Caller, new: Field) -> None:
    def change(expression: str, **more: str) -> Any:
        settings = {"formula_options": {"expression": expression, **more}}
        return outcome(update_field, workspace.author, new, settings=settings)

    assert result_type(new, new.settings) == "number"
    assert change("'a'") is InvalidInput
    assert change("2", result_type="text") is InvalidInput
    assert change("2", result_type="date") is InvalidInput
    assert change("record.data.amount + 1.0") is None
    stored = Field.objects.get(workspace=workspace.workspace, pk=new.pk)
    assert result_type(stored, stored.settings) == "number"


def test_a_formula_of_before_there_were_types_keeps_its_results(
    workspace: Caller, new: Field
) -> None:
    rows = Field.objects.filter(workspace=workspace.workspace, pk=new.pk)
    rows.update(settings=settings_of("1"))
    changed = update_field(workspace.author, new, settings=settings_of("'a'"))
    assert result_type(changed, changed.settings) == ""
