"""What formulas may read, and the type of their results, which says how they are found and
sorted."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.models import Field
from records.services.catalogue.drafts import OptionDefinition
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
        FieldDefinition("Day", "date"),
        FieldDefinition("Document", "json"),
        FieldDefinition("Owner", "team_selector"),
        FieldDefinition("Tags", "checkboxes", options=(OptionDefinition("Red"),)),
        FieldDefinition("Files", "files"),
    )
    make_object(workspace, "Sheets", *fields)
    make_relation(workspace, "sheets", "Parent", "sheets", "primary", "Children")
    make_relation(workspace, "sheets", "Linked", "sheets", "additional", "Linking")
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
    "what a member has not": ("member.size", "character 8: member.size is not known here;"),
    "labels by id": ("member.label_uuids", "character 8: member.label_uuids is not known here;"),
    "a member's records": ("member.data.a.b", "character 8: member.data is not known here;"),
    "minutes": ("1 + now.minute", "character 9: now.minute is not known here;"),
    "all of the member": ("size(member)", "character 6: read one of its attributes"),
    "an unknown root": ("1 + user.name", "character 5: there is no user;"),
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


NEVER = {
    "a division by zero": ("1 / 0", "It divides by zero."),
    "null": ("null", "The result of the expression is null."),
    "a list": ("[1, 2]", "must be a text, a number or a boolean"),
    "a map": ("{'a': record.data.amount}", "must be a text, a number or a boolean"),
    "a type": ("type(1)", "must be a text, a number or a boolean"),
    "a list of values": ("record.data.tags", "must be a text, a number or a boolean"),
    "a text that is no number": ("int('a')", "cannot be converted"),
    "a place that is not there": ("[1][1]", "does not have"),
    "a constant zero below": ("1.0 + record.data.amount / (2.0 - 2.0)", "It divides by zero."),
    "a comparison of types": ("record.data.amount == 'a'", "do not go together"),
    "an order of types": ("record.data.name > 1", "do not go together"),
    "a sum of types": ("record.data.name + 1", "do not go together"),
    "a sum of types in a choice": ("true ? record.data.name + 1 : null", "is null"),
    "a choice by a number": ("record.data.amount ? 1 : 2", "do not go together"),
    "a function of another type": ("size(record.data.amount)", "do not go together"),
    "a member": ("record.data.owner", "no value of its own"),
    "a member as text": ("string(record.data.owner)", "do not go together"),
    "a member's number": ("record.data.owner == 1", "do not go together"),
    "a linked record": ("record.data.linked[0]", "no value of its own"),
    "an attached file": ("record.data.files[0]", "no value of its own"),
}


@pytest.mark.parametrize(("expression", "why"), NEVER.values(), ids=NEVER.keys())
def test_a_formula_that_never_has_a_result_is_refused(
    workspace: Caller, new: Field, expression: str, why: str
) -> None:
    changed = refusal(update_field, workspace.author, new, settings=settings_of(expression))
    assert changed.detail.startswith("formula_options.expression: no record would have a result. ")
    assert why in changed.detail
    made = refusal(create_field, workspace.author, new.object, formula("Never", expression))
    assert why in made.detail


def test_a_type_of_results_that_the_expression_does_not_make_is_refused(
    workspace: Caller, new: Field
) -> None:
    for expression, asked in (("'a'", "number"), ("1", "boolean"), ("record.data.name", "number")):
        settings = {"formula_options": {"expression": expression, "result_type": asked}}
        field = FieldDefinition("Typed", "formula", settings=settings)
        error = refusal(create_field, workspace.author, new.object, field)
        assert f", not a {asked}." in error.detail


TYPES = [
    ("record.data.amount * 2", "number"),
    ("record.data.amount > 1.5", "boolean"),
    ("record.data.amount == null", "boolean"),
    ("string(record.data.amount) + ' EUR'", "text"),
    ("record.data.amount > 1.0 ? 'much' : 'little'", "text"),
    ("record.data.day", "date"),
    ("record.data.day == null ? '' : record.data.day", "date"),
    ("record.data.day + '!'", "text"),
    ("member.name", "text"),
    ("size(member.labels)", "number"),
    ("member.age < 18 || now.hour > 8", "boolean"),
    ("now.year * 100 + now.month", "number"),
    ("record.data.name.matches('(')", "boolean"),
    ("1 + 1", "number"),
    ("size(record.data.linked)", "number"),
    ("record.data.owner == null", "boolean"),
    ("has(record.data.owner) ? 'theirs' : 'free'", "text"),
    ("record.data.amount > 1000.0 ? 'much' : null", "text"),
    ("record.data.amount > 1000.0 ? record.data.day : (null)", "date"),
    ("record.data.amount > 1000.0 ? record.data.day : record.data.name", "text"),
    ("record.data.amount > 1000.0 || record.data.name == 1", "boolean"),
    ("1 / (size(record.data.name) - size(record.data.name))", "number"),
    ("(record.data.amount > 9.0 ? null : 'a') + 'b'", "text"),
    ("record.data.tags[0]", "text"),
    ("record.data.amount == 0.0 ? 'none' : string(1.0 / record.data.amount)", "text"),
    ("record.data.document.size * 2", "number"),
    ("-record.data.document.size", "number"),
    ("!record.data.document.flag", "boolean"),
    ("string(record.data.document.size)", "text"),
    ("record.data.document.name.contains('a')", "boolean"),
    ("size(record.data.document.list)", "number"),
    ("has(record.data.document.size)", "boolean"),
]


@pytest.mark.parametrize(("expression", "expected"), TYPES)
def test_the_type_of_results_is_noted_where_it_can_be_told(
    workspace: Caller, new: Field, expression: str, expected: str
) -> None:
    made = create_field(workspace.author, new.object, formula("Typed", expression))
    assert result_type(made, made.settings) == expected


UNTOLD = [
    "record.data.document",
    "record.data.document.size + 1",
    "record.data.amount > 3.0 ? 'much' : 0",
    "record.data.amount > 1000.0 ? 'much' : record.data.amount",
    "record.data.amount > 1000.0 ? (record.data.amount > 2000.0 ? 1 : true) : 2",
    "record.data.amount > 1000.0 ? record.data.document.size : 1",
]


@pytest.mark.parametrize("expression", UNTOLD)
def test_the_type_of_results_is_asked_for_where_it_cannot_be_told(
    workspace: Caller, new: Field, expression: str
) -> None:
    error = refusal(create_field, workspace.author, new.object, formula("Untold", expression))
    assert error.detail == (
        "formula_options.result_type: the expression does not tell the type of its results; "
        "send one of text, number, boolean, date."
    )
    assert error.code == "required"
    settings = {"formula_options": {"expression": expression, "result_type": "text"}}
    made = create_field(
        workspace.author, new.object, FieldDefinition("Told", "formula", settings=settings)
    )
    assert result_type(made, made.settings) == "text"
    # One that is there already, without a type, works on.
    rows = Field.objects.filter(workspace=workspace.workspace, pk=new.pk)
    rows.update(settings=settings_of("record.data.document"))
    changed = update_field(workspace.author, new, settings=settings_of(expression))
    assert result_type(changed, changed.settings) == ""
    uuid = make_record(workspace, "sheets", name="a", amount=1, document={"size": 1}).record.uuid
    assert read(workspace, "sheets", uuid)["name"] == "a"
    assert differences(workspace) == []


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


@pytest.mark.parametrize(
    ("expression", "asked", "told"),
    [
        ("'a'", "number", "it makes a text, not a number."),
        ("1 > 2", "date", "it makes a boolean, not a date."),
        ("record.data.day", "text", ""),
        ("'2026-05-17'", "date", ""),
        ("record.data.document.a", "date", ""),
    ],
)
def test_the_type_that_is_asked_for_has_to_fit(
    workspace: Caller, new: Field, expression: str, asked: str, told: str
) -> None:
    settings = {"formula_options": {"expression": expression, "result_type": asked}}
    definition = FieldDefinition("Typed", "formula", settings=settings)
    if told:
        error = refusal(create_field, workspace.author, new.object, definition)
        assert error.detail == f"formula_options.expression: {told}"
    else:
        made = create_field(workspace.author, new.object, definition)
        assert result_type(made, made.settings) == asked


def test_results_that_are_days_are_found_and_sorted_as_such(workspace: Caller, new: Field) -> None:
    create_field(workspace.author, new.object, formula("Due", "record.data.day"))
    moment = "timestamp(record.data.day + 'T23:30:00Z')"
    asked = {"formula_options": {"expression": moment, "result_type": "date"}}
    create_field(workspace.author, new.object, FieldDefinition("Later", "formula", settings=asked))
    for name, day in (("a", "2026-12-01"), ("b", "2026-02-10"), ("c", None)):
        make_record(workspace, "sheets", name=name, day=day)
    assert found(workspace, "sheets", ("due", ">", "2026-03-01")) == ["a"]
    year = ("due", "between", ["2026-01-01", "2026-12-31"])
    assert found(workspace, "sheets", year, ordering=("due",)) == ["b", "a"]
    assert found(workspace, "sheets", ("later", "=", "2026-12-02")) == ["a"]
    assert differences(workspace) == []
