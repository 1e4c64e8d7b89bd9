"""The report of the rows that were not stored."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from records.exceptions import InvalidInput

from .preparing import RowProblem

COLUMNS = ("line", "field", "code", "message", "value")


class PartReport:
    """What one part of an import refuses, in a file of its own until all parts are done.

    Only the first bytes of it count, whose number is stored with the part's progress: what an attempt that failed
    has written beyond them is overwritten by the next.
    """

    def __init__(self, report: Path, number: int) -> None:
        self.path = report.with_name(f"{report.name}.part{number}")

    def write(self, problems: Iterable[RowProblem], size: int) -> int:
        """Put the problems after the first `size` bytes; the number of bytes with them."""
        text = io.StringIO(newline="")
        csv.writer(text).writerows(
            (problem.line, problem.field, problem.code, problem.message, problem.value) for problem in problems
        )
        content = text.getvalue().encode(errors="replace")
        if not content:
            return size
        try:
            return self._write(content, size)
        except OSError as problem:
            raise InvalidInput(f"The report cannot be written: {self.path}: {problem.strerror}.") from problem

    def _write(self, content: bytes, size: int) -> int:
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.truncate(min(size, file.seek(0, io.SEEK_END)))
            file.seek(0, io.SEEK_END)
            file.write(content)
            return file.tell()

    def read(self, size: int) -> list[list[str]]:
        """The problems in the first `size` bytes."""
        if not size or not self.path.exists():
            return []
        with self.path.open("rb") as file:
            return list(csv.reader(io.StringIO(file.read(size).decode(), newline="")))


def merge_reports(report: Path, parts: Sequence[tuple[PartReport, int]]) -> None:
    """Make the report of its parts (each with its size), in the order of the lines; none where nothing was refused."""
    rows = [row for part, size in parts for row in part.read(size)]
    try:
        if rows:
            with report.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([COLUMNS, *sorted(rows, key=lambda row: int(row[0]))])
        else:
            report.unlink(missing_ok=True)  # that of an earlier run
    except OSError as problem:
        raise InvalidInput(f"The report cannot be written: {report}: {problem.strerror}.") from problem


def remove_parts(parts: Iterable[PartReport]) -> None:
    """Remove what has been merged."""
    for part in parts:
        part.path.unlink(missing_ok=True)
