"""Writes whose definition was compiled before it changed: the one that holds when they are stored
judges them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from records.exceptions import Conflict, NotFound
from records.models import Field, FieldOption, ObjectType
from records.services.access.author import Author
from records.services.catalogue.object_schema import ObjectSchema
from records.services.database.sql import is_postgresql
from records.services.database.transactions import ATTEMPTS
from records.services.people.members import update_member
from records.services.shaping.changes import update_field, update_object
from records.services.shaping.field_removal import delete_field
from records.services.shaping.objects import archive_object
from records.services.shaping.options import delete_option, update_option
from records.services.writing.save import save_record, save_records, upsert_request
from records.services.writing.save_requests import Mode, SaveRequest
from records.services.writing.values import Change, FieldEntry, parse_entries
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    change_record,
    entries,
    make_object,
    make_record,
    set_pattern,
)
from tests.services.acting import cost, differences, history, problems, read, refusal


@pytest.fixture
def things(workspace: Caller) -> ObjectType:
    row = make_object(
        workspace,
        "Things",
        FieldDefinition("Code", "text"),
        FieldDefinition("Number", "text", is_unique=True),
        FieldDefinition(
            "Kind", "dropdown", options=(OptionDefinition("Big"), OptionDefinition("Small"))
        ),
        FieldDefinition("Labels", "dynamictags"),
        FieldDefinition("Keeper", "team_selector"),
    )
    make_record(workspace, "things", name="first", code="taken", number="1")
    return row


@pytest.fixture
def before(workspace: Caller, things: ObjectType) -> tuple[Author, ObjectSchema]:
    """Who writes, and what they know of the object."""
    return workspace.author, workspace.schema("things")


def field_of(row: ObjectType, name: str) -> Field:
    return Field.objects.get(workspace_id=row.workspace_id, object=row, name=name)


def option_of(row: ObjectType, name: str) -> FieldOption:
    return FieldOption.objects.get(
        workspace_id=row.workspace_id, field=field_of(row, "kind"), name=name
    )


def made(**values: Any) -> SaveRequest:
    return SaveRequest(Mode.CREATE, entries=entries(values))


REFUSED: dict[str, tuple[Callable[[Author, ObjectType], object], str]] = {
    "unique": (lambda me, row: update_field(me, field_of(row, "code"), is_unique=True), "unique"),
    "required": (
        lambda me, row: update_field(me, field_of(row, "keeper"), is_required=True),
        "required",
    ),
    "read-only": (
        lambda me, row: update_field(me, field_of(row, "code"), is_read_only=True),
        "read_only",
    ),
    "deleted field": (lambda me, row: delete_field(me, field_of(row, "code").pk), "does_not_exist"),
    "deleted option": (lambda me, row: delete_option(me, option_of(row, "Big")), "does_not_exist"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_new_definition_refuses_is_refused(
    workspace: Caller, things: ObjectType, before: tuple[Author, ObjectSchema], name: str
) -> None:
    change, code = REFUSED[name]
    change(workspace.author, things)

    outcome = refusal(save_record, *before, made(name="second", code="taken", kind="Big"))

    assert {found[3] for found in problems(outcome)} == {code}
    assert differences(workspace) == []


def test_a_name_is_made_by_the_pattern_that_holds_now(
    workspace: Caller, things: ObjectType, before: tuple[Author, ObjectSchema]
) -> None:
    set_pattern(workspace, "things", "{name} ({code}, {kind}, {keeper})")
    update_option(workspace.author, option_of(things, "Big"), name="Large")
    update_member(
        workspace.author, workspace.member, first_name="Front", last_name="Desk", role=workspace.member.role,
        is_active=True,
    )  # fmt: skip

    kind = before[1].by_name["kind"].option_keys["name:big"]
    result = save_record(*before, made(name="second", code="c", kind=before[1].by_name["kind"].options[kind].uuid,
                                       keeper="is_me"))  # fmt: skip

    assert result.record.display_name == "second (c, Large, Front Desk)"
    assert differences(workspace) == []


def test_an_archived_object_takes_no_records(
    workspace: Caller, things: ObjectType, before: tuple[Author, ObjectSchema]
) -> None:
    archive_object(workspace.author, things.pk)

    assert isinstance(refusal(save_record, *before, made(name="second")), NotFound)


def test_a_batch_sees_the_definition_that_holds_now(
    workspace: Caller, things: ObjectType, before: tuple[Author, ObjectSchema]
) -> None:
    update_field(workspace.author, field_of(things, "code"), is_unique=True)

    outcomes = save_records(
        *before, [made(name="a", code="taken"), made(name="b", code="x"), made(name="c", code="x")]
    )

    assert [getattr(outcome, "action", "refused") for outcome in outcomes] == [
        "refused",
        "created",
        "refused",
    ]
    assert differences(workspace) == []


@pytest.mark.parametrize("identifier", ["name", None])
def test_new_tags_and_an_old_definition_go_together(
    workspace: Caller, identifier: str | None
) -> None:
    fields = (FieldDefinition("Labels", "dynamictags"), FieldDefinition("Marks", "dynamictags"))
    row = make_object(workspace, "Notes", *fields, identifier_field=identifier)
    author, schema = workspace.author, workspace.schema("notes")
    save_record(
        author,
        schema,
        made(labels=["one"], marks=["m", "n"], **({"name": "a"} if identifier else {})),
    )
    update_object(workspace.author, row, entity_name="Memo")

    result = save_record(
        author,
        schema,
        made(labels=["two", "one"], marks=["m"], **({"name": "b"} if identifier else {})),
    )

    shown = read(workspace, "notes", result.record.uuid)
    assert [tag["name"] for tag in shown["labels"]] == ["two", "one"]
    options = FieldOption.objects.filter(workspace_id=row.workspace_id, field__object=row)
    assert sorted(options.values_list("name", flat=True)) == ["m", "n", "one", "two"]
    assert differences(workspace) == []


def test_changes_that_were_read_before_are_brought_up_to_date(
    workspace: Caller, things: ObjectType, before: tuple[Author, ObjectSchema]
) -> None:
    author, schema = before
    kind, number = schema.by_name["kind"], schema.by_name["number"]
    big, small = (kind.option_keys[f"name:{name}"] for name in ("big", "small"))
    upsert = SaveRequest(
        Mode.UPSERT,
        changes=[Change(kind, 0, big), Change(number, 1, "1")],
        match_field=number,
        match_key="1",
    )
    delete_option(workspace.author, option_of(things, "Small"))

    (outcome,) = save_records(author, schema, [upsert])
    assert getattr(outcome, "action", "") == "updated"
    lost = SaveRequest(
        Mode.UPSERT, changes=[Change(kind, 0, small)], match_field=number, match_key="1"
    )
    assert isinstance(refusal(save_records, author, schema, [lost]), Conflict)
    update_field(workspace.author, field_of(things, "number"), is_unique=False)
    assert isinstance(refusal(save_records, author, schema, [upsert]), Conflict)
    assert isinstance(refusal(save_record, author, schema, upsert_request(author, schema, "1", [],
                                                                          match_field="number")), Conflict)  # fmt: skip
    delete_field(workspace.author, field_of(things, "number").pk)
    assert isinstance(refusal(save_records, author, schema, [upsert]), Conflict)
    assert len(history(workspace, "things", outcome.record.uuid)) == 2  # type: ignore[union-attr]


def test_changes_that_were_read_before_meet_the_rules_that_hold_now(
    workspace: Caller, things: ObjectType, before: tuple[Author, ObjectSchema]
) -> None:
    author, schema = before
    number, code = schema.by_name["number"], schema.by_name["code"]
    clear = SaveRequest(
        Mode.UPSERT, changes=[Change(code, 0, None)], match_field=number, match_key="1"
    )
    update_field(workspace.author, field_of(things, "code"), is_required=True)

    (outcome,) = save_records(author, schema, [clear])

    assert problems(outcome) == [(0, "", "value", "required")]


@pytest.mark.parametrize("gone", ["m", "n"])
def test_a_list_that_was_read_before_has_lost_an_option(
    workspace: Caller, things: ObjectType, gone: str
) -> None:
    uuid = make_record(workspace, "things", name="second", labels=["m", "n"]).record.uuid
    change_record(workspace, "things", uuid, labels=None)
    author, schema = workspace.author, workspace.schema("things")
    labels, number = schema.by_name["labels"], schema.by_name["number"]
    delete_option(
        author, FieldOption.objects.get(workspace_id=things.workspace_id, field_id=labels.id, name=gone)
    )  # fmt: skip
    for change in (
        Change(labels, 0, list(labels.options)),
        Change(labels, 0, add=tuple(labels.options)),
    ):
        request = SaveRequest(Mode.UPSERT, changes=[change], match_field=number, match_key="1")
        assert isinstance(refusal(save_records, author, schema, [request]), Conflict)


def test_a_lookup_value_meets_the_rules_that_hold_now(workspace: Caller) -> None:
    row = make_object(workspace, "Notes", FieldDefinition("Size", "integer", is_unique=True))
    author, schema = workspace.author, workspace.schema("notes")
    request = upsert_request(author, schema, 7, entries({"name": "a"}), match_field="size")
    update_field(author, field_of(row, "size"), settings={"integer_options": {"max_value": 5}})

    (outcome,) = save_records(author, schema, [request])

    assert [found[2:] for found in problems(outcome)] == [("lookup_value", "invalid")]


def test_a_definition_that_changes_with_every_attempt_is_a_conflict(
    workspace: Caller, things: ObjectType, before: tuple[Author, ObjectSchema]
) -> None:
    seen = []

    def change(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("WITH o AS"):  # the lock that tells which definition holds
            seen.append(sql)
            ObjectType.objects.filter(workspace_id=things.workspace_id, id=things.pk).update(
                schema_version=F("schema_version") + 1
            )
        return execute(sql, *rest)

    uuid = make_record(workspace, "things", name="second").record.uuid
    with connection.execute_wrapper(change):
        request = SaveRequest(Mode.UPDATE, uuid, entries=entries({"code": "c"}))
        error = refusal(save_record, *before, request)

    assert isinstance(error, Conflict)
    assert len(seen) == ATTEMPTS


def test_new_tags_that_were_read_before_are_made(
    workspace: Caller, things: ObjectType, before: tuple[Author, ObjectSchema]
) -> None:
    author, schema = before
    parsed = parse_entries(author, schema, [FieldEntry(name="labels", value=["new"])])
    number = schema.by_name["number"]
    request = SaveRequest(
        Mode.UPSERT, changes=list(parsed.changes.values()), match_field=number, match_key="1"
    )
    update_object(workspace.author, things, entity_name="Item")

    (outcome,) = save_records(author, schema, [request])

    assert getattr(outcome, "action", outcome) == "updated"


def test_asking_which_definition_holds_costs_no_statement_of_its_own(
    workspace: Caller, things: ObjectType, before: tuple[Author, ObjectSchema]
) -> None:
    uuid = make_record(workspace, "things", name="second").record.uuid
    request = SaveRequest(Mode.UPDATE, uuid, entries=[FieldEntry(name="code", value="new")])

    # The lock; then the record, its index rows and its ledger row, which PostgreSQL takes together.
    assert cost(save_record, *before, request) == (2 if is_postgresql() else 4)


def test_what_somebody_else_has_deleted_is_not_found(workspace: Caller, things: ObjectType) -> None:
    row, big = field_of(things, "code"), option_of(things, "Big")
    delete_option(workspace.author, big)
    delete_field(workspace.author, row.pk)

    assert isinstance(refusal(update_field, workspace.author, row, is_required=True), NotFound)
    assert isinstance(refusal(delete_option, workspace.author, big), NotFound)
