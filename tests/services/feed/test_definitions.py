"""Changes of definitions are told to those who may see what changed."""

from __future__ import annotations

from dataclasses import replace

from records.services.feed.feed_pages import list_changes
from records.services.shaping.changes import get_field, update_field
from records.services.shaping.objects import archive_object
from tests.factories import Caller, make_field, make_record

from .reading import end


def defined(caller: Caller, after: str) -> list[tuple[str, str, str, str]]:
    changes = list_changes(caller.author, after=after, limit=1000).changes
    return [
        (change.object_name, what.kind, what.change, what.name)
        for change in changes
        if (what := change.definition) is not None
    ]


def test_fields_are_told_but_those_that_are_hidden(cases: Caller, reader: Caller) -> None:
    starts = {caller: end(caller) for caller in (cases, reader)}
    make_field(cases, "cases", "Open", "text")
    make_field(cases, "cases", "Closed", "text", is_admin_only=True)
    make_field(cases, "vaults", "Open", "text")
    secret = get_field(cases.author, cases.schema("cases").by_name["secret"].id)
    update_field(cases.author, secret, description="hidden from the reader")
    mine, theirs = (defined(caller, after) for caller, after in starts.items())
    assert mine == [
        ("cases", "field", "created", "open"),
        ("cases", "field", "created", "closed"),
        ("vaults", "field", "created", "open"),
        ("cases", "field", "changed", "secret"),
    ]
    assert theirs == [("cases", "field", "created", "open")]


def test_tags_are_values_and_no_definitions(cases: Caller) -> None:
    after = end(cases)
    make_record(cases, "cases", name="A", tags=["new tag"])
    assert defined(cases, after) == []


def test_that_an_object_is_archived_is_told(cases: Caller) -> None:
    make_record(cases, "vaults", name="V")
    after = end(cases, objects=["cases"])
    archive_object(cases.author, cases.schema("vaults").id)
    assert list_changes(cases.author, after=after, objects=["cases"]).changes == []
    found = list_changes(cases.author, limit=1000).changes
    last = found[-1].definition
    assert last is not None
    assert (last.kind, last.change) == ("object", "removed")
    assert not [change for change in found if change.record_uuid]  # its records are out of sight


def test_keys_that_read_no_definitions_are_not_told(cases: Caller) -> None:
    make_record(cases, "cases", name="A")
    author = replace(cases.author, scopes=("records:read",))
    changes = list_changes(author, limit=1000).changes
    assert [change.action for change in changes] == ["created"]
