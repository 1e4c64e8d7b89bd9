"""Bulk work: what suits no record is refused before a job begins, and batches go on where the last
one ended."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import NotAllowed
from records.services.jobs import bulk_jobs
from records.services.jobs.bulk_jobs import start_bulk_archive, start_bulk_change
from tests.factories import Caller, make_member
from tests.services.acting import differences, invalid_at, names, read, refusal


def change(caller: Caller, field: str, value: Any, how: str, records: list[str]) -> Any:
    return start_bulk_change(caller.author, caller.schema("things"), field, value, how, records)


@pytest.mark.parametrize(
    ("field", "value", "how", "place", "code"),
    [
        ("nothing", "x", "overwrite", "field_id", "does_not_exist"),
        ("created", "2024-01-01", "overwrite", "field_id", "permission_required"),
        ("note", "x", "replace", "field_resolution", "invalid"),
        ("note", ["x"], "add_values", "field_resolution", "invalid"),
        ("needed", None, "clear", "field_resolution", "required"),
        ("note", 5, "overwrite", "field_value", "invalid"),
    ],
)
def test_what_suits_no_record_is_refused_at_its_place(
    workspace: Caller, things: list[str], field: str, value: Any, how: str, place: str, code: str
) -> None:
    assert invalid_at(change, workspace, field, value, how, things) == ((place,), code)


def test_records_are_named_once_and_not_too_many(workspace: Caller, things: list[str]) -> None:
    author, schema = workspace.author, workspace.schema("things")
    assert invalid_at(start_bulk_archive, author, schema, []) == (("record_ids",), "required")
    assert invalid_at(start_bulk_archive, author, schema, things[:1] * 100_001) == (
        ("record_ids",),
        "limit_exceeded",
    )

    done = start_bulk_archive(author, schema, things[:1] * 100_000)
    assert (done.status, done.total, done.success_count) == ("completed", 1, 1)


@pytest.mark.parametrize(
    ("field", "value", "how", "after"),
    [
        ("note", "new", "overwrite", ["new", "new", "new"]),
        ("note", "new", "only_update_blank", ["kept", "new", "new"]),
        ("note", None, "clear", [None, None, None]),
        ("tags", ["t"], "add_values", [["t"], ["t"], ["t"]]),
    ],
)
def test_all_batches_are_done(
    workspace: Caller,
    things: list[str],
    monkeypatch: pytest.MonkeyPatch,
    field: str,
    value: Any,
    how: str,
    after: list[Any],
) -> None:
    monkeypatch.setattr(bulk_jobs, "BATCH", 2)

    done = change(workspace, field, value, how, things)

    assert (done.status, done.success_count, done.failed_count) == ("completed", 3, 0)
    assert [names(read(workspace, "things", uuid).get(field)) for uuid in things] == after
    assert differences(workspace) == []


def test_roles_that_may_change_nothing_start_nothing(workspace: Caller, things: list[str]) -> None:
    reader = make_member(workspace, "reader@example.com", {"things": {"view": "all"}})

    assert isinstance(refusal(change, reader, "note", "x", "overwrite", things), NotAllowed)
    assert isinstance(
        refusal(start_bulk_archive, reader.author, reader.schema("things"), things), NotAllowed
    )
