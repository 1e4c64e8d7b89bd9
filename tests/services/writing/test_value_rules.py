"""Identifiers and unique values that are taken: by live records, by archived ones, within one
batch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pytest_django import Settings

from records.exceptions import InvalidValues, NotFound
from records.models import Attachment, Field, Record, new_uuid
from records.services.catalogue import surroundings_of
from records.services.catalogue.directory import forget_everything
from records.services.files.free_uploads import receive_free_file
from records.services.reading.record_views import get_record_by_identifier
from records.services.shaping.changes import update_field
from records.services.storage.rows import ExternalKey, RecordRow
from records.services.writing import links
from records.services.writing.save import save_records
from records.services.writing.save_requests import Attributes, Mode, SaveRequest, SaveResult
from records.services.writing.value_rules import (
    check_may_be_blank,
    check_required,
    derive,
    enter_stage,
    merged,
)
from records.services.writing.values import UNSET, Change, Parsed
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    entries,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import (
    differences,
    history,
    invalid_at,
    problems,
    read,
    refusal,
    save,
    statements,
    unarchive,
    upsert,
    view,
    write,
    write_all,
)
from tests.services.merging.acting import merge


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


# ---------------------------------------------------------------- merged records

RIGHTS = {"create": True, "view": "own", "edit": "own", "remove": "own"}


def adding(caller: Caller, name: str, on_archived: str | None = None) -> InvalidValues:
    """What refuses a new record of this name."""
    request = SaveRequest(Mode.CREATE, entries=entries({"name": name}), on_archived=on_archived)
    error = refusal(write, caller, "parts", request)
    assert problems(error) == [(0, "", "value", error.code)]
    assert isinstance(error, InvalidValues)
    return error


def test_the_name_of_a_merged_record_is_not_free(parts: Caller) -> None:
    into, loser = make(parts, "Bolt"), make(parts, "Boltt")
    merge(parts, into, loser, object_name="parts")
    error = adding(parts, "Boltt", "overwrite")
    assert (error.code, into in error.detail, error.archived_id) == ("unique", True, None)


@pytest.mark.parametrize("state", ["live", "archived"])
@pytest.mark.parametrize("seen", ["survivor", "merged", "neither"])
def test_nobody_learns_what_they_do_not_see_became_of_a_name(
    parts: Caller, state: str, seen: str
) -> None:
    clerk = make_member(parts, "clerk@example.com", {"parts": RIGHTS})
    into, loser = make(parts, "Bolt"), make(parts, "Boltt")
    merge(parts, into, loser, object_name="parts")
    if state == "archived":
        archive(parts, "parts", into)
    mine = {"survivor": [into], "merged": [loser]}.get(seen, [])
    others = Record.objects.filter(workspace=parts.workspace)
    others.update(member=parts.member)
    others.filter(uuid__in=mine).update(member=clerk.member)
    error = adding(clerk, "Boltt")
    assert (error.code, error.archived_id) == ("unique", None)
    assert into not in error.detail
    assert "Another record has this" in error.detail


def test_a_unique_value_is_given_up_to_the_survivor_alone(parts: Caller) -> None:
    into, loser = make(parts, "Bolt", code="a"), make(parts, "Boltt", code="b")
    other = make(parts, "Nut", code="c")
    merge(parts, into, loser, object_name="parts")
    # In one batch with the survivor, which holds the merged record too.
    done = write_all(
        parts,
        "parts",
        SaveRequest(Mode.UPDATE, loser, entries=entries({"note": "x"})),
        SaveRequest(Mode.UPDATE, other, entries=entries({"code": "b"})),
        SaveRequest(Mode.UPDATE, into, entries=entries({"code": "b"})),
    )
    actions = [each.action if isinstance(each, SaveResult) else each.code for each in done]
    assert actions == ["updated", "unique", "updated"]
    assert (read(parts, "parts", into)["code"], read(parts, "parts", other)["code"]) == ("b", "c")
    assert differences(parts) == []


def test_a_survivor_takes_the_name_of_what_was_merged_into_it(parts: Caller) -> None:
    into, loser = make(parts, "Bolt"), make(parts, "Boltt")
    merge(parts, into, loser, object_name="parts")
    assert change_record(parts, "parts", into, name="Boltt").action == "updated"
    assert read(parts, "parts", into)["name"] == "Boltt"
    key = str(parts.schema("parts").by_name["name"].id)
    assert "(archived" in Record.objects.get(uuid=loser).values[key]
    assert differences(parts) == []


def test_a_record_that_is_sent_its_own_name_keeps_it(parts: Caller) -> None:
    uuid = make(parts, "Bolt")
    assert change_record(parts, "parts", uuid, name="Bolt", note="x").record.version == 2
    assert [row.action for row in history(parts, "parts", uuid)] == ["updated", "created"]


FIRST, SECOND, THIRD = (ExternalKey("crm", str(at)) for at in range(1, 4))


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [(Attributes(), "1"), (Attributes(external=SECOND), "1"), (Attributes(external=THIRD), "3")],
    ids=["none sent", "the one it is matched by", "another"],
)
def test_a_survivor_that_is_matched_by_a_former_external_id_keeps_its_own(
    parts: Caller, attributes: Attributes, expected: str
) -> None:
    into, loser = make(parts, "Bolt"), make(parts, "Boltt")
    for uuid, key in ((into, FIRST), (loser, SECOND)):
        request = SaveRequest(Mode.UPDATE, uuid, attributes=Attributes(external=key))
        write(parts, "parts", request)
    merge(parts, into, loser, object_name="parts")
    sent = entries({"note": "x"})
    request = SaveRequest(Mode.UPSERT, external=SECOND, attributes=attributes, entries=sent)
    done = write(parts, "parts", request)
    assert (done.record.uuid, done.action, done.record.external_id) == (into, "updated", expected)
    assert differences(parts) == []


def test_who_does_not_see_a_merged_record_is_told_that_its_external_id_is_taken(
    parts: Caller,
) -> None:
    clerk = make_member(parts, "clerk@example.com", {"parts": RIGHTS})
    into, loser = make(parts, "Bolt"), make(parts, "Boltt")
    for uuid, key in ((into, FIRST), (loser, SECOND)):
        request = SaveRequest(Mode.UPDATE, uuid, attributes=Attributes(external=key))
        write(parts, "parts", request)
    merge(parts, into, loser, object_name="parts")
    request = SaveRequest(Mode.UPSERT, external=SECOND, entries=entries({"name": "New"}))
    assert refusal(write, clerk, "parts", request).code == "already_exists"


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
        request = SaveRequest(
            Mode.CREATE, entries=entries({"note": "n", "name": " bolt"}), on_archived=asked
        )
        error = refusal(write, parts, "parts", request)
        assert problems(error) == [(1, "", "value", "archived_conflict")]
        assert isinstance(error, InvalidValues)
        assert error.archived_id == uuid


def test_adding_can_bring_an_archived_record_back_with_what_is_sent(parts: Caller) -> None:
    uuid = make(parts, "Bolt", note="old", number=4)
    archive(parts, "parts", uuid)
    request = SaveRequest(
        Mode.CREATE, entries=entries({"name": "BOLT", "note": "new"}), on_archived="unarchive"
    )
    result = write(parts, "parts", request)
    values = read(parts, "parts", uuid)
    assert (result.action, result.record.uuid, result.record.version) == ("unarchived", uuid, 3)
    assert (values["name"], values["note"], values["number"]) == ("BOLT", "new", 4)
    assert differences(parts) == []


def test_an_archived_record_comes_back_with_all_that_is_required_by_now(parts: Caller) -> None:
    uuid = make(parts, "Bolt")
    archive(parts, "parts", uuid)
    make_field(parts, "parts", "Maker", "text")
    maker = Field.objects.get(workspace=parts.workspace, name="maker")
    update_field(parts.author, maker, is_required=True)
    request = SaveRequest(Mode.CREATE, entries=entries({"name": "Bolt"}), on_archived="unarchive")
    assert problems(refusal(write, parts, "parts", request)) == [
        (None, "maker", "value", "required")
    ]


def test_an_upsert_that_may_not_create_is_refused_where_nothing_matches(parts: Caller) -> None:
    request = SaveRequest(Mode.UPSERT, match_key="Bolt", match_value="Bolt", may_create=False)
    assert isinstance(refusal(write, parts, "parts", request), NotFound)
    make(parts, "Bolt")
    assert write(parts, "parts", request).action == "unchanged"


def test_adding_can_push_an_archived_record_out_of_the_way(parts: Caller) -> None:
    uuid = make(parts, "Bolt")
    archive(parts, "parts", uuid)
    request = SaveRequest(Mode.CREATE, entries=entries({"name": "Bolt"}), on_archived="overwrite")
    result = write(parts, "parts", request)
    assert (result.action, result.record.uuid == uuid) == ("created", False)
    pushed = history(parts, "parts", uuid)[0]
    change = pushed.changes[0]
    assert (pushed.action, change.old) == ("updated", "Bolt")
    assert change.new.startswith("Bolt (archived ")
    assert change.new.endswith(f"{uuid[-8:]})")
    unarchive(parts, "parts", uuid)
    assert read(parts, "parts", uuid)["name"] == change.new
    assert differences(parts) == []


def test_a_name_that_is_a_unique_field_too_is_refused_once(workspace: Caller) -> None:
    fields = [FieldDefinition("Label", "text", is_unique=True)]
    make_object(workspace, "Crates", *fields, identifier_field="label")
    make_record(workspace, "crates", label="Bolt")
    error = refusal(make_record, workspace, "crates", label="bolt")
    assert problems(error) == [(0, "", "value", "unique")]
    assert isinstance(error, InvalidValues)
    assert error.entries[0].problems[0].message == "Another record has this label."


@pytest.mark.parametrize("mode", [Mode.CREATE, Mode.UPDATE])
def test_a_name_that_is_a_unique_field_too_can_be_taken_from_an_archived_record(
    workspace: Caller, mode: Mode
) -> None:
    fields = [FieldDefinition("Label", "text", is_unique=True)]
    make_object(workspace, "Crates", *fields, identifier_field="label")
    old = make_record(workspace, "crates", label="Bolt").record.uuid
    archive(workspace, "crates", old)
    request = SaveRequest(mode, entries=entries({"label": "Bolt"}), on_archived="overwrite")
    if mode == Mode.UPDATE:
        new = make_record(workspace, "crates", label="Nut").record.uuid
        request = SaveRequest(
            mode, new, entries=entries({"label": "Bolt"}), archived_conflict="overwrite"
        )
    made = write(workspace, "crates", request).record.uuid
    assert read(workspace, "crates", made)["label"] == "Bolt"
    assert differences(workspace) == []


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


def test_a_unique_value_that_is_taken_is_refused_by_the_fields_label(parts: Caller) -> None:
    make(parts, "Bolt", code="c")
    error = refusal(make_record, parts, "parts", name="Nut", code="C")
    assert isinstance(error, InvalidValues)
    assert error.entries[0].problems[0].message == "Another record has this code."


# ---------------------------------------------------------------- changing


@pytest.mark.parametrize("archived_first", [True, False])
def test_a_change_to_an_archived_name_asks_or_pushes_it_away(
    parts: Caller, archived_first: bool
) -> None:
    made = [make(parts, name) for name in (("Old", "New") if archived_first else ("New", "Old"))]
    old, new = made if archived_first else reversed(made)
    archive(parts, "parts", old)
    error = refusal(change_record, parts, "parts", new, name="old")
    assert problems(error) == [(0, "", "value", "archived_conflict")]
    assert getattr(error, "archived_id", None) == old
    request = SaveRequest(
        Mode.UPDATE, new, entries=entries({"name": "old"}), archived_conflict="overwrite"
    )
    assert write(parts, "parts", request).action == "updated"
    assert history(parts, "parts", old)[0].changes[0].new.startswith("Old (archived")
    assert differences(parts) == []


# ---------------------------------------------------------------- upserts


def test_an_upsert_creates_then_changes_then_leaves_alone(parts: Caller) -> None:
    made = upsert(parts, "parts", "  Big   Bolt ", {"note": "a"})
    assert (made.action, read(parts, "parts", made.record.uuid)["name"]) == (
        "created",
        "  Big   Bolt ",
    )
    changed = upsert(parts, "parts", "big BOLT", {"note": "b"})
    assert (changed.action, changed.record.uuid) == ("updated", made.record.uuid)
    assert read(parts, "parts", made.record.uuid)["name"] == "  Big   Bolt "
    assert upsert(parts, "parts", "BIG bolt", {"note": "b"}).action == "unchanged"
    for lookup in ("big bolt", "new bolt"):  # repeated, either would do something else
        error = refusal(upsert, parts, "parts", lookup, {"name": "Small bolt"})
        assert problems(error) == [(0, "", "value", "conflict")]


def test_an_upsert_matches_any_unique_field_and_keeps_the_value_as_it_was_sent(
    parts: Caller,
) -> None:
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
        change_record(parts, "parts", made.record.uuid, **{field: None})
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
        place = "match_field" if field in ("note", "nothing") else "lookup_value"
        assert invalid_at(upsert, parts, "parts", lookup, match_field=field) == ((place,), code), (
            lookup
        )
    for lookup, code in (
        ("a\x00b", "invalid"),
        ("\ud800", "invalid"),
        ("x" * 256, "limit_exceeded"),
    ):
        assert invalid_at(upsert, parts, "parts", lookup) == (("lookup_value",), code), lookup


def test_an_object_without_identifier_needs_a_match_field(parts: Caller) -> None:
    make_object(
        parts, "Reports", FieldDefinition("Code", "text", is_unique=True), identifier_field=None
    )
    assert invalid_at(upsert, parts, "reports", "x") == ((), "invalid")
    assert upsert(parts, "reports", "x", match_field="code").action == "created"
    assert upsert(parts, "reports", "X", match_field="code").action == "unchanged"
    author, schema = parts.author, parts.schema("reports")
    assert invalid_at(get_record_by_identifier, author, schema, "x", []) == ((), "invalid")


def test_an_upsert_of_an_archived_key_prompts_brings_back_or_pushes_away(parts: Caller) -> None:
    for field, key in ((None, "Bolt"), ("code", "Bolt"), ("number", 5), ("day", "2024-01-02")):
        sent = {"name": f"Name {field}", field: key} if field else {"name": key}
        uuid = make(parts, **sent)  # type: ignore[arg-type]
        archive(parts, "parts", uuid)
        error = refusal(upsert, parts, "parts", key, match_field=field)
        assert "archived_conflict" in [problem[3] for problem in problems(error)]
        back = upsert(
            parts, "parts", key, {"note": "n"}, match_field=field, on_archived="unarchive"
        )
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
        error = refusal(
            upsert, parts, "parts", "g", {"name": "taken"}, match_field="code", on_archived=asked
        )
        assert problems(error) == [(0, "", "value", "unique")]


def test_two_names_of_one_upsert_may_both_be_archived(parts: Caller) -> None:
    first, second = make(parts, "First", code="one"), make(parts, "Second", code="two")
    archive(parts, "parts", first)
    archive(parts, "parts", second)
    made = upsert(
        parts, "parts", "one", {"name": "Second"}, match_field="code", on_archived="overwrite"
    )
    assert made.action == "created"
    assert differences(parts) == []


# ---------------------------------------------------------------- archive and unarchive


def test_an_archived_record_is_gone_until_it_is_unarchived(parts: Caller) -> None:
    uuid = make(parts, "Bolt", note="n")
    assert archive(parts, "parts", uuid).action == "archived"
    for mode in (Mode.UPDATE, Mode.REPLACE, Mode.ARCHIVE):
        assert isinstance(refusal(save, parts, "parts", mode, uuid, note="x"), NotFound)
    assert isinstance(refusal(read, parts, "parts", uuid), NotFound)
    assert isinstance(
        refusal(get_record_by_identifier, parts.author, parts.schema("parts"), "bolt", []), NotFound
    )
    assert unarchive(parts, "parts", uuid).record.version == 3
    assert read(parts, "parts", uuid)["note"] == "n"
    assert problems(refusal(unarchive, parts, "parts", uuid)) == [(None, "", "", "invalid")]
    assert [row.action for row in history(parts, "parts", uuid)] == [
        "unarchived",
        "archived",
        "created",
    ]
    assert differences(parts) == []


def test_a_lookup_folds_case_unicode_and_white_space(parts: Caller) -> None:
    uuid = make(parts, "Straße  Nº\t5 e\u0301")
    author, schema = parts.author, parts.schema("parts")
    for text in ("STRASSE nº 5 É", "  straße nº 5   é "):
        assert get_record_by_identifier(author, schema, text, []).uuid == uuid
    for text in ("", " ", "\x00", "Straße", "Straße %", "\ud800"):
        assert isinstance(refusal(get_record_by_identifier, author, schema, text, []), NotFound)


# ---------------------------------------------------------------- who may push or bring back


def test_only_who_may_edit_an_archived_record_pushes_it_away_or_brings_it_back(
    parts: Caller,
) -> None:
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
    request = SaveRequest(
        Mode.UPDATE, other, entries=entries({"name": "Hidden"}), archived_conflict="overwrite"
    )
    assert problems(refusal(write, clerk, "parts", request)) == [(0, "", "value", "unique")]
    request = SaveRequest(Mode.CREATE, entries=entries({"name": "Mine"}), on_archived="overwrite")
    assert write(clerk, "parts", request).action == "created"
    viewer = make_member(parts, "viewer@example.com", {"parts": {"create": True, "view": "all"}})
    request = SaveRequest(Mode.CREATE, entries=entries({"name": "Hidden"}), on_archived="overwrite")
    assert problems(refusal(write, viewer, "parts", request)) == [
        (0, "", "value", "permission_required")
    ]
    assert len(history(parts, "parts", hidden)) == 2


# ---------------------------------------------------------------- one value


MERGED: dict[str, tuple[object, tuple[object, ...], tuple[object, ...], object, object]] = {
    "a value replaces": ("new", (), (), "old", "new"),
    "null clears": (None, (), (), "old", None),
    "added at the end": (UNSET, (3, 1), (), [1, 2], [1, 2, 3]),
    "added to nothing": (UNSET, (3, 3), (), None, [3]),
    "removed": (UNSET, (), (2, 9), [1, 2], [1]),
    "all removed": (UNSET, (), (1, 2), [1, 2], None),
    "removed and added": (UNSET, (2,), (2,), [1, 2], [1, 2]),
    "nothing": (UNSET, (), (), None, None),
}


@pytest.mark.parametrize(
    ("value", "add", "remove", "before", "after"), MERGED.values(), ids=MERGED.keys()
)
def test_a_change_is_merged_into_what_is_there(
    parts: Caller,
    value: object,
    add: tuple[object, ...],
    remove: tuple[object, ...],
    before: object,
    after: object,
) -> None:
    spec = parts.schema("parts").by_name["note"]
    assert merged(Change(spec, 0, value, add, remove), before) == after


@pytest.mark.parametrize(
    ("is_required", "allows_empty", "value", "part"),
    [
        (False, True, None, None),
        (True, True, None, "value"),
        (False, False, None, "value"),
        (True, True, UNSET, "remove_values"),
    ],
)
def test_a_field_is_cleared_unless_it_needs_a_value(
    parts: Caller, is_required: bool, allows_empty: bool, value: object, part: str | None
) -> None:
    note = parts.schema("parts").by_name["note"]
    spec = replace(note, is_required=is_required, allows_empty=allows_empty)
    parsed = Parsed()
    check_may_be_blank(Change(spec, 2, value), parsed)
    refused = [(entry.position, problem) for entry in parsed.problems for problem in entry.problems]
    expected = [] if part is None else [(2, part, "required")]
    assert [(at, problem.part, problem.code) for at, problem in refused] == expected


# The stage before, the one after, whether a close date is given: the close date.
STAGES: list[tuple[str | None, str | None, bool, str | None]] = [
    (None, "Won", False, "2024-06-01"),
    ("New", "Won", False, "2024-06-01"),
    ("Won", "Won", False, None),
    ("New", "Lost", False, None),
    ("Won", None, False, None),
    (None, None, False, None),
    ("New", "Won", True, None),
    ("New", "no such stage", False, None),
]


@pytest.mark.parametrize(("before", "after", "given", "closed"), STAGES)
def test_entering_a_won_stage_closes_the_record_on_that_day(
    workspace: Caller, before: str | None, after: str | None, given: bool, closed: str | None
) -> None:
    make_object(workspace, "Deals", object_type="pipeline")
    schema = workspace.schema("deals")
    stage, date = schema.by_name["stage"], schema.by_name["actual_close_date"]
    stages = {option.name: option.id for option in stage.options.values()}

    def values(name: str | None) -> dict[str, object]:
        return {} if name is None else {str(stage.id): stages.get(name, 0)}

    held = values(after)
    changes = {date.id: Change(date, 0, None)} if given else {}
    # In Paris it is the next day.
    enter_stage(schema, values(before), held, changes, datetime(2024, 5, 31, 22, 30, tzinfo=UTC))
    assert held.get(str(date.id)) == closed


def test_an_object_without_stages_closes_nothing(parts: Caller) -> None:
    held = {"7": "Won"}
    enter_stage(parts.schema("parts"), {}, held, {}, datetime.now(UTC))
    assert held == {"7": "Won"}


def test_a_required_field_is_named_unless_it_is_refused_already(parts: Caller) -> None:
    schema = parts.schema("parts")
    name = schema.by_name["name"]
    missing, refused, cleared = Parsed(), Parsed(), Parsed(changes={name.id: Change(name, 3, None)})
    refused.refuse(name, 0, "value", "invalid", "No.")
    for parsed, expected in (
        (missing, [(None, "required")]),
        (refused, [(0, "invalid")]),
        (cleared, [(3, "required")]),
    ):
        check_required(schema, {}, parsed)
        assert [(entry.position, entry.problems[0].code) for entry in parsed.problems] == expected
        assert len(parsed.problems) == 1
    held = Parsed()
    check_required(schema, {str(name.id): "Bolt"}, held)
    assert held.problems == []


def test_a_stage_or_a_close_date_alone_closes_nothing(workspace: Caller) -> None:
    make_object(workspace, "Parts", FieldDefinition("Actual close date", "date"))
    make_object(workspace, "Deals", object_type="pipeline")
    deals = workspace.schema("deals")
    stage = deals.by_name["stage"]
    won = next(option.id for option in stage.options.values() if option.name == "Won")
    dateless = replace(
        deals, fields=tuple(spec for spec in deals.fields if spec.name != "actual_close_date")
    )
    for schema in (workspace.schema("parts"), dateless):
        held = {str(stage.id): won}
        enter_stage(schema, {}, held, {}, datetime.now(UTC))
        assert held == {str(stage.id): won}


def test_a_write_closes_a_record_that_is_won(workspace: Caller) -> None:
    make_object(workspace, "Deals", object_type="pipeline")
    uuid = make_record(workspace, "deals", name="A", stage={"name": "Won"}).record.uuid
    assert read(workspace, "deals", uuid)["actual_close_date"] is not None


# ---------------------------------------------------------------- fields that follow from others


def formula(label: str, expression: str) -> FieldDefinition:
    settings = {"formula_options": {"expression": expression}}
    return FieldDefinition(label, "formula", settings=settings)


@pytest.fixture
def visits(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Visits",
        FieldDefinition("Steps", "integer"),
        FieldDefinition("Note", "text"),
        formula("Double", "record.data.steps * 2"),
        formula("Week", "now.year * 100 + now.month"),
    )
    return workspace


# The stored steps, double and week, the steps that are written: the double and the week then.
DERIVED: dict[str, tuple[dict[str, int], int | None, dict[str, int]]] = {
    "a new record": ({}, 2, {"double": 4, "week": 203006}),
    "nothing else changes": (
        {"steps": 2, "double": 4, "week": 202001},
        2,
        {"double": 4, "week": 202001},
    ),
    "another value": ({"steps": 2, "double": 4, "week": 202001}, 3, {"double": 6, "week": 203006}),
    "a blank": ({"steps": 2, "double": 4, "week": 202001}, None, {"week": 203006}),
    "an outdated formula": (
        {"steps": 2, "double": 5, "week": 202001},
        2,
        {"double": 4, "week": 203006},
    ),
    "a formula that is new": ({"steps": 2, "double": 4}, 2, {"double": 4, "week": 203006}),
}


@pytest.mark.parametrize(("stored", "steps", "expected"), DERIVED.values(), ids=DERIVED.keys())
def test_what_depends_on_the_moment_is_computed_anew_in_writes_that_change_something(
    visits: Caller, stored: dict[str, int], steps: int | None, expected: dict[str, int]
) -> None:
    schema = visits.schema("visits")
    keys = {name: str(schema.by_name[name].id) for name in ("steps", "double", "week")}
    row = RecordRow(1, "u", {keys[name]: value for name, value in stored.items()})
    values = dict(row.values)
    values.pop(keys["steps"], None)
    if steps is not None:
        values[keys["steps"]] = steps
    derive(schema, row, values, surroundings_of(None, datetime(2030, 6, 1, tzinfo=UTC)))
    found = {name: values[keys[name]] for name in ("double", "week") if keys[name] in values}
    assert {name: int(value) for name, value in found.items()} == expected


def test_a_write_computes_what_follows(visits: Caller) -> None:
    uuid = make_record(visits, "visits", name="A", steps=2).record.uuid
    change_record(visits, "visits", uuid, steps=3)
    assert read(visits, "visits", uuid)["double"] == 6


# ---------------------------------------------------------------- lists, links and files


def test_only_lists_of_links_have_their_limit(
    workspace: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "MAX_LINKS", 1)
    make_object(workspace, "Notes", FieldDefinition("Labels", "dynamictags"))
    make_relation(workspace, "notes", "First", "notes", "primary", "Later")
    uuid = make_record(workspace, "notes", name="A", labels=["x", "y"]).record.uuid
    second = make_record(workspace, "notes", name="B", first=uuid).record.uuid
    assert read(workspace, "notes", second)["first"]["id"] == uuid


@pytest.fixture
def ships(workspace: Caller, settings: Settings, tmp_path: Path) -> Caller:
    settings.MEDIA_ROOT = str(tmp_path)
    make_object(workspace, "Ships", FieldDefinition("Papers", "files"))
    return workspace


def send(caller: Caller) -> str:
    """A file that belongs to no record yet."""
    given = (caller.author, str(new_uuid()), "a.txt", "text/plain")
    return str(receive_free_file(*given, BytesIO(b"abc"), 3).uuid)


def test_values_refer_to_files_of_the_record_or_free_ones_of_the_caller(ships: Caller) -> None:
    grants = {"ships": {"create": True, "view": "all", "edit": "all"}}
    clerk = make_member(ships, "clerk@example.com", grants)
    own, free = send(ships), send(ships)
    refused = [(1, "", "value", "does_not_exist")]
    argo = make_record(ships, "ships", name="Argo", papers=[own]).record.uuid
    for caller, paper in ((ships, own), (clerk, own), (clerk, free)):
        error = refusal(make_record, caller, "ships", name="Brig", papers=[paper])
        assert problems(error) == refused
    requests = [
        SaveRequest(Mode.CREATE, entries=entries({"name": name, "papers": [free]}))
        for name in ("Cog", "Dhow")
    ]
    first, second = write_all(ships, "ships", *requests)
    assert isinstance(first, SaveResult)
    assert problems(second) == refused
    # What a value refers to already stays, whose the file may be by now.
    Attachment.objects.filter(workspace=ships.workspace, uuid=own).update(
        record_id=first.record.id, name="b.txt"
    )
    again = change_record(ships, "ships", argo, papers=[own, send(ships)])
    assert again.action == "updated"


# ---------------------------------------------------------------- validations


def rule(caller: Caller, name: str, expression: str) -> None:
    row = Field.objects.get(workspace=caller.workspace, object__name="visits", name=name)
    update_field(caller.author, row, validation=expression)


def test_a_broken_rule_is_told_at_its_field(visits: Caller) -> None:
    rule(visits, "note", "value == member.email")
    error = refusal(make_record, visits, "visits", name="A", note="x")
    assert problems(error) == [(1, "", "value", "invalid")]
    grants = {"visits": {"create": True, "view": "all", "edit": "all"}}
    clerk = make_member(visits, "clerk@example.com", grants, hidden=[("visits", "steps")])
    rule(visits, "steps", "value < 5 || record.data.note == null")
    uuid = make_record(visits, "visits", name="B", steps=9).record.uuid
    rule(visits, "note", "")
    error = refusal(change_record, clerk, "visits", uuid, note="y")
    assert problems(error) == [(None, "", "", "invalid")]


def test_a_rule_about_the_member_is_due_once_that_is_another_one(visits: Caller) -> None:
    uuid = make_record(visits, "visits", name="A", note="x").record.uuid
    rule(visits, "note", "value == member.email")
    assert change_record(visits, "visits", uuid, steps=1).action == "updated"
    mine = SaveRequest(Mode.UPDATE, uuid, attributes=Attributes(member_id=visits.member.id))
    assert problems(refusal(write, visits, "visits", mine)) == [(None, "note", "value", "invalid")]
    rule(visits, "note", f"value == 'x' && member.email == '{visits.member.email}'")
    assert write(visits, "visits", mine).record.member_id == visits.member.id


def test_no_member_is_read_where_no_rule_looks_at_one(visits: Caller) -> None:
    other = make_member(visits, "m@example.com").member.pk
    theirs = SaveRequest(
        Mode.CREATE, entries=entries({"name": "A"}), attributes=Attributes(member_id=other)
    )
    uuid = write(visits, "visits", theirs).record.uuid
    for looked_at in (False, True):
        rule(visits, "note", "value != member.email" if looked_at else "value != 'x'")
        forget_everything()
        author, schema = visits.author, visits.schema("visits")
        change = SaveRequest(Mode.UPDATE, uuid, entries=entries({"note": f"{looked_at}"}))
        with statements() as seen:
            save_records(author, schema, [change])
        assert any('FROM "records_member"' in sql for sql in seen) == looked_at


def test_a_rule_may_name_a_field_that_is_gone(visits: Caller) -> None:
    uuid = make_record(visits, "visits", name="A", note="x").record.uuid
    Field.objects.filter(workspace=visits.workspace, name="note").update(
        validation="record.data.gone == null || value == 'x'"
    )
    forget_everything()
    assert change_record(visits, "visits", uuid, steps=1).action == "updated"


def test_a_value_that_is_refused_already_meets_no_rule(visits: Caller) -> None:
    make_field(visits, "visits", "Code", "text", is_unique=True)
    make_record(visits, "visits", name="A", code="x")
    rule(visits, "code", "value != 'x'")
    error = refusal(make_record, visits, "visits", name="B", code="x")
    assert problems(error) == [(1, "", "value", "unique")]
