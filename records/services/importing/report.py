"""The report of the rows that were not stored: rows of the database until the import ends, then a
file."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db.models import QuerySet

from records.exceptions import InvalidInput
from records.models import ImportRun, RefusedRow
from records.services.exporting import escaped
from records.services.storage import SpooledFile

from .preparing import RowProblem

COLUMNS = ("line", "field", "code", "message", "value")
CHUNK = 2000

# Takes the report where it is to stay, and returns its name there. It is given None where nothing
# was refused.
Keeper = Callable[[SpooledFile | None], str]


def note_problems(run: ImportRun, problems: Iterable[RowProblem]) -> None:
    """Store why rows were refused, in the open transaction of their batch."""
    rows = (
        RefusedRow(
            workspace_id=run.workspace_id,
            run_id=run.pk,
            line=problem.line,
            field=_storable(problem.field),
            code=problem.code,
            message=_storable(problem.message),
            value=_storable(problem.value),
        )
        for problem in problems
    )
    RefusedRow.objects.bulk_create(rows, batch_size=CHUNK)


def _storable(text: str) -> str:
    """The text without what no database keeps as text: null characters and halves of characters."""
    # Both engines would refuse the whole batch for one such character.
    return text.encode(errors="replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")


def refused_rows(run: ImportRun) -> QuerySet[RefusedRow]:
    """The rows that a run has refused so far; empty once its report is stored."""
    return RefusedRow.objects.filter(workspace_id=run.workspace_id, run_id=run.pk)


@contextmanager
def made_report(run: ImportRun) -> Iterator[SpooledFile | None]:
    """The report of a run, in the order of the lines; None where nothing was refused."""
    rows = refused_rows(run).order_by("line", "id").values_list(*COLUMNS)
    if not rows.exists():
        yield None
        return
    with SpooledFile("refused-rows.csv") as report:
        with report.open_text() as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            # A header or a cell of the file may look like a formula.
            writer.writerows((line, *map(escaped, texts)) for line, *texts in rows.iterator(CHUNK))
        yield report


def keep_at(path: Path) -> Keeper:
    """Keep reports at a path of this machine, in the place of an earlier run's; InvalidInput where
    none can be."""
    # Checked before the import begins: afterwards the refused rows would be lost.
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        reason = "no permission" if path.parent.is_dir() else "the folder does not exist"
        raise InvalidInput(f"The report cannot be written: {path}: {reason}.")

    def keep(report: SpooledFile | None) -> str:
        try:
            if report is None:
                # The report of an earlier run would be taken for this one's.
                path.unlink(missing_ok=True)
            else:
                _copy(report, path)
        except OSError as problem:
            raise InvalidInput(
                f"The report cannot be written: {path}: {problem.strerror}."
            ) from problem
        return str(path.absolute())

    return keep


def _copy(report: SpooledFile, path: Path) -> None:
    with report.open() as source, path.open("wb") as target:
        while chunk := source.read(1 << 20):
            target.write(chunk)
