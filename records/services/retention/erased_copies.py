"""Copies of records' values outside their tables: stored responses for repeated calls, reports of
jobs and imports."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet

from records.field_types import normal_text
from records.models import ImportRun, ImportUpload, Job, RefusedRow
from records.services.catalogue import ObjectSchema
from records.services.database import (
    document_param,
    execute,
    fetch_column,
    is_postgresql,
)
from records.services.storage import RecordRow, open_stored, remove_file, store_file

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Erased:
    """Permanently deleted records. `linked` are the UUIDs of records that linked to them, `held`
    former values."""

    workspace_id: int
    schema: ObjectSchema
    records: tuple[RecordRow, ...]
    linked: tuple[str, ...]
    held: tuple[Any, ...]

    @cached_property
    def texts(self) -> frozenset[str]:
        """Every text that the records ever held, in the form in which texts are compared."""
        found = {row.uuid for row in self.records} | {row.external_id or "" for row in self.records}
        found.update(_texts([*(row.values for row in self.records), *self.held]))
        return frozenset(map(normal_text, found)) - {""}

    def is_named_in(self, cells: Iterable[str]) -> bool:
        """Whether a row of a report contains something of these records: their id, or a text of
        theirs."""
        shown = [normal_text(cell) for cell in cells]
        return any(
            # A message or a list may quote a longer text; a short one would match by chance.
            text == cell or (len(text) >= TELLING and text in cell)
            for text in self.texts
            for cell in shown
            if cell
        )

    def kept(self, failures: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Of the failures that a job lists, those that are not about these records."""
        uuids = {row.uuid for row in self.records}
        others = (failure for failure in failures if failure.get("record_id") not in uuids)
        return [
            failure for failure in others if not self.is_named_in([str(failure.get("detail", ""))])
        ]


BATCH = 1000
TELLING = 8  # characters: shorter texts occur by chance within others


def _texts(values: Iterable[Any]) -> Iterable[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        # Values of options, money and JSON fields are nested.
        elif isinstance(value, (list, dict)):
            yield from _texts(value.values() if isinstance(value, dict) else value)


def forget_answers(erased: Erased) -> None:
    """Delete responses that show the records, or records that linked to them; their keys become
    free."""
    # Answers are whole records, and those that linked to the erased ones showed their names.
    uuids = [*(row.uuid for row in erased.records), *erased.linked]
    if is_postgresql():
        # Bodies are stored as bytes, so they are searched as bytes.
        shown = "EXISTS (SELECT 1 FROM unnest(%s::text[]) u WHERE position(u::bytea IN body) > 0)"
        params: list[Any] = [uuids]
    else:
        shown = (
            "EXISTS (SELECT 1 FROM json_each(%s) u WHERE instr(body, CAST(u.value AS BLOB)) > 0)"
        )
        params = [document_param(uuids)]
    execute(
        f"DELETE FROM records_idempotencykey WHERE workspace_id = %s AND {shown}",
        [erased.workspace_id, *params],
    )


def forget_failures(erased: Erased) -> None:
    """Remove what jobs hold of the records: failures and parameters."""
    text = "(failures::text || parameters::text)" if is_postgresql() else "(failures || parameters)"
    find = "strpos" if is_postgresql() else "instr"
    source = "unnest(%s::text[]) u(value)" if is_postgresql() else "json_each(%s) u"
    uuids = [row.uuid for row in erased.records]
    # Jobs under way still need their parameters; theirs go when they end.
    named = fetch_column(
        "SELECT id FROM records_job WHERE workspace_id = %s AND finished_at IS NOT NULL"
        f" AND EXISTS (SELECT 1 FROM {source} WHERE {find}({text}, u.value) > 0)",
        [erased.workspace_id, uuids if is_postgresql() else document_param(uuids)],
    )
    jobs = Job.objects.filter(workspace_id=erased.workspace_id)
    for job_id, failures in jobs.filter(id__in=named).values_list("id", "failures"):
        # The job has ended, so its parameters are no longer needed.
        jobs.filter(id=job_id).update(failures=erased.kept(failures), parameters={})


def forget_refused_rows(erased: Erased) -> None:
    """Delete rows refused by running imports that contain values of the records."""
    rows = RefusedRow.objects.filter(
        workspace_id=erased.workspace_id, run__object_id=erased.schema.id
    )
    # Compared here: the database cannot bring texts into their normal form.
    found = rows.values_list("id", "message", "value").iterator()
    named = [row_id for row_id, *cells in found if erased.is_named_in(cells)]
    for at in range(0, len(named), BATCH):
        rows.filter(id__in=named[at : at + BATCH]).delete()


def forget_command_reports(erased: Erased) -> None:
    """Remove rows from the reports that `import_records` wrote, wherever the operator put them."""
    runs = ImportRun.objects.filter(workspace_id=erased.workspace_id, object_id=erased.schema.id)
    for path in (
        runs.filter(report_path__startswith="/").values_list("report_path", flat=True).distinct()
    ):
        try:
            _filter_report(Path(path), erased)
        # The operator may have protected the file, and erasing must not fail for it.
        except OSError as problem:
            logger.warning(
                "The import report %s still contains values of deleted records: %s",
                path,
                problem.strerror,
            )


def _filter_report(path: Path, erased: Erased) -> None:
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    kept = _without(rows, erased)
    # An unchanged report keeps its file, and its modification time.
    if len(kept) < len(rows):
        path.write_text(_written(kept), encoding="utf-8", newline="")


def _without(rows: Sequence[list[str]], erased: Erased) -> list[list[str]]:
    return [row for row in rows if not erased.is_named_in(row[3:])]  # after line, field and code


def _written(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def forget_imports(erased: Erased) -> None:
    """The same for imports through an API, whose reports are in the file storage, and for their
    samples."""
    jobs = Job.objects.filter(workspace_id=erased.workspace_id, object_id=erased.schema.id)
    for job_id, failures, result in jobs.exclude(finished_at=None).values_list(
        "id", "failures", "result"
    ):
        kept = erased.kept(failures)
        report = result.get("report")
        # Samples show display names, which are made of values: they go as a whole.
        changed = {key: value for key, value in result.items() if key != "samples"}
        if report:
            changed["report"] = _filter_stored(report, erased)
        if kept != failures or changed != result:
            jobs.filter(id=job_id).update(failures=kept, result=changed)


def forget_uploads(erased: Erased) -> None:
    """Remove the files that no unfinished import needs, and the records' values from the samples of
    the others."""
    jobs = Job.objects.filter(workspace_id=erased.workspace_id, object_id=erased.schema.id)
    used: set[int] = set()
    needed: set[int] = set()
    for finished_at, parameters in jobs.values_list("finished_at", "parameters"):
        if "upload" in parameters:
            # Uploads that no job has used may still be imported: their samples alone are blanked.
            (needed if finished_at is None else used).add(parameters["upload"])
    uploads = ImportUpload.objects.filter(
        workspace_id=erased.workspace_id, object_id=erased.schema.id
    )
    remove_uploads(uploads.filter(id__in=used - needed))
    for upload_id, samples, reading in uploads.values_list("id", "samples", "reading"):
        blanked = [["" if erased.is_named_in([cell]) else cell for cell in row] for row in samples]
        told = _without_examples(reading, erased)
        if blanked != samples or told != reading:
            uploads.filter(id=upload_id).update(samples=blanked, reading=told)


def _without_examples(reading: Mapping[str, Any], erased: Erased) -> dict[str, Any]:
    """What is told of a file, without the cells and values of the records that it shows."""
    columns = [
        {
            **column,
            "examples": [
                shown for shown in column["examples"] if not erased.is_named_in(shown.values())
            ],
        }
        if "examples" in column
        else column
        for column in reading.get("columns", [])
    ]
    return {**reading, "columns": columns} if columns else dict(reading)


def remove_uploads(uploads: QuerySet[ImportUpload]) -> int:
    """Remove files that were uploaded for an import, with their samples; the number of them."""
    for name in uploads.values_list("file", flat=True):
        remove_later(name)
    return uploads.delete()[0]


def _filter_stored(name: str, erased: Erased) -> str:
    """The name of a copy of the report without the rows about the records; its own name if it has
    none."""
    # The sweeper may have removed it, or a restore left it out.
    if (stored := open_stored(name)) is None:
        return name
    with stored as file:
        rows = list(csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline="")))
    kept = _without(rows, erased)
    if len(kept) == len(rows):
        return name
    # Under a new name: if the transaction rolls back, the job still refers to the old file.
    remove_later(name)
    return store_file(name, ContentFile(_written(kept).encode()))


def remove_later(name: str) -> None:
    """Remove a file from the storage once the open transaction commits; during a backup the sweeper
    does it."""
    # A rollback must keep the file; a storage error after the commit must not look like a failure.
    transaction.on_commit(lambda: remove_file(name), robust=True)
