"""Workbooks are written through files without names, so that a process that is killed leaves
none."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from records.services.exporting.workbooks import UnnamedSheetWriter, save_workbook


def test_a_workbook_is_whole_and_no_file_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    book = Workbook(write_only=True)
    target = io.BytesIO()
    seen: list[Path] = []
    sheets = []
    with tempfile.TemporaryFile() as first, tempfile.TemporaryFile() as second:
        for at, rows in enumerate((first, second)):
            sheet = book.create_sheet(f"Sheet {at}")
            sheet._writer = UnnamedSheetWriter(sheet, rows)
            for number in range(1000):
                sheet.append([number, f"text {at}"])
            seen += tmp_path.iterdir()
            sheets.append(sheet)
        for sheet in sheets:
            sheet.close()
        save_workbook(book, target)
        seen += tmp_path.iterdir()

    assert seen == []
    read = load_workbook(io.BytesIO(target.getvalue()))
    assert read.sheetnames == ["Sheet 0", "Sheet 1"]
    for at, found in enumerate(read.worksheets):
        assert list(found.iter_rows(values_only=True)) == [
            (number, f"text {at}") for number in range(1000)
        ]
