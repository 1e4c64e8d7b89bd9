"""The entry points of the write path: what they refuse, what they leave, and what they answer
with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from records.exceptions import (
    InvalidInput,
    InvalidValues,
    NotFound,
    PreconditionFailed,
    RecordsError,
)
from records.models import EmailSuppression
from records.services.storage.rows import ExternalKey
from records.services.writing.batch import Refused
from records.services.writing.save import (
    archive_record,
    save_all_records,
    save_record,
    save_records,
    upsert_request,
)
from records.services.writing.save_requests import Mode, SaveRequest, SaveResult
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    entries,
    make_member,
    make_object,
    make_record,
    set_pattern,
)
from tests.services.acting import found, invalid_at, refusal, statements

NOWHERE = "01920000-0000-7000-8000-000000000001"


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Parts",
        FieldDefinition("Number", "integer", is_unique=True),
        FieldDefinition("Day", "date", is_unique=True),
        FieldDefinition("Note", "text"),
        FieldDefinition("Labels", "dynamictags"),
    )
    return workspace


def create(**values: Any) -> SaveRequest:
    return SaveRequest(Mode.CREATE, entries=entries(values))


WRONG = create(name="Wrong", number="many")


def test_one_write_is_stored_or_raises(parts: Caller) -> None:
    author, schema = parts.author, parts.schema("parts")
    assert save_record(author, schema, create(name="Right")).action == "created"
    with pytest.raises(InvalidValues):
        save_record(author, schema, WRONG)
    with pytest.raises(NotFound):
        save_record(author, schema, SaveRequest(Mode.UPDATE, NOWHERE))
    assert found(parts, "parts") == ["Right"]


def test_a_batch_answers_each_request_in_order(parts: Caller) -> None:
    outcomes = save_records(
        parts.author, parts.schema("parts"), [create(name="A"), WRONG, create(name="B")]
    )
    assert [type(outcome) for outcome in outcomes] == [SaveResult, InvalidValues, SaveResult]
    assert sorted(found(parts, "parts")) == ["A", "B"]


def test_what_the_caller_has_refused_already_is_left_out(parts: Caller) -> None:
    already = NotFound()
    requests = [create(name="A"), create(name="B")]
    first, second = save_records(parts.author, parts.schema("parts"), requests, {0: already})
    assert first is already
    assert isinstance(second, SaveResult)
    assert found(parts, "parts") == ["B"]


def test_a_batch_that_is_all_or_nothing_says_which_requests_were_refused(parts: Caller) -> None:
    author, schema = parts.author, parts.schema("parts")
    with pytest.raises(Refused) as refused:
        save_all_records(author, schema, [create(name="A"), WRONG, create(name="B"), WRONG])
    assert sorted(refused.value.outcomes) == [1, 3]
    assert all(isinstance(outcome, RecordsError) for outcome in refused.value.outcomes.values())
    assert found(parts, "parts") == []
    stored = save_all_records(author, schema, [create(name="A"), create(name="B")])
    assert [result.action for result in stored] == ["created", "created"]


def test_what_a_write_answers_with_knows_the_tags_it_made(parts: Caller) -> None:
    author, schema = parts.author, parts.schema("parts")
    one = save_record(author, schema, create(name="A", labels=[{"name": "new"}]))
    many = save_records(author, one.schema, [create(name="B", labels=[{"name": "newer"}]), WRONG])
    current = parts.schema("parts")  # an outdated one would be read again, with the new tag
    whole = save_all_records(author, current, [create(name="C", labels=[{"name": "newest"}])])
    for result, tag in zip((one, many[0], whole[0]), ("new", "newer", "newest"), strict=True):
        assert isinstance(result, SaveResult)
        spec = result.schema.by_name["labels"]
        assert [spec.options[key].name for key in result.record.values[str(spec.id)]] == [tag]
        assert not any(option.name == tag for option in schema.by_name["labels"].options.values())


LOOKUPS: dict[str, tuple[object, str | None, tuple[str, str]]] = {
    "the identifier, as it is written": (" Bolt  M4", None, (" Bolt  M4", " Bolt  M4")),
    "the identifier, a number": (7, None, ("7", "7")),
    "the identifier by name": ("Bolt", "name", ("Bolt", "Bolt")),
    "a number": ("007", "number", ("7", "007")),
    "a number that is sent as one": (7, "number", ("7", "7")),
    "a date": ("2024-02-29", "day", ("2024-02-29 00:00:00+00:00", "2024-02-29")),
}


@pytest.mark.parametrize(("value", "field", "expected"), LOOKUPS.values(), ids=LOOKUPS.keys())
def test_a_lookup_value_is_compared_as_its_field_stores_it(
    parts: Caller, value: object, field: str | None, expected: tuple[str, str]
) -> None:
    request = upsert_request(parts.author, parts.schema("parts"), value, (), match_field=field)
    assert (request.match_key, request.match_value) == expected
    assert (request.match_field is None) == (field in (None, "name"))


ASKED = {"on_archived": "prompt", "archived_conflict": "overwrite"}


@pytest.mark.parametrize("field", ["external_id", "name", "number"])
def test_an_upsert_asks_for_what_its_caller_says(parts: Caller, field: str) -> None:
    sent = entries({"note": "x"})
    request = upsert_request(
        parts.author, parts.schema("parts"), 7, sent, match_field=field, external_source="erp", **ASKED
    )  # fmt: skip
    assert (request.mode, request.entries) == (Mode.UPSERT, sent)
    assert {name: getattr(request, name) for name in ASKED} == ASKED
    by_external = field == "external_id"
    assert request.external == (ExternalKey("erp", "7") if by_external else None)
    assert (request.match_key, request.match_value) == ((None, None) if by_external else ("7", "7"))


def test_an_external_id_that_no_record_can_have_is_refused_at_its_place(parts: Caller) -> None:
    for value, source, place in (
        ("x" * 256, "", ("lookup_value",)),
        ("x", "x" * 256, ("external_source",)),
    ):
        assert invalid_at(
            upsert_request, parts.author, parts.schema("parts"), value, (),
            match_field="external_id", external_source=source,
        ) == (place, "limit_exceeded")  # fmt: skip


def test_an_identifier_is_compared_as_its_field_stores_it(workspace: Caller) -> None:
    make_object(
        workspace, "Lines", FieldDefinition("Phone", "phonenumber"), identifier_field="phone"
    )
    request = upsert_request(workspace.author, workspace.schema("lines"), "(650) 253-0000", ())
    assert request.match_key == "+16502530000"
    assert request.match_value == "(650) 253-0000"


def test_the_field_of_the_external_id_means_the_external_id(workspace: Caller) -> None:
    make_object(workspace, "Parts", FieldDefinition("Ref", "text", is_external_id=True))
    asked = (workspace.author, workspace.schema("parts"), "7", ())
    assert upsert_request(*asked, match_field="ref").external == ExternalKey("", "7")


def test_a_record_is_archived_in_the_version_that_was_read(parts: Caller) -> None:
    author, schema = parts.author, parts.schema("parts")
    uuid = UUID(save_record(author, schema, create(name="A")).record.uuid)
    assert isinstance(refusal(archive_record, author, schema, uuid, 2), PreconditionFailed)
    assert archive_record(author, schema, uuid, 1).action == "archived"


@pytest.mark.parametrize(
    ("sent", "suppressed"),
    [({"email": "b@example.com"}, True), ({"email": "c@example.com"}, False), ({}, False)],
)
def test_a_contact_is_answered_with_the_figures_of_its_new_address(
    workspace: Caller, sent: dict[str, str], suppressed: bool
) -> None:
    uuid = make_record(workspace, "contacts", email="a@example.com").record.uuid
    EmailSuppression.objects.create(workspace=workspace.workspace, email="b@example.com")
    author, schema = workspace.author, workspace.schema("contacts")
    request = SaveRequest(Mode.UPDATE, uuid, entries=entries(sent | {"first_name": "Ann"}))
    summary = save_record(author, schema, request).record.summary
    assert summary.email_suppressed == suppressed


def test_figures_are_read_again_only_for_a_new_address(workspace: Caller) -> None:
    make_object(workspace, "Parts")
    costs = []
    for name, sent in (
        ("contacts", {"email": "b@example.com"}),
        ("contacts", {"first_name": "Ann"}),
        ("parts", {"name": "b"}),
    ):
        first = {"email": "a@example.com"} if name == "contacts" else {"name": "a"}
        uuid = make_record(workspace, name, **first).record.uuid
        request = SaveRequest(Mode.UPDATE, uuid, entries=entries(sent))
        with statements() as seen:
            save_record(workspace.author, workspace.schema(name), request)
        costs.append(sum("records_emailsuppression" in sql for sql in seen))
        archive(workspace, name, uuid)
    assert costs == [2, 1, 0]


REFUSED: dict[str, tuple[object, str | None, str]] = {
    "blank": (" ", None, "lookup_value: expected a non-empty string."),
    "null": (None, None, "lookup_value: expected a non-empty string."),
    "true": (True, "number", "lookup_value: expected a non-empty string."),
    "a list": (["Bolt"], None, "lookup_value: expected a non-empty string."),
    "of another type": ("many", "number", "lookup_value: "),
    "a field that is not unique": (
        "x",
        "note",
        "match_field: 'note' is not a unique field of 'parts'.",
    ),
    "an unknown field": (
        "x",
        "nothing",
        "match_field: 'nothing' is not a unique field of 'parts'.",
    ),
}


@pytest.mark.parametrize(("value", "field", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_looked_up_is_refused(
    parts: Caller, value: object, field: str | None, message: str
) -> None:
    error = refusal(
        upsert_request, parts.author, parts.schema("parts"), value, (), match_field=field
    )
    assert isinstance(error, InvalidInput)
    assert error.detail.startswith(message)


def test_a_hidden_identifier_is_none_to_match_on(parts: Caller) -> None:
    member = make_member(
        parts, "m@example.com", {"parts": {"view": "all"}}, hidden=[("parts", "name")]
    )
    for field in (None, "name"):
        error = refusal(
            upsert_request, member.author, member.schema("parts"), "Bolt", (), match_field=field
        )
        assert isinstance(error, InvalidInput)
    assert (
        upsert_request(member.author, member.schema("parts"), 7, (), match_field="number").match_key
        == "7"
    )


def test_an_object_without_identifier_asks_for_a_field(workspace: Caller) -> None:
    make_object(
        workspace,
        "Notes",
        FieldDefinition("Number", "integer", is_unique=True),
        identifier_field=None,
    )
    set_pattern(workspace, "notes", "{number}")
    error = refusal(upsert_request, workspace.author, workspace.schema("notes"), "1", ())
    assert (
        error.detail == "The object 'notes' has no identifier; name a unique field in match_field."
    )
