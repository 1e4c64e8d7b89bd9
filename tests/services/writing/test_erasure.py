"""Deleting for good: nothing of a record is left, in no table and in no file, but the row that says
it was there."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from records.models import (
    Activity,
    Attachment,
    IdempotencyKey,
    ImportRun,
    Job,
    LeadSource,
    MovedCompanion,
    Record,
    RecordMember,
    new_uuid,
)
from records.services.operations.lifecycle import delete_permanently, trash_record, upsert_record
from records.services.reading.record_address import Address, address
from records.services.shaping.creation import get_object
from records.services.shaping.field_removal import delete_field
from records.services.shaping.objects import archive_object
from records.services.storage.rows import ExternalKey
from records.services.writing.idempotency import Answer, run_once
from records.services.writing.save_requests import Mode, SaveRequest, SaveResult
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    entries,
    make_member,
    make_object,
    make_record,
    make_relation,
    make_workspace,
    set_pattern,
)
from tests.services.acting import (
    differences,
    history,
    names,
    read,
    statements,
    view,
    write_all,
)

CANARY = "Kanarienvogel"
KEY = ExternalKey("", f"{CANARY}-key")


@pytest.fixture
def people(workspace: Caller) -> Caller:
    """People who know people, and dogs that people own."""
    make_object(
        workspace,
        "People",
        FieldDefinition("Note", "longtext"),
        FieldDefinition("Code", "text", is_unique=True),
    )
    make_object(workspace, "Dogs")
    for name, of, kind in (("Knows", "people", "additional"), ("Friend", "people", "one_to_one")):
        make_relation(workspace, "people", name, of, kind, f"{name} of")
    make_relation(workspace, "dogs", "Master", "people", "primary", "Dogs")
    make_relation(workspace, "dogs", "Fed by", "people", "additional", "Feeds")
    set_pattern(workspace, "dogs", "{name} of {master}")
    return workspace


def erase(caller: Caller, uuid: str, name: str = "people") -> None:
    done = delete_permanently(caller.author, caller.schema(name), address(uuid))
    assert (done.action, done.record.uuid) == ("deleted", uuid)


def ledger_of(caller: Caller, uuid: str) -> list[tuple[Any, ...]]:
    rows = Record.history.model.objects.filter(
        workspace_id=caller.workspace.id, uuid=uuid
    ).order_by("version")
    return [
        (
            row.version,
            row.action,
            row.history_type,
            row.state,
            row.author,
            row.changes,
            row.external_id,
            row.member_id,
        )
        for row in rows
    ]


def test_one_row_says_which_record_it_was_when_and_by_whom(people: Caller) -> None:
    uuid = upsert_record(
        people.author, people.schema("people"), Address(None, KEY), entries({"name": "Ann"})
    ).record.uuid
    change_record(people, "people", uuid, note="x")
    erase(people, uuid)
    # Its owner is the one who is told that it is gone.
    told = {"own": [people.member.id]}
    assert ledger_of(people, uuid) == [
        (3, "deleted", "-", "deleted", people.member.id, told, None, None)
    ]
    assert not Record.objects.filter(workspace=people.workspace).exists()
    assert differences(people) == []


def test_links_to_it_are_taken_out_of_all_others_with_a_row_in_their_ledgers(
    people: Caller,
) -> None:
    uuid, kept = (
        make_record(people, "people", name=name, code=name).record.uuid for name in ("Ann", "Bob")
    )
    linking = {
        "live": make_record(
            people, "people", name="Live", knows=[uuid, kept], friend=uuid
        ).record.uuid,
        "archived": make_record(people, "people", name="Archived", knows=[kept, uuid]).record.uuid,
        "trashed": make_record(people, "people", name="Trashed", knows=[uuid]).record.uuid,
    }
    dog = make_record(people, "dogs", name="Rex", master=uuid, fed_by=[uuid, kept]).record.uuid
    assert view(people, "dogs", dog).display_name == "Rex of Ann"
    change_record(people, "people", uuid, knows=[uuid])  # itself, too
    archive(people, "people", linking["archived"])
    trash_record(people.author, people.schema("people"), address(linking["trashed"]))
    blind = make_member(
        people, "blind@example.com", {"people": {"view": "all", "edit": "all", "remove": "all"}}
    )

    erase(blind, uuid)

    assert differences(people) == []
    assert view(people, "dogs", dog).display_name == "Rex"
    assert names(read(people, "dogs", dog)["fed_by"]) == ["Bob"]
    assert names(read(people, "people", linking["live"])["knows"]) == ["Bob"]
    assert "friend" not in read(people, "people", linking["live"])
    for name, state in (("live", "active"), ("archived", "archived"), ("trashed", "deleted")):
        row = Record.objects.get(workspace=people.workspace, uuid=linking[name])
        assert row.state == state
        assert ledger_of(people, linking[name])[-1][1] == "updated"
    last = history(people, "dogs", dog)[0]
    assert (last.action, last.reason) == ("updated", "A linked record was deleted permanently")
    assert make_record(people, "people", name="Ann", code="Ann", friend=kept).action == "created"


def test_other_links_of_the_same_record_are_left_in_place(people: Caller) -> None:
    """The linking record is the first of all: none is too low a key to be found."""
    dog = make_record(people, "dogs", name="Rex").record.uuid
    uuid, kept = (make_record(people, "people", name=name).record.uuid for name in ("Ann", "Bob"))
    change_record(people, "dogs", dog, master=kept, fed_by=[uuid])
    erase(people, uuid)
    left = read(people, "dogs", dog)
    assert (names(left["master"]), "fed_by" in left) == ("Bob", False)
    assert differences(people) == []


def test_linking_records_are_locked_in_the_order_of_their_objects(workspace: Caller) -> None:
    """Whichever of the fields was added first."""
    for label in ("People", "Dogs"):
        make_object(workspace, label)
    uuid = make_record(workspace, "people", name="Ann").record.uuid
    made = []
    for name in ("dogs", "people"):
        make_relation(workspace, name, "Knows", "people", "additional", f"{name} known by")
        made.append(make_record(workspace, name, name=name, knows=[uuid]).record.uuid)
    erase(workspace, uuid)
    rows = Record.history.model.objects.filter(workspace=workspace.workspace, action="updated")
    assert [str(row.uuid) for row in rows.order_by("history_id")] == made[::-1]


@pytest.mark.parametrize(("name", "searches"), [("people", 2), ("dogs", 0)])
def test_only_fields_that_store_links_to_the_object_are_searched(
    people: Caller, name: str, searches: int
) -> None:
    uuid = make_record(people, name, name="Ann").record.uuid
    with statements() as seen:
        erase(people, uuid, name)
    assert sum("SELECT v.record_id" in sql for sql in seen) == searches


def test_what_is_removed_gets_no_version_without_its_own_links(people: Caller) -> None:
    uuid = make_record(people, "people", name="Ann").record.uuid
    change_record(people, "people", uuid, knows=[uuid], friend=uuid)
    with statements() as seen:
        erase(people, uuid)
    assert sum("INSERT INTO records_historicalrecord" in sql for sql in seen) == 1


def test_links_out_of_archived_objects_go_too(people: Caller) -> None:
    uuid, kept = (make_record(people, "people", name=name).record.uuid for name in ("Ann", "Bob"))
    make_record(people, "dogs", name="Rex", master=uuid, fed_by=[uuid, kept])
    archive_object(people.author, get_object(people.author, "dogs").id)
    erase(people, uuid)
    assert differences(people) == []


def test_links_in_a_deleted_field_are_left_to_the_job_that_clears_it(people: Caller) -> None:
    uuid = make_record(people, "people", name="Ann").record.uuid
    linking = make_record(people, "people", name="Live", knows=[uuid]).record.uuid
    knows = people.schema("people").by_name["knows"].id
    assert delete_field(people.author, knows) == [knows]
    erase(people, uuid)
    assert [row[1] for row in ledger_of(people, linking)] == ["created"]


def test_what_stands_beside_the_record_goes_with_it(people: Caller) -> None:
    gone, kept = (make_record(people, "people", name=name).record for name in ("Ann", "Bob"))
    for record in (gone, kept):
        common = {"workspace": people.workspace, "record_id": record.id}
        Activity.objects.create(**common, title="Call")
        LeadSource.objects.create(**common, kind="social")
        RecordMember.objects.create(**common, member=people.member)
    erase(people, gone.uuid)
    for model in (Activity, LeadSource, RecordMember):
        assert [
            row.record_id for row in model._default_manager.filter(workspace=people.workspace)
        ] == [kept.id]


def test_its_files_go_after_the_commit(
    people: Caller, settings: Settings, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    stored = {}
    for name in ("Ann", "Bob"):
        record = make_record(people, "people", name=name).record
        stored[record.uuid] = default_storage.save(f"{name}.txt", ContentFile(b"x"))
        Attachment.objects.create(
            workspace=people.workspace, record_id=record.id, name="a", file=stored[record.uuid]
        )
    gone, kept = stored
    with django_capture_on_commit_callbacks(execute=True):
        erase(people, gone)
        assert default_storage.exists(stored[gone])
    assert [default_storage.exists(stored[uuid]) for uuid in (gone, kept)] == [False, True]
    assert not Attachment.objects.filter(workspace=people.workspace, file=stored[gone]).exists()


def test_answers_kept_for_repeated_calls_are_forgotten_where_they_show_it(people: Caller) -> None:
    gone, kept = (make_record(people, "people", name=name).record.uuid for name in ("Ann", "Bob"))
    linking = make_record(people, "people", name="Cid", knows=[gone]).record.uuid
    other = make_workspace("Other workspace", "other@example.com")
    for caller, shown in ((people, gone), (people, kept), (people, linking), (other, gone)):
        answer = Answer(200, {}, f'{{"id":"{shown}"}}'.encode())
        run_once(
            caller.author,
            shown,
            "digest",
            partial(Answer, answer.status, answer.headers, answer.body),
        )
    erase(people, gone)
    assert [row.key for row in IdempotencyKey.objects.order_by("id")] == [kept, gone]


def test_reports_of_jobs_and_imports_forget_it(people: Caller, tmp_path: Path) -> None:
    uuid = make_record(people, "people", name=CANARY, code="c").record.uuid
    report = tmp_path / "refused.csv"
    rows = [
        ["line", "field", "code", "message", "value"],
        ["2", "name", "unique", "Another record has this name.", CANARY.upper()],
        ["3", "code", "unique", f"An archived record has {CANARY}'s code.", ""],
        ["4", "code", "invalid", "Too long.", "C"],
        ["5", "code", "invalid", "Too long.", "something else"],
    ]
    with report.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    for path in (report, tmp_path / "never written.csv", tmp_path):
        ImportRun.objects.create(
            workspace=people.workspace,
            object_id=people.schema("people").id,
            report_path=str(path),
            digest=path.name,
        )
    failures = [
        {"record_id": uuid, "code": "x", "detail": "x"},
        {"record_id": "other", "code": "x", "detail": f"… {CANARY} …"},
        {"record_id": "other", "code": "x", "detail": "kept"},
    ]
    common = {"workspace": people.workspace, "member": people.member, "failures": failures}
    asked = {"field_value": CANARY, "record_ids": [uuid]}
    Job.objects.create(**common, kind="done", parameters=asked, finished_at=timezone.now())
    Job.objects.create(**common, kind="running", parameters=asked)

    erase(people, uuid)

    with report.open(newline="") as file:
        assert list(csv.reader(file)) == [rows[0], rows[4]]
    jobs = {job.kind: job for job in Job.objects.filter(workspace=people.workspace)}
    assert (jobs["done"].parameters, jobs["done"].failures) == ({}, failures[2:])
    assert jobs["running"].parameters == asked


def test_within_a_batch_what_was_deleted_is_gone_for_what_follows(people: Caller) -> None:
    uuid = make_record(people, "people", name="Ann", code="a").record.uuid
    linking = make_record(people, "people", name="Bob", knows=[uuid]).record.uuid
    done = write_all(
        people,
        "people",
        SaveRequest(Mode.UPDATE, linking, entries=entries({"note": "before"})),
        SaveRequest(Mode.UPSERT, external=KEY, entries=entries({"name": "Short-lived"})),
        SaveRequest(Mode.DELETE_PERMANENTLY, uuid),
        SaveRequest(Mode.DELETE_PERMANENTLY, external=KEY),
        SaveRequest(Mode.UPDATE, uuid, entries=entries({"note": "after"})),
        SaveRequest(Mode.CREATE, entries=entries({"name": "Ann", "code": "a"})),
    )
    assert [getattr(each, "action", getattr(each, "code", "")) for each in done] == [
        *("updated", "created", "deleted", "deleted", "not_found", "created"),
    ]
    assert read(people, "people", linking)["note"] == "before"
    assert differences(people) == []


def test_a_batch_answers_with_its_records_without_the_links(people: Caller) -> None:
    uuid = make_record(people, "people", name="Ann").record.uuid
    linking = make_record(people, "people", name="Bob", knows=[uuid]).record.uuid
    updated, _ = write_all(
        people,
        "people",
        SaveRequest(Mode.UPDATE, linking, entries=entries({"note": "x"})),
        SaveRequest(Mode.DELETE_PERMANENTLY, uuid),
    )
    assert isinstance(updated, SaveResult)
    knows = people.schema("people").by_name["knows"].id
    assert str(knows) not in updated.record.values
    assert updated.record.version == 3


def test_where_things_stood_before_a_merge_is_forgotten_with_either_record(
    workspace: Caller,
) -> None:
    other = make_workspace("Other", "other@example.com").workspace
    make_object(workspace, "People")
    doomed, kept, third = (
        make_record(workspace, "people", name=name).record for name in ("A", "B", "C")
    )
    of = {"operation_id": new_uuid(), "kind": "Address"}
    for at, (owner, source, target) in enumerate(
        (
            (workspace.workspace, doomed, kept),
            (workspace.workspace, kept, doomed),
            (workspace.workspace, kept, third),
            (other, doomed, kept),
        )
    ):
        MovedCompanion.objects.create(
            workspace=owner, row=at, source=source.id, target=target.id, **of
        )
    erase(workspace, doomed.uuid)
    for owner, left in ((workspace.workspace, [2]), (other, [3])):
        rows = MovedCompanion.objects.filter(workspace=owner)
        assert list(rows.values_list("row", flat=True)) == left
