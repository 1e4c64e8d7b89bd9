"""Ids of another workspace behave exactly like ids that never existed, wherever they are put."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from records.exceptions import InvalidValues, RecordsError
from records.models import Attachment, FieldCategory
from records.services.access.author import Source, get_schema
from records.services.access.credentials import authenticate_key, authenticate_user
from records.services.operations.field_values import (
    find_schema_of,
    list_field_values,
    related_pipeline_records,
)
from records.services.reading.field_selection import select_fields
from records.services.reading.history import get_record_as_of, list_history
from records.services.reading.record_views import (
    get_record,
)
from records.services.writing.save import save_record
from records.services.writing.save_requests import Mode, SaveRequest
from records.services.writing.values import FieldEntry
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_object,
    make_record,
    make_relation,
    make_workspace,
)
from tests.services.acting import found, search


@dataclass
class Ids:
    """One id of every kind."""

    object: str
    record: str
    field: str
    option: str
    stage: str
    tag: str
    member: str
    category: str
    attachment: str

    @classmethod
    def unknown(cls) -> Ids:
        return cls(*(str(uuid4()) for _ in cls.__dataclass_fields__))


def _build(admin: Caller) -> Ids:
    make_object(
        admin,
        "Deals",
        FieldDefinition("Colour", "dropdown", options=[OptionDefinition("Red")]),
        FieldDefinition("Tags", "dynamictags"),
        FieldDefinition("Papers", "files"),
        FieldDefinition("Note", "text"),
        object_type="pipeline",
    )
    make_relation(admin, "deals", "Parent", "deals", "primary", "Parts")
    make_relation(admin, "deals", "Friends", "deals", "additional", "Friend of")
    record = make_record(admin, "deals", name="Deal", tags=["hot"]).record.uuid
    schema = admin.schema("deals")
    attachment = Attachment.objects.create(workspace=admin.workspace, name="a", file="a.txt")
    category = FieldCategory.objects.filter(
        workspace_id=admin.workspace.id, object_id=schema.id
    ).latest("id")

    def option(name: str) -> str:
        return next(iter(schema.by_name[name].options.values())).uuid

    return Ids(
        schema.uuid,
        record,
        schema.by_name["note"].uuid,
        option("colour"),
        option("stage"),
        option("tags"),
        str(admin.member.uuid),
        str(category.uuid),
        str(attachment.uuid),
    )


@pytest.fixture
def home(workspace: Caller) -> tuple[Caller, Ids]:
    """The caller's workspace, and the ids of everything in it."""
    return workspace, _build(workspace)


def _told(error: object, ids: Ids) -> str:
    """What a caller learns from an answer, ids apart."""
    if isinstance(error, InvalidValues):
        entries = [(e.position, e.field_name, e.problems) for e in error.entries]
        text = f"{entries} {error.general} {error.archived_id}"
    elif isinstance(error, RecordsError):
        text = f"{type(error).__name__} {error.code} {error.detail}"
    else:
        text = repr(error)
    for name in ids.__dataclass_fields__:
        text = text.replace(getattr(ids, name), name)
    return text


def _requests(caller: Caller, mine: Ids) -> list[Callable[[Ids], Any]]:
    """Every place of a request in which an id may stand; each is given the ids to put there."""
    author, schema = caller.author, caller.schema("deals")
    fields = select_fields(author, schema)

    def write(name: str, value: Any, part: str = "value") -> object:
        entry = FieldEntry(name=name, **{part: value})
        return save_record(
            author, schema, SaveRequest(Mode.UPDATE, mine.record, entries=[entry])
        ).action

    def filtered(name: str, condition: str, value: Any) -> object:
        return sorted(found(caller, "deals", (name, condition, value)))

    def save(mode: Mode, record: str) -> object:
        entries = [FieldEntry(name="name", value="Deal"), FieldEntry(name="note", value="x")]
        return save_record(author, schema, SaveRequest(mode, record, entries=entries)).action

    return [
        lambda ids: get_schema(author, ids.object),
        lambda ids: make_relation(caller, "deals", "Other", ids.object, "primary", "Others"),
        lambda ids: get_record(author, schema, ids.record, fields),
        lambda ids: find_schema_of(author, ids.record),
        lambda ids: list_history(author, schema, ids.record, offset=0, limit=9),
        lambda ids: get_record_as_of(author, schema, ids.record, datetime.now(UTC), fields),
        lambda ids: list_field_values(author, ids.record, mine.field, "", 0, 9),
        lambda ids: list_field_values(author, mine.record, ids.field, "", 0, 9),
        lambda ids: related_pipeline_records(author, ids.record, None, None, 0, 9),
        lambda ids: related_pipeline_records(author, mine.record, [ids.object], None, 0, 9),
        lambda ids: related_pipeline_records(author, mine.record, None, [ids.field], 0, 9),
        lambda ids: select_fields(author, schema, field_ids=[ids.field]),
        lambda ids: select_fields(author, schema, categories=[ids.category]),
        *(lambda ids, mode=mode: save(mode, ids.record) for mode in (Mode.UPDATE, Mode.REPLACE)),
        *(lambda ids, mode=mode: save(mode, ids.record) for mode in (Mode.ARCHIVE, Mode.UNARCHIVE)),
        lambda ids: save_record(
            author,
            schema,
            SaveRequest(Mode.UPDATE, mine.record, entries=[FieldEntry(id=ids.field, value="x")]),
        ),
        *(
            lambda ids, name=name, kind=kind, form=form: write(name, form(getattr(ids, kind)))
            for name, kind in (
                ("owner", "member"),
                ("colour", "option"),
                ("stage", "stage"),
                ("parent", "record"),
            )
            for form in (str, lambda key: {"id": key})
        ),
        *(
            lambda ids, name=name, kind=kind, part=part: write(name, [getattr(ids, kind)], part)
            for name, kind in (("papers", "attachment"), ("friends", "record"), ("parts", "record"))
            for part in ("value", "add_values", "remove_values")
        ),
        lambda ids: write("tags", [{"id": ids.tag}]),
        lambda ids: filtered("owner", "=", ids.member),
        lambda ids: filtered("owner", "!=", ids.member),
        lambda ids: filtered("owner", "is_none_of", [ids.member, "is_me"]),
        lambda ids: filtered("colour", "=", ids.option),
        lambda ids: filtered("stage", "is_any_of", [ids.stage]),
        lambda ids: filtered("tags", "has", ids.tag),
        lambda ids: filtered("parent", "contains", [ids.record]),
        lambda ids: filtered("parts", "!contains", [ids.record]),
        lambda ids: filtered("friends", "is_none_of", [ids.record]),
        lambda ids: filtered(ids.field, "is_blank", True),
        lambda ids: search(caller, "deals", ordering=(ids.field,)).count,
        lambda ids: search(caller, "deals", search="x", within_ids=[ids.field]).count,
    ]


def test_foreign_ids_are_as_unknown_as_ids_that_never_were(home: tuple[Caller, Ids]) -> None:
    caller, mine = home
    foreign = _build(make_workspace("Other workspace", "other@example.com"))
    for at, ask in enumerate(_requests(caller, mine)):
        answers = []
        for ids in (Ids.unknown(), foreign):
            try:
                answers.append(_told(ask(ids), ids))
            except RecordsError as error:
                answers.append(_told(error, ids))
        assert answers[0] == answers[1], f"request {at}"


def test_the_same_requests_work_with_the_callers_own_ids(home: tuple[Caller, Ids]) -> None:
    caller, mine = home
    refused = []
    for at, ask in enumerate(_requests(caller, mine)):
        try:
            ask(mine)
        except RecordsError as error:
            refused.append((at, error.detail))
    # The record is archived and brought back in between; a note is no relationship of a pipeline.
    assert [detail for _, detail in refused] == [f"field_ids: unknown '{mine.field}'."]


def test_a_key_the_workspace_and_the_member_must_belong_together(workspace: Caller) -> None:
    other = make_workspace("Other workspace", "other@example.com")
    mine, theirs = workspace.workspace.uuid, other.workspace.uuid
    me, them = workspace.member.uuid, other.member.uuid
    told = set()
    for workspace_id, member_id in (
        (theirs, me),
        (mine, them),
        (theirs, them),
        (uuid4(), me),
        (mine, uuid4()),
    ):
        try:
            authenticate_key(workspace.secret, workspace_id, member_id, Source.RECORDS_API)
        except RecordsError as error:
            told.add((type(error), error.detail))
    assert len(told) == 1
    assert authenticate_key(workspace.secret, mine, me, Source.RECORDS_API).member.uuid == str(me)
    users = {}
    for uuid in (theirs, uuid4(), mine):
        try:
            users[uuid] = authenticate_user(
                workspace.member.user_id, uuid, Source.ADMIN
            ).member.uuid
        except RecordsError as error:
            users[uuid] = error.detail
    assert users[mine] == str(me)
    assert len(set(users.values())) == 2
