"""From what callers send to changes of values: addressing, parsing, and what no entry says."""

from __future__ import annotations

from typing import Any

import pytest

from records.field_types import MemberRef, NewOption
from records.models import FieldOption
from records.services.shaping.options import delete_option
from records.services.writing.values import (
    UNSET,
    Change,
    FieldEntry,
    Parsed,
    add_defaults,
    clear_unlisted,
    parse_defaults,
    parse_entries,
    replace_references,
)
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_member,
    make_object,
    make_relation,
)

EDITING = {"view": "all", "edit": "all"}
NOWHERE = "01920000-0000-7000-8000-000000000001"


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Parts",
        FieldDefinition("Code", "text", is_required=True),
        FieldDefinition("Amount", "integer"),
        FieldDefinition("Fixed", "text", allows_empty=False),
        FieldDefinition("Stage", "text"),
        FieldDefinition("Sealed", "text", is_read_only=True),
        FieldDefinition("Hidden", "text", is_hidden=True),
        FieldDefinition(
            "Sizes", "checkboxes", options=[OptionDefinition("S"), OptionDefinition("L")]
        ),
        FieldDefinition(
            "Size", "dropdown", options=[OptionDefinition("S")], default_value={"name": "S"}
        ),
        FieldDefinition("Labels", "dynamictags"),
    )
    make_object(workspace, "Shelves")
    make_relation(workspace, "shelves", "Part", "parts", "additional", "Shelves")
    return workspace


def parsed(caller: Caller, *entries: FieldEntry) -> Parsed:
    return parse_entries(caller.author, caller.schema("parts"), entries)


def noted(found: Parsed) -> list[tuple[int | None, str, str]]:
    return [
        (entry.position, problem.part, problem.code)
        for entry in found.problems
        for problem in entry.problems
    ]


REFUSED: dict[str, tuple[FieldEntry, str, str]] = {
    "neither id nor name": (FieldEntry(value=1), "id", "required"),
    "an unknown id": (FieldEntry(id=NOWHERE, value=1), "id", "does_not_exist"),
    "an id that is no UUID": (FieldEntry(id="code", value=1), "id", "does_not_exist"),
    "an id that is no text": (FieldEntry(id=7, value=1), "id", "does_not_exist"),
    "an unknown name": (FieldEntry(name="nothing", value=1), "name", "does_not_exist"),
    "a name that is no text": (FieldEntry(name=["code"], value=1), "name", "does_not_exist"),
    "no value": (FieldEntry(name="code"), "value", "required"),
    "a blank for a required field": (FieldEntry(name="code", value=" "), "value", "required"),
    "null for a required field": (FieldEntry(name="code", value=None), "value", "required"),
    "null for a field that is never empty": (
        FieldEntry(name="fixed", value=None),
        "value",
        "required",
    ),
    "a value of another type": (FieldEntry(name="amount", value="many"), "value", "invalid"),
    "a read-only field": (FieldEntry(name="sealed", value="x"), "value", "read_only"),
    "additions to a single value": (
        FieldEntry(name="code", add_values=["x"]),
        "add_values",
        "invalid",
    ),
    "a value and additions": (
        FieldEntry(name="labels", value=["x"], add_values=["y"]),
        "value",
        "invalid",
    ),
    "additions that are no list": (
        FieldEntry(name="labels", add_values="y"),
        "add_values",
        "invalid",
    ),
    "additions that are an empty text": (
        FieldEntry(name="labels", add_values=""),
        "add_values",
        "invalid",
    ),
    "removals that are no list": (
        FieldEntry(name="labels", remove_values="y"),
        "remove_values",
        "invalid",
    ),
}


@pytest.mark.parametrize(("entry", "part", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_entry_is_noted_at_its_place(
    parts: Caller, entry: FieldEntry, part: str, code: str
) -> None:
    found = parsed(
        parts,
        FieldEntry(name="amount", value=1) if entry.name != "amount" else FieldEntry(name="code"),
        entry,
    )
    assert noted(found)[-1] == (1, part, code)


def test_a_field_is_named_by_its_id_however_that_is_spelled(parts: Caller) -> None:
    spec = parts.schema("parts").by_name["code"]
    for spelling in (spec.uuid, spec.uuid.upper(), spec.uuid.replace("-", ""), f"{{{spec.uuid}}}"):
        assert parsed(parts, FieldEntry(id=spelling, value="x")).changes[spec.id].value == "x"
    by_uuid_as_name = parsed(parts, FieldEntry(name=spec.uuid, value="x"))
    assert noted(by_uuid_as_name) == [(0, "name", "does_not_exist")]


def test_an_id_and_a_name_must_mean_one_field(parts: Caller) -> None:
    spec = parts.schema("parts").by_name["code"]
    assert parsed(parts, FieldEntry(id=spec.uuid, name="code", value="x")).changes
    assert noted(parsed(parts, FieldEntry(id=spec.uuid, name="amount", value=1))) == [
        (0, "name", "invalid")
    ]


def test_a_field_is_listed_once(parts: Caller) -> None:
    found = parsed(parts, FieldEntry(name="code", value="a"), FieldEntry(name="code", value="b"))
    assert noted(found) == [(1, "id", "invalid")]
    assert [change.value for change in found.changes.values()] == ["a"]


def test_null_parts_are_absent_ones(parts: Caller) -> None:
    found = parsed(
        parts,
        FieldEntry(name="amount", value=5, add_values=None, remove_values=None),
        FieldEntry(name="labels", value=None, add_values=["x"], remove_values=None),
    )
    assert found.problems == []
    amount, labels = found.changes.values()
    assert (amount.value, labels.value, labels.remove) == (5, UNSET, ())
    assert labels.add == (NewOption("x"),)


def test_a_locked_field_is_refused_with_another_code_than_a_read_only_one(parts: Caller) -> None:
    hidden, locked = [("parts", "amount")], [("parts", "size")]
    member = make_member(parts, "m@example.com", {"parts": EDITING}, hidden=hidden, locked=locked)
    found = Parsed()
    clear_unlisted(member.author, member.schema("parts"), found)
    assert {change.field.name for change in found.changes.values()}.isdisjoint({"amount", "size"})


def test_what_a_full_update_does_not_list_is_cleared_unless_it_is_kept(parts: Caller) -> None:
    found = Parsed()
    clear_unlisted(parts.author, parts.schema("parts"), found)
    cleared = {change.field.name for change in found.changes.values()}
    # A field of the object's own may be called like a default one of other objects.
    assert cleared >= {"name", "code", "amount", "stage", "sizes", "labels"}
    assert cleared.isdisjoint({"owner", "sealed", "hidden"})


def test_problems_are_noted_together_for_an_entry_or_else_for_a_field(parts: Caller) -> None:
    code, amount = (parts.schema("parts").by_name[name] for name in ("code", "amount"))
    found = Parsed()
    for spec, position in (
        *((code, None), (amount, None), (code, None), (code, 0), (None, 0), (code, 1)),
        *((None, None), (None, None)),
    ):
        found.refuse(spec, position, "value", "invalid", "No.")
    assert [
        (entry.position, entry.field_name, len(entry.problems)) for entry in found.problems
    ] == [
        *((None, "code", 2), (None, "amount", 1), (0, "code", 2), (1, "code", 1)),
        *((None, "", 1), (None, "", 1)),
    ]


def test_a_default_fills_what_was_cleared_as_unlisted_and_nothing_else(parts: Caller) -> None:
    size = parts.schema("parts").by_name["size"]
    for change, value in (
        (None, 5),
        (Change(size, None, None), 5),
        (Change(size, None, 7), 7),  # filled with what an upsert matches on
        (Change(size, 0, None), None),
    ):
        found = Parsed(changes={} if change is None else {size.id: change})
        add_defaults(parts.author, parts.schema("parts"), found, [Change(size, None, 5)])
        assert found.changes[size.id].value == value


def test_a_new_record_of_a_pipeline_is_at_the_first_stage_there_is(workspace: Caller) -> None:
    make_object(workspace, "Deals", object_type="pipeline")

    def first() -> str:
        schema, found = workspace.schema("deals"), Parsed()
        add_defaults(workspace.author, schema, found, ())
        assert schema.stage_field is not None
        return schema.stage_field.options[found.changes[schema.stage_field.id].value].name

    rows = FieldOption.objects.filter(workspace=workspace.workspace, field__name="stage")
    stages = [row.name for row in rows.filter(field__object__name="deals").order_by("order")]
    assert first() == stages[0]
    delete_option(workspace.author, rows.get(field__object__name="deals", name=stages[0]))
    assert first() == stages[1]


def test_defaults_fill_what_was_not_sent(parts: Caller) -> None:
    author, schema = parts.author, parts.schema("parts")
    size, owner = schema.by_name["size"], schema.owner_field
    assert owner is not None
    sent = parsed(parts, FieldEntry(name="owner", value=None), FieldEntry(name="size", value=None))
    for found, expected in (
        (Parsed(), (next(iter(size.options)), author.member.id)),
        (sent, (None, None)),
    ):
        add_defaults(author, schema, found, parse_defaults(schema))
        assert (found.changes[size.id].value, found.changes[owner.id].value) == expected


def test_references_are_replaced_and_lists_keep_no_duplicates(parts: Caller) -> None:
    labels = parts.schema("parts").by_name["labels"]
    known = {"x": 1, "X": 1, "y": 2}

    def resolve(reference: Any) -> int:
        return known[reference.name]

    changes = [
        Change(labels, 0, [NewOption("x"), 5, NewOption("X"), NewOption("y")]),
        Change(labels, 0, UNSET, (NewOption("y"), 2), (NewOption("x"),)),
        Change(labels, 0, None),
    ]
    made = [replace_references(change, resolve) for change in changes]
    assert [(change.value, change.add, change.remove) for change in made] == [
        ([1, 5, 2], (), ()),
        (UNSET, (2,), (1,)),
        (None, (), ()),
    ]


def test_a_change_tells_where_its_references_stand(parts: Caller) -> None:
    labels, keeper = parts.schema("parts").by_name["labels"], parts.schema("parts").by_name["owner"]
    lists = Change(labels, 0, UNSET, (NewOption("a"), 3), (NewOption("b"),))
    single = Change(keeper, 1, MemberRef(is_me=True))
    assert list(lists.references()) == [
        ("add_values", NewOption("a")),
        ("remove_values", NewOption("b")),
    ]
    assert list(single.references()) == [("value", MemberRef(is_me=True))]
    code = parts.schema("parts").by_name["code"]
    others = (Change(labels, 0, None), Change(code, 0, "a"), Change(code, 0))
    assert [change.may_refer for change in (lists, single, *others)] == [
        *(True, True),
        *(False, False, False),
    ]
    assert list(lists.new_options()) == [(labels.id, "a"), (labels.id, "b")]
