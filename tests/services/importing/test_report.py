"""The report of refused rows: in the order of their lines, in a form that a database and a file can
hold."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from records.models import ImportRun
from records.services.importing.preparing import RowProblem
from records.services.importing.report import (
    COLUMNS,
    keep_at,
    made_report,
    note_problems,
    refused_rows,
)
from records.services.storage.spooled_files import SpooledFile
from tests.factories import Caller
from tests.services.acting import invalid_at


@pytest.fixture
def run(workspace: Caller, shops: None) -> ImportRun:
    return ImportRun.objects.create(
        workspace=workspace.workspace,
        object_id=workspace.schema("shops").id,
        file_name="a.csv",
        digest="d",
        operation_id=workspace.author.operation_id,
    )


def test_rows_are_reported_in_the_order_of_their_lines(run: ImportRun) -> None:
    note_problems(
        run,
        [
            RowProblem(9, "size", "invalid", "No.", "x"),
            RowProblem(9, "rent", "invalid", "No.", "y"),
        ],
    )
    note_problems(run, [RowProblem(2, "", "required", 'A "name", please', "a\x00\ud800")])

    with made_report(run) as report:
        assert report is not None
        with report.open() as file:
            rows = list(csv.reader(io.StringIO(file.read().decode(), newline="")))

    assert rows == [
        list(COLUMNS),
        ["2", "", "required", 'A "name", please', "a\N{REPLACEMENT CHARACTER}?"],
        ["9", "size", "invalid", "No.", "x"],
        ["9", "rent", "invalid", "No.", "y"],
    ]


def test_without_refused_rows_there_is_no_report(run: ImportRun) -> None:
    note_problems(run, [])

    assert not refused_rows(run).exists()
    with made_report(run) as report:
        assert report is None


def test_a_report_takes_the_place_of_an_earlier_one_and_none_removes_it(tmp_path: Path) -> None:
    path = tmp_path / "errors.csv"
    keep = keep_at(path)
    for content in (b"first, longer", b"second"):
        with SpooledFile() as report:
            report.write(content)
            assert keep(report) == str(path)
        assert path.read_bytes() == content

    assert keep(None) == str(path)
    assert not path.exists()


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    assert invalid_at(keep_at, tmp_path / "missing" / "errors.csv") == ((), "invalid")
    (tmp_path / "folder").mkdir()
    keep = keep_at(tmp_path / "folder")
    with SpooledFile() as report:
        assert invalid_at(keep, report) == ((), "invalid")
