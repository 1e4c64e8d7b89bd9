"""The report of the rows that were not stored."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from records.exceptions import InvalidInput

from .preparing import RowProblem

COLUMNS = ("line", "field", "code", "message", "value")


class ErrorReport:
    """A CSV file that exists only where something was refused.

    `size` is how much of it counts: what an attempt that failed has written beyond is overwritten by the next.
    """

    def __init__(self, path: Path, size: int = 0) -> None:
        self.path = path
        self.size = size

    def write(self, problems: Iterable[RowProblem]) -> int:
        """Put the problems after the part that counts; the size of the report with them."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        found = [(problem.line, problem.field, problem.code, problem.message, problem.value) for problem in problems]
        if not self.size:
            writer.writerow(COLUMNS)
        writer.writerows(found)
        if not found:
            return self.size
        try:
            return self._write(text.getvalue().encode(errors="replace"))
        except OSError as problem:
            raise InvalidInput(f"The report cannot be written: {self.path}: {problem.strerror}.") from problem

    def _write(self, content: bytes) -> int:
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.truncate(min(self.size, file.seek(0, io.SEEK_END)))
            file.seek(0, io.SEEK_END)
            file.write(content)
            return file.tell()
