"""Files that become a record's own: once, under a free name, and not too many."""

from __future__ import annotations

import pytest

from records.exceptions import Conflict, InvalidInput
from records.models import Attachment
from records.services.storage.given_files import MAX_FILES, free_name, give_files
from tests.factories import Caller, make_object, make_record
from tests.services.acting import cost, refusal


@pytest.mark.parametrize(
    ("name", "known", "free"),
    [
        ("a.txt", {"a.txt"}, "a (2).txt"),
        ("a.txt", {"a.txt", "a (2).txt"}, "a (3).txt"),
        ("docs/a.b.txt", {"docs/a.b.txt"}, "docs/a.b (2).txt"),
        ("README", {"README"}, "README (2)"),
        (".env", {".env"}, ".env (2)"),
        ("x" * 251 + ".txt", set(), "x" * 247 + " (2).txt"),
        ("." + "x" * 254, set(), "." + "x" * 250 + " (2)"),
    ],
)
def test_a_file_gets_afree_name(name: str, known: set[str], free: str) -> None:
    assert free_name(name, known) == free


@pytest.fixture
def records(workspace: Caller) -> list[int]:
    make_object(workspace, "Ships")
    return [make_record(workspace, "ships", name=name).record.id for name in "AB"]


def free_files(caller: Caller, count: int, record: int | None = None) -> list[int]:
    return [
        Attachment.objects.create(
            workspace=caller.workspace, name=f"{at}.txt", file=f"{at}", record_id=record
        ).pk
        for at in range(count)
    ]


def test_each_record_gets_its_files_under_free_names(workspace: Caller, records: list[int]) -> None:
    free_files(workspace, 1, records[0])
    first, second = free_files(workspace, 2)
    third = free_files(workspace, 1)[0]
    give_files(workspace.workspace.pk, {first: records[0], second: records[1], third: records[0]})
    rows = Attachment.objects.filter(
        workspace=workspace.workspace, id__in=[first, second, third]
    ).order_by("id")
    assert list(rows.values_list("record_id", "name")) == [
        (records[0], "0 (2).txt"),
        (records[1], "1.txt"),
        (records[0], "0 (3).txt"),
    ]


def test_a_file_that_was_given_meanwhile_is_a_conflict(
    workspace: Caller, records: list[int]
) -> None:
    (file,) = free_files(workspace, 1, records[0])
    error = refusal(give_files, workspace.workspace.pk, {file: records[1]})
    assert isinstance(error, Conflict)
    assert Attachment.objects.get().record_id == records[0]


def test_a_record_has_only_so_many(workspace: Caller, records: list[int]) -> None:
    free_files(workspace, MAX_FILES, records[0])
    extra = Attachment.objects.create(workspace=workspace.workspace, name="more", file="more")
    error = refusal(give_files, workspace.workspace.pk, {extra.pk: records[0]})
    assert (type(error), error.code) == (InvalidInput, "limit_exceeded")


def test_many_cost_what_few_do(workspace: Caller, records: list[int]) -> None:
    few, many = free_files(workspace, 2), free_files(workspace, 30)
    costs = {
        cost(give_files, workspace.workspace.pk, dict.fromkeys(files, record))
        for files, record in ((few, records[0]), (many, records[1]))
    }
    assert len(costs) == 1
