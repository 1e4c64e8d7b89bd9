"""The calls about a record, as its history: who made which, what came of it, and no value."""

from __future__ import annotations

from records.exceptions import NotFound
from records.models import ExternalSource
from records.services.external.call_history import list_history
from records.services.external.ids import uuid_of
from records.services.writing.save_requests import Mode
from tests.factories import Caller, make_member
from tests.services.acting import refusal, save, view

from .upstream import Upstream


def test_calls_are_listed_newest_first(
    admin: Caller, source: ExternalSource, upstream: Upstream
) -> None:
    upstream.things["a"] = {"id": "a", "title": "Crate"}
    uuid = uuid_of("a")
    view(admin, "things", uuid)
    save(admin, "things", Mode.UPDATE, uuid, name="Box", amount=3)
    upstream.answer(503)
    refusal(view, admin, "things", uuid)

    count, entries = list_history(admin.author, admin.schema("things"), uuid, offset=0, limit=10)

    assert count == len(entries)
    assert [entry.action for entry in entries if entry.action != "get"] == ["patch"]
    assert entries[0].reason.startswith("refused, answered 503")
    changed = next(entry for entry in entries if entry.action == "patch")
    assert changed.reason == "applied, answered 200; fields: name, amount"
    assert (changed.version, changed.changes, changed.member_id) == (0, [], admin.member.pk)
    assert list_history(admin.author, admin.schema("things"), uuid, offset=1, limit=1) == (
        count,
        entries[1:2],
    )


def test_hidden_fields_are_not_named_and_what_one_may_not_list_has_no_history(
    admin: Caller, source: ExternalSource, upstream: Upstream
) -> None:
    upstream.things["a"] = {"id": "a", "title": "Crate"}
    save(admin, "things", Mode.UPDATE, uuid_of("a"), name="Box", amount=3)
    reader = make_member(
        admin, "reader@example.com", {"things": {"view": "all"}}, hidden=[("things", "amount")]
    )
    own = make_member(admin, "own@example.com", {"things": {"view": "own"}})

    _, entries = list_history(
        reader.author, reader.schema("things"), uuid_of("a"), offset=0, limit=10
    )

    assert all("amount" not in entry.reason for entry in entries)
    assert any("fields: name" in entry.reason for entry in entries)
    refused = refusal(
        list_history, own.author, own.schema("things"), uuid_of("a"), offset=0, limit=10
    )
    assert isinstance(refused, NotFound)
