"""Fields that hold JSON documents."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.reading.field_selection import select_fields
from records.services.reading.history import list_history
from records.services.reading.record_views import (
    get_record,
)
from records.services.search.pages import SearchRequest, search_records
from records.services.storage.integrity import check_records
from records.services.writing.save import save_records
from records.services.writing.save_requests import Mode, SaveRequest, SaveResult
from tests.factories import (
    Caller,
    FieldDefinition,
    change_record,
    entries,
    make_object,
    make_record,
)


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    make_object(workspace, "Parts", FieldDefinition("Extra", "json"))
    return workspace


def extra(caller: Caller, uuid: str) -> Any:
    author, schema = caller.author, caller.schema("parts")
    view = get_record(author, schema, uuid, select_fields(author, schema))
    return view.values.get(schema.by_name["extra"].id)


DOCUMENTS: list[Any] = [
    {"a": {"b": [1, 2.5, None, True, "é"]}},
    [1, 1, [], {}],
    [{"id": "01920000-0000-7000-8000-000000000001"}],
    {"id": 1, "amount": 2},
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=repr)
def test_a_document_is_kept_as_it_is(parts: Caller, document: Any) -> None:
    record = make_record(parts, "parts", name="One", extra=document).record.uuid
    assert extra(parts, record) == document
    assert not list(check_records(parts.workspace))


@pytest.mark.parametrize("document", DOCUMENTS, ids=repr)
def test_a_full_update_clears_a_document_that_it_does_not_list(
    parts: Caller, document: Any
) -> None:
    record = make_record(parts, "parts", name="One", extra=document).record.uuid
    request = SaveRequest(Mode.REPLACE, record, entries=entries({"name": "One"}))
    (saved,) = save_records(parts.author, parts.schema("parts"), [request])
    assert isinstance(saved, SaveResult)
    assert extra(parts, record) is None


@pytest.mark.parametrize(
    ("before", "after", "action"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, "updated"),
        ({"a": 1}, {"a": True}, "updated"),
        ([1], [1.0], "updated"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "unchanged"),
        ([1, 2], [2, 1], "updated"),
        ({"a": 1}, None, "updated"),
        ({"a": 1}, {}, "updated"),
    ],
)
def test_a_document_is_replaced_as_a_whole(
    parts: Caller, before: Any, after: Any, action: str
) -> None:
    record = make_record(parts, "parts", name="One", extra=before).record.uuid
    assert change_record(parts, "parts", record, extra=after).action == action
    assert repr(extra(parts, record)) == repr(after or None if action == "updated" else before)
    count, entries = list_history(parts.author, parts.schema("parts"), record, offset=0, limit=9)
    assert count == (2 if action == "updated" else 1)
    if count == 2:
        (change,) = entries[0].changes
        assert (change.old, change.new) == (before, after or None)


def test_many_documents_are_written_at_once(parts: Caller) -> None:
    requests = [
        SaveRequest(
            Mode.CREATE,
            entries=entries({"name": f"Part {at}", "extra": {"at": [at, {"tab": "\t\\"}]}}),
        )
        for at in range(300)
    ]
    outcomes = save_records(parts.author, parts.schema("parts"), requests)
    assert {getattr(outcome, "action", outcome) for outcome in outcomes} == {"created"}
    assert not list(check_records(parts.workspace))
    author, schema = parts.author, parts.schema("parts")
    (view,) = search_records(
        author, schema, SearchRequest(select_fields(author, schema), search="part 299")
    ).views
    assert view.values[schema.by_name["extra"].id] == {"at": [299, {"tab": "\t\\"}]}


def test_documents_are_found_by_whether_there_is_one(parts: Caller) -> None:
    for name, document in (("With", {"a": 1}), ("Without", None)):
        make_record(parts, "parts", name=name, extra=document)
    author, schema = parts.author, parts.schema("parts")
    for blank, name in ((False, "With"), (True, "Without")):
        query = [{"filters": [{"field": "extra", "condition": "is_blank", "value": blank}]}]
        (view,) = search_records(
            author, schema, SearchRequest(select_fields(author, schema), query)
        ).views
        assert view.display_name == name
