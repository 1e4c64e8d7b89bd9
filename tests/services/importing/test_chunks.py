"""The parts of an import: each row is in one, rows of one record in the same, and each part goes on
where it was."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from records.models import ImportPart, ImportRun
from records.services.importing.chunks import (
    COLLECT_EVERY,
    Samples,
    Work,
    few_pauses,
    import_part,
    refreshed,
)
from records.services.importing.matching import ImportPlan
from records.services.tables.csv_files import open_table
from tests.factories import Caller
from tests.services.acting import differences

from .running import Importing

TEXT = "name,number\n" + "".join(f"shop {at % 10},{at}\n" for at in range(30))


@pytest.fixture
def work(workspace: Caller, shops: None, tmp_path: Path) -> Work:
    """Thirty rows that change ten shops, in two parts."""
    path = tmp_path / "file.csv"
    path.write_text(TEXT)
    schema = workspace.schema("shops")
    author = refreshed(workspace.author)
    run = ImportRun.objects.create(
        workspace=workspace.workspace,
        object_id=schema.id,
        file_name=path.name,
        digest="d",
        operation_id=author.operation_id,
    )
    ImportPart.objects.bulk_create(
        ImportPart(workspace=workspace.workspace, run=run, number=at) for at in range(2)
    )
    return Work(author, schema.uuid, open_table(path), run, ImportPlan(), 2, 4, Samples())


def part(work: Work, number: int) -> ImportPart:
    return ImportPart.objects.get(workspace_id=work.run.workspace_id, run=work.run, number=number)


def test_every_row_is_in_one_part_with_those_of_its_record(
    work: Work, importing: Importing
) -> None:
    told: list[int] = []
    for number in (1, 0):
        import_part(work, number, told.append)

    parts = [part(work, number) for number in range(2)]
    assert sum(each.rows_done for each in parts) == 30
    assert sum(each.created_count for each in parts) == 10
    assert sum(each.updated_count for each in parts) == 20
    assert told[0] == 0
    assert told[-1] == parts[0].rows_done
    # The last row of each shop has won, whichever part went first.
    assert sorted(importing.records("shops", "name", "number")) == [
        (f"shop {at}", 20 + at) for at in range(10)
    ]
    assert differences(importing.caller) == []


def test_a_part_goes_on_where_it_was(work: Work) -> None:
    import_part(work, 0, lambda _: None)
    before = part(work, 0)

    import_part(work, 0, lambda _: None)

    after = part(work, 0)
    assert (after.rows_done, after.updated_count) == (before.rows_done, before.updated_count)


def test_samples_show_the_first_rows_of_each_action(work: Work) -> None:
    for number in range(2):
        import_part(work, number, lambda _: None)

    assert work.samples is not None
    rows = work.samples.rows
    assert {action: len(found) for action, found in rows.items()} == {"created": 10, "updated": 10}
    assert rows["updated"][0]["fields"] == ["number"]


def test_garbage_is_collected_between_batches_only() -> None:
    collected: list[str] = []
    gc.callbacks.append(lambda phase, _: collected.append(phase))
    try:
        with few_pauses() as pause:
            assert not gc.isenabled()
            for _ in range(COLLECT_EVERY - 1):
                pause()
            before = len(collected)
            pause()
            assert len(collected) > before
    finally:
        gc.callbacks.pop()
    assert gc.isenabled()
