"""Identifiers and unique values that are taken: by live records, by archived ones, within one batch."""

from __future__ import annotations

import pytest

from records.exceptions import InvalidInput, InvalidValues, NotAllowed, NotFound
from records.services.read import get_record_by_identifier
from records.services.write import Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    entries,
    make_member,
    make_object,
    make_record,
)

from .acting import differences, history, problems, read, refusal, save, unarchive, upsert, view, write, write_all


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    """The admin of a workspace with an object `parts` that has unique fields of several types."""
    make_object(
        workspace,
        "Parts",
        FieldDefinition("Code", "text", is_unique=True),
        FieldDefinition("Number", "integer", is_unique=True),
        FieldDefinition("Weight", "decimal", is_unique=True),
        FieldDefinition("Day", "date", is_unique=True),
        FieldDefinition("Moment", "datetime", is_unique=True),
        FieldDefinition("Phone", "phonenumber", is_unique=True),
        FieldDefinition("Note", "text"),
    )
    return workspace


def make(parts: Caller, name: str, **values: object) -> str:
    return make_record(parts, "parts", name=name, **values).record.uuid


# ---------------------------------------------------------------- adding


def test_adding_a_live_name_is_refused_whatever_is_asked_about_archived_ones(parts: Caller) -> None:
    make(parts, "Bolt")
    for asked in (None, "prompt", "unarchive", "overwrite"):
        request = SaveRequest(Mode.CREATE, entries=entries({"name": "BOLT"}), on_archived=asked)
        assert problems(refusal(write, parts, "parts", request)) == [(0, "", "value", "unique")]


def test_adding_an_archived_name_names_the_archived_record(parts: Caller) -> None:
    uuid = make(parts, "Bolt")
    archive(parts, "parts", uuid)
    for asked in (None, "prompt"):
        request = SaveRequest(Mode.CREATE, entries=entries({"note": "n", "name": " bolt"}), on_archived=asked)
        error = refusal(write, parts, "parts", request)
        assert problems(error) == [(1, "", "value", "archived_conflict")]
        assert isinstance(error, InvalidValues)
        assert error.archived_id == uuid


def test_adding_can_bring_an_archived_record_back_with_what_is_sent(parts: Caller) -> None:
    uuid = make(parts, "Bolt", note="old", number=4)
    archive(parts, "parts", uuid)
    request = SaveRequest(Mode.CREATE, entries=entries({"name": "BOLT", "note": "new"}), on_archived="unarchive")
    result = write(parts, "parts", request)
    values = read(parts, "parts", uuid)
    assert (result.action, result.record.uuid, result.record.version) == ("unarchived", uuid, 3)
    assert (values["name"], values["note"], values["number"]) == ("BOLT", "new", 4)
    assert differences(parts) == []


def test_adding_can_push_an_archived_record_out_of_the_way(parts: Caller) -> None:
    uuid = make(parts, "Bolt")
    archive(parts, "parts", uuid)
    request = SaveRequest(Mode.CREATE, entries=entries({"name": "Bolt"}), on_archived="overwrite")
    result = write(parts, "parts", request)
    assert (result.action, result.record.uuid == uuid) == ("created", False)
    change = history(parts, "parts", uuid)[0].changes[0]
    assert change.old == "Bolt"
    assert change.new.startswith("Bolt (archived ")
    assert change.new.endswith(f"{uuid[-8:]})")
    unarchive(parts, "parts", uuid)
    assert read(parts, "parts", uuid)["name"] == change.new
    assert differences(parts) == []


def test_a_refused_write_pushes_nothing_out_of_the_way(parts: Caller) -> None:
    uuid = make(parts, "Bolt")
    make(parts, "Nut", code="c")
    archive(parts, "parts", uuid)
    sent = {"name": "Bolt", "code": "C"}
    request = SaveRequest(Mode.CREATE, entries=entries(sent), on_archived="overwrite")
    outcomes = write_all(parts, "parts", request)
    assert problems(outcomes[0]) == [(1, "", "value", "unique")]
    unarchive(parts, "parts", uuid)
    assert read(parts, "parts", uuid)["name"] == "Bolt"


# ---------------------------------------------------------------- changing


@pytest.mark.parametrize("archived_first", [True, False])
def test_a_change_to_an_archived_name_asks_or_pushes_it_away(parts: Caller, archived_first: bool) -> None:
    made = [make(parts, name) for name in (("Old", "New") if archived_first else ("New", "Old"))]
    old, new = made if archived_first else reversed(made)
    archive(parts, "parts", old)
    error = refusal(change_record, parts, "parts", new, name="old")
    assert problems(error) == [(0, "", "value", "archived_conflict")]
    assert getattr(error, "archived_id", None) == old
    request = SaveRequest(Mode.UPDATE, new, entries=entries({"name": "old"}), archived_conflict="overwrite")
    assert write(parts, "parts", request).action == "updated"
    assert history(parts, "parts", old)[0].changes[0].new.startswith("Old (archived")
    assert differences(parts) == []


# ---------------------------------------------------------------- upserts


def test_an_upsert_creates_then_changes_then_leaves_alone(parts: Caller) -> None:
    made = upsert(parts, "parts", "  Big   Bolt ", {"note": "a"})
    assert (made.action, read(parts, "parts", made.record.uuid)["name"]) == ("created", "  Big   Bolt ")
    changed = upsert(parts, "parts", "big BOLT", {"note": "b"})
    assert (changed.action, changed.record.uuid) == ("updated", made.record.uuid)
    assert read(parts, "parts", made.record.uuid)["name"] == "  Big   Bolt "
    assert upsert(parts, "parts", "BIG bolt", {"note": "b"}).action == "unchanged"
    renamed = upsert(parts, "parts", "big bolt", {"name": "Small bolt"})
    assert (renamed.action, renamed.record.identifier) == ("updated", "small bolt")


def test_an_upsert_matches_any_unique_field_and_keeps_the_value_as_it_was_sent(parts: Caller) -> None:
    table: list[tuple[str, object, object]] = [
        ("code", "ABC  1", "abc 1"),
        ("number", 12, "12.0"),
        ("weight", "1.50", 1.5),
        ("day", "2024-02-29", "2024-02-29"),
        ("moment", "2024-02-29T10:00:00+02:00", "2024-02-29T08:00:00Z"),
        ("phone", "+1 201 555 0123", "(201) 555-0123"),
    ]
    for field, lookup, again in table:
        made = upsert(parts, "parts", lookup, {"name": f"By {field}"}, match_field=field)
        assert made.action == "created", field
        direct = make(parts, f"Direct {field}")
        stored = made.record.values
        upsert(parts, "parts", again, {field: None}, match_field=field)
        change_record(parts, "parts", direct, **{field: lookup})
        assert (
            view(parts, "parts", direct).row.values[str(made.schema.by_name[field].id)]
            == (stored[str(made.schema.by_name[field].id)])
        )
        found = upsert(parts, "parts", again, {"note": "found"}, match_field=field)
        assert (found.action, found.record.uuid) == ("updated", direct), field
    assert differences(parts) == []


def test_an_upsert_needs_a_field_that_can_be_matched(parts: Caller) -> None:
    for lookup, field, code in [
        ("x", "note", "invalid"),
        ("x", "nothing", "invalid"),
        ("x", "number", "invalid"),
        ("", None, "invalid"),
        (" \t ", None, "invalid"),
        (None, None, "invalid"),
        (["x"], None, "invalid"),
        (True, None, "invalid"),
        ("x\x00", "code", "invalid"),
    ]:
        error = refusal(upsert, parts, "parts", lookup, match_field=field)
        assert (type(error), error.code) == (InvalidInput, code), lookup
    for lookup in ("a\x00b", "\ud800", "x" * 256):
        error = refusal(upsert, parts, "parts", lookup)
        assert isinstance(error, InvalidInput), lookup
        error.detail.encode()


def test_an_object_without_identifier_needs_a_match_field(parts: Caller) -> None:
    make_object(parts, "Reports", FieldDefinition("Code", "text", is_unique=True), identifier_field=None)
    assert isinstance(refusal(upsert, parts, "reports", "x"), InvalidInput)
    assert upsert(parts, "reports", "x", match_field="code").action == "created"
    assert upsert(parts, "reports", "X", match_field="code").action == "unchanged"
    author, schema = parts.author, parts.schema("reports")
    assert isinstance(refusal(get_record_by_identifier, author, schema, "x", []), InvalidInput)


def test_an_upsert_of_an_archived_key_prompts_brings_back_or_pushes_away(parts: Caller) -> None:
    for field, key in ((None, "Bolt"), ("code", "Bolt"), ("number", 5), ("day", "2024-01-02")):
        sent = {"name": f"Name {field}", field: key} if field else {"name": key}
        uuid = make(parts, **sent)  # type: ignore[arg-type]
        archive(parts, "parts", uuid)
        error = refusal(upsert, parts, "parts", key, match_field=field)
        assert "archived_conflict" in [problem[3] for problem in problems(error)]
        back = upsert(parts, "parts", key, {"note": "n"}, match_field=field, on_archived="unarchive")
        assert (back.action, back.record.uuid) == ("unarchived", uuid)
        archive(parts, "parts", uuid)
        new = {} if field is None else {"name": f"New {field}"}
        made = upsert(parts, "parts", key, new, match_field=field, on_archived="overwrite")
        assert made.action == "created"
        assert differences(parts) == []


def test_an_upsert_on_one_key_still_minds_the_other(parts: Caller) -> None:
    make(parts, "Taken")
    gone = make(parts, "Gone", code="g")
    archive(parts, "parts", gone)
    for asked in ("unarchive", "overwrite"):
        error = refusal(upsert, parts, "parts", "g", {"name": "taken"}, match_field="code", on_archived=asked)
        assert problems(error) == [(0, "", "value", "unique")]
    error = refusal(upsert, parts, "parts", "gone", {"name": "taken"}, on_archived="unarchive")
    assert problems(error) == [(0, "", "value", "unique")]


def test_two_names_of_one_upsert_may_both_be_archived(parts: Caller) -> None:
    first, second = make(parts, "First", code="one"), make(parts, "Second", code="two")
    archive(parts, "parts", first)
    archive(parts, "parts", second)
    made = upsert(parts, "parts", "one", {"name": "Second"}, match_field="code", on_archived="overwrite")
    assert made.action == "created"
    assert differences(parts) == []


# ---------------------------------------------------------------- archive and unarchive


def test_an_archived_record_is_gone_until_it_is_unarchived(parts: Caller) -> None:
    uuid = make(parts, "Bolt", note="n")
    assert archive(parts, "parts", uuid).action == "archived"
    for mode in (Mode.UPDATE, Mode.REPLACE, Mode.ARCHIVE):
        assert isinstance(refusal(save, parts, "parts", mode, uuid, note="x"), NotFound)
    assert isinstance(refusal(read, parts, "parts", uuid), NotFound)
    assert isinstance(refusal(get_record_by_identifier, parts.author, parts.schema("parts"), "bolt", []), NotFound)
    assert unarchive(parts, "parts", uuid).record.version == 3
    assert read(parts, "parts", uuid)["note"] == "n"
    assert problems(refusal(unarchive, parts, "parts", uuid)) == [(None, "", "", "invalid")]
    assert [row.action for row in history(parts, "parts", uuid)] == ["unarchived", "archived", "created"]
    assert differences(parts) == []


def test_a_lookup_folds_case_unicode_and_white_space(parts: Caller) -> None:
    uuid = make(parts, "Straße  Nº\t5 e\u0301")
    author, schema = parts.author, parts.schema("parts")
    for text in ("STRASSE nº 5 É", "  straße nº 5   é "):
        assert get_record_by_identifier(author, schema, text, []).uuid == uuid
    for text in ("", " ", "\x00", "Straße", "Straße %", "\ud800"):
        assert isinstance(refusal(get_record_by_identifier, author, schema, text, []), NotFound)


# ---------------------------------------------------------------- who may push or bring back


def test_only_who_may_edit_an_archived_record_pushes_it_away_or_brings_it_back(parts: Caller) -> None:
    grants = {"parts": {"create": True, "view": "own", "edit": "own"}}
    clerk = make_member(parts, "clerk@example.com", grants)
    hidden, mine = make(parts, "Hidden"), make(parts, "Mine", owner=str(clerk.member.uuid))
    other = make(clerk, "Other")
    for uuid in (hidden, mine):
        archive(parts, "parts", uuid)
    for asked in (None, "overwrite", "unarchive"):
        request = SaveRequest(Mode.CREATE, entries=entries({"name": "Hidden"}), on_archived=asked)
        error = refusal(write, clerk, "parts", request)
        assert problems(error) == [(0, "", "value", "unique")]
        assert getattr(error, "archived_id", None) is None
        assert hidden not in error.detail
    request = SaveRequest(Mode.UPDATE, other, entries=entries({"name": "Hidden"}), archived_conflict="overwrite")
    assert problems(refusal(write, clerk, "parts", request)) == [(0, "", "value", "unique")]
    request = SaveRequest(Mode.CREATE, entries=entries({"name": "Mine"}), on_archived="overwrite")
    assert write(clerk, "parts", request).action == "created"
    viewer = make_member(parts, "viewer@example.com", {"parts": {"create": True, "view": "all"}})
    request = SaveRequest(Mode.CREATE, entries=entries({"name": "Hidden"}), on_archived="overwrite")
    assert isinstance(refusal(write, viewer, "parts", request), (NotAllowed, InvalidValues))
    assert len(history(parts, "parts", hidden)) == 2
