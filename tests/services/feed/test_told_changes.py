"""A change as the caller is told it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from records.services.feed.cursors import Place
from records.services.feed.feed_pages import list_changes
from records.services.feed.told_changes import Change
from records.services.writing.save import archive_record, save_record
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import Caller, entries, make_field, make_record

from .reading import end, told


def test_a_change_of_a_definition_has_no_values() -> None:
    change = Change("defined", 1, "items", None, place=(1, 7), position=3)
    assert (change.fields, change.values, change.reason) == ({}, {}, "")
    assert change.standing == Place(3, 7)


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"note": "x"}, "because"), ({"note": "x", "secret": "hush"}, ""), ({"secret": "hush"}, "")],
)
def test_a_reason_is_told_with_every_change_or_not_at_all(
    cases: Caller, reader: Caller, values: dict[str, str], reason: str
) -> None:
    uuid = make_record(cases, "cases", name="A").record.uuid
    after = end(reader)
    author = replace(cases.author, reason="because")
    request = SaveRequest(Mode.UPDATE, uuid, entries=entries(values))
    save_record(author, cases.schema("cases"), request)
    (change,) = told(reader, after)
    assert change.reason == change.reason == reason
    assert list(change.fields) == [name for name in values if name != "secret"]


def test_a_reason_is_told_where_nothing_was_changed(cases: Caller, reader: Caller) -> None:
    uuid = make_record(cases, "cases", name="A").record.uuid
    after = end(reader)
    archive_record(replace(cases.author, reason="because"), cases.schema("cases"), UUID(uuid))
    (change,) = told(reader, after)
    assert (change.action, change.fields, change.reason) == ("archived", {}, "because")


def test_definitions_and_writes_are_told_by_whom(cases: Caller) -> None:
    after = list_changes(cases.author, after="now").cursor
    make_field(cases, "cases", "More", "text")
    make_record(cases, "cases", name="A")
    defined, created = list_changes(cases.author, after=after).changes
    assert defined.definition is not None
    assert [change.object_slug for change in (defined, created)] == ["cases", "cases"]
    assert created.member is not None
    assert created.member.id == cases.member.pk
    assert [change.place[0] for change in (defined, created)] == [3, 0]
